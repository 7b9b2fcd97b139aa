"""The import contracts of pyproject.toml hold, and each of them bites."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

VIOLATIONS = {
    "Imports go down only": ("voice_tui/events.py", "import voice_tui.session.port"),
    "No cycle in any package": ("voice_tui/audio/choice.py", "def lazy():\n    import voice_tui.audio.device"),
    "The memory knows nothing of voice_tui": ("memory/types.py", "import voice_tui.errors"),
    "Only voice_tui.audio.portaudio uses sounddevice": ("voice_tui/audio/level.py", "import sounddevice"),
    "Only voice_tui.tui uses textual": ("voice_tui/session/port.py", "import textual.app"),
    "Only the LLM responder uses openai": ("voice_tui/engine/cascade/sentences.py", "def lazy():\n    import openai"),
    "Nothing heavy is within reach of the app": ("voice_tui/tui/keys.py", "def lazy():\n    import numpy"),
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of both packages with the contracts."""
    for package in ("voice_tui", "memory"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def verdicts(tree: Path) -> dict[str, str]:
    """Run the linter in `tree`; contract -> KEPT or BROKEN."""
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [program, "--no-cache", "--no-logo"],
        cwd=tree,
        capture_output=True,
        text=True,
        timeout=60,
        env={"PYTHONPATH": "."},
    )
    found = dict(re.findall(r"^(.*) (KEPT|BROKEN)$", done.stdout, re.MULTILINE))
    assert found, done.stdout + done.stderr
    return found


def test_every_contract_has_a_violation_here(tree: Path) -> None:
    assert set(verdicts(tree)) == set(VIOLATIONS)


def test_all_contracts_are_kept(tree: Path) -> None:
    assert [name for name, verdict in verdicts(tree).items() if verdict != "KEPT"] == []


def test_every_contract_bites(tree: Path) -> None:
    for file, code in VIOLATIONS.values():
        with (tree / file).open("a") as module:
            module.write(f"\n\n{code}\n")
    assert [name for name, verdict in verdicts(tree).items() if verdict != "BROKEN"] == []


def test_a_module_without_a_layer_is_refused(tree: Path) -> None:
    (tree / "voice_tui" / "stray.py").write_text("")
    assert verdicts(tree)["Imports go down only"] == "BROKEN"
