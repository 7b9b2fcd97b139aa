"""What each way of telling the model something does to its tokens, exactly; and that nothing told changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.engine.moshi import reference
from tests.engine.moshi.needed import mx
from voice_tui.engine.moshi.backend_mlx import Mlx
from voice_tui.engine.moshi.factory import Words, make_generator
from voice_tui.engine.moshi.generate.generator import Generator, Snapshot, Spoken
from voice_tui.engine.moshi.generate.keep import load, save
from voice_tui.engine.moshi.generate.layers import grown
from voice_tui.engine.moshi.guide import HUSHED_FRAMES, TAIL_FRAMES, Guide, Push
from voice_tui.engine.moshi.load.find import find
from voice_tui.engine.moshi.prompt_store import MOST_FILES, PromptStore
from voice_tui.engine.moshi.script import (
    END_OF_PADDING,
    PADDING,
    QUIET_FRAMES,
    SILENCE,
    SINE,
    Encode,
    phrase,
    prompt_of,
    thought_of,
)
from voice_tui.engine.moshi.traits import Strategy, Traits, strategy_of, traits_of
from voice_tui.engine.port import Context
from voice_tui.settings import MoshiSettings

GREEDY = MoshiSettings(temperature=0, text_temperature=0, seed=1)
MOSHI = Traits("Moshi")
PERSONAPLEX = Traits("PersonaPlex", ("prefill",), tagged=True)
FACT = Context(("the dog",), ("id",))
USERS = reference.users(40)


@pytest.fixture(scope="module")
def encode(talker: Path) -> Encode:
    return Words(find(str(talker)).text).encode


@pytest.fixture(scope="module")
def loaded(talker: Path) -> tuple[Generator, Snapshot]:
    generator = make_generator(find(str(talker)), GREEDY)
    return generator, generator.start()


@pytest.fixture
def generator(loaded: tuple[Generator, Snapshot]) -> Generator:
    """Greedy, before its first step."""
    loaded[0].restore(loaded[1])
    return loaded[0]


def with_settings(**changes: Any) -> MoshiSettings:
    return MoshiSettings(temperature=0, text_temperature=0, seed=1, **changes)


def tokens(spoken: Spoken) -> list[int]:
    return [spoken.text, *spoken.own.tolist()]


def free(generator: Generator, users: Sequence[Any]) -> list[list[int]]:
    return [tokens(generator.step(user)) for user in users]


def guided(generator: Generator, guide: Guide, users: Sequence[Any]) -> tuple[list[list[int]], list[Push]]:
    pushes = [guide.next(free=True) for _ in users]
    steps = zip(users, pushes, strict=True)
    return [tokens(generator.step(user, text=push.text, extra=push.extra)) for user, push in steps], pushes


def same(one: Snapshot, other: Snapshot) -> bool:
    return all(np.array_equal(np.array(a), np.array(b)) for a, b in zip(one.cache, other.cache, strict=True))


def test_the_kind_of_a_model_is_told_by_its_shape(talker: Path) -> None:
    config = find(str(talker)).config
    assert traits_of("a", config) == MOSHI
    assert traits_of("a", config | {"dep_q": 16}) == PERSONAPLEX
    assert traits_of("nvidia/personaplex-7b-v1", config) == PERSONAPLEX
    assert [strategy_of(MoshiSettings(), traits) for traits in (MOSHI, PERSONAPLEX)] == [None, "prefill"]
    assert PERSONAPLEX.label("prefill") == "prefill"
    assert "experimental" in PERSONAPLEX.label("add")
    assert "experimental" in MOSHI.label("prefill")


# ---------------------------------------------------------------- prefill


def test_a_tagged_prompt_stands_between_its_silences(encode: Encode) -> None:
    prompt = prompt_of("Be kind", ["The dog is called Rex", "no <system> here."], PERSONAPLEX, encode, 500)
    inside = encode("<system> Be kind Information: The dog is called Rex. no here. <system>")
    quiet = (PADDING,) * QUIET_FRAMES
    assert prompt.texts == (*quiet, *inside, *quiet)
    assert (prompt.own, prompt.user, prompt.words, prompt.lines) == (SILENCE, SINE, len(inside), 2)
    plain = prompt_of("Be kind", [], MOSHI, encode, 500)
    assert (plain.texts, plain.own, plain.user) == (tuple(encode("Be kind")), SILENCE, SILENCE)
    assert prompt_of("", [], PERSONAPLEX, encode, 500).texts == ()


def test_what_does_not_fit_is_left_out_from_the_end(encode: Encode) -> None:
    lines = ["one", "two", "three"]
    needed = len(prompt_of("Be kind", lines[:2], PERSONAPLEX, encode, 500).texts)
    prompt = prompt_of("Be kind", lines, PERSONAPLEX, encode, needed)
    assert (len(prompt.texts), prompt.lines) == (needed, 2)
    assert len(prompt_of("Be kind " * 90, lines, PERSONAPLEX, encode, 30).texts) == 30
    ids, used = thought_of(["one", "two"], encode, len(encode("one")))
    assert (ids, used) == (encode("one"), 1)


@pytest.mark.parametrize("traits", [MOSHI, PERSONAPLEX], ids=lambda traits: traits.kind)
def test_a_prompt_is_what_forced_steps_would_be(traits: Traits, generator: Generator, encode: Encode) -> None:
    start = generator.snapshot()
    settings = with_settings(strategy="prefill", persona="hi")
    prompt = prompt_of("hi", FACT.texts, traits, encode, 48)
    assert prompt.lines == 1
    for text in prompt.texts:
        generator.step(prompt.user, text=text, own=prompt.own)
    stepped = free(generator, USERS[:8])
    generator.restore(start)
    told = Guide(generator, encode, traits, settings).prefill(FACT)
    assert (told.strategy, told.tokens, told.frames, told.texts) == ("prefill", prompt.words, len(prompt.texts), 1)
    assert ("experimental" in told.detail) == (traits is MOSHI)
    assert generator.steps == told.frames
    assert free(generator, USERS[:8]) == stepped
    generator.restore(start)
    assert free(generator, USERS[:8]) != stepped, "a prompt changes what is said"


def test_a_kept_prompt_is_the_same_to_the_bit(
    generator: Generator, encode: Encode, talker: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = PromptStore(tmp_path / "prompts", find(str(talker)), "reference", Mlx().keeping)
    guide = Guide(generator, encode, PERSONAPLEX, with_settings(strategy="prefill", persona="hi"), store)
    start = generator.snapshot()
    made = guide.prefill(FACT)
    first = generator.snapshot()
    said = free(generator, USERS[:8])
    (file,) = (tmp_path / "prompts").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600, "it holds memories"
    assert file.parent.stat().st_mode & 0o777 == 0o700
    monkeypatch.setattr(Generator, "prefill", None)
    generator.restore(start)
    assert guide.prefill(FACT) == made
    assert same(generator.snapshot(), first)
    assert free(generator, USERS[:8]) == said


def test_a_broken_or_foreign_file_is_made_anew_and_old_ones_go(
    generator: Generator, encode: Encode, talker: Path, tmp_path: Path
) -> None:
    checkpoint = find(str(talker))
    store = PromptStore(tmp_path, checkpoint, "reference", Mlx().keeping)
    prompt = prompt_of("hi", (), MOSHI, encode, 30)
    key = store.key(prompt)
    assert key != store.key(prompt_of("ho", (), MOSHI, encode, 30))
    assert key != PromptStore(tmp_path, checkpoint, "upstream", Mlx().keeping).key(prompt)
    before = generator.snapshot()
    generator.prefill(prompt.texts, prompt.own, prompt.user)
    taken = generator.snapshot()
    for content in (b"nonsense", b"", (20).to_bytes(8, "little") + b'{"a": 1}            '):
        (tmp_path / f"{key}.safetensors").write_bytes(content)
        assert store.get(key, before) is None
        assert not (tmp_path / f"{key}.safetensors").exists()
    mx.save_safetensors(str(tmp_path / f"{key}.safetensors"), {"cache.0": mx.zeros((2, 2))})
    assert store.get(key, before) is None
    for number in range(MOST_FILES + 3):
        store.put(f"{number:032x}", taken)
    assert len(list(tmp_path.iterdir())) == MOST_FILES
    assert store.get(f"{MOST_FILES + 2:032x}", before) is not None, "the newest stays"
    assert store.get(f"{0:032x}", before) is None


def test_nothing_to_say_takes_no_step(generator: Generator, encode: Encode) -> None:
    told = Guide(generator, encode, MOSHI, with_settings(strategy="prefill", persona="")).prefill(Context(()))
    assert (told.tokens, told.frames, generator.steps) == (0, 0, 0)


def test_a_kept_state_has_as_many_slots_as_it_had(generator: Generator, tmp_path: Path) -> None:
    free(generator, USERS[:3])
    state = generator.snapshot()
    wider = replace(state, cache=grown(state.cache, 200))
    save(wider, tmp_path / "a.safetensors")
    assert same(load(tmp_path / "a.safetensors", state), wider)


@pytest.mark.parametrize("pin", [False, True])
def test_a_pinned_prompt_outlives_the_context(pin: bool, generator: Generator, encode: Encode) -> None:
    guide = Guide(generator, encode, MOSHI, with_settings(strategy="prefill", persona="hi", pin=pin))
    slots = guide.prefill(FACT).frames
    before = [np.array(part[:, :, :slots]) for part in generator.snapshot().cache]
    for _ in range(generator.window - slots + 3):  # three over the end of the ring
        generator.step(USERS[0])
    after = [np.array(part[:, :, :slots]) for part in generator.snapshot().cache]
    assert all(np.array_equal(*pair) for pair in zip(before, after, strict=True)) == pin


# ---------------------------------------------------------------- add


def test_added_words_are_the_models_own_vectors_for_as_long_as_asked(
    generator: Generator, encode: Encode, talker: Path
) -> None:
    start, ids = generator.snapshot(), encode("the dog")
    guide = Guide(generator, encode, MOSHI, with_settings(strategy="add", add_strength=1.5, add_seconds=0.8))
    told = guide.inject(FACT)
    assert (told.strategy, told.frames, told.tokens) == ("add", 10, min(10, len(ids)))
    said, pushes = guided(generator, guide, USERS[:14])
    assert [push.extra is not None for push in pushes] == [True] * 10 + [False] * 4
    assert not any(push.muted or push.secret or push.text is not None for push in pushes)
    generator.restore(start)
    table = mx.load(str(find(str(talker)).lm))["text_emb.weight"]
    by_hand = [
        tokens(generator.step(user, extra=table[ids[place % len(ids)]] * 1.5 if place < 10 else None))
        for place, user in enumerate(USERS[:14])
    ]
    assert said == by_hand
    generator.restore(start)
    assert free(generator, USERS[:14]) != said


@pytest.mark.parametrize("strategy", ["add", "monologue", "none", "auto"])
def test_a_neutral_injection_changes_no_bit(strategy: Any, generator: Generator, encode: Encode) -> None:
    start = generator.snapshot()
    said = free(generator, USERS[:6])
    wanted = generator.snapshot()
    generator.restore(start)
    guide = Guide(generator, encode, MOSHI, with_settings(strategy=strategy, add_strength=0.0))
    told = guide.inject(FACT if strategy == "add" else Context(("",)) if strategy == "monologue" else FACT)
    assert (told.tokens, told.frames) == (0, 0)
    assert (told.strategy == "unsupported") == (strategy in ("none", "auto"))
    assert guided(generator, guide, USERS[:6])[0] == said
    assert same(generator.snapshot(), wanted)


# ---------------------------------------------------------------- monologue


def test_a_thought_is_forced_muted_and_reaches_everything(generator: Generator, encode: Encode) -> None:
    start, ids = generator.snapshot(), encode("the dog")
    guide = Guide(generator, encode, MOSHI, with_settings(strategy="monologue"))
    told = guide.inject(FACT)
    count = len(ids) + TAIL_FRAMES
    assert (told.strategy, told.tokens, told.frames, told.texts) == ("monologue", len(ids), count, 1)
    assert guide.next(free=False) == Push(), "in the middle of a turn it waits"
    assert guide.busy
    said, pushes = guided(generator, guide, USERS[: count + 3])
    assert [push.text for push in pushes] == [*ids, *[PADDING] * TAIL_FRAMES, None, None, None]
    assert [push.muted and push.secret for push in pushes] == [True] * count + [False] * 3
    assert [step[0] for step in said[:count]] == [*ids, *[PADDING] * TAIL_FRAMES], "the text history"
    assert set(ids) <= set(generator.snapshot().past.recent)
    generator.restore(start)
    chosen = free(generator, USERS[: count + 3])
    assert said[0][1:] != chosen[0][1:], "the depformer of the very step"
    assert said[count] != chosen[count], "the first free step behind it"


def test_once_begun_it_goes_on_and_an_interruption_only_delays_it(generator: Generator, encode: Encode) -> None:
    guide = Guide(generator, encode, MOSHI, with_settings(strategy="monologue"))
    guide.inject(FACT)
    ids = encode("the dog")
    assert guide.next(free=True).text == ids[0]
    assert guide.next(free=False).text == ids[1]
    guide.hush()
    assert guide.next(free=False) == Push(PADDING, muted=True)
    for _ in range(HUSHED_FRAMES - 1):
        guide.next(free=False)
    guide.inject(Context(("hello",)))
    assert guide.next(free=False) == Push(encode("hello")[0], muted=True, secret=True), "another takes its place"
    guide.tune(with_settings(strategy="none"))
    rest = [guide.next(free=False) for _ in range(TAIL_FRAMES)]
    assert rest == [Push(PADDING, muted=True, secret=True)] * TAIL_FRAMES, "its voice dies away unheard"
    guide.begin()
    assert not guide.busy
    assert guide.next(free=True) == Push()


# ---------------------------------------------------------------- what cannot be, and what changes live


def test_what_cannot_be_says_so(generator: Generator, encode: Encode) -> None:
    def told(strategy: Any, traits: Traits = MOSHI) -> Guide:
        return Guide(generator, encode, traits, with_settings(strategy=strategy))

    assert "not trained to take notes" in told("none").inject(FACT).detail
    assert "only before the first frame" in told("prefill").inject(FACT).detail
    assert told("add").prefill(FACT).strategy == "unsupported"
    assert "silence" in told("prefill", Traits("Moshi", codes=64)).prefill(FACT).detail
    generator.step(USERS[0])
    late = told("prefill").prefill(FACT)
    assert (late.strategy, generator.steps) == ("unsupported", 1)


def test_the_strategy_changes_between_two_frames(generator: Generator, encode: Encode) -> None:
    guide = Guide(generator, encode, MOSHI, with_settings())
    strategies: list[Strategy | None] = [guide.strategy]
    guide.tune(with_settings(strategy="monologue"))
    guide.inject(FACT)
    guide.tune(with_settings(strategy="add"))
    strategies.append(guide.strategy)
    assert guide.next(free=True) == Push(), "what waited for the other way is dropped"
    guide.inject(FACT)
    assert guide.next(free=True).extra is not None
    guide.tune(with_settings(strategy="add", add_strength=0.0))
    assert guide.next(free=True).extra is None, "its strength counts at once"
    assert strategies == [None, "add"]


# ---------------------------------------------------------------- greeting


def test_a_phrase_is_paced_like_speech(encode: Encode) -> None:
    tokens = phrase("hello, my dear", encode)
    words = [token for token in tokens if token not in (PADDING, END_OF_PADDING)]
    assert words == [*encode("hello,"), *encode("my"), *encode("dear")]
    starts = [place for place, token in enumerate(tokens) if token == END_OF_PADDING]
    assert starts == [0, 8, 11], "a comma is a pause; a short word takes at least its tokens"
    assert tokens[6:8] == [PADDING] * 2
    assert phrase(" ", encode) == []
    assert len(phrase("word " * 500, encode)) == 375


def test_a_greeting_is_said_aloud_once_and_can_be_cut(generator: Generator, encode: Encode) -> None:
    guide = Guide(generator, encode, MOSHI, with_settings(greeting="hello"))
    script = phrase("hello", encode)
    said, pushes = guided(generator, guide, USERS[: len(script) + 2])
    assert [step[0] for step in said[: len(script)]] == script
    assert [push.text for push in pushes] == [*script, None, None]
    assert not any(push.muted or push.secret for push in pushes)
    guide.begin()
    assert guide.greeting
    guide.hush()
    assert not guide.greeting
    assert guide.next(free=True).muted
