"""The one table on the server: what stands there of each memory, and in what order it came.

A record is newer than another of the same id by its round (how often the memory was brought back after it was
forgotten), then by being gone, then by the time of the change: what was forgotten stays forgotten whatever another
machine, which did not know, did to it meanwhile; only bringing it back on purpose beats that.
`seq` rises with every record that the server takes, so that a machine asks for what came after the last it has seen.
"""

from __future__ import annotations

from dataclasses import dataclass

from memory.remote.hrana import HranaError, Row, Statement

TABLE = "voice_tui_memory"

FORGOTTEN, MERGED = 1, 2
"""Why a memory is gone: somebody wanted it, or another memory says the same."""

_NEWER = (
    f"excluded.round > {TABLE}.round or (excluded.round = {TABLE}.round and ("
    f"(excluded.gone > 0) > ({TABLE}.gone > 0) or "
    f"((excluded.gone > 0) = ({TABLE}.gone > 0) and excluded.at > {TABLE}.at)))"
)


@dataclass(frozen=True, slots=True)
class Record:
    """A memory as the server holds it.

    Args:
        id: Of the memory. `round`, `gone`, `at`: which of two is newer, see above; `at` in seconds since 1970.
        seq: Place in the order in which the server took records; 0 = not there yet.
        body: The memory as JSON; "" when it is gone.
    """

    id: str
    round: int
    gone: int
    at: float
    body: str = ""
    seq: int = 0

    @property
    def key(self) -> tuple[int, bool, float]:
        """What the newer one has more of."""
        return self.round, self.gone > 0, self.at


def prepare(name: str) -> list[Statement]:
    """Return what makes the table if it is not there; `name` becomes this server's, unless it has one."""
    columns = "id text primary key, round integer, gone integer, at real, seq integer, body text"
    return [
        Statement(f"create table if not exists {TABLE} ({columns})"),
        Statement(f"create index if not exists {TABLE}_seq on {TABLE} (seq)"),
        Statement(f"insert or ignore into {TABLE} values ('', 0, 0, 0, 0, ?)", (name,)),  # noqa: S608  # a constant
    ]


def ask(after: int, limit: int) -> list[Statement]:
    """Return what asks for the server's name, the last `seq`, and the records after one of them."""
    rows = f"select id, round, gone, at, seq, body from {TABLE} where seq > ? order by seq limit ?"  # noqa: S608
    return [
        Statement(f"select body from {TABLE} where id = ''"),  # noqa: S608
        Statement(f"select max(seq) from {TABLE}"),  # noqa: S608
        Statement(rows, (after, limit)),
    ]


def put(record: Record) -> Statement:
    """Return what puts a record in, unless the server has a newer one."""
    sql = (
        f"insert into {TABLE} (id, round, gone, at, seq, body) "  # noqa: S608  # constant names
        f"values (?, ?, ?, ?, (select max(seq) + 1 from {TABLE}), ?) "
        "on conflict (id) do update set round = excluded.round, gone = excluded.gone, at = excluded.at, "
        f"seq = excluded.seq, body = excluded.body where {_NEWER}"
    )
    return Statement(sql, (record.id, record.round, record.gone, record.at, record.body))


def record_of(row: Row) -> Record:
    """Return the record of a row.

    Raises:
        HranaError: It is none.
    """
    match row:
        case (str(name), int(count), int(gone), float() | int() as at, int(seq), str(body)):
            return Record(name, count, gone, float(at), body, seq)
        case _:
            raise HranaError("the server holds a row that is no memory")
