"""What the preflight measures, and what it says of it."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest

from tests.engine.moshi.checkpoints import MICRO
from tests.engine.moshi.needed import mx as mx
from voice_tui import cli
from voice_tui.engine.moshi import preflight
from voice_tui.engine.moshi.backend_mlx import Mlx
from voice_tui.engine.moshi.checkpoint.layout import config
from voice_tui.engine.moshi.checkpoint.write import lm_bytes
from voice_tui.engine.moshi.preflight import Effort, Subject, extrapolated, measure, subject_of
from voice_tui.errors import EngineError, ModelNotFoundError
from voice_tui.models.progress import Progress

GB = 10**9
QUICK = Effort(frames=3, steps=4, seconds=5.0)


def test_sizes_are_those_of_the_releases() -> None:
    assert lm_bytes(config("full"), 4) == pytest.approx(4_805_545_072, rel=1e-4)
    assert lm_bytes(config("full"), 8) == pytest.approx(8.17e9, rel=2e-3)
    assert lm_bytes(config("full"), 0) == pytest.approx(15.4e9, rel=2e-3)


def test_a_model_that_is_not_here_is_known_by_its_name() -> None:
    subject = subject_of("kyutai/moshika-mlx-q8")
    assert (subject.bits, subject.checkpoint, subject.config["num_layers"]) == (8, None, 32)
    for name in ("somebody/something", "no-such-folder", "~/no/such/folder"):
        with pytest.raises(ModelNotFoundError):
            subject_of(name)


def test_the_rest_of_the_layers_is_extrapolated() -> None:
    p50, p99 = extrapolated((10.0, 11.0), (14.0, 21.0), 32)
    assert p50 == pytest.approx(14 + 2 * 29)
    assert p99 == pytest.approx(1.5 * p50)
    assert extrapolated((10.0, 10.0), (9.0, 9.0), 32)[0] == 9.0, "noise must not make it faster"


def test_a_small_model_is_measured_in_full_with_its_own_weights(
    talker: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight, "Effort", lambda: QUICK)
    assert cli.main(["preflight", "--model", str(talker), "--json"]) == 0
    *told, last = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    result = last["result"]
    assert (result["own_weights"], result["layers"], result["measured_layers"]) == (True, 2, [2])
    assert all(
        0 < p50 <= p99 for p50, p99 in (result["measured"][name] for name in ("step_ms", "encode_ms", "decode_ms"))
    )
    assert result["frame_ms"][0] >= result["measured"]["encode_ms"][0] + result["measured"]["step_ms"][0]
    assert {"measuring the codec", "loading the model", "measuring all of 2 layers"} <= {line["phase"] for line in told}
    assert (result["advice"]["engine"] == "moshi") == (result["frame_ms"][1] < 80)
    assert cli.main(["--set", f"moshi.model={talker}", "models", "list", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)["models"][-1]
    assert (row["name"], row["fits"]["measured"]) == (str(talker), True)
    assert cli.main(["preflight", "--model", str(talker)]) == 0
    assert "its own weights, 2 layers" in capsys.readouterr().out


def test_without_files_weights_are_random_and_what_does_not_fit_is_measured_in_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    shape = MICRO | {"num_layers": 8, "card": 2048}
    room = preflight._memory(Subject("a", shape, 0, None), 3)
    told: list[Progress] = []
    found = measure(Subject("a", shape, 0, None), room, told.append, now=5.0, backend=Mlx(), effort=QUICK)
    assert (found.depths, found.layers, found.real, found.measured.extrapolated) == ((1, 3), 8, False, True)
    phases = [report.phase for report in told]
    assert {"making a codec", "making 1 layers", "measuring 3 of 8 layers"} <= set(phases)
    assert "measuring all of 8 layers" not in phases
    assert not list(tmp_path.iterdir()), "the random codec is deleted"


def test_memory_comes_first(talker: Path) -> None:
    here = subject_of(str(talker)).checkpoint
    large = Subject("kyutai/moshiko-mlx-bf16", config("full"), 0, here)
    told: list[Progress] = []
    with pytest.raises(
        EngineError, match="There is no room to measure kyutai/moshiko-mlx-bf16: 3 of 32 layers"
    ) as caught:
        measure(large, 2 * GB, told.append, now=1.0, backend=Mlx(), effort=QUICK)
    assert caught.value.hint
    assert not told
