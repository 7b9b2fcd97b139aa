"""What must not stand in a report that somebody pastes elsewhere: keys, passwords, the home folder, words. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

SHORTEST_SECRET = 6
"""Characters from which on the value of a variable is taken for a secret; "1" or "yes" would blot out the report."""

SHORTEST_WORDS = 4
"""The same for what was said."""

_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH|COOKIE", re.IGNORECASE)
_SECRET_SHAPES = (
    (re.compile(r"//[^/\s@]+@"), "//[secret]@"),  # name and password in a web address
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}"), r"\1 [secret]"),
    (re.compile(r"(?i)([?&;](?:api_?)?(?:key|token|secret|password)=)[^&\s]+"), r"\1[secret]"),
    (re.compile(r"\b(?:sk|pk|hf|ghp|gho|xox[abp])[-_][\w-]{8,}"), "[secret]"),
)


def secrets_in(environment: Mapping[str, str], named: Iterable[str] = ()) -> list[str]:
    """Return the values of variables whose name sounds like a secret, and of those that are named."""
    wanted = set(named)
    return [
        value
        for name, value in environment.items()
        if (_SECRET_NAME.search(name) or name in wanted) and len(value) >= SHORTEST_SECRET
    ]


def without_secrets(text: str, secrets: Iterable[str], home: Path) -> str:
    """Return `text` with every secret blotted out and the home folder as "~"."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "[secret]")
    for shape, instead in _SECRET_SHAPES:
        text = shape.sub(instead, text)
    return re.sub(rf"{re.escape(str(home))}(?![\w-])", "~", text) if len(home.parts) > 1 else text


def without_words(text: str, said: Iterable[str]) -> str:
    """Return `text` without what was said, should a message quote it."""
    for words in sorted(said, key=len, reverse=True):
        if len(words) >= SHORTEST_WORDS:
            text = text.replace(words, "[words]")
    return text
