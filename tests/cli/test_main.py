"""The command line's frame: exit codes, one clear line for what failed, no traceback for a person."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from memory.errors import MemoryStoreError
from voice_tui import cli, cli_config
from voice_tui.config import log_path
from voice_tui.errors import VoiceTuiError

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command line in this process; exit code, stdout, stderr."""

    def call(*argv: str | Path) -> tuple[int, str, str]:
        try:
            code = cli.main([str(word) for word in argv])
        except SystemExit as e:
            code = int(e.code or 0)
        out, err = capsys.readouterr()
        return code, out, err

    return call


def fails_with(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> int:
        raise error

    monkeypatch.setattr(cli_config, "path", broken)


def test_help_lists_every_command(run: Run) -> None:
    code, out, _ = run("--help")
    assert code == 0
    for command in ("talk", "say", "memory", "devices", "doctor", "config"):
        assert f"\n    {command} " in out


def test_version(run: Run) -> None:
    assert run("--version")[:2] == (0, "voice-tui 0.1.0\n")


@pytest.mark.parametrize(
    "argv",
    [
        ("nonsense",),
        ("talk",),
        ("config",),
        ("--set", "audio.volume", "devices"),
        ("--set", "volume=1", "devices"),
        ("say",),
    ],
)
def test_wrong_usage_is_2_and_says_how(argv: tuple[str, ...], run: Run) -> None:
    code, out, err = run(*argv)
    assert (code, out) == (2, "")
    assert err.startswith("usage: voice-tui")


@pytest.mark.parametrize(
    ("argv", "usage"),
    [
        (("--bogus",), "usage: voice-tui [-h]"),
        (("devices", "--bogus"), "usage: voice-tui devices [-h]"),
        (("memory", "list", "--bogus"), "usage: voice-tui memory list [-h]"),
        (("memory", "list", "extra"), "usage: voice-tui memory list [-h]"),
        (("--set", "audio.volume=0.5", "config", "show", "--bogus"), "usage: voice-tui config show [-h]"),
    ],
)
def test_an_unknown_argument_shows_the_usage_of_the_command_it_was_given_to(
    argv: tuple[str, ...], usage: str, run: Run
) -> None:
    code, out, err = run(*argv)
    assert (code, out) == (2, "")
    assert err.startswith(usage)
    assert f"unrecognized arguments: {argv[-1]}" in err


def test_settings_may_stand_before_and_after_the_command(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("[ui]\ntheme = 'nord'\n")
    for argv in (
        ("--config", file, "--set", "audio.volume=0.5", "config", "show", "--json"),
        ("config", "show", "--json", "--config", file, "--set", "audio.volume=0.5"),
        ("--config", file, "config", "show", "--json", "--set", "audio.volume=0.5"),
    ):
        shown = json.loads(run(*argv)[1])
        assert (shown["audio.volume"]["value"], shown["ui.theme"]["value"]) == (0.5, "nord")


def test_the_later_of_two_flags_wins_wherever_they_stand(run: Run) -> None:
    _, out, _ = run("--set", "audio.volume=0.5", "config", "show", "--json", "--set", "audio.volume=0.6")
    assert json.loads(out)["audio.volume"]["value"] == 0.6


def test_wrong_setting_is_one_clear_line_and_1(run: Run) -> None:
    code, out, err = run("--set", "audio.volum=1", "config", "show")
    assert (code, out) == (1, "")
    assert err == (
        "voice-tui: There is no setting called audio.volum [--set audio.volum]\n  Did you mean `audio.volume`?\n"
    )


@pytest.mark.parametrize(
    "error", [VoiceTuiError("It broke", hint="Mend it"), MemoryStoreError("It broke", hint="Mend it")]
)
def test_our_own_errors_show_message_and_hint(error: Exception, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    fails_with(error, monkeypatch)
    assert run("config", "path") == (1, "", "voice-tui: It broke\n  Mend it\n")


def test_an_unforeseen_error_goes_to_the_log_with_its_traceback(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    fails_with(ZeroDivisionError("oh"), monkeypatch)
    code, out, err = run("config", "path")
    assert (code, out) == (1, "")
    assert err == f"voice-tui: unexpected ZeroDivisionError: oh\n  the details are in {log_path()}\n"
    assert "Traceback" in log_path().read_text()
    assert "in broken" in log_path().read_text()


def test_interrupted_is_130(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    fails_with(KeyboardInterrupt(), monkeypatch)  # pyright: ignore[reportArgumentType]  # raised all the same
    assert run("config", "path") == (130, "", "")


def test_a_reader_that_leaves_early_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-u", "-m", "voice_tui", "config", "show", "--default"],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        timeout=30,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_terminal_without_unicode_shows_what_it_can() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "voice_tui", "config", "show", "--set", "ui.theme=…"],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    assert b'ui.theme = "?"' in done.stdout


def test_without_a_terminal_the_app_says_what_to_do_instead() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "voice_tui"], capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("voice-tui: The app needs a terminal\n")
    assert "voice-tui talk" in done.stderr
