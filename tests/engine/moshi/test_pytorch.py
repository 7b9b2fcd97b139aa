"""PyTorch behind the same port, on the processor: what `LMGen` says, what ours says with MLX, and what its state is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.engine.moshi import reference
from tests.engine.moshi.checkpoints import MICRO, pytorch_named, write_micro
from tests.engine.moshi.choices import CHOICES, LOGITS

torch: Any = pytest.importorskip("torch", reason="needs PyTorch: pip install torch==2.13.0 einops safetensors")
pytest.importorskip("moshi", reason="needs PyTorch's Moshi: pip install --no-deps moshi==0.2.13")

from safetensors.numpy import load_file, save_file  # noqa: E402

from voice_tui.engine.moshi.backend import Backend  # noqa: E402
from voice_tui.engine.moshi.checkpoint.layout import Config  # noqa: E402
from voice_tui.engine.moshi.generate.port import AnyGenerator, Choice, Sampling, Spoken  # noqa: E402
from voice_tui.engine.moshi.load.find import find  # noqa: E402
from voice_tui.engine.moshi.pytorch.backend import PyTorch  # noqa: E402
from voice_tui.engine.moshi.pytorch.sample import pick  # noqa: E402
from voice_tui.engine.moshi.script import PADDING  # noqa: E402
from voice_tui.errors import EngineError  # noqa: E402

GREEDY = Sampling(temperature=0, text_temperature=0)
WARM = Sampling(temperature=1, text_temperature=1, top_k=0, text_top_k=0)
SMALL: Config = MICRO | {"context": 24, "num_layers": 1, "depformer_num_layers": 1}
"""Its ring wraps at once, and its steps are quick."""


def made(folder: Path, sampling: Sampling = GREEDY, seed: int = 1, backend: Backend | None = None) -> AnyGenerator:
    backend = backend or PyTorch("cpu")
    return backend.generator(backend.load(find(str(folder)), lambda loading: True), sampling, seed, "reference")


def tokens(spoken: Spoken) -> list[int]:
    return [spoken.text, *spoken.own.tolist()]


def told(generator: AnyGenerator, users: Sequence[Any], **options: Any) -> list[list[int]]:
    return [tokens(generator.step(user, **options)) for user in users]


def rewritten(micro: Path, folder: Path, *, newer: bool = False) -> Path:
    """The same model in PyTorch's naming, as released or as `moshi` 0.2.13 itself has it."""
    write_micro(folder, MICRO)
    named = pytorch_named(load_file(micro / "model.safetensors"), MICRO)
    if newer:
        split = {name: MICRO["dep_q"] if name.startswith("depformer.") else 1 for name in named if "_proj" in name}
        for name, count in split.items():
            stem = name.replace("in_proj_weight", "in_projs").replace("out_proj.weight", "out_projs")
            for index, part in enumerate(np.split(named.pop(name), count)):
                named[f"{stem}.{index}.weight"] = part
    save_file({name: np.ascontiguousarray(array) for name, array in named.items()}, folder / "model.safetensors")
    return folder


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_micro(tmp_path_factory.mktemp("small"), SMALL)


@pytest.fixture(scope="module")
def loaded(small: Path) -> tuple[AnyGenerator, Any]:
    generator = made(small)
    return generator, generator.start()


@pytest.fixture
def generator(loaded: tuple[AnyGenerator, Any]) -> AnyGenerator:
    """Greedy, before its first step; from weights in MLX's naming."""
    loaded[0].sample_by(GREEDY)
    loaded[0].restore(loaded[1])
    return loaded[0]


def test_it_says_what_was_recorded_of_lmgen(micro: Path) -> None:
    """With two layers; `reference.py --check` runs `LMGen` itself over all of it."""
    assert told(made(micro), reference.users()[:60]) == reference.recorded()[:60]


