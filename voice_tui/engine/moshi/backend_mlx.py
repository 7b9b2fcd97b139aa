"""MLX computes the model. Loads MLX; untyped where MLX is."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from voice_tui.engine.moshi.checkpoint.layout import Bits, Config
from voice_tui.engine.moshi.generate.generator import Generator
from voice_tui.engine.moshi.generate.keep import load, save
from voice_tui.engine.moshi.generate.port import Keeping, Sampling
from voice_tui.engine.moshi.generate.streams import Alignment
from voice_tui.engine.moshi.lib import Array, compute_on, mx, on_cpu, utils
from voice_tui.engine.moshi.load.find import Checkpoint
from voice_tui.engine.moshi.load.model import empty_model, load_lm, parameters, read_weights
from voice_tui.engine.moshi.load.watch import Watch


class Mlx:
    """Implements `Backend`.

    Args:
        cpu: Compute on the processor; else on what MLX chooses by itself: the graphics processor where it has one.
    """

    def __init__(self, *, cpu: bool = False) -> None:
        self._cpu = cpu
        compute_on(cpu=cpu)

    @property
    def graphics(self) -> bool:
        """Whether a graphics processor computes."""
        return not on_cpu()

    @property
    def name(self) -> str:
        """See the port."""
        return "MLX on the processor" if self._cpu else "MLX"

    @property
    def keeping(self) -> Keeping:
        """See the port."""
        return Keeping((version("mlx"), version("moshi_mlx")), save, load)

    @property
    def quantised(self) -> bool:
        """It computes quantised weights."""
        return True

    @property
    def room(self) -> int:
        """Memory is the computer's."""
        return 0

    def load(self, checkpoint: Checkpoint, watch: Watch) -> Any:
        """Return a `moshi_mlx` Lm; see the port."""
        return load_lm(checkpoint, watch)

    def random(self, shape: Config, bits: Bits, watch: Watch) -> Any:
        """Return a `moshi_mlx` Lm with random weights in bfloat16."""
        model = empty_model(shape, bits)
        model.set_dtype(mx.bfloat16)
        key = mx.random.key(1)
        model.update(utils.tree_unflatten([(name, _random(array, key)) for name, array in parameters(model)]))
        read_weights(model, watch)
        return model

    def generator(self, model: Any, sampling: Sampling, seed: int, alignment: Alignment) -> Generator:
        """See the port."""
        return Generator(model, sampling=sampling, seed=seed, alignment=alignment)

    def release(self) -> None:
        """Empty the pool of buffers."""
        mx.clear_cache()


def _random(array: Array, key: Array) -> Array:
    if array.dtype == mx.uint32:
        return mx.random.randint(0, 1 << 31, array.shape, dtype=mx.uint32, key=key)
    return mx.random.uniform(-0.02, 0.02, array.shape, array.dtype, key=key)
