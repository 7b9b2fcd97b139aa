"""PyTorch and Kyutai's `moshi`, loaded when this back end is; untyped, because an installation may lack them.

`moshi` 0.2.13 asks for torch < 2.10, but its code runs on the 2.13.0 that recall uses, so it is installed without its
dependencies; the extra [cuda] brings those that are needed. Raises EngineError on import where one is missing.
"""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

from memory.installing import install_extra, pip_install
from voice_tui.errors import EngineError

MOSHI = "moshi==0.2.13"

Tensor = Any
"""A `torch.Tensor`."""


def how_to_install() -> str:
    """Return the two commands that install what is needed."""
    return f"Install it with: {install_extra('cuda')} && {pip_install('--no-deps', MOSHI)}"


try:
    with warnings.catch_warnings():  # theirs about their own future
        warnings.simplefilter("ignore")
        torch: Any = import_module("torch")
        safetensors: Any = import_module("safetensors")
        safetensors_torch: Any = import_module("safetensors.torch")
        loaders: Any = import_module("moshi.models.loaders")
        transformer: Any = import_module("moshi.modules.transformer")
        compiling: Any = import_module("moshi.utils.compile")
except ImportError as e:
    raise EngineError(f"PyTorch's Moshi needs a library that does not load here: {e}", hint=how_to_install()) from e
