"""Another process that uses a store: `python -m tests.memory.child ACTION FILE …`.

Every acknowledged change is printed at once, so that a test knows what must be there after a `kill -9`.
"""

from __future__ import annotations

import os
import resource
import sys
import urllib.parse  # noqa: F401  # pathlib loads it late, when the rights to read it may be gone
from pathlib import Path

from memory import commands, recall, store  # noqa: F401  # loaded before rights are given up
from memory.conversations import Conversations
from memory.errors import MemoryStoreError
from memory.retrieval import model as recall_model
from memory.store import SqliteMemory
from memory.types import NewMemory, Turn

NOBODY = 65534


def say(*parts: object) -> None:
    print(*parts, flush=True)


def write(file: str, name: str, count: str) -> None:
    """Add `count` memories one by one (0 = until killed); every fifth time forget one."""
    kept: list[str] = []
    with SqliteMemory(file) as memory:
        say("ready")
        number = 0
        while not int(count) or number < int(count):
            kept.append(memory.add(NewMemory(f"{name} number {number}", clip=b"sound" * 200, clip_seconds=1.0)).id)
            say("added", kept[-1])
            number += 1
            if not int(count) and number % 5 == 0:
                say("forgotten", memory.forget([kept.pop(number % len(kept))])[0].id)


def fill(file: str, limit: str) -> None:
    """Add until the file may not grow any more, then make room and add again."""
    with SqliteMemory(file) as memory:
        unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), unlimited[1]))
        try:
            for number in range(10_000):
                say("added", memory.add(NewMemory(f"fact {number}", clip=os.urandom(4096), clip_seconds=1.0)).id)
        except MemoryStoreError as e:
            say("refused", e.message, "|", e.hint)
        say("readable", memory.count())
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
        say("added", memory.add(NewMemory("there is room again")).id)


def converse(file: str, name: str, first: str) -> None:
    """Keep turns of one conversation until killed."""
    with SqliteMemory(file) as memory:
        talks, number = Conversations(memory), int(first)
        while True:
            talks.append("c", [Turn(number, "user", f"{name} says {number}")])
            say("said", number, ".")
            number += 1


def converse_until_full(file: str, limit: str) -> None:
    """Keep turns until the file may not grow any more, then make room and go on."""
    with SqliteMemory(file) as memory:
        talks, number = Conversations(memory), 0
        unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), unlimited[1]))
        try:
            for number in range(1, 10_000):
                talks.append("c", [Turn(number, "user", os.urandom(2048).hex())])
                say("said", number)
        except MemoryStoreError as e:
            say("refused", e.message, "|", e.hint)
        say("readable", len(talks.latest("c", 10_000)))
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
        talks.append("c", [Turn(number, "user", "there is room again")])
        say("said", number)


def without_rights(file: str) -> None:
    """Use a store as a user who may not write it."""
    recall_model.load()
    if os.getuid() == 0:
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    try:
        memory = SqliteMemory(file)
    except MemoryStoreError as e:
        say("not opened", e.message, "|", e.hint)
        return
    with memory:
        say("read-only", memory.read_only)
        say("notices", *(notice.message for notice in memory.notices))
        say("texts", *(found.text for found in memory.list()))
        say("recalled", *(found.memory.text for found in memory.candidates("where is the key")))
        for change in (
            lambda: memory.add(NewMemory("new")),
            lambda: memory.forget([memory.list()[0].id]),
            lambda: memory.pin(memory.list()[0].id, True),
        ):
            try:
                change()
                say("written")
            except MemoryStoreError as e:
                say("refused", e.message, "|", e.hint)
        say("health", commands.check(Path(file)))


def open_only(file: str) -> None:
    """Open a store and say what it noticed."""
    say("waiting")
    sys.stdin.readline()
    with SqliteMemory(file) as memory:
        say("opened", memory.count(), *(notice.message for notice in memory.notices))


ACTIONS = {
    action.__name__: action for action in (write, fill, converse, converse_until_full, without_rights, open_only)
}

if __name__ == "__main__":
    ACTIONS[sys.argv[1]](*sys.argv[2:])
