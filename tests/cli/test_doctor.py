"""`voice-tui doctor`: what it finds, and that it always says what to do."""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from memory.store import SqliteMemory
from memory.types import NewMemory
from voice_tui import cli, config, device_list, doctor
from voice_tui.config import Config
from voice_tui.doctor import Result
from voice_tui.errors import ConfigError, DeviceError, ProviderError


def configured(**flags: str) -> Config:
    return config.load([(name.replace("__", "."), value) for name, value in flags.items()], environment={})


# ---- the command ----


def test_json_has_every_check_and_the_exit_code_agrees(capsys: pytest.CaptureFixture[str]) -> None:
    code = cli.main(["doctor", "--json"])
    report = json.loads(capsys.readouterr().out)
    names = {check["name"] for check in report["checks"]}
    assert {
        "python",
        "settings",
        "speech detection",
        "ears",
        "voice",
        "memory",
        "language model",
        "extras",
        "log",
    } <= names
    failed = [check for check in report["checks"] if check["status"] == "failed"]
    assert (code, report["ok"]) == ((1, False) if failed else (0, True))
    assert all(check["fix"] for check in failed), "a failure without a way out"


def test_wrong_settings_are_a_finding_and_the_rest_is_checked_all_the_same(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "CHECKS", (doctor.check_extras,))
    assert cli.main(["--set", "audio.volume=9", "doctor"]) == 1
    out = capsys.readouterr().out
    assert " FIX  settings: 1 wrong\n        -> audio.volume must be a number from 0 to 2, not 9.0" in out
    assert "  ok  extras: " in out


def test_a_wrong_file_is_a_finding_with_a_way_on(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[audio]\nvolume = 'loud'\n")
    found = doctor.check_settings(*config.examine(file=tmp_path / "config.toml", environment={}))
    assert found.status == "failed"
    assert found.fix.splitlines()[-1] == config.WITHOUT_FILE
    assert doctor.check_settings(*config.examine(file=config.NO_FILE, environment={})).status == "ok"


def test_a_check_that_breaks_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def check_the_moon(_: Config) -> Result:
        raise ZeroDivisionError("no moon")

    def check_a_stage(_: Config) -> Result:
        raise ProviderError("No voice", hint="Get one")

    monkeypatch.setattr(doctor, "CHECKS", (check_the_moon, check_a_stage))
    *_, moon, stage = doctor.examine(configured(), config.Problems())
    assert (moon.name, moon.status, moon.detail) == (
        "the moon",
        "failed",
        "the check broke: ZeroDivisionError: no moon",
    )
    assert "no moon" in config.log_path().read_text()
    assert str(config.log_path()) in moon.fix
    assert (stage.name, stage.status, stage.detail, stage.fix) == ("a stage", "failed", "No voice", "Get one")


# ---- sound ----


def test_a_sound_system_that_hangs_is_told() -> None:
    with pytest.raises(DeviceError, match="hangs"):
        device_list.ask_devices(timeout=0.001)


def test_a_child_that_dies_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    dying = tmp_path / "python"
    dying.write_text("#!/bin/sh\nkill -ABRT $$\n")
    dying.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(dying))
    with pytest.raises(DeviceError, match=r"broke \(status -6\)"):
        device_list.ask_devices()


def test_without_portaudio_the_fix_is_the_packages_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> list[object]:
        raise DeviceError("PortAudio is not installed")

    monkeypatch.setattr(device_list, "ask_devices", none)
    monkeypatch.setattr(doctor.shutil, "which", lambda program: program if program == "apt-get" else None)
    monkeypatch.setattr(doctor, "find_library", lambda name: None)
    monkeypatch.setattr(sys, "platform", "linux")
    (result,) = doctor.check_sound(configured())
    assert (result.status, result.fix) == ("failed", "sudo apt-get install libportaudio2")


