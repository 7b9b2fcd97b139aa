"""From the setting `moshi.device` to what computes the model. Loads the library that is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voice_tui.engine.moshi.backend import Backend
from voice_tui.errors import EngineError
from voice_tui.models.machine import detect_machine
from voice_tui.settings_moshi import Device

if TYPE_CHECKING:
    from voice_tui.engine.moshi.backend_mlx import Mlx

CARD = "cuda"
"""What PyTorch calls the NVIDIA card; with several, CUDA_VISIBLE_DEVICES says which is seen."""


def backend_for(device: Device) -> Backend:
    """Return what computes.

    "auto" takes the first that is there: MLX on a graphics processor, PyTorch on an NVIDIA card, the processor.

    Raises:
        EngineError: It is not there; the hint says what to install.
    """
    if device == "mlx":
        return _mlx(cpu=False)
    if device == "cuda":
        return _pytorch(CARD)
    return _found() if device == "auto" else _processor()


def _found() -> Backend:
    try:
        mlx = _mlx(cpu=False)
    except EngineError:
        mlx = None
    if mlx is not None and mlx.graphics:
        return mlx
    if detect_machine().kind == "nvidia":
        try:
            return _pytorch(CARD)
        except EngineError:
            if mlx is None:  # the sentence about the card is the one that helps
                raise
    return mlx or _processor()


def _processor() -> Backend:
    """MLX on the processor; PyTorch where MLX is not installed."""
    try:
        return _mlx(cpu=True)
    except EngineError as missing:
        try:
            return _pytorch("cpu")
        except EngineError:
            raise missing from None


def _mlx(*, cpu: bool) -> Mlx:
    from voice_tui.engine.moshi.backend_mlx import Mlx

    return Mlx(cpu=cpu)


def _pytorch(device: str) -> Backend:
    from voice_tui.engine.moshi.pytorch.backend import PyTorch

    return PyTorch(device)
