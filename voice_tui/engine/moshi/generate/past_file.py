"""What later steps still need, as arrays in a file beside the cache. Pure numpy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voice_tui.engine.moshi.generate.streams import Past
from voice_tui.engine.moshi.load.header import read_header
from voice_tui.errors import EngineError

Numbers = NDArray[np.int32]


def arrays_of(past: Past, *more: int) -> dict[str, Numbers]:
    """Return the arrays of a past of at least one step, int32; `more` numbers are kept with it."""
    return {
        "numbers": np.array([past.steps, past.text, *more], np.int32),
        "recent": np.array(past.recent, np.int32),
        "spoken": np.stack(past.spoken).astype(np.int32),
        "heard": np.stack(past.heard).astype(np.int32),
    }


def past_of(arrays: Mapping[str, Numbers]) -> tuple[Past, list[int]]:
    """Return the past, and the numbers that were kept with it."""
    steps, text, *more = (int(number) for number in arrays["numbers"])
    recent = tuple(int(token) for token in arrays["recent"])
    return Past(steps, text, tuple(arrays["spoken"]), tuple(arrays["heard"]), recent), more


def check_parts(path: Path, cache: Iterable[str]) -> None:
    """See that a file holds a past and just these parts of a cache.

    Raises:
        EngineError: It is broken, or of another model.
    """
    if set(read_header(path)) != {*cache, "numbers", "recent", "spoken", "heard"}:
        raise EngineError(f"{path} was written for another model")
