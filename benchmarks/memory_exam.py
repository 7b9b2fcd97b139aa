"""The exam of recall: long conversations with evidence labels (LoCoMo), read, asked and marked. Nothing is fitted here.

Maharana et al. 2024, CC BY-NC 4.0; six conversations of two people each. A memory is a turn, with the caption of the
photo that was sent with it. Categories 1 to 4 have evidence; 5 asks for what the *other* person said or nobody did.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from memory.types import Memory

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "memory" / "locomo-dev6.json"
CATEGORIES = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop"}
ADVERSARIAL = 5
DEPTHS = (1, 3, 5, 15)
SMALL_TALK = """
Good morning. | Good evening, how are you? | Hi there. | Hello, it's me again. | How's it going? | Not too bad, thanks.
I'm fine, and you? | Nice to hear your voice. | It's raining again. | What a lovely day.
It's so hot today. | Brr, cold.
I just woke up. | I'm going to make some coffee. | I'm a bit tired. | I slept well. | Let me think. | Hang on a second.
One moment please. | Sorry, I was somewhere else. | Okay. | All right then. | Sounds good to me. | That's interesting.
Really? I had no idea. | Wow. | Ha, that's funny. | You're funny. | Thank you very much. | Thanks, that helped.
No problem. | Never mind. | Forget it, it doesn't matter. | I don't know. | Maybe later. | Could be. | I guess so.
I'm just looking out of the window. | The sun is going down. | It's getting late. | I should go to bed soon.
Good night. | Sleep well. | See you tomorrow. | Talk to you later. | Have a nice weekend. | Same to you. | Take care.
Dinner is almost ready. | I'm hungry. | The bus is late again. | There's so much traffic. | What a long day.
Can you hear me? | Are you there? | Testing, one two three. | Can you speak a bit louder? | Please say that again.
Tell me a joke. | Sing me something. | What can you do? | Who made you? | What's your name? | How do you feel today?
I had toast for breakfast. | The neighbours are loud. | My tea has gone cold. | I can't find my glasses. | Bless you.
"""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a talk; `evidence`: ids of the turns that answer it; `category`: 1 to 5, or 0."""

    text: str
    category: int
    evidence: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Talk:
    """A long conversation as memories, and what is asked of it."""

    name: str
    speakers: tuple[str, str]
    memories: list[Memory]
    questions: list[Question]

    @property
    def asked_at(self) -> float:
        """A day after the last word."""
        return self.memories[-1].said_at + 86_400


def read(file: Path = DATA) -> list[Talk]:
    """Return the talks of the file."""
    return [_talk(record) for record in json.loads(file.read_text("utf-8"))]


def _talk(record: dict[str, Any]) -> Talk:
    said = record["conversation"]
    memories: list[Memory] = []
    for number in count(1):
        if f"session_{number}_date_time" not in said:
            break
        start = datetime.strptime(said[f"session_{number}_date_time"], "%I:%M %p on %d %B, %Y").replace(tzinfo=UTC)
        for place, turn in enumerate(said.get(f"session_{number}", [])):
            text = f"{turn['text']} {turn.get('blip_caption', '')}".strip()
            at = start.timestamp() + 10.0 * place
            name = record["sample_id"]
            memories.append(Memory(turn["dia_id"], text, speaker=turn["speaker"], said_at=at, conversation=name))
    ids = {memory.id for memory in memories}
    questions = [
        Question(qa["question"], qa["category"], _evidence(qa.get("evidence", [])) & ids) for qa in record["qa"]
    ]
    return Talk(record["sample_id"], (said["speaker_a"], said["speaker_b"]), memories, questions)


def _evidence(told: Iterable[str]) -> frozenset[str]:
    return frozenset(f"D{int(s)}:{int(t)}" for text in told for s, t in re.findall(r"D:?(\d+):(\d+)", text))


def never_said(talks: Sequence[Talk], place: int) -> list[Question]:
    """Return the questions of the next talk with the names of this one's people: about things never said here."""
    talk, other = talks[place], talks[(place + 1) % len(talks)]
    names = dict(zip(other.speakers, talk.speakers, strict=True))
    return [
        Question(re.sub("|".join(names), lambda found: names[found[0]], question.text), 0)
        for question in other.questions
        if question.category in CATEGORIES
    ]


def small_talk() -> list[Question]:
    """Return what people say without wanting anything."""
    return [Question(" ".join(text.split()), 0) for text in SMALL_TALK.replace("\n", "|").split("|") if text.strip()]


@dataclass(frozen=True, slots=True)
class Mark:
    """What became of a question: what came up (ids, best first), and how likely each is where that was judged."""

    question: Question
    found: Sequence[str]
    likely: Sequence[float] = ()
    injected: Sequence[str] = ()


def recalls(marks: Iterable[Mark]) -> list[float]:
    """Return the share of the evidence among the first DEPTHS, in percent, mean over questions that have any."""
    rows = [
        [len(mark.question.evidence.intersection(mark.found[:depth])) / len(mark.question.evidence) for depth in DEPTHS]
        for mark in marks
        if mark.question.evidence and mark.question.category in CATEGORIES
    ]
    return [100 * float(share) for share in np.mean(rows, axis=0)] if rows else []


def recall_table(runs: dict[str, list[Mark]]) -> list[str]:
    """Return a table of recall: a row for each way and group."""
    lines = ["| way | questions | " + " | ".join(f"R@{d}" for d in DEPTHS) + " |", "|---|---|" + "---|" * len(DEPTHS)]
    for way, marks in runs.items():
        for category, name in ((0, "all"), *CATEGORIES.items()):
            some = [m for m in marks if m.question.evidence and m.question.category in (category, *CATEGORIES)]
            some = [m for m in some if not category or m.question.category == category]
            shares = " | ".join(f"{share:.1f}" for share in recalls(some))
            lines.append(f"| {way}, {name} | {len(some)} | {shares} |")
    return lines


def injected(marks: Sequence[Mark], chosen: Sequence[Sequence[str]]) -> tuple[float, float, float]:
    """Return of what was brought up, in percent: precision, evidence recall, and how often anything was."""
    there = [(m, c) for m, c in zip(marks, chosen, strict=True) if m.question.evidence]
    right = sum(len(m.question.evidence.intersection(c)) for m, c in there)
    brought = sum(len(c) for _, c in there)
    shares = [len(m.question.evidence.intersection(c)) / len(m.question.evidence) for m, c in there]
    return (
        100 * right / max(1, brought),
        100 * float(np.mean(shares)) if shares else 0.0,
        100 * sum(bool(c) for c in chosen) / max(1, len(chosen)),
    )
