"""The measure of uptake: it reads what the model holds likely, and sees it where a model does take up a fact."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.engine.moshi import reference
from tests.engine.moshi.needed import mx
from voice_tui import cli
from voice_tui.engine.moshi.factory import make_examiner, make_generator
from voice_tui.engine.moshi.load.find import find
from voice_tui.engine.moshi.probes import PROBES, Probe
from voice_tui.engine.moshi.traits import Traits
from voice_tui.engine.moshi.uptake import Examiner, Uptake
from voice_tui.errors import EngineError
from voice_tui.settings import MoshiSettings

LONG = MoshiSettings(strategy="add", persona="", add_seconds=4.0)


def test_the_outlook_is_what_the_next_step_says_and_changes_nothing(micro: Path) -> None:
    generator = make_generator(find(str(micro)), MoshiSettings(temperature=0, text_temperature=0))
    for user in reference.users(3):
        outlook = np.array(generator.outlook(user))
        assert np.exp(outlook).sum() == pytest.approx(1, abs=1e-4)
        before = generator.snapshot()
        assert generator.step(user).text == outlook.argmax()
        after = generator.snapshot()
        generator.restore(before)
        again = generator.step(user)
        assert (again.text, generator.snapshot().past.text) == (outlook.argmax(), after.past.text)


def test_a_model_that_echoes_its_input_takes_up_what_is_added(talker: Path, tmp_path: Path) -> None:
    """Its output table is its input table, so an added word makes the same word likelier."""
    folder = Path(shutil.copytree(talker, tmp_path / "echo", symlinks=True))
    tensors: dict[str, Any] = dict(mx.load(str(folder / "model.safetensors")))
    tensors["text_linear.weight"] = tensors["text_emb.weight"][: tensors["text_linear.weight"].shape[0]]
    mx.eval(tensors)
    mx.save_safetensors(str(folder / "model.safetensors"), tensors)
    examiner = make_examiner(MoshiSettings(model=str(folder), persona="", add_strength=4.0))
    probe = Probe("hello", "you", "hello")
    told, without, other = (examiner.score(probe, fact, "add") for fact in ("hello", "", "the"))
    assert told > max(without, other) + 1
    with pytest.raises(EngineError, match="At least two probes"):
        examiner.examine([probe])


def test_no_strength_shifts_nothing_and_the_table_comes_as_json(
    talker: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    short = [Probe("the dog", "you", "dog"), Probe("hello", "you", "hello")]
    monkeypatch.setattr("voice_tui.engine.moshi.probes.PROBES", short)
    command = ["eval", "injection", "--model", str(talker), "--probes", "2", "--json"]
    assert cli.main([*command, "--set", "moshi.persona=", "--set", "moshi.add_strength=0"]) == 0
    found = json.loads(capsys.readouterr().out)
    rows = {row["strategy"]: row for row in found["strategies"]}
    assert list(rows) == ["prefill", "add", "monologue"]
    assert rows["add"]["shift"] == rows["add"]["shift_over_other_fact"] == 0
    assert all(rows[name]["shift"] != 0 for name in ("prefill", "monologue"))
    assert all(row["logp_without"] < 0 and row["probes"] == 2 and not row["trained"] for row in rows.values())


def test_what_cannot_be_measured_is_said(talker: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert cli.main(["eval", "injection", "--model", str(tmp_path / "none")]) == 1
    assert "There is no folder" in capsys.readouterr().err
    generator = make_generator(find(str(talker)), MoshiSettings())
    with pytest.raises(EngineError, match="codec of 64 codes"):
        Examiner(generator, lambda text: [5], Traits("Moshi", codes=64), LONG)
    examiner = Examiner(generator, lambda text: [5] * len(text), Traits("Moshi"), MoshiSettings(persona="long " * 30))
    with pytest.raises(EngineError, match="no room"):
        examiner.score(PROBES[0], "a fact", "prefill")


def test_only_what_chance_hardly_does_convinces() -> None:
    def found(hits: int, probes: int = 24, told: float = -4.0) -> bool:
        return Uptake("add", False, probes, -5.0, told, -5.0, hits / probes).convincing

    assert [found(14), found(15), found(24), found(24, told=-6.0), found(2, 2)] == [False, True, True, False, False]


def test_the_probes_are_sound() -> None:
    assert len({probe.answer for probe in PROBES}) == len(PROBES) == 24
    assert all(probe.answer in probe.fact and probe.answer not in probe.lead for probe in PROBES)
