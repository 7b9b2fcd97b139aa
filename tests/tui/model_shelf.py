"""Models for the tests of their screen."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from voice_tui.models.fit import Measured, fit_of
from voice_tui.models.machine import GIB, Machine, detect_gpu_level, level_words, machine_words
from voice_tui.models.shelf import Row, rows
from voice_tui.settings import Settings
from voice_tui.tui.surroundings import ModelKeeping, Shelf

MACHINE = Machine("apple", "Apple M2 Pro", 16 * GIB)
PROGRAM = Path(__file__).with_name("errand_program.py")
Q4, Q8 = "kyutai/moshiko-mlx-q4", "kyutai/moshiko-mlx-q8"
FAST = Measured((41.0, 48.0), (9.0, 11.0), (10.0, 12.0), False, 1.0)
PULLING = {"phase": "downloading model.q4.safetensors", "done": 2_400_000_000, "total": 5_190_742_956}


@dataclass
class FakeModels:
    """A machine with the catalogue on it, some of it installed; what takes long is a program that says what it is told.

    Args:
        folder: Of the program. `installed`: names. `measured`: by name.
    """

    folder: Path
    installed: tuple[str, ...] = ()
    partly: tuple[str, ...] = ()
    measured: dict[str, Measured] = field(default_factory=dict)

    def look(self, settings: Settings) -> Shelf:
        found = tuple(self._row(row) for row in rows(MACHINE, settings.moshi.model))
        return Shelf(f"{machine_words(MACHINE)} · {level_words(detect_gpu_level(MACHINE))}", found)

    def _row(self, row: Row) -> Row:
        if row.name in self.measured:
            row = msgspec.structs.replace(row, fits=fit_of(1, MACHINE, self.measured[row.name]))
        if row.name in self.installed:
            return msgspec.structs.replace(row, installed="yes", on_disk=row.size)
        return (
            msgspec.structs.replace(row, installed="partly", on_disk=row.size // 3) if row.name in self.partly else row
        )

    def says(self, *lines: dict[str, object] | str) -> None:
        """What the program says."""
        text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
        (self.folder / "says").write_text(text)

    @property
    def asked(self) -> list[str]:
        """What it was asked to do."""
        return (self.folder / "asked").read_text().splitlines()

    @property
    def keeping(self) -> ModelKeeping:
        return ModelKeeping(self.look, (sys.executable, str(PROGRAM), str(self.folder)))
