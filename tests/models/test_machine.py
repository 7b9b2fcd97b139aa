"""The level of a machine, and which model is said to fit."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from voice_tui import cli
from voice_tui.models import fit, machine, shelf
from voice_tui.models.catalogue import MODELS, known
from voice_tui.models.fit import Measured, fit_of
from voice_tui.models.machine import GIB, Kind, Machine, detect_gpu_level, detect_machine


def a_machine(kind: Kind, gib: float) -> Machine:
    return Machine(kind, "a name", int(gib * GIB))


@pytest.mark.parametrize(
    ("gib", "level"),
    [
        *((4, 0), (7.9, 0), (8, 0), (11, 0), (11.99, 1), (12, 1), (16, 1), (18, 1), (20, 2), (24, 2), (23.99, 2)),
        *((28, 3), (32, 3), (36, 3), (40, 4), (48, 4), (60, 5), (64, 5), (80, 5), (128, 5)),
    ],
)
@pytest.mark.parametrize("kind", ["apple", "nvidia"])
def test_levels(kind: Kind, gib: float, level: int) -> None:
    assert detect_gpu_level(a_machine(kind, gib)).number == level
    assert detect_gpu_level(a_machine(kind, gib), remote=True).number == (6 if level == 5 else level)


def test_without_a_graphics_processor_a_remote_model_is_proposed() -> None:
    level = detect_gpu_level(a_machine("none", 256))
    assert (level.number, level.model) == (0, "")
    assert "remote" in machine.level_words(level)


def test_every_proposed_model_is_in_the_catalogue_and_fits_its_level() -> None:
    for level in machine.LEVELS[1:]:
        assert fit_of(known(level.model).weights, a_machine("apple", level.memory), None).verdict == "yes"
        assert 0 < level.prompt_tokens < level.context_steps


@pytest.mark.parametrize(
    ("gib", "model", "words"),
    [
        (16, "", "level 1: no model here"),
        (24, "kyutai/moshiko-mlx-bf16", "level 2: kyutai/moshiko-mlx-bf16,"),
    ],
)
def test_a_card_is_proposed_what_pytorch_computes(gib: int, model: str, words: str) -> None:
    card = a_machine("nvidia", gib)
    level = detect_gpu_level(card)
    assert level.model == model
    assert words in machine.level_words(level)
    assert not model or fit_of(known(model).weights, card, None).verdict == "unknown", "there is room for it"


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_the_largest_card_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "nvidia-smi", 'echo "$*" >&2; echo "8192, Small"; echo "24564, Big, 4090"; echo "[N/A], Odd"')
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    found = detect_machine()
    assert (found.kind, found.name, found.memory) == ("nvidia", "Big, 4090", 24564 << 20)
    assert detect_gpu_level(found).number == 2


@pytest.mark.parametrize("script", ["exit 9", "echo no driver", "printf '\\377'"])
def test_a_driver_that_fails_is_no_card(script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "nvidia-smi", script)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    found = detect_machine()
    assert found.kind == "none"
    assert found.memory > GIB // 4


def test_apple_silicon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "sysctl", "echo Apple M2 Pro")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    monkeypatch.setattr(machine, "total_memory", lambda: 16 * GIB)
    assert machine.machine_words(detect_machine()) == "Apple M2 Pro, 16 GB shared memory"


@pytest.mark.parametrize(
    ("kind", "gib", "model", "verdict", "words"),
    [
        ("apple", 16, "kyutai/moshiko-mlx-q4", "yes", "yes: 8.79 GB"),
        ("apple", 8, "kyutai/moshiko-mlx-q4", "no", "no: needs 8.79 GB"),
        ("apple", 16, "kyutai/moshika-mlx-bf16", "no", "no: needs 19.4 GB"),
        ("nvidia", 80, "kyutai/moshiko-mlx-q4", "no", "no: quantised, MLX only"),
        ("nvidia", 16, "kyutai/moshiko-mlx-bf16", "no", "no: needs 18.0 GB"),
        ("nvidia", 20, "kyutai/moshiko-mlx-bf16", "unknown", "room; preflight tells"),
        ("none", 256, "kyutai/moshiko-mlx-q4", "no", "no: too slow here"),
        ("apple", 64, "nvidia/personaplex-7b-v1", "unknown", "size not known"),
    ],
)
def test_an_estimate(kind: Kind, gib: int, model: str, verdict: str, words: str) -> None:
    found = {row.name: row for row in shelf.rows(a_machine(kind, gib), "")}[model].fits
    assert (found.verdict, found.words, found.measured) == (verdict, words, False)


def test_a_measurement_wins_and_is_of_this_machine_only() -> None:
    here, name = a_machine("apple", 16), "kyutai/moshiko-mlx-q4"
    slow = Measured(step_ms=(60.0, 71.0), encode_ms=(8.0, 10.0), decode_ms=(9.0, 12.0), extrapolated=False, at=1.0)
    fit.keep_result(here, name, slow)
    fit.keep_result(here, "another", Measured((20.0, 30.0), (8.0, 10.0), (9.0, 12.0), True, 2.0))
    rows = {row.name: row for row in shelf.rows(here, "")}
    assert (rows[name].fits.words, rows[name].fits.measured) == ("no: 81 ms of 80 ms", True)
    assert fit_of(1, here, fit.results(here)["another"]).words == "yes: ≈40 ms of 80 ms"
    other = Machine("apple", "another name", here.memory)
    assert not {row.name: row for row in shelf.rows(other, "")}[name].fits.measured
    fit.results_path().write_text("{")
    assert fit.results(here) == {}


def test_a_folder_of_ones_own_is_listed(tmp_path: Path) -> None:
    (tmp_path / "model.q4.safetensors").write_bytes(bytes(1000))
    row = shelf.rows(a_machine("apple", 16), str(tmp_path))[-1]
    assert (row.name, row.size, row.local, row.in_use, row.installed) == (str(tmp_path), 1000, True, True, "yes")
    assert row.fits.words == "preflight tells"


def test_the_list_says_what_is_not_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["models", "list"]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if "/" in line and "GB" in line}
    out = "\n".join(lines.values())
    assert "5.19 GB" in out
    assert len(MODELS) == 7
    assert all(model.licence for model in MODELS)
