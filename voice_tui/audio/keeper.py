"""Opens, closes and re-opens the devices, without ever waiting for them: the loop asks from time to time how it went.

All calls to PortAudio happen in jobs, one at a time. A job that hangs is waited for while the whole sound system hangs,
because then there is nothing else to do; when devices can be seen nevertheless it is given up, and from then on until
it ends the list of devices is not read again, which would be unsafe.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Protocol

from voice_tui.audio import portaudio as library
from voice_tui.audio.choice import KINDS, DeviceInfo, Kind
from voice_tui.audio.jobs import Job
from voice_tui.audio.lookout import Lookout
from voice_tui.audio.orders import Order, Outcome, Terms, carry_out, undo
from voice_tui.audio.portaudio import Stream
from voice_tui.audio.recovery import Recovery, Side
from voice_tui.errors import DeviceError

log = logging.getLogger(__name__)

HANGING_SECONDS = 0.5
"""A job that takes longer is no everyday one."""

KNOWN_HANGING_SECONDS = 0.1
"""How long the end of a session waits for such a job."""

Detach = Callable[[Kind], Stream | None]
"""Ends the use of a direction and returns its stream, which is closed then."""


class Lists(Protocol):
    """Where lists of devices come from; see `Lookout`."""

    pause: float

    def take(self) -> tuple[DeviceInfo, ...] | None:
        """Return a list that was not returned before, or None."""
        ...

    def close(self) -> None:
        """End it."""
        ...


class Keeper:
    """Keeps both directions open as well as can be. One thread; nothing here blocks but `wait` and `close`.

    Args:
        terms: How devices are opened.
        detach: Called when a direction has to be closed for another to be opened.
        work: Carries out an order, in a thread of its own.
        look: Begins to look for devices, every so many seconds.
    """

    def __init__(
        self,
        terms: Terms,
        detach: Detach,
        *,
        work: Callable[[Order, Terms], Outcome] = carry_out,
        look: Callable[[float], Lists] = Lookout,
    ) -> None:
        self.terms = terms
        """For what is opened from now on."""
        self._detach = detach
        self._work = work
        self._look = look
        self._recovery = Recovery()
        self._lookout: Lists | None = None
        self._lists = 0
        self._job: Job[Outcome] | None = None
        self._order = Order()
        self._hanging: list[Job[Outcome]] = []
        self._dead: list[Stream] = []
        self._asked = False
        self._loaded = False
        self._known: tuple[DeviceInfo, ...] = ()
        self._library_missing = False
        self._closed = False

    @property
    def answers(self) -> bool:
        """Whether what was asked for has been tried."""
        return not self._asked and (self._job is None or not self._order.open)

    def ask(self) -> None:
        """Open both directions anew, whatever is open."""
        self._asked = True

    def release(self, streams: Iterable[Stream]) -> None:
        """Close streams, in their own time."""
        self._dead += streams

    def poll(self, sides: Mapping[Kind, Side], now: float) -> Outcome | None:
        """Move on; returns what became of an attempt to open something, once.

        Args:
            sides: What is wanted and open.
            now: Seconds, monotonic.
        """
        if self._closed:
            return None
        outcome = self._collect()
        if outcome is not None:
            return outcome
        listed = self._look_out(sides, now)
        if self._job is not None and not self._give_up(now):
            return None
        order = self._next(sides, listed, now)
        if order is not None:
            self._begin(order, now)
        return None

    def wait(self, timeout: float) -> None:
        """Wait for the attempt under way, at most `timeout` seconds."""
        if self._job is not None:
            self._job.wait(timeout)

    def close(self, streams: Iterable[Stream], timeout: float) -> None:
        """Close everything, or give it up after `timeout` seconds. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        if self._lookout is not None:
            self._lookout.close()
        now = self.terms.clock()
        job = self._job
        ended = True
        if job is not None:
            job.give_up()  # what it still opens is closed by itself
            ended = job.wait(KNOWN_HANGING_SECONDS if now - job.since > HANGING_SECONDS else timeout)
        if ended:  # else a second call would only hang as well
            last = self._job_for(Order(close=(*self._dead, *streams), gently=True), self.terms.clock())
            ended = last.wait(now + timeout - self.terms.clock())
        if not ended or self._unsafe():
            log.warning("a sound device did not close within %.1f s and was given up", timeout)
            library.leave_open()

    def _collect(self) -> Outcome | None:
        job = self._job
        if job is None or not job.done:
            return None
        self._job = None
        outcome = job.result or _failure(self._order, job.error)
        if not self._order.open:
            return None
        self._known = outcome.devices
        self._loaded = self._loaded or not outcome.library_missing
        self._library_missing = outcome.library_missing
        return outcome

    def _look_out(self, sides: Mapping[Kind, Side], now: float) -> tuple[DeviceInfo, ...] | None:
        lookout = self._lookout
        if self._job is not None and now - self._job.since < HANGING_SECONDS:
            return None  # the sides are about to change
        pause = None if self._library_missing else self._recovery.pause(sides, now)
        if lookout is not None and pause != lookout.pause:
            lookout.close()
            lookout = self._lookout = None
        if pause is None:
            return None
        if lookout is None:
            self._lookout = self._look(pause)
            self._lists = 0
            return None
        listed = lookout.take()
        self._lists += listed is not None
        return listed

    def _give_up(self, now: float) -> bool:
        """Give up the job that hangs, when it has hung long enough."""
        job = self._job
        assert job is not None
        if not self._recovery.gives_up(now - job.since, self._lists):
            return False
        log.warning("a call to the sound system hangs for %.1f s and is given up", now - job.since)
        job.give_up()
        self._hanging.append(job)
        self._job = None
        return True

    def _next(self, sides: Mapping[Kind, Side], listed: tuple[DeviceInfo, ...] | None, now: float) -> Order | None:
        safe = not self._unsafe()
        if self._asked:
            self._asked = False
            return self._opening(sides, KINDS, read_again=safe and self._loaded, afresh=True)
        plan = None
        if listed is not None:
            plan = self._recovery.plan(sides, listed, self._known, now, may_read_again=safe)
        if plan is not None:
            return self._opening(sides, plan.kinds, read_again=plan.read_again, afresh=plan.read_again)
        return Order(close=self._take_dead()) if self._dead else None

    def _opening(self, sides: Mapping[Kind, Side], kinds: tuple[Kind, ...], *, read_again: bool, afresh: bool) -> Order:
        """Make an order; `afresh` closes beforehand what is open, else it goes on until the other one works."""
        if afresh:
            self._dead += [stream for kind in kinds if (stream := self._detach(kind)) is not None]
        wanted: dict[Kind, str] = {kind: sides[kind].wanted for kind in kinds}
        return Order(self._take_dead(), read_again=read_again, open=wanted)

    def _begin(self, order: Order, now: float) -> None:
        self._order = order
        self._lists = 0
        self._job = self._job_for(order, now)

    def _job_for(self, order: Order, now: float) -> Job[Outcome]:
        return Job(partial(self._work, order, self.terms), undo, now)

    def _take_dead(self) -> tuple[Stream, ...]:
        dead, self._dead = tuple(self._dead), []
        return dead

    def _unsafe(self) -> bool:
        """Whether something still hangs in the library."""
        self._hanging = [job for job in self._hanging if not job.done]
        return bool(self._hanging)


def _failure(order: Order, error: Exception | None) -> Outcome:
    problem = DeviceError(f"The sound system failed: {error}", hint="The log has the details; typing works meanwhile")
    return Outcome(problems=dict.fromkeys(order.open, problem))