def test_it_says_what_lmgen_and_mlx_say_far_past_the_wrap(generator: AnyGenerator, small: Path) -> None:
    """PyTorch's own `LMGen`, run here, for 106 steps more than it looks back on; and our generator with MLX."""
    said, users = reference.run(130, SMALL), reference.users()[:130]
    assert told(generator, users) == said
    mlx = pytest.importorskip("voice_tui.engine.moshi.backend_mlx", reason="needs MLX", exc_type=EngineError)
    assert told(made(small, backend=mlx.Mlx()), users) == said


@pytest.mark.parametrize("newer", [False, True], ids=["released", "newer"])
def test_weights_in_its_own_naming(newer: bool, micro: Path, tmp_path: Path) -> None:
    generator = made(rewritten(micro, tmp_path, newer=newer))
    assert told(generator, reference.users()[:30]) == reference.recorded()[:30]


@pytest.mark.parametrize("alignment", ["reference", "upstream"])
def test_what_is_pushed_does_what_it_does_with_mlx(alignment: Any, small: Path) -> None:
    """A prompt, an added vector, forced words, and past the wrap; and what it thinks of the next word."""
    pytest.importorskip("mlx.core", reason="needs MLX (the extra [mlx])")
    from voice_tui.engine.moshi.backend_mlx import Mlx

    said: list[list[list[int]]] = []
    for backend in (PyTorch("cpu"), Mlx()):
        model: Any = backend.load(find(str(small)), lambda loading: True)
        generator: AnyGenerator = backend.generator(model, GREEDY, 1, alignment)
        generator.prefill([PADDING, 300, 301] * 3, [2] * 8, [1] * 8)
        said.append(told(generator, reference.users(4), extra=generator.word_vector(7) * 0.5))
        said[-1] += told(generator, reference.users(4), text=302)
        said[-1] += told(generator, reference.users(30))
        outlook = [float(chance) for chance in generator.outlook([5] * 8)]
        said[-1].append(np.argsort(outlook)[-5:].tolist())
    assert said[0] == said[1]


def test_a_model_that_predicts_the_user_too_speaks_for_itself_alone(tmp_path: Path) -> None:
    """PersonaPlex: sixteen own codebooks, of which it says eight."""
    generator = made(write_micro(tmp_path, SMALL | {"dep_q": 16}))
    assert generator.step([1] * 8).own.shape == (8,)


def test_a_seed_replays_and_another_does_not(small: Path) -> None:
    users = reference.users(6)
    generator = made(small, WARM, seed=7)
    start = generator.start()
    first = told(generator, users)
    generator.restore(start)
    assert told(generator, users) == first, "a second conversation begins from a clean state"
    generator.restore(start)
    generator.reseed(7)
    assert told(generator, users) == first
    generator.restore(start)
    generator.reseed(8)
    assert told(generator, users) != first


def test_a_snapshot_is_the_whole_state(generator: AnyGenerator) -> None:
    users = reference.users(40)
    generator.sample_by(WARM)
    told(generator, users[:30])
    snapshot = generator.snapshot()
    first = told(generator, users[30:])
    generator.restore(snapshot)
    assert told(generator, users[30:]) == first


def test_a_snapshot_on_disk_is_the_same(generator: AnyGenerator, tmp_path: Path) -> None:
    keeping, users = PyTorch("cpu").keeping, reference.users(6)
    start = generator.snapshot()
    generator.prefill([300] * 10, [2] * 8, [1] * 8)
    keeping.save(generator.snapshot(), tmp_path / "a.safetensors")
    first = told(generator, users)
    generator.restore(keeping.load(tmp_path / "a.safetensors", start))
    assert told(generator, users) == first
    (tmp_path / "b.safetensors").write_bytes((tmp_path / "a.safetensors").read_bytes()[:-1])
    with pytest.raises(EngineError, match="cut short"):
        keeping.load(tmp_path / "b.safetensors", start)


def test_prefill_leaves_what_stepping_leaves_and_knows_its_end(generator: AnyGenerator) -> None:
    users, texts = reference.users(10), [PADDING, 300, 301, PADDING, 302] * 4
    start = generator.snapshot()
    for text in texts:
        generator.step([20] * 8, text=text, own=[3] * 8)
    stepped = told(generator, users)
    generator.restore(start)
    generator.prefill(texts, [3] * 8, [20] * 8)
    assert generator.steps == 20
    assert told(generator, users) == stepped
    with pytest.raises(EngineError, match="too long: 80 of 24"):
        generator.prefill([3] * 50, [2] * 8, [1] * 8)


