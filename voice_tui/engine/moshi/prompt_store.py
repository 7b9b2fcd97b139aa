"""Prompts that a model has taken, on disk, so that the next conversation begins at once.

They are made of memories: only this user can read them, and forgetting one deletes them all (`voice_tui/scrub.py`).
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from contextlib import suppress
from pathlib import Path

from voice_tui.engine.moshi.generate.port import Keeping, State
from voice_tui.engine.moshi.load.find import Checkpoint
from voice_tui.engine.moshi.script import Prompt
from voice_tui.errors import EngineError

log = logging.getLogger(__name__)

FORMAT = 2
"""Of what is kept; others are not read."""

MOST_FILES = 8
MOST_BYTES = 1_000_000_000
"""Beyond either, those that were not used for longest go. A prompt of 150 tokens takes 77 MB with Moshi 7B."""

SUFFIX = ".safetensors"


class PromptStore:
    """A folder of snapshots for one model.

    Args:
        folder: Made when it is needed.
        checkpoint: The model. `alignment`: as the generator has it.
        keeping: How its states become files.
    """

    def __init__(self, folder: Path, checkpoint: Checkpoint, alignment: str, keeping: Keeping) -> None:
        self._folder = folder
        self._keeping = keeping
        about = checkpoint.lm.resolve().stat()
        self._model = [
            *(FORMAT, *keeping.made_by, alignment, checkpoint.bits),
            *(str(checkpoint.lm.resolve()), about.st_size, about.st_mtime_ns, checkpoint.config),
        ]

    def key(self, prompt: Prompt) -> str:
        """Return what names a prompt taken by this model: another model, prompt or setting gives another."""
        whole = [self._model, prompt.texts, prompt.own, prompt.user]
        return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()[:32]

    def get(self, key: str, like: State) -> State | None:
        """Return what was kept, or None; a file that cannot be used is deleted.

        Args:
            like: The state before the prompt, of the same model.
        """
        path = self._path(key)
        if not path.exists():
            return None
        try:
            snapshot = self._keeping.load(path, like)
            os.utime(path)
        except (EngineError, OSError) as e:
            log.warning("a kept prompt is made anew: %s", e)
            with suppress(OSError):
                path.unlink()
            return None
        return snapshot

    def put(self, key: str, snapshot: State) -> None:
        """Keep a snapshot; whoever reads sees the whole file or none.

        Raises:
            EngineError: It cannot be written.
        """
        partial = self._folder / f"{key}.{os.getpid()}.partial{SUFFIX}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            partial.touch(0o600)
            self._keeping.save(snapshot, partial)
            if partial.stat().st_size <= MOST_BYTES:
                partial.replace(self._path(key))
            self._tidy()
        except OSError as e:
            raise EngineError(f"{self._folder} cannot be written: {e.strerror}") from e
        finally:
            partial.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}{SUFFIX}"

    def _tidy(self) -> None:
        """Delete what is too much, and what an earlier process left half written."""
        files = [(path.stat(), path) for path in self._folder.glob(f"*{SUFFIX}") if ".partial" not in path.name]
        size = 0
        for place, (about, path) in enumerate(sorted(files, key=lambda file: -file[0].st_mtime_ns)):
            size += about.st_size
            if place >= MOST_FILES or size > MOST_BYTES:
                path.unlink(missing_ok=True)
