"""The generator: token for token what upstream and PyTorch give, and what its state is worth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.engine.moshi import reference
from tests.engine.moshi.checkpoints import MICRO, write_micro
from tests.engine.moshi.choices import CHOICES, LOGITS
from tests.engine.moshi.needed import mx
from voice_tui.engine.moshi.checkpoint.write import write_checkpoint
from voice_tui.engine.moshi.generate import generator as under_test
from voice_tui.engine.moshi.generate.generator import Generator, Spoken
from voice_tui.engine.moshi.generate.port import Choice, Sampling
from voice_tui.engine.moshi.generate.sample import pick
from voice_tui.engine.moshi.load.find import find
from voice_tui.engine.moshi.load.model import load_lm
from voice_tui.engine.moshi.script import PADDING
from voice_tui.errors import EngineError

GREEDY = Sampling(temperature=0, text_temperature=0)
WARM = Sampling(temperature=1, text_temperature=1, top_k=0, text_top_k=0)


def made(folder: Path, sampling: Sampling = GREEDY, seed: int = 1, **options: Any) -> Generator:
    return Generator(load_lm(find(str(folder))), sampling=sampling, seed=seed, **options)


def tokens(spoken: Spoken) -> list[int]:
    return [spoken.text, *spoken.own.tolist()]


def told(generator: Generator, users: Sequence[Any], **options: Any) -> list[list[int]]:
    return [tokens(generator.step(user, **options)) for user in users]


def test_it_says_what_pytorch_says_far_past_its_context(micro: Path) -> None:
    assert told(made(micro), reference.users()) == reference.recorded()


@pytest.mark.parametrize(
    ("kind", "steps", "context"), [("float32", 420, 300), ("bfloat16", 60, 24), ("q4", 60, 24)], ids=str
)
def test_it_says_what_upstream_says(kind: str, steps: int, context: int, tmp_path: Path) -> None:
    """Over a growth of the cache (at 256) and past its wrap."""
    from tests.engine.moshi.upstream import Upstream

    shape = MICRO | {"context": context, "depformer_num_layers": 1 if kind == "float32" else 2}
    write_micro(tmp_path, shape, bits=4 if kind == "q4" else 0)
    if kind == "bfloat16":
        write_checkpoint(tmp_path, shape, seed=1, mimi=False)
    ours, theirs = made(tmp_path, alignment="upstream"), Upstream(tmp_path, steps)
    for number, user in enumerate(reference.users(steps)):
        spoken = ours.step(user)
        frame = None if spoken.frame is None else spoken.frame.tolist()
        assert (spoken.text, spoken.own.tolist(), frame) == theirs.step(user), f"in step {number}"


def test_a_step_evaluates_once(micro: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generator, calls = made(micro), list[int]()

    class Counted:
        def __getattr__(self, name: str) -> Any:
            return getattr(mx, name)

        def eval(self, *arrays: Any) -> None:
            calls.append(generator.steps)
            mx.eval(*arrays)

    monkeypatch.setattr(under_test, "mx", Counted())
    told(generator, reference.users(5))
    assert calls == [0, 1, 2, 3, 4]


def test_a_seed_replays_and_another_does_not(micro: Path) -> None:
    users = reference.users(12)
    generator = made(micro, WARM, seed=7)
    start = generator.start()
    first = told(generator, users)
    assert told(made(micro, WARM, seed=7), users) == first
    generator.restore(start)
    assert told(generator, users) == first, "a second conversation begins from a clean state"
    generator.restore(start)
    generator.reseed(8)
    assert told(generator, users) != first


def test_a_snapshot_is_the_whole_state(micro: Path) -> None:
    users = reference.users(150)
    generator = made(micro, WARM)
    told(generator, users[:110])
    snapshot = generator.snapshot()
    first = told(generator, users[110:])
    generator.restore(snapshot)
    assert told(generator, users[110:]) == first


def test_prefill_leaves_what_stepping_leaves(micro: Path) -> None:
    users, own, user = reference.users(20), np.arange(8) + 3, np.arange(8) + 20
    texts = [PADDING, 300, 301, PADDING, 302] * 8
    stepped, prefilled = made(micro), made(micro)
    for text in texts:
        stepped.step(user, text=text, own=own)
    prefilled.prefill(texts, own, user)
    assert prefilled.steps == stepped.steps == 40
    assert told(prefilled, users) == told(stepped, users)


def test_prefill_goes_on_where_steps_were_and_knows_its_end(micro: Path) -> None:
    stepped, prefilled = made(micro), made(micro)
    for generator in (stepped, prefilled):
        told(generator, reference.users(5))
    for text in (300, 301):
        stepped.step([1] * 8, text=text, own=[2] * 8)
    prefilled.prefill([300, 301], [2] * 8, [1] * 8)
    assert told(prefilled, reference.users(5)) == told(stepped, reference.users(5))
    with pytest.raises(EngineError, match="too long: 97 of 96"):
        prefilled.prefill([3] * 85, [2] * 8, [1] * 8)


def test_a_forced_word_reaches_history_depformer_and_the_next_step(micro: Path) -> None:
    users = reference.users(12)
    free, forced = made(micro), made(micro)
    told(free, users[:10])
    told(forced, users[:10])
    chosen = free.step(users[10])
    other = (chosen.text + 1) % 500
    spoken = forced.step(users[10], text=other)
    assert spoken.text == other
    assert spoken.own.tolist() != chosen.own.tolist(), "the depformer speaks the forced word"
    assert forced._streams.past.text == other
    assert tokens(forced.step(users[11])) != tokens(free.step(users[11])), "the next step knows of it"


def test_to_force_what_it_would_say_and_to_add_nothing_changes_nothing(micro: Path) -> None:
    users = reference.users(15)
    free = told(made(micro), users)
    forced = made(micro)
    assert [tokens(forced.step(user, text=said[0])) for user, said in zip(users, free, strict=True)] == free
    width = MICRO["dim"]
    assert told(made(micro), users, extra=mx.zeros(width)) == free
    assert told(made(micro), users, extra=mx.ones(width)) != free


def test_pinned_steps_stay_past_the_wrap(micro: Path) -> None:
    generator = made(micro)
    generator.prefill([300] * 10, [2] * 8, [1] * 8)
    generator.pinned = 10
    before = [np.array(part[:, :, :10]) for part in generator.snapshot().cache]
    told(generator, reference.users(120))
    after = generator.snapshot().cache
    assert all(np.array_equal(old, np.array(new[:, :, :10])) for old, new in zip(before, after, strict=True))
    assert {part.shape[2] for part in after} == {96}, "the cache never grows beyond the context"


def test_the_padding_bonus_keeps_it_silent_and_live(micro: Path) -> None:
    generator = made(micro, WARM)
    assert {said[0] for said in told(generator, reference.users(8))} != {PADDING}
    generator.sample_by(Sampling(padding_bonus=50))
    assert {said[0] for said in told(generator, reference.users(8))} == {PADDING}


def test_the_repetition_penalty_looks_back(micro: Path) -> None:
    users = reference.users(60)
    free = [said[0] for said in told(made(micro, Sampling(temperature=0, text_temperature=0)), users)]
    penalised = Sampling(temperature=0, text_temperature=0, repetition_penalty=100.0)
    careful = [said[0] for said in told(made(micro, penalised), users)]
    assert len(set(careful)) == len([said for said in careful if said not in (0, 3)]) + len({0, 3} & set(careful))
    assert len(set(free)) < len(free)


def drawn(choice: Choice, logits: list[float], count: int = 400) -> set[int]:
    keys = mx.random.split(mx.random.key(4), count)
    return {pick(choice, mx.array([logits]), key).item() for key in keys}


@pytest.mark.parametrize(("choice", "wanted"), CHOICES)
def test_only_the_allowed_tokens_are_drawn(choice: Choice, wanted: set[int]) -> None:
    assert drawn(choice, LOGITS) == wanted


def test_temperature_flattens() -> None:
    keys = mx.random.split(mx.random.key(5), 600)
    logits = mx.array([[0.0, 2.0]])
    shares = [
        np.mean([pick(Choice(temperature, 0, 1.0, 0.0), logits, key).item() for key in keys])
        for temperature in (0.5, 1.0, 4.0)
    ]
    assert shares == pytest.approx([1 / (1 + np.exp(-4)), 1 / (1 + np.exp(-2)), 1 / (1 + np.exp(-0.5))], abs=0.06)
