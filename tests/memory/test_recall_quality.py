"""Recall on real conversations with evidence labels (LoCoMo, two of the six of the development set)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from memory.store import SqliteMemory
from memory.types import Memory

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "memory" / "locomo-dev6.json"

pytestmark = pytest.mark.skipif(not DATA.exists(), reason=f"needs {DATA.name} in ../shared")


@pytest.fixture(scope="module")
def talks() -> list[dict[str, Any]]:
    return json.loads(DATA.read_text("utf-8"))[:2]


@pytest.fixture(scope="module")
def filled(talks: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory):
    with SqliteMemory(tmp_path_factory.mktemp("talk") / "memory.db") as store:
        store.put([(memory, None) for memory in turns(talks[0]["conversation"])])
        yield store


def turns(conversation: dict[str, Any]) -> list[Memory]:
    sessions = [conversation[f"session_{n}"] for n in range(1, 99) if f"session_{n}" in conversation]
    return [
        Memory(
            id=turn["dia_id"],
            text=f"{turn['text']} {turn.get('blip_caption', '')}",
            speaker=turn["speaker"],
            said_at=number * 86_400 + place + 1.0,
            conversation="talk",
        )
        for number, session in enumerate(sessions)
        for place, turn in enumerate(session)
    ]


def questions(talk: dict[str, Any]) -> list[tuple[str, set[str]]]:
    asked = [(qa["question"], set(qa.get("evidence", []))) for qa in talk["qa"] if qa["category"] != 5]
    return [(question, evidence) for question, evidence in asked if evidence]


def test_the_evidence_is_among_the_first_five(filled: SqliteMemory, talks: list[dict[str, Any]]) -> None:
    shares = [
        len({r.memory.id for r in filled.candidates(question, limit=5)} & evidence) / len(evidence)
        for question, evidence in questions(talks[0])
    ]
    share = sum(shares) / len(shares)
    print(f"recall@5 by words alone {share:.3f} over {len(shares)} questions")
    assert share >= 0.62


def test_what_passes_the_bar_is_mostly_for_those_who_belong_here(
    filled: SqliteMemory, talks: list[dict[str, Any]]
) -> None:
    ours = questions(talks[0])
    found = sum(bool({r.memory.id for r in filled.recall(q)} & evidence) for q, evidence in ours) / len(ours)
    foreign = [m.text for m in turns(talks[1]["conversation"])]
    brought = sum(bool(filled.recall(text)) for text in foreign) / len(foreign)
    print(f"evidence among at most three: {found:.3f}; foreign statements that bring anything: {brought:.3f}")
    assert found >= 0.4
    assert brought <= 0.05
