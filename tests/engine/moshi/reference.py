"""Records what PyTorch's own `LMGen` says, greedily, with the weights of the tests: reference.json.

Run it where PyTorch and `moshi` are, and commit what it writes; `--check` compares instead:

    pip install torch==2.13.0 einops safetensors sentencepiece && pip install --no-deps moshi==0.2.13
    python -m tests.engine.moshi.reference [--check]

(`moshi` 0.2.13 asks for torch < 2.10, but its code runs on 2.13.0: hence without its dependencies.) The weights are
random but the same everywhere, so every test run compares with PyTorch's tokens without installing PyTorch.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from tests.engine.moshi.checkpoints import MICRO, pytorch_named, write_micro
from voice_tui.engine.moshi.checkpoint.layout import Config

RECORDED = Path(__file__).with_name("reference.json")
STEPS = 240
"""Two and a half times the context of 96 steps."""


def users(steps: int = STEPS) -> np.ndarray:
    """What the user says: codes, (steps, 8)."""
    return np.random.default_rng(3).integers(0, MICRO["card"], (steps, 8))


def run(steps: int = STEPS, shape: Config = MICRO) -> list[list[int]]:
    """Return text token and eight depformer tokens of every step."""
    import torch
    from moshi.models import loaders
    from moshi.models.lm import LMGen
    from moshi.utils.compile import no_compile
    from safetensors.numpy import load_file

    torch.set_num_threads(1)
    keys = ("model_type", "mimi_name", "tokenizer_name")
    with tempfile.TemporaryDirectory() as folder:
        tensors = load_file(write_micro(Path(folder), shape) / "model.safetensors")
    model = loaders.get_moshi_lm(
        None, {key: value for key, value in shape.items() if key not in keys}, dtype=torch.float32
    )
    named = pytorch_named(tensors, shape)
    model.load_state_dict({name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in named.items()})
    said: list[list[int]] = []

    def text(tokens: Any) -> None:
        said.append(tokens.tolist())

    def audio(tokens: Any) -> None:
        said[-1].extend(tokens[0].tolist())

    generator = LMGen(model, use_sampling=False, on_text_hook=text, on_audio_hook=audio)
    with torch.no_grad(), no_compile(), generator.streaming(1):
        for user in users()[:steps]:
            generator.step(torch.from_numpy(user)[None, :, None])
    return said


def recorded() -> list[list[int]]:
    """Return what was recorded."""
    return json.loads(RECORDED.read_text())


if __name__ == "__main__":
    said = run()
    if "--check" in sys.argv:
        wrong = [step for step, (one, other) in enumerate(zip(said, recorded(), strict=True)) if one != other]
        print(f"{len(said) - len(wrong)} of {len(said)} steps are equal; the first that is not: {wrong[:1]}")
        sys.exit(bool(wrong))
    RECORDED.write_text("[\n" + ",\n".join(json.dumps(step) for step in said) + "\n]\n")
