"""The command of a hint: it names this Python, and the folder that the program was installed from."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from memory.installing import install_extra, pip_install

PIP = [sys.executable, "-m", "pip", "install"]


def installed(folder: Path, monkeypatch: pytest.MonkeyPatch, origin: dict[str, Any] | None) -> None:
    """Install a voice-tui without contents, which comes before the real one."""
    info = folder / "site" / "voice_tui-9.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: voice-tui\nVersion: 9\n")
    if origin is not None:
        (info / "direct_url.json").write_text(json.dumps(origin))
    monkeypatch.syspath_prepend(str(info.parent))


@pytest.mark.parametrize("pinned", [True, False])
def test_from_a_folder_it_is_installed_from_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pinned: bool
) -> None:
    root = tmp_path / "my work"
    root.mkdir()
    constraints = root / "constraints.txt"
    if pinned:
        constraints.touch()
    installed(tmp_path, monkeypatch, {"url": root.as_uri(), "dir_info": {"editable": True}})
    pins = ["-c", str(constraints)] if pinned else []
    assert shlex.split(install_extra("mlx")) == [*PIP, *pins, "-e", f"{root}[mlx]"]


@pytest.mark.parametrize(
    "origin",
    [None, {"url": "file:///gone", "dir_info": {}}, {"url": "https://example.org/a.zip", "archive_info": {}}],
)
def test_as_a_package_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, origin: dict[str, Any]) -> None:
    installed(tmp_path, monkeypatch, origin)
    assert shlex.split(install_extra("mlx")) == [*PIP, "voice-tui[mlx]"]


def test_it_can_be_copied_into_a_shell() -> None:
    assert shlex.split(pip_install("a b", "c'd")) == [*PIP, "a b", "c'd"]
