"""PyTorch computes the model, on an NVIDIA card or a processor. Loads PyTorch."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from voice_tui.engine.moshi.checkpoint.layout import Bits, Config
from voice_tui.engine.moshi.codec.port import CODEBOOKS
from voice_tui.engine.moshi.generate.port import Keeping, Sampling
from voice_tui.engine.moshi.generate.streams import Alignment
from voice_tui.engine.moshi.load.find import Checkpoint
from voice_tui.engine.moshi.load.watch import Watch
from voice_tui.engine.moshi.pytorch.generator import Generator
from voice_tui.engine.moshi.pytorch.keep import load, save
from voice_tui.engine.moshi.pytorch.lib import torch
from voice_tui.engine.moshi.pytorch.load import empty_model, load_lm, no_room
from voice_tui.errors import EngineError


class PyTorch:
    """Implements `Backend`.

    Args:
        device: As PyTorch names it: "cuda" or "cpu".

    Raises:
        EngineError: There is no such device that this PyTorch can use.
    """

    def __init__(self, device: str) -> None:
        if device != "cpu" and not torch.cuda.is_available():
            raise EngineError(
                f"PyTorch {torch.__version__} finds no NVIDIA card here",
                hint="Check that nvidia-smi lists it and that PyTorch was built for it; or moshi.device = auto",
            )
        self._device = device

    @property
    def name(self) -> str:
        """See the port."""
        return f"PyTorch on {'the processor' if self._device == 'cpu' else torch.cuda.get_device_name()}"

    @property
    def keeping(self) -> Keeping:
        """See the port."""
        return Keeping(("torch", version("torch"), version("moshi"), self._device), save, load)

    @property
    def quantised(self) -> bool:
        """It computes none."""
        return False

    @property
    def room(self) -> int:
        """Free bytes of the card."""
        return 0 if self._device == "cpu" else int(torch.cuda.mem_get_info()[0])

    def load(self, checkpoint: Checkpoint, watch: Watch) -> Any:
        """Return a `moshi` LMModel; see the port."""
        return load_lm(checkpoint, self._device, watch)

    def random(self, shape: Config, bits: Bits, watch: Watch) -> Any:
        """Return a `moshi` LMModel with random weights in bfloat16; see the port."""
        if bits:
            raise EngineError(
                "PyTorch cannot compute quantised weights",
                hint="Measure weights that are not, such as kyutai/moshiko-mlx-bf16",
            )
        model = empty_model(shape)
        try:
            model = model.to_empty(device=self._device).requires_grad_(False)
        except torch.OutOfMemoryError as e:
            raise no_room("A model of this size", sum(2 * tensor.numel() for tensor in model.parameters())) from e
        for tensor in model.parameters():
            tensor.uniform_(-0.02, 0.02)
        return model

    def generator(self, model: Any, sampling: Sampling, seed: int, alignment: Alignment) -> Generator:
        """See the port."""
        try:
            return Generator(model, sampling=sampling, seed=seed, own=CODEBOOKS, alignment=alignment)
        except torch.OutOfMemoryError as e:
            raise no_room("The model", sum(tensor.nbytes for tensor in model.parameters())) from e

    def release(self) -> None:
        """Empty the pool of the card."""
        if self._device != "cpu":
            torch.cuda.empty_cache()
