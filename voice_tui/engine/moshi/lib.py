"""MLX and `moshi_mlx`, loaded when this engine is; untyped, because an installation may lack them.

Raises EngineError on import where the extra [mlx] is not installed.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from memory.installing import install_extra
from voice_tui.errors import EngineError

Array = Any
"""An `mlx.core.array`."""

try:
    mx: Any = import_module("mlx.core")
    nn: Any = import_module("mlx.nn")
    utils: Any = import_module("mlx.utils")
    moshi_lm: Any = import_module("moshi_mlx.models.lm")
except ImportError as e:
    raise EngineError(
        f"The Moshi engine needs a library that does not load here: {e}",
        hint=f"Install it with: {install_extra('mlx')} (Apple silicon, or Linux on x86_64)",
    ) from e

_FIRST_DEVICE: Any = mx.default_device()
"""What MLX computes on by itself: the graphics processor where it has one."""


def on_cpu() -> bool:
    """Whether the processor computes."""
    return mx.default_device() == mx.Device(mx.cpu)


def compute_on(*, cpu: bool) -> None:
    """Choose what computes from now on, in the whole process.

    Args:
        cpu: The processor; else what MLX chooses by itself.
    """
    mx.set_default_device(mx.cpu if cpu else _FIRST_DEVICE)
    if on_cpu():  # there, MLX compiles with g++ at run time: 27 s before the first step, or an error without g++
        mx.disable_compile()
    elif not os.environ.get("MLX_DISABLE_COMPILE"):
        mx.enable_compile()


compute_on(cpu=False)
