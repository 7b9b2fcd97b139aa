"""The recordings of people in ../shared/data/speech, for the benchmarks of the ears."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr

from voice_tui.audio.codec import decode
from voice_tui.engine.cascade.ports import STT_RATE
from voice_tui.frame import SAMPLE_RATE, Pcm

DATA = Path(__file__).resolve().parents[2] / "shared/data/speech"
SHORT_WORDS = 6
"""A sentence this short could be a command."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One file of the manifest.

    Args:
        name: Without its ending.
        pcm: Float32, 16 kHz.
        group: "commands", "coffee orders", "digits", "Harvard sentences", "read books", "other speech" or "noise".
        speaker: Recordings with the same one are of one person, as far as the manifest tells.
        words: What is said, lower case; "" where that is not known word by word.
        slots: Of a coffee order: what must be understood, such as "light roast".
    """

    name: str
    pcm: Pcm
    group: str
    speaker: str
    words: str
    slots: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """Its length."""
        return len(self.pcm) / STT_RATE

    @property
    def short(self) -> bool:
        """Whether it could be a command."""
        return 0 < len(self.words.split()) <= SHORT_WORDS


def load(data: Path = DATA) -> list[Recording]:
    """Return every recording but room responses, in the manifest's order."""
    with (data / "manifest.tsv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["kind"] != "rir"]
    return [_recording(data, row) for row in rows]


def with_room(pcm: Pcm, before: float = 0.5, after: float = 0.3) -> Pcm:
    """The same with faint noise around it; seconds."""
    noise = np.random.default_rng(0).normal(0.0, 1e-4, round((before + after) * STT_RATE)).astype(np.float32)
    start = round(before * STT_RATE)
    return np.concatenate((noise[:start], pcm, noise[start:]))


def _recording(data: Path, row: dict[str, str]) -> Recording:
    name = row["file"].rpartition(".")[0]
    pcm = soxr.resample(decode((data / row["file"]).read_bytes()), SAMPLE_RATE, STT_RATE)
    words, slots = row["transcript"], ()
    if words.startswith("SLOTS "):
        slots = tuple(slot.partition("=")[2] for slot in _split_slots(words.removeprefix("SLOTS ")))
        words = ""
    if row["kind"] == "speech-unlabelled":
        words = ""
    return Recording(name, np.asarray(pcm, dtype=np.float32), _group(row), _speaker(name), words, slots)


def _split_slots(text: str) -> list[str]:
    """Split "size=small roast=light roast" before each name."""
    found: list[str] = []
    for word in text.split():
        if "=" in word:
            found.append(word)
        else:
            found[-1] += f" {word}"
    return found


def _group(row: dict[str, str]) -> str:
    note = row["note"].lower()
    if row["kind"] == "noise":
        return "noise"
    if row["transcript"].startswith("SLOTS"):
        return "coffee orders"
    for word, group in (("digit", "digits"), ("harvard", "Harvard sentences"), ("command", "commands")):
        if word in note:
            return group
    return "read books" if "read" in note or "librispeech" in note else "other speech"


def _speaker(name: str) -> str:
    """Name who speaks, as far as file names tell."""
    first, *rest = name.split("_")
    if first == "fsdd":
        return rest[-1]
    if first in ("s2i", "ls", "cv"):
        return f"{first}_{rest[0]}"
    if first == "ps":
        return f"ps_{rest[0]}"
    return first.rstrip("0123456789") if first.startswith("lj") else first