def test_a_forced_word_reaches_history_depformer_and_the_next_step(generator: AnyGenerator) -> None:
    users = reference.users(12)
    told(generator, users[:10])
    before = generator.snapshot()
    chosen, following = generator.step(users[10]), tokens(generator.step(users[11]))
    generator.restore(before)
    other = (chosen.text + 1) % 500
    spoken = generator.step(users[10], text=other)
    assert spoken.text == other
    assert spoken.own.tolist() != chosen.own.tolist(), "the depformer speaks the forced word"
    assert generator.snapshot().past.text == other
    assert tokens(generator.step(users[11])) != following, "the next step knows of it"


def test_to_force_what_it_would_say_to_add_nothing_and_to_look_ahead_changes_nothing(generator: AnyGenerator) -> None:
    users, start = reference.users(8), generator.snapshot()
    free = told(generator, users)
    for options in ({"extra": torch.zeros(MICRO["dim"])}, {}):
        generator.restore(start)
        for user, said in zip(users, free, strict=True):
            outlook = generator.outlook(user)
            assert int(outlook.argmax()) == said[0]
            assert float(outlook.exp().sum()) == pytest.approx(1, abs=1e-4)
            assert tokens(generator.step(user, text=None if options else said[0], **options)) == said


def test_nothing_can_be_pinned_and_it_says_so(generator: AnyGenerator) -> None:
    assert (generator.pins, generator.pinned) == (False, 0)
    with pytest.raises(EngineError, match="in view"):
        generator.pin()


def test_the_words_are_weighed_live(generator: AnyGenerator) -> None:
    generator.sample_by(Sampling(padding_bonus=50))
    assert {said[0] for said in told(generator, reference.users(6))} == {PADDING}
    generator.sample_by(Sampling(temperature=0, text_temperature=0, repetition_penalty=100.0))
    words = [said[0] for said in told(generator, reference.users(30))]
    words = [word for word in words if word not in (0, PADDING)]
    assert len(set(words)) == len(words), "none comes twice"


def drawn(choice: Choice, logits: list[float], count: int = 400) -> set[int]:
    random = torch.Generator().manual_seed(4)
    rows = torch.tensor([logits] * count)
    return set(pick(choice, rows, torch.empty_like(rows).exponential_(generator=random)).tolist())


@pytest.mark.parametrize(("choice", "wanted"), CHOICES)
def test_only_the_allowed_tokens_are_drawn(choice: Choice, wanted: set[int]) -> None:
    assert drawn(choice, LOGITS) == wanted


def test_tokens_come_as_often_as_they_are_likely() -> None:
    random, odds = torch.Generator().manual_seed(5), torch.tensor([0.1, 0.28, 0.1, 0.52])
    rows = odds.log().repeat(8000, 1)
    picked = pick(Choice(1.0, 0, 1.0, 0.0), rows, torch.empty_like(rows).exponential_(generator=random))
    assert (torch.bincount(picked) / 8000).tolist() == pytest.approx(odds.tolist(), abs=0.02)


def test_what_cannot_be_loaded_is_said(micro: Path, tmp_path: Path) -> None:
    backend = PyTorch("cpu")
    tensors = load_file(micro / "model.safetensors")
    wrong = write_micro(tmp_path / "wrong", MICRO)
    tensors["stray"] = tensors.pop("text_linear.weight")
    save_file(tensors, wrong / "model.safetensors")
    with pytest.raises(EngineError, match=r"lacks text_linear.weight and has stray too many"):
        made(wrong)
    with pytest.raises(EngineError, match="cannot compute the quantised weights") as caught:
        backend.load(replace(find(str(micro)), bits=4), bool)
    assert "bf16" in caught.value.hint
    with pytest.raises(EngineError, match="cancelled"):
        backend.load(find(str(micro)), lambda loading: False)