@pytest.mark.parametrize(
    ("platform", "manager", "expected"),
    [
        ("linux", "dnf", "sudo dnf install espeak-ng"),
        ("linux", "pacman", "sudo pacman -S espeak-ng"),
        ("darwin", "brew", "brew install espeak-ng"),
        ("linux", "", "Install espeak-ng with your system's package manager"),
    ],
)
def test_install_hints(platform: str, manager: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(doctor.shutil, "which", lambda program: program if program == manager else None)
    assert doctor.install_hint("espeak-ng") == expected


# ---- memory ----


def test_memory_that_is_not_there_yet_is_fine(tmp_path: Path) -> None:
    result = doctor.check_memory(configured(memory__path=str(tmp_path / "deep" / "down" / "memory.db")))
    assert result.status == "ok"
    assert "will be made" in result.detail
    assert list(tmp_path.iterdir()) == []


def test_memory_is_counted(tmp_path: Path) -> None:
    with SqliteMemory(tmp_path / "memory.db") as store:
        store.add(NewMemory("the key is under the mat"))
    result = doctor.check_memory(configured(memory__path=str(tmp_path / "memory.db")))
    assert (result.status, result.detail) == ("ok", f"{tmp_path}/memory.db, 1 memories; {doctor.NOT_ENCRYPTED}")


def test_a_file_that_is_no_memory_is_told_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "memory.db").write_bytes(b"no database at all" * 100)
    result = doctor.check_memory(configured(memory__path=str(tmp_path / "memory.db")))
    assert result.status == "failed"
    assert result.fix


# ---- terminal ----


def test_terminal_fixes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    fixes = "\n".join(doctor._terminal_fixes(79, 24, "ANSI_X3.4-1968"))
    assert "80x24" in fixes
    assert "TERM is dumb" in fixes
    assert "LANG=C.UTF-8" in fixes
    monkeypatch.setenv("TERM", "xterm-256color")
    assert list(doctor._terminal_fixes(80, 24, "UTF-8")) == []


# ---- language model ----


class Endpoint(BaseHTTPRequestHandler):
    """A server with one model, a key, and bad days chosen by the path."""

    seen: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        Endpoint.seen.append(f"{self.path} {self.headers.get('Authorization', '-')}")
        status, body = {
            "/v1/models": (200, b'{"data": [{"id": "tiny"}, {"id": "big"}]}'),
            "/locked/models": (401, b"{}"),
            "/broken/models": (500, b"oh"),
            "/nolist/models": (404, b"not found"),
        }[self.path]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Silence."""


@pytest.fixture
def server() -> Iterator[str]:
    Endpoint.seen.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Endpoint) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()
        thread.join()


def examined(base_url: str, model: str = "tiny") -> Result:
    (result,) = doctor._guarded(doctor.check_language_model, configured(llm__base_url=base_url, llm__model=model))
    return result


def test_no_endpoint_is_a_note_not_a_failure() -> None:
    result = examined("")
    assert result.status == "note"
    assert "llm.base_url" in result.fix


def test_endpoint_with_the_model_and_the_key_sent(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "s3cret")
    result = examined(f"{server}/v1/")
    assert (result.status, result.detail) == ("ok", f"tiny at {server}/v1/")
    assert Endpoint.seen == ["/v1/models Bearer s3cret"]


def test_endpoint_without_that_model_names_those_it_has(server: str) -> None:
    result = examined(f"{server}/v1", "huge")
    assert (result.status, result.fix) == ("failed", "Set llm.model to one of: tiny, big")


def test_endpoint_without_a_list_is_taken_at_its_word(server: str) -> None:
    assert examined(f"{server}/nolist").status == "ok"


@pytest.mark.parametrize(("path", "word"), [("locked", "key"), ("broken", "reach")])
def test_endpoint_that_refuses(path: str, word: str, server: str) -> None:
    result = examined(f"{server}/{path}")
    assert result.status == "failed"
    assert word in f"{result.detail} {result.fix}"


def test_endpoint_that_is_not_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refuses
        result = examined(f"http://127.0.0.1:{taken.getsockname()[1]}/v1")
    assert result.status == "failed"
    assert "cannot be reached" in result.detail


def test_endpoint_that_stalls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "ENDPOINT_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        result = examined(f"http://127.0.0.1:{silent.getsockname()[1]}/v1")
    assert result.status == "failed"


@pytest.mark.parametrize("address", ["localhost:11434/v1", "ftp://host/v1", "nonsense"])
def test_what_does_not_even_look_like_a_web_address_is_refused_by_the_settings(address: str) -> None:
    with pytest.raises(ConfigError, match=r"llm\.base_url"):
        examined(address)


@pytest.mark.parametrize("address", ["http://:1/", "http://h:99999/v1"])
def test_what_is_no_web_address(address: str) -> None:
    result = examined(address)
    assert (result.status, result.detail) == ("failed", "The setting llm.base_url is no web address")
