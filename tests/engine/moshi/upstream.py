"""moshi_mlx's own generator with the cure for its cache: what ours is compared with."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from voice_tui.engine.moshi.lib import mx
from voice_tui.engine.moshi.load.find import find
from voice_tui.engine.moshi.load.model import load_lm

models: Any = import_module("moshi_mlx.models")
sampling: Any = import_module("moshi_mlx.utils.sampling")
transformer: Any = import_module("moshi_mlx.modules.transformer")
kv_cache: Any = import_module("moshi_mlx.modules.kv_cache")


class Upstream:
    """Greedy. A ring of context + 1 slots makes its attention exact (its own, of 4096, is wrong once it wraps)."""

    def __init__(self, folder: Path, steps: int) -> None:
        model = load_lm(find(str(folder)))
        cfg = model.cfg.transformer
        model["transformer_cache"] = [
            transformer.LayerCache(kv_cache.RotatingKVCache(cfg.head_dim, cfg.num_heads, max_size=cfg.context + 1))
            for _ in model.transformer.layers
        ]
        greedy = sampling.Sampler(temp=0)
        self.own: list[int] = []
        self._generator = models.LmGen(model, steps, greedy, greedy, on_audio_hook=self._note)

    def _note(self, tokens: Any) -> None:
        self.own = np.array(tokens).reshape(-1).tolist()

    def step(self, user: np.ndarray) -> tuple[int, list[int], list[int] | None]:
        """Return the text token, the depformer's tokens, and the frame that is complete."""
        text, _ = self._generator.step(mx.array(user)[None])
        frame = self._generator.last_audio_tokens()
        return text.item(), self.own, None if frame is None else np.array(frame)[0].tolist()
