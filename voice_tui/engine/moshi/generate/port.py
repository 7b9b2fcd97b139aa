"""What the engine asks of a generator, whichever library computes it. Pure; loads no such library."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from voice_tui.engine.moshi.generate.streams import Codes
from voice_tui.engine.moshi.generate.streams import Spoken as Spoken

Vector = Any
"""A vector of the library, (width,): what is added to the input of a step. It can be multiplied by a number."""

State = Any
"""The whole state of a generator, of the library's kind; it never changes."""


@dataclass(frozen=True, slots=True)
class Choice:
    """How one kind of token is chosen: what of `Sampling` a library has to know while it draws."""

    temperature: float
    top_k: int
    top_p: float
    min_p: float


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are chosen.

    Args:
        temperature: Of the audio; 0 = always the likeliest. `text_temperature`: of the text.
        top_k: Only so many of the likeliest audio tokens; 0 = all. `text_top_k`: of the text.
        top_p: Only the likeliest tokens that make up this share; 1 = all.
        min_p: Only tokens at least this share as likely as the likeliest; 0 = all.
        repetition_penalty: Makes text tokens that were said lately less likely; 1 = off.
        padding_bonus: Added to the log-probability of the padding token: above 0 the model says less.
    """

    temperature: float = 0.8
    text_temperature: float = 0.7
    top_k: int = 250
    text_top_k: int = 25
    top_p: float = 1.0
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    padding_bonus: float = 0.0

    @property
    def of_text(self) -> Choice:
        """How text tokens are chosen."""
        return Choice(self.text_temperature, self.text_top_k, self.top_p, self.min_p)

    @property
    def of_audio(self) -> Choice:
        """How audio tokens are chosen."""
        return Choice(self.temperature, self.top_k, self.top_p, self.min_p)


class AnyGenerator(Protocol):
    """Steps a model. One thread at a time. `generate/generator.py` says what each method promises."""

    @property
    def pins(self) -> bool:
        """Whether steps can be pinned."""
        ...

    @property
    def pinned(self) -> int:
        """So many of the first steps stay in view for ever."""
        ...

    @property
    def steps(self) -> int:
        """Taken since the beginning, prompt included."""
        ...

    @property
    def window(self) -> int:
        """How many steps the model looks back on, the present one included."""
        ...

    def sample_by(self, sampling: Sampling) -> None:
        """Choose tokens otherwise from the next step on."""
        ...

    def reseed(self, seed: int) -> None:
        """Begin the random numbers anew."""
        ...

    def word_vector(self, token: int) -> Vector:
        """Return what the model itself adds to its input when it says this text token."""
        ...

    def outlook(self, user: Sequence[int] | Codes, *, extra: Vector | None = None) -> Any:
        """Return the log-probability of every text token in the next step; the state stays."""
        ...

    def step(
        self,
        user: Sequence[int] | Codes,
        *,
        text: int | None = None,
        own: Sequence[int] | Codes | None = None,
        extra: Vector | None = None,
    ) -> Spoken:
        """Advance by one frame."""
        ...

    def prefill(
        self,
        texts: Sequence[int],
        own: Sequence[int] | Codes,
        user: Sequence[int] | Codes,
        *,
        extra: Vector | None = None,
    ) -> None:
        """Take steps whose text and own codes are given, all at once.

        Raises:
            EngineError: They do not fit into what the model looks back on.
        """
        ...

    def pin(self) -> None:
        """Keep the steps that were taken in view for ever.

        Raises:
            EngineError: It cannot; see `pins`.
        """
        ...

    def snapshot(self) -> State:
        """Return the state."""
        ...

    def restore(self, snapshot: State) -> None:
        """Return to a state of this model."""
        ...

    def start(self) -> State:
        """Return the state before the first step, with the random numbers of now."""
        ...

    def filled(self) -> State:
        """Return a state as if as many empty steps had been taken as it looks back on: then a step costs most."""
        ...


@dataclass(frozen=True, slots=True)
class Keeping:
    """How states of a library become files.

    Args:
        made_by: Names and versions of what computes; another one cannot use what was kept.
        save: Writes a state. `load`: reads one that is like another of the same model. Both raise EngineError.
    """

    made_by: tuple[str, ...]
    save: Callable[[State, Path], None]
    load: Callable[[Path, State], State]
