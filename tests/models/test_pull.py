"""Downloads from a hub of our own: the layout on the disk, going on, damage, and every refusal in words."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fake_hub import COMMIT, FakeHub, checksum_of
from voice_tui import cli
from voice_tui.engine.moshi.load.find import find
from voice_tui.errors import ModelError
from voice_tui.models import hub_cache
from voice_tui.models.catalogue import LM_FILES, MIMI_FILE, TEXT_FILE
from voice_tui.models.progress import Progress
from voice_tui.models.pull import pull

huggingface_hub: Any = pytest.importorskip("huggingface_hub", reason="needs huggingface_hub (the extra [mlx])")

NAME = "kyutai/moshiko-mlx-q4"
LM = LM_FILES[4]
MIB = 1 << 20


def content(size: int, seed: int) -> bytes:
    return random.Random(seed).randbytes(size)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    files = {
        "README.md": b"# a model\n",
        LM: content(4 * MIB, 1),
        MIMI_FILE: content(70_000, 2),
        TEXT_FILE: content(900, 3),
        "other.bin": content(50_000, 4),
    }
    hub = FakeHub(NAME, files)
    with hub.serving() as address:
        monkeypatch.setenv("HF_ENDPOINT", address)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        for variable in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_TOKEN", "HF_HUB_CACHE", "HF_HOME"):
            monkeypatch.delenv(variable, raising=False)
        yield hub


def refused(**pauses: Any) -> ModelError:
    with pytest.raises(ModelError) as caught:
        pull(NAME, pauses=(), **pauses)
    assert caught.value.hint
    return caught.value


def test_the_cache_is_as_huggingface_hub_lays_it_out(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    told: list[Progress] = []
    done = pull(NAME, told.append)
    wanted = {name: hub.files[name] for name in (LM, MIMI_FILE, TEXT_FILE)}
    total = sum(map(len, wanted.values()))
    assert (done.size, done.fetched, done.licence) == (total, total, "cc-by-4.0")
    place = hub_cache.place_of(NAME)
    assert {path.name for path in (place / "blobs").iterdir()} == {checksum_of(data) for data in wanted.values()}
    assert {path.name: path.read_bytes() for path in (place / "snapshots" / COMMIT).iterdir()} == wanted
    for path in (place / "snapshots" / COMMIT).iterdir():
        assert str(path.readlink()) == f"../../blobs/{checksum_of(wanted[path.name])}"
    library = huggingface_hub.hf_hub_download(NAME, LM, cache_dir=hub_cache.hub_cache(), local_files_only=True)
    assert Path(library) == place / "snapshots" / COMMIT / LM
    (repository,) = huggingface_hub.scan_cache_dir(hub_cache.hub_cache()).repos
    assert (repository.repo_id, [*next(iter(repository.revisions)).refs]) == (NAME, ["main"])
    assert find(NAME).lm == Path(library)
    assert {request.token for request in hub.requests} == {"hf_secret"}
    assert (told[-1].done, told[-1].total) == (total, total)
    before = len(hub.requests)
    assert pull(NAME).fetched == 0
    assert all(request.method == "HEAD" or "/api/" in request.path for request in hub.requests[before:])


def test_a_broken_connection_is_gone_on_with_by_itself(hub: FakeHub) -> None:
    hub.cut_after[LM] = [MIB + 5, 2 * MIB]
    assert pull(NAME, pauses=(0.0,)).fetched
    assert hub.gets(LM) == ["", f"bytes={MIB}-", f"bytes={3 * MIB}-"]
    assert (hub_cache.place_of(NAME) / "blobs" / checksum_of(hub.files[LM])).read_bytes() == hub.files[LM]


def test_a_download_that_was_given_up_goes_on_at_the_next_pull(hub: FakeHub) -> None:
    hub.cut_after[LM] = [2 * MIB, 0]
    assert "broke off" in refused().message
    assert hub_cache.kept(NAME).unfinished == 2 * MIB
    assert not hub_cache.kept(NAME).complete
    told: list[Progress] = []
    assert pull(NAME, told.append).fetched == 2 * MIB
    assert hub.gets(LM)[-1] == f"bytes={2 * MIB}-"
    assert next(report.done for report in told if report.phase.startswith("down")) >= 2 * MIB, (
        "what is there counts from the start"
    )
    assert hub_cache.kept(NAME).complete


def test_ctrl_c_keeps_what_came(hub: FakeHub, private_home: Path) -> None:
    hub.hold_after[LM] = 3 * MIB
    command = [sys.executable, "-m", "voice_tui", "models", "pull", NAME, "--json"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    rest = hub_cache.place_of(NAME) / "blobs" / f"{checksum_of(hub.files[LM])}.incomplete"
    limit = time.monotonic() + 40
    while not (rest.exists() and rest.stat().st_size >= 2 * MIB):
        assert child.poll() is None
        assert time.monotonic() < limit
        time.sleep(0.02)
    child.send_signal(signal.SIGINT)
    out, error = child.communicate(timeout=20)
    assert child.returncode == 130
    assert "the same command goes on with it" in error
    assert "Traceback" not in error
    assert all("phase" in json.loads(line) for line in out.splitlines())
    there = rest.stat().st_size
    hub.hold_after.clear()
    assert pull(NAME).fetched == len(hub.files[LM]) - there
    assert hub.gets(LM) == ["", f"bytes={there}-"]


def test_what_arrives_damaged_is_not_kept(hub: FakeHub) -> None:
    hub.wrong.add(LM)
    assert "arrived damaged" in refused().message
    assert not hub_cache.kept(NAME).complete
    hub.wrong.clear()
    pull(NAME)
    assert hub.gets(LM) == ["", ""]


def test_verify_finds_damage_and_pull_mends_it(hub: FakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    pull(NAME)
    assert cli.main(["models", "verify", NAME]) == 0
    assert "Every file is whole." in capsys.readouterr().out
    blob = find(NAME).lm.resolve()
    blob.write_bytes(b"\0" + blob.read_bytes()[1:])
    assert cli.main(["models", "verify", NAME, "--json"]) == 1
    result = json.loads(capsys.readouterr().out.splitlines()[-1])["result"]
    assert {file["name"]: file["good"] for file in result["files"]} == {LM: False, MIMI_FILE: True, TEXT_FILE: True}
    hub.requests.clear()
    assert cli.main(["models", "pull", NAME]) == 0
    assert (hub.gets(LM), hub.gets(MIMI_FILE)) == ([""], [])
    assert cli.main(["models", "verify", NAME]) == 0


def test_list_and_remove(hub: FakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    def row() -> dict[str, Any]:
        assert cli.main(["models", "list", "--json"]) == 0
        models = json.loads(capsys.readouterr().out)["models"]
        return next(model for model in models if model["name"] == NAME)

    assert (row()["installed"], row()["in_use"]) == ("no", True)
    hub.cut_after[LM] = [2 * MIB, 0]
    refused()
    assert (row()["installed"], row()["on_disk"]) == ("partly", 2 * MIB + 70_900)
    pull(NAME)
    assert (row()["installed"], row()["size"]) == ("yes", 4 * MIB + 70_900)
    assert cli.main(["models", "remove", NAME]) == 1
    assert "nobody said yes" in capsys.readouterr().err
    assert row()["installed"] == "yes"
    assert cli.main(["models", "remove", NAME, "--yes"]) == 0
    assert "4 MB are free again" in capsys.readouterr().out
    assert row()["installed"] == "no"
    assert not hub_cache.place_of(NAME).exists()
    assert cli.main(["models", "remove", NAME, "--yes"]) == 1
    assert "is not on this machine" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("part", "status", "code", "message", "hint"),
    [
        ("/api/", 401, "RepoNotFound", "has no kyutai/moshiko-mlx-q4, or shows it to its members only", "HF_TOKEN"),
        ("/api/", 401, "", "only to those with a valid token", "HF_TOKEN"),
        ("/api/", 404, "RepoNotFound", "has no kyutai/moshiko-mlx-q4", "Check the name"),
        (
            "/resolve/",
            401,
            "GatedRepo",
            "The licence of kyutai/moshiko-mlx-q4 must be accepted first",
            "then set HF_TOKEN",
        ),
        ("/resolve/", 403, "GatedRepo", "must be accepted first", "Accept it at http://127.0.0.1"),
        ("/resolve/", 403, "", "does not let this token", "right to read"),
        ("/resolve/", 404, "EntryNotFound", "has no kyutai", "Check the name"),
        ("/api/", 503, "", "is not well (it answers 503)", "the embedded engine goes on"),
        ("/api/", 429, "", "is not well (it answers 429)", "Try again"),
    ],
)
def test_a_refusal_is_one_sentence(hub: FakeHub, part: str, status: int, code: str, message: str, hint: str) -> None:
    hub.refusals[part] = (status, code)
    error = refused()
    assert message in error.message
    assert hint in error.hint
    assert "\n" not in error.message


def test_a_hub_out_of_reach(hub: FakeHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert cli.main(["models", "pull", NAME]) == 1
    message, hint = capsys.readouterr().err.splitlines()[-2:]
    assert message == "voice-tui: The hub at http://127.0.0.1:9 is out of reach"
    assert "HF_ENDPOINT" in hint
    assert "the embedded engine goes on" in hint
    assert cli.main(["models", "pull", NAME, "--json"]) == 1
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["error"].endswith("is out of reach")


def test_offline_asks_nothing(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "HF_HUB_OFFLINE is set" in refused().message
    assert not hub.requests


def test_room_is_looked_for_first(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**12, 10**12, 200 * 10**6))
    assert "4 MB are missing, 200 MB are free" in refused().message
    assert not hub.gets(LM)


def test_what_is_no_model_of_this_kind_is_refused_before_anything_is_loaded(hub: FakeHub) -> None:
    del hub.files[MIMI_FILE], hub.files[TEXT_FILE]
    assert "holds no codec and no text tokenizer" in refused().message
    assert not hub_cache.place_of(NAME).exists()
    with pytest.raises(ModelError, match="is no name of a model"):
        pull("../../etc")


def test_a_later_release_names_its_files_itself(hub: FakeHub) -> None:
    hub.files["own.safetensors"] = hub.files.pop(LM)
    hub.files["config.json"] = json.dumps({"moshi_name": "own.safetensors"}).encode()
    folder = pull(NAME).folder
    assert {path.name for path in folder.iterdir()} == {"own.safetensors", "config.json", MIMI_FILE, TEXT_FILE}
