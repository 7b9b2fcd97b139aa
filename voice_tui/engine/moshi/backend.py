"""What computes the model: a library on a device, behind one face. Pure; loads none."""

from __future__ import annotations

from typing import Any, Protocol

from voice_tui.engine.moshi.checkpoint.layout import Bits, Config
from voice_tui.engine.moshi.generate.port import AnyGenerator, Keeping, Sampling
from voice_tui.engine.moshi.generate.streams import Alignment
from voice_tui.engine.moshi.load.find import Checkpoint
from voice_tui.engine.moshi.load.watch import Watch


class Backend(Protocol):
    """A library on a device. A model of one is of no use to another."""

    @property
    def name(self) -> str:
        """For a person, such as "MLX"."""
        ...

    @property
    def keeping(self) -> Keeping:
        """How states of its generators become files."""
        ...

    @property
    def quantised(self) -> bool:
        """Whether it computes quantised weights."""
        ...

    @property
    def room(self) -> int:
        """Free bytes of a memory of its own; 0 = it uses the computer's."""
        ...

    def load(self, checkpoint: Checkpoint, watch: Watch) -> Any:
        """Load a language model.

        Raises:
            EngineError: The file is broken, of another model, or too large; `watch` returned False.
        """
        ...

    def random(self, shape: Config, bits: Bits, watch: Watch) -> Any:
        """Return a model with random weights, as large as a released one of this shape.

        Raises:
            EngineError: It cannot compute such a model.
        """
        ...

    def generator(self, model: Any, sampling: Sampling, seed: int, alignment: Alignment) -> AnyGenerator:
        """Return what steps a model, which is owned from now on.

        Raises:
            EngineError: The model has parts that are not supported.
        """
        ...

    def release(self) -> None:
        """Give back the memory that it keeps for later."""
        ...
