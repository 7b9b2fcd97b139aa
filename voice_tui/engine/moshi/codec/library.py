"""An instance of rustymimi in this process."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from memory.installing import install_extra
from voice_tui.engine.moshi.codec.port import CODEBOOKS, LostError
from voice_tui.engine.moshi.generate.streams import Codes
from voice_tui.errors import EngineError
from voice_tui.frame import FRAME_SAMPLES, Frame, Pcm


class LocalInstance:
    """Implements `Instance`. Loading holds Python's lock for up to 0.8 s (measured); computing does not.

    Args:
        weights: Mimi's file.

    Raises:
        LostError: The library is missing or the file is not Mimi's.
    """

    ready = True

    def __init__(self, weights: Path) -> None:
        try:
            library: Any = import_module("rustymimi")
        except ImportError as e:
            raise LostError(f"The codec does not load: {e}", hint=f"Install it with: {install_extra('mlx')}") from e
        try:
            self._tokenizer: Any = library.Tokenizer(str(weights), num_codebooks=CODEBOOKS)
        except (ValueError, RuntimeError, OSError) as e:
            raise LostError(f"{weights} is no codec of this kind: {_first(e)}", hint="Download the model again") from e

    def load(self) -> None:
        """Do nothing: it is loaded when it is made."""

    def encode(self, frame: Frame) -> Codes:
        """See `Instance`."""
        try:
            codes = self._tokenizer.encode_step(frame.reshape(1, 1, FRAME_SAMPLES))
        except (ValueError, RuntimeError) as e:
            raise EngineError(f"The codec failed: {_first(e)}") from None
        return np.asarray(codes[0, :, 0], np.int32)

    def decode(self, codes: Codes) -> Pcm:
        """See `Instance`."""
        try:
            pcm = self._tokenizer.decode_step(codes.astype(np.uint32).reshape(1, -1, 1))
        except (ValueError, RuntimeError) as e:
            raise EngineError(f"The codec failed: {_first(e)}") from None
        return np.asarray(pcm[0, 0], np.float32)

    def reset(self) -> None:
        """See `Instance`."""
        self._tokenizer.reset()

    def end(self) -> None:
        """Let go of it."""
        self._tokenizer = None

    def join(self) -> None:
        """Do nothing: it is gone."""


def _first(error: Exception) -> str:
    """The first line: behind it the library puts its back trace."""
    return (str(error).splitlines() or ["no reason given"])[0]
