"""The contract that every engine meets: frames in, frames and events out, one 80 ms step at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from voice_tui.events import AnyEvent, Role
from voice_tui.frame import Frame, Pcm
from voice_tui.settings import MoshiSettings


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine can do; asked instead of `isinstance`.

    Args:
        name: Such as "cascade".
        detail: What it is made of, for a person.
        full_duplex: Listens while it speaks, by itself.
        persona: Takes memories before the first frame (`prefill`), along with who it is.
        voices: Names of voices to choose from.
        inject: Strategies by which it takes memories now (`inject`), best first; empty when it takes none.
        takes_text: Whether `send_text` works.
        needs_headphones: It would hear itself through speakers even with echo cancellation.
    """

    name: str
    detail: str
    full_duplex: bool = False
    persona: bool = False
    voices: tuple[str, ...] = ()
    inject: tuple[str, ...] = ()
    takes_text: bool = False
    needs_headphones: bool = False


@dataclass(frozen=True, slots=True)
class Tick:
    """When a step happens, and how much of what was returned before is still unheard.

    Args:
        now: Session clock, seconds, monotonic; in file mode the position in the file.
        pending: Samples that were handed to playout and have not reached the speaker yet (ring plus device).
        echo: The assistant's own voice may be left in the frame: it comes out of an echo canceller.
    """

    now: float
    pending: int
    echo: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What one step gave.

    Args:
        pcm: Samples to play next, or None for nothing (the speaker is silent and no underrun is counted). Duplex models
            give exactly one frame; an engine that knows its speech ahead may give more, to keep a cushion.
        events: What happened, in order. Their `at` is set by the engine.
        flush: Drop everything that was handed to playout and is still unheard, before `pcm` is played.
        volume_change: Add this to the gain of the voice ("louder", "softer").
        volume: Set the gain to this first, 0-2; None = leave it.
    """

    pcm: Pcm | None = None
    events: tuple[AnyEvent, ...] = ()
    flush: bool = False
    volume_change: float = 0.0
    volume: float | None = None

    def gain(self, now: float) -> float:
        """Return the gain of the voice after this step, given that before it."""
        return (now if self.volume is None else self.volume) + self.volume_change


@dataclass(frozen=True, slots=True)
class Injection:
    """What became of a context that was handed to the engine.

    Args:
        strategy: How it went in, or "unsupported".
        tokens: Tokens it cost. `frames`: frames it takes; 0 = nothing was changed.
        detail: For a person.
        texts: How many of the context's texts found room.
    """

    strategy: str
    tokens: int = 0
    frames: int = 0
    detail: str = ""
    texts: int = 0


@dataclass(frozen=True, slots=True)
class Context:
    """Memories for the model, as data and never as instructions.

    Args:
        texts: One line per memory, the speaker named.
        ids: The memories' ids, same order.
    """

    texts: tuple[str, ...]
    ids: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class PastTurn:
    """A turn of a conversation that is resumed.

    Args:
        role: Who spoke. `text`: the words; of an interrupted answer what was played.
        interrupted: The answer was cut off.
    """

    role: Role
    text: str
    interrupted: bool = False


@runtime_checkable
class Tunable(Protocol):
    """An engine that samples, and can do so otherwise while it runs."""

    def tune(self, settings: MoshiSettings) -> None:
        """Use other numbers from the next frame on."""
        ...


class Engine(Protocol):
    """One conversation's worth of speech in and speech out.

    All methods are called from the session's main thread. `step` stays within 80 ms; whatever may take longer runs in
    the engine's own workers and is collected by a later step.
    """

    @property
    def capabilities(self) -> Capabilities:
        """What this engine can do; only `tune` changes it."""
        ...

    @property
    def idle(self) -> bool:
        """True when nothing is being heard, thought or said and nothing is queued; ends `talk` on a file."""
        ...

    def reset(self) -> None:
        """Begin a fresh conversation; nothing of the last one is left but what is in memory."""
        ...

    def recount(self, turns: Sequence[PastTurn]) -> None:
        """After `reset`: take what was said before in a conversation that goes on; nothing where the model cannot.

        Args:
            turns: The latest ones, oldest first.
        """
        ...

    def prefill(self, context: Context) -> Injection:
        """Before the first frame, or after `reset`: take memories, the most important first; says what became of it.

        May take seconds; nothing is heard or said meanwhile.
        """
        ...

    def step(self, frame: Frame, tick: Tick) -> Step:
        """Advance by one frame.

        Args:
            frame: Microphone, (FRAME_SAMPLES,) float32 24 kHz, after echo cancellation; silence when muted.
            tick: Session clock and what is still unheard.

        Raises:
            EngineError: The engine cannot go on.
        """
        ...

    def poll(self, tick: Tick) -> Step:
        """Between two frames: hand out what the engine's workers finished meanwhile, so that it need not wait 80 ms.

        Engines without workers return an empty step.
        """
        ...

    def send_text(self, text: str, tick: Tick) -> None:
        """Take a typed turn as if it had been said."""
        ...

    def push_to_talk(self, talking: bool, tick: Tick) -> None:
        """The talk key went down (a turn begins now and interrupts) or up (it ends now, whatever the silence)."""
        ...

    def play(self, pcm: Pcm, caption: str, tick: Tick) -> None:
        """Play a recording as the assistant's turn; `caption` stands in the transcript."""
        ...

    def inject(self, context: Context) -> Injection:
        """Hand memories to the running model, between two steps."""
        ...

    def interrupt(self, tick: Tick, *, wanted: bool = True) -> None:
        """Stop speaking now; the next step carries `flush=True` and the clipped transcript.

        Args:
            tick: Now.
            wanted: Whether the person wants quiet; else what was cut off may be said again.
        """
        ...

    def close(self) -> None:
        """Release everything, workers included; within 2 s. Safe to call twice."""
        ...
