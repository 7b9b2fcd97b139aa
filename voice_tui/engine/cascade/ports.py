"""The cascade's small ports: one protocol per stage, adapters in the folder of that stage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from threading import Event as CancelFlag
from typing import Protocol

from voice_tui.engine.port import PastTurn
from voice_tui.frame import Pcm

STT_RATE = 16_000
"""Samples per second that VAD and STT providers take."""


class Vad(Protocol):
    """Voice activity detection. Session's main thread; well under 5 ms per frame."""

    def probabilities(self, pcm16k: Pcm) -> list[float]:
        """Return one speech probability (0-1) per whole 32 ms chunk (512 samples at 16 kHz) that `pcm16k` completes.

        Args:
            pcm16k: Any number of samples, float32, 16 kHz; a remainder is kept for the next call.
        """
        ...

    def reset(self) -> None:
        """Forget all state."""
        ...


@dataclass(frozen=True, slots=True)
class Heard:
    """Words of one utterance.

    Args:
        utterance: The number given to `Stt.begin`.
        text: Lower case, no punctuation from embedded ears; whatever the provider writes otherwise. "" = nothing.
        final: No more will come for this utterance.
        confidence: 0-1, calibrated as well as the provider can; None for partials.
        alternative: What the other decoding pass heard, if it differs ("" = nothing): for asking back.
        command: Whether the text is a sentence of the command grammar.
    """

    utterance: int
    text: str
    final: bool
    confidence: float | None = None
    alternative: str = ""
    command: bool = False


class Stt(Protocol):
    """Streaming recognition of one utterance at a time. All calls return at once; results come by `poll`.

    A provider whose library holds the GIL or takes longer than a frame works in a process or thread of its own.
    """

    name: str

    def begin(self, utterance: int) -> None:
        """Start an utterance; an unfinished earlier one is dropped."""
        ...

    def feed(self, pcm16k: Pcm) -> None:
        """Give the next samples of the utterance, float32, 16 kHz."""
        ...

    def pause(self) -> None:
        """The user is silent and may have finished: a provider that can prepares the final now; `feed` goes on."""
        ...

    def resume(self) -> None:
        """The user goes on: what `pause` prepared is void."""
        ...

    def finish(self) -> None:
        """The utterance is over: exactly one final `Heard` for it will come, even when nothing was recognised."""
        ...

    def cancel(self) -> None:
        """Drop the utterance: nothing more will come for it."""
        ...

    def poll(self) -> list[Heard]:
        """Return what was recognised since the last call, in order.

        Raises:
            ProviderError: The recogniser died; the next `begin` starts a fresh one.
        """
        ...

    def close(self) -> None:
        """Release, within 1 s."""
        ...


class Tts(Protocol):
    """Speech synthesis. Called from worker threads, at most three at a time."""

    name: str

    def synthesize(self, text: str, cancel: CancelFlag) -> Iterator[Pcm]:
        """Yield the speech of one sentence in pieces, float32, 24 kHz, mono; stop soon after `cancel` is set.

        Raises:
            ProviderError: The voice failed; the answer is then shown as text.
        """
        ...

    def close(self) -> None:
        """Release."""
        ...


@dataclass(frozen=True, slots=True)
class Waiting:
    """A timer that was set.

    Args:
        seconds: Until it rings; 0 or less = it is about to, or was cut off while it rang.
        text: What it says then.
    """

    seconds: float
    text: str


@dataclass(frozen=True, slots=True)
class UserTurn:
    """What the user said or typed.

    Args:
        text: The words.
        typed: From the keyboard.
        confidence: Of recognition, 0-1; None when typed.
        alternative: The other decoding, or "".
        command: A sentence of the command grammar.
        audio: The utterance as heard, float32 24 kHz, or None when typed.
        now: Session clock, seconds.
        timers: What rings later, the next one first.
    """

    text: str
    typed: bool = False
    confidence: float | None = None
    alternative: str = ""
    command: bool = False
    audio: Pcm | None = field(default=None, repr=False)
    now: float = 0.0
    timers: tuple[Waiting, ...] = ()


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of the answer, any length; pieces join without a separator."""

    text: str


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording to play as part of the answer; `caption` stands in the transcript."""

    pcm: Pcm = field(repr=False)
    caption: str


@dataclass(frozen=True, slots=True)
class Recalled:
    """Memories used for this answer (see events.MemoryRecalled)."""

    query: str
    ids: tuple[str, ...]
    texts: tuple[str, ...]
    scores: tuple[float, ...]
    strategy: str
    why: tuple[str, ...] = ()
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Remembered:
    """The memory store was changed (see events.MemoryChanged)."""

    action: str
    id: str
    text: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do besides speaking.

    Args:
        name: "volume" (value: change of the gain, such as 0.25), "set_volume" (value: the gain, 0-2), "timer" (value:
            seconds, text: what to say when due), "cancel_timers", "new_conversation" (the responder has begun one),
            "stop" (end the answer without a word).
    """

    name: str
    value: float = 0.0
    text: str = ""


@dataclass(frozen=True, slots=True)
class Warned:
    """A notice for the person, such as an endpoint that was out of reach."""

    message: str
    hint: str = ""


Part = Text | Clip | Recalled | Remembered | Action | Warned


class Responder(Protocol):
    """What answers. `respond` runs in a worker thread; one at a time."""

    name: str

    def respond(self, turn: UserTurn, cancel: CancelFlag) -> Iterator[Part]:
        """Yield the answer in parts as they come; end soon after `cancel` is set.

        Raises:
            ProviderError: No answer can be had; message and hint are shown and the message is spoken.
        """
        ...

    def spoken(self, text: str, interrupted: bool) -> None:
        """What of the last answer was really played: this, not the plan, belongs in the history."""
        ...

    def withdraw(self) -> None:
        """The last turn never happened (the user went on): take it out of the history, undo its writes."""
        ...

    def reset(self) -> None:
        """Begin a fresh conversation."""
        ...

    def recount(self, turns: Sequence[PastTurn]) -> None:
        """After `reset`: take what was said before in a conversation that goes on, oldest first, into the history."""
        ...

    def close(self) -> None:
        """Release."""
        ...
