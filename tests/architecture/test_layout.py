"""The top level of the repository is what the plan says, and nothing else."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOP_LEVEL = {
    *(".ci", ".gitignore", "LICENSE", "Makefile", "README.md", "benchmarks", "config.toml", "constraints.txt", "docs"),
    *("memory", "pyproject.toml", "tests", "voice_tui"),
}


def test_top_level() -> None:
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("not a git clone")
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30)
    assert {line.partition("/")[0] for line in done.stdout.splitlines()} <= TOP_LEVEL


def test_pins_name_no_index() -> None:
    text = (ROOT / "constraints.txt").read_text()
    assert "://" not in text
    assert not any(line.startswith("-") for line in text.splitlines())


@pytest.mark.parametrize("package", ["voice_tui", "memory"])
def test_every_data_file_is_packed(package: str) -> None:
    """What is missing from package-data works in a clone and is lost in a wheel."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    patterns = settings["tool"]["setuptools"]["package-data"][package]
    packed = {path for pattern in patterns for path in (ROOT / package).glob(pattern)}
    data = {path for path in (ROOT / package).rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")}
    assert data
    assert data <= packed
