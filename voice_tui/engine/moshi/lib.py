"""MLX and `moshi_mlx`, loaded when this engine is; untyped, because an installation may lack them.

Raises EngineError on import where the extra [mlx] is not installed.
"""

from __future__ import annotations

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

ON_CPU: bool = not mx.metal.is_available() and mx.default_device() == mx.Device(mx.cpu)
"""Whether there is no graphics processor to compute on."""

if ON_CPU:  # there, MLX compiles with g++ at run time: 27 s before the first step, or an error without g++
    mx.disable_compile()
