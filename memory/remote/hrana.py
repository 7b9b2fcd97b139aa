"""SQL over HTTP as libSQL servers answer it: bytes to send, and what their answers mean. Sans-IO; any thread.

The pipeline of Hrana 2 (`POST /v2/pipeline`, libSQL's docs/HRANA_2_SPEC.md) with `execute` requests alone, which every
server answers today: Turso, sqld, and the sync server of the newer engine, which refuses any other kind. Each statement
is a transaction of its own.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

PATH = "/v2/pipeline"

Value = str | int | float | None
Row = tuple[Value, ...]


class HranaError(Exception):
    """The server refused a statement, or its answer is none; the message is fit for a log."""


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with a `?` for each argument."""

    sql: str
    args: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Args:
        rows: Of each statement.
        baton: Names a stream that the server keeps open for more; "" = none.
    """

    rows: tuple[tuple[Row, ...], ...]
    baton: str = ""


def request(statements: Sequence[Statement]) -> bytes:
    """Return the body of a request."""
    wanted = [
        {"type": "execute", "stmt": {"sql": one.sql, "args": [_sent(arg) for arg in one.args], "want_rows": True}}
        for one in statements
    ]
    return json.dumps({"baton": None, "requests": wanted}, ensure_ascii=False).encode()


def goodbye(baton: str) -> bytes:
    """Return the body of a request that closes a stream which the server left open."""
    return json.dumps({"baton": baton, "requests": [{"type": "close"}]}).encode()


def answer(body: bytes, count: int) -> Answer:
    """Read the answer to `count` statements.

    Raises:
        HranaError: It is no answer, or one of the statements failed.
    """
    try:
        record = json.loads(body)
        results = record["results"]
        baton = record.get("baton")
        if not isinstance(results, list) or len(cast("list[Any]", results)) < count:
            raise HranaError("the server answered less than it was asked")
        found = tuple(_rows(result) for result in cast("list[Any]", results)[:count])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as e:
        raise HranaError("the server's answer is not that of a libSQL server") from e
    return Answer(found, baton if isinstance(baton, str) else "")


def _rows(result: Any) -> tuple[Row, ...]:
    if result["type"] == "error":
        raise HranaError(f"the server refused a statement: {str(result['error'].get('message', ''))[:200]}")
    return tuple(tuple(_value(value) for value in row) for row in result["response"]["result"]["rows"])


def _sent(value: Value) -> dict[str, object]:
    if value is None:
        return {"type": "null"}
    if isinstance(value, int):
        return {"type": "integer", "value": str(value)}
    if isinstance(value, float):
        return {"type": "float", "value": value if math.isfinite(value) else 0.0}
    return {"type": "text", "value": value}


def _value(value: Any) -> Value:
    match value["type"]:
        case "null":
            return None
        case "integer":
            return int(value["value"])
        case "float":
            return float(value["value"])
        case "text":
            return str(value["value"])
        case kind:
            raise HranaError(f"the server sent a value of type {str(kind)[:40]}")
