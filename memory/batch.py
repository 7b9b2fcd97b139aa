"""Questions to a memory as JSON Lines, and what it brings up for each: for scripts and for measuring."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from memory import judge
from memory.formats.transfer import Fields, LineError, fields_of
from memory.recall import CANDIDATES
from memory.retrieval.passages import is_question
from memory.store import SqliteMemory
from memory.types import Query, Recollection

DECIMALS = 4
"""Of the figures that are written."""


@dataclass(frozen=True, slots=True)
class Brought:
    """What a query brought up.

    Args:
        candidates: The nearest memories, best first, whatever their relevance.
        injected: Those that would be brought up in a conversation, best first; often none.
    """

    candidates: list[Recollection]
    injected: list[Recollection]


def bring(store: SqliteMemory, query: Query) -> Brought:
    """Return the candidates for a query, and which of them pass the judge."""
    found = store.candidates(query, limit=CANDIDATES)
    return Brought(found, judge.choose(query, query.asked or is_question(query.text), found))


def recall_lines(store: SqliteMemory, lines: Iterable[str]) -> Iterator[str | LineError]:
    """Ask what the lines ask, one by one; every line stands for itself.

    Args:
        store: What is asked.
        lines: JSON Lines: `{"id", "query"}` and, where known, `"asked_at"` (seconds since 1970 or ISO 8601),
            `"speaker"` and `"before"` (the turn before); empty lines are skipped.

    Yields:
        A line of JSON, newline included, for each: `{"id", "candidates": [{"id", "relevance", "importance"}, …],
        "injected": [ids]}`; for a line that is no query why not, with its number.
    """
    for number, line in enumerate(lines, start=1):
        text = line.strip().lstrip("\ufeff")
        if not text:
            continue
        try:
            key, query = _query_from(fields_of(text))
        except LineError as e:
            yield LineError(f"line {number}: {e}")
            continue
        yield json.dumps({"id": key} | to_record(bring(store, query)), ensure_ascii=False) + "\n"


def to_record(brought: Brought) -> dict[str, Any]:
    """Return what was brought up as an object for JSON."""
    return {
        "candidates": [
            {
                "id": one.memory.id,
                "relevance": round(one.relevance, DECIMALS),
                "importance": round(one.importance, DECIMALS),
            }
            for one in brought.candidates
        ],
        "injected": [one.memory.id for one in brought.injected],
    }


def _query_from(fields: Fields) -> tuple[str, Query]:
    query = Query(
        fields.text("query", required=True),
        before=fields.text("before"),
        speaker=fields.text("speaker"),
        asked_at=fields.time("asked_at"),
    )
    return fields.text("id"), query
