"""The first run as the command line wires it: shown once, on request, and with what the doctor finds."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from voice_tui import cli, cli_app, doctor_endpoint
from voice_tui.cli_app import SETUP_DONE, surroundings
from voice_tui.cli_options import open_settings
from voice_tui.doctor_endpoint import local_servers
from voice_tui.paths import state_dir
from voice_tui.tui.surroundings import Setup


class Models(BaseHTTPRequestHandler):
    """Lists two models."""

    def do_GET(self) -> None:
        there = self.path == "/v1/models"
        body = json.dumps({"data": [{"id": "qwen3"}, {"id": "llama3.2"}]}).encode() if there else b"not here"
        self.send_response(200 if there else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Models) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
        thread.join()


def setup_of(*argv: str) -> Setup:
    args = cli.build_parser().parse_args(argv)
    return surroundings(open_settings(args), args).setup


def test_it_is_wanted_until_it_was_shown_and_then_only_on_request() -> None:
    first = setup_of()
    assert first.wanted
    first.done()
    assert (state_dir() / SETUP_DONE).exists()
    assert not setup_of().wanted
    assert setup_of("--setup").wanted


def test_a_state_folder_that_cannot_be_written_breaks_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(cli_app, "state_dir", lambda: tmp_path / "file" / "below")
    setup = setup_of()
    setup.done()
    assert setup_of().wanted


def test_the_survey_is_what_the_doctor_says_with_the_same_settings(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text("[tts]\nprovider = 'none'\n")
    survey = setup_of("--config", str(tmp_path / "own.toml"), "--set", "llm.base_url=http://127.0.0.1:9/v1").survey
    assert survey is not None
    found = {check.name: check for check in survey().checks}
    assert "own.toml" in found["settings"].detail
    assert found["voice"].status == "ok"
    assert "terminal" not in found, "the doctor here has none, the app has"
    assert found["language model"].status == "failed", "the flag reached the doctor"


def test_without_the_settings_file_nothing_of_it_is_read_or_written(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text("[audio]\nvolume = 'loud'\n")
    args = cli.build_parser().parse_args(["--config", str(tmp_path / "own.toml"), "--no-config"])
    around = surroundings(open_settings(args), args)
    assert (around.save_settings, around.take_back_settings, around.settings_kept) == (None, None, False)
    assert around.settings_path == tmp_path / "own.toml"
    assert around.models is not None
    assert "--no-config" in around.models.command, "its own processes leave the file out as well"


def test_a_doctor_that_says_nothing_leaves_the_survey_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_app.sys, "executable", "/bin/false")
    survey = setup_of().survey
    assert survey is not None
    assert not survey().checks


def test_servers_of_this_computer_are_found_with_their_models(address: str) -> None:
    (server,) = local_servers({"Ollama": address, "nobody": "http://127.0.0.1:9/v1", "other": address + "/other"})
    assert (server.name, server.base_url, server.models) == ("Ollama", address, ("qwen3", "llama3.2"))


def test_the_doctor_names_a_server_that_is_there(
    address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor_endpoint, "LOCAL", {"Ollama": address})
    cli.main(["doctor", "--json"])
    report = json.loads(capsys.readouterr().out)
    assert report["servers"] == [{"name": "Ollama", "base_url": address, "models": ["qwen3", "llama3.2"]}]
    (check,) = [check for check in report["checks"] if check["name"] == "language model"]
    assert check["status"] == "note"
    assert address in check["fix"]
    assert "qwen3" in check["fix"]
