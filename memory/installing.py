"""The command that installs something for the Python that runs this: to be copied as it stands."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

PROJECT = "voice-tui"


def install_extra(extra: str) -> str:
    """Return the command that adds an extra, such as "mlx", the way this program was installed."""
    root = _source()
    if root is None:
        return pip_install(f"{PROJECT}[{extra}]")
    constraints = root / "constraints.txt"
    pinned = ("-c", str(constraints)) if constraints.is_file() else ()
    return pip_install(*pinned, "-e", f"{root}[{extra}]")


def pip_install(*arguments: str) -> str:
    """Return the command that installs into the running environment, quoted for a shell."""
    return shlex.join([sys.executable or "python3", "-m", "pip", "install", *arguments])


def _source() -> Path | None:
    """Return the folder this was installed from to be edited there (PEP 610), None where it came as a package."""
    from importlib.metadata import PackageNotFoundError, distribution  # 20 ms, wanted only for a hint

    try:
        origin: dict[str, Any] = json.loads(distribution(PROJECT).read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, OSError, ValueError):
        return None
    address = urlsplit(str(origin.get("url", "")))
    if address.scheme != "file" or not origin.get("dir_info", {}).get("editable"):
        return None
    return Path(unquote(address.path))
