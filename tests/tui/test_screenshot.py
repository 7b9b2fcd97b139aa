"""The script that takes the README's pictures works with any session."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.fakes_session import READY, FakeSession
from voice_tui.events import AnyCommand, SendText, TranscriptUpdated

SCRIPT = Path(__file__).parents[2] / "docs" / "screenshot.py"


class AnsweringSession(FakeSession):
    """Answers what is typed, at once."""

    def send(self, command: AnyCommand) -> None:
        super().send(command)
        if isinstance(command, SendText):
            turn = 2 * len(self.commands)
            self.emit(
                TranscriptUpdated(turn=turn, role="user", text=command.text, final=True, typed=True),
                TranscriptUpdated(turn=turn + 1, role="assistant", text=f"You typed {command.text}.", final=True),
            )


@pytest.fixture
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("screenshot", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["screenshot"] = module
    spec.loader.exec_module(module)
    return module


def test_a_picture_of_a_conversation(script: ModuleType, tmp_path: Path) -> None:
    shot = script.Shot(size=(80, 24), lines=["hello", "again"])
    svg = script.picture(shot, tmp_path, lambda _settings: AnsweringSession(READY))
    text = svg.replace("&#160;", " ")
    assert "You typed hello." in text
    assert "You typed again." in text
    if shutil.which("rsvg-convert"):
        assert script.write_png(svg, tmp_path / "picture.png")
        assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
