"""The command grammar of `phrases` for a recogniser: as JSGF, as sentences, and the first words of open commands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import product

from voice_tui.engine.cascade.phrases import (
    COMMANDS,
    NUMBERS,
    POLITE_AFTER,
    POLITE_BEFORE,
    UNITS,
    Command,
    is_open,
    prefix,
)

GRAMMAR_NAME = "commands"

_DURATIONS = (
    "<number> [and a half] <unit>",
    "(a | an) (second | minute | hour) [and a half]",
    "half (a | an) (minute | hour)",
    "a quarter of an hour",
    "(an | <number>) (hour | hours) [and] <number> (minute | minutes)",
)
_PERCENTS = ("ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "[a] hundred")
_TOKEN = re.compile(r"<\w+>|\{\w+\}|[()\[\]|]|[a-z']+")

Words = tuple[str, ...]


def jsgf(more: tuple[Command, ...] = ()) -> str:
    """Return the grammar of every command without free words (JSpeech Grammar Format, W3C note of June 2000).

    Args:
        more: Further commands, for measurements.
    """
    patterns = [pattern for command in (*COMMANDS, *more) for pattern in command.patterns if not is_open(pattern)]
    command = " | ".join(f"({pattern})" for pattern in patterns)
    return "\n".join(
        (
            "#JSGF V1.0;",
            f"grammar {GRAMMAR_NAME};",
            f"<number> = {' | '.join(NUMBERS)};",
            f"<unit> = {' | '.join(form for unit in UNITS for form in (unit, f'{unit}s'))};",
            f"<duration> = {' | '.join(_DURATIONS)};",
            f"<percent> = {' | '.join(_PERCENTS)};",
            f"<command> = {command.replace('{duration}', '<duration>').replace('{percent}', '<percent>')};",
            f"public <sentence> = [{' | '.join(POLITE_BEFORE)}] <command> [{' | '.join(POLITE_AFTER)}];",
        )
    )


@cache
def prefixes() -> tuple[Words, ...]:
    """Return the first words of every open command, longest first."""
    found = {
        words
        for command in COMMANDS
        for pattern in command.patterns
        if is_open(pattern)
        for words in expand(prefix(pattern))
    }
    return tuple(sorted(found, key=lambda words: (-len(words), words)))


def expand(pattern: str) -> list[Words]:
    """Return every sentence of a pattern; slots stay as they are."""
    return [tuple(word for word in sentence if word) for sentence in _alternatives(iter(_TOKEN.findall(pattern)))]


def _alternatives(tokens: Iterator[str]) -> list[Words]:
    """Read up to the bracket that closes this level, or to the end."""
    done: list[Words] = []
    parts: list[list[Words]] = []
    for item in tokens:
        if item in (")", "]"):
            break
        if item == "|":
            done += _joined(parts)
            parts = []
        elif item == "(":
            parts.append(_alternatives(tokens))
        elif item == "[":
            parts.append([(), *_alternatives(tokens)])
        else:
            parts.append([(item,)])
    return done + _joined(parts)


def _joined(parts: list[list[Words]]) -> list[Words]:
    return [tuple(word for part in chosen for word in part) for chosen in product(*parts)]
