"""An instance of the codec, as the rest sees it, and when it is changed for another.

rustymimi 0.4.1 does 4,096 frames with an instance **in its life**: its `reset()` forgets the sound, but not how far the
positions of its transformer have come. Measured, for encoding and for decoding alike: 2,100 frames, `reset()`, 1,996
more, then "narrow invalid args start + len > dim_len: [8192, 32]" (25 positions a second in a table of 8,192). What it
says until then is right, and it holds some 65 kB more for each frame of a direction. So the frames of an instance are
counted from its first to its last, and none is used again once another has taken its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from voice_tui.engine.moshi.generate.streams import Codes
from voice_tui.errors import EngineError
from voice_tui.frame import Frame, Pcm

CODEBOOKS = 8


class LostError(EngineError):
    """An instance is no more: it could not be loaded, or its process ended."""


@dataclass(frozen=True, slots=True)
class HandOver:
    """When a direction changes its instance.

    Args:
        encoder, decoder: Frames since the last change after which it begins.
        view: Frames that the new one is fed first; 250 (20 s) are the codec's whole view.
        limit: Frames in the life of an instance at which the change is waited for.
        rescue: Frames that are fed where time presses: to one that takes the place of a lost one, since nothing is
            heard meanwhile, and at the limit. With 12, nine of ten codes are right at once, and all ten seconds later.
    """

    encoder: int = 3400
    decoder: int = 2800
    view: int = 250
    limit: int = 4090
    rescue: int = 12


class Instance(Protocol):
    """One instance, for one direction. One thread at a time; `end` any."""

    @property
    def ready(self) -> bool:
        """Whether it is loaded; never waits.

        Raises:
            LostError: It could not be loaded.
        """
        ...

    def load(self) -> None:
        """Wait until it is loaded.

        Raises:
            LostError: It could not be loaded.
        """
        ...

    def encode(self, frame: Frame) -> Codes:
        """Return the codes of a frame, (8,).

        Raises:
            LostError: It is no more.
            EngineError: It refuses this frame.
        """
        ...

    def decode(self, codes: Codes) -> Pcm:
        """Return the frame of its codes; raises what `encode` raises."""
        ...

    def reset(self) -> None:
        """Forget all sound, but for a trace of it in the codes of the next frame. Its life goes on.

        Raises:
            LostError: It is no more.
        """
        ...

    def end(self) -> None:
        """Release it; returns at once."""
        ...

    def join(self) -> None:
        """Wait, two seconds at most, until what was ended is gone."""
        ...
