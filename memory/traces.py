"""The words of a forgotten memory in other texts: in transcripts, in answers that repeated them, in logs.

An answer turns a memory round ("my sister" → "your sister"), so pronouns match each other. Pure functions; any thread.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from memory.text import content_words
from memory.types import Memory

BLANK = "[forgotten]"
"""What stands in a transcript in place of forgotten words."""

_PRONOUNS = (
    "i|you|we|me|us",
    "my|your|our",
    "mine|yours|ours",
    "myself|yourself|ourselves|yourselves",
    "i'm|you're|we're",
    "i've|you've|we've",
    "i'll|you'll|we'll",
    "i'd|you'd|we'd",
    "am|are",
    "was|were",
)
_GROUP = {word: f"(?:{group})" for group in _PRONOUNS for word in group.split("|")}

SAME = {word: group.split("|")[0] for group in _PRONOUNS for word in group.split("|")}
"""A pronoun to the one that stands for all that match it."""

ALTERNATIVES = {group.split("|")[0]: tuple(group.split("|")) for group in _PRONOUNS}
"""That one to all of them."""

WORD = re.compile(r"\w+(?:['’]\w+)*")
_BETWEEN = r"[^\w]{1,12}"

EXACT_WORDS = 100
"""Words of a memory that must be there in their order; where they are, what follows up to its length goes with them.

A pattern of every word of a megabyte takes ten seconds to make, and the file would be locked as long.
"""


def forgotten_words(text: str) -> re.Pattern[str] | None:
    """Return what finds the words of a memory in another text, whoever says them and whatever stands between them.

    None where the memory is a single common word, which many other sentences need.
    """
    words = WORD.findall(text.lower().replace("’", "'"))
    if not words or (len(words) == 1 and not _telling(words[0])):
        return None
    more = len(words) - EXACT_WORDS
    rest = rf"(?:{_BETWEEN}\w+(?:['’]\w+)*){{0,{more}}}" if more > 0 else ""
    return re.compile(rf"(?<!\w){_BETWEEN.join(map(_either, words[:EXACT_WORDS]))}{rest}(?!\w)", re.IGNORECASE)


def _telling(word: str) -> bool:
    return len(word) >= 8 or any(char.isdigit() for char in word)


def _either(word: str) -> str:
    return _GROUP.get(word) or re.escape(word).replace("'", "['’]")


def words_of(memories: Iterable[Memory]) -> list[str]:
    """Return the words of memories, and those they were made from, each once."""
    return list(dict.fromkeys(words for memory in memories for words in (memory.text, memory.said) if words))


def searched(text: str) -> list[str]:
    """Return the words by which an index finds the turns that may repeat a memory."""
    plain = text.lower().replace("’", "'")
    return [word for word in content_words(plain) if word not in _GROUP]


def blanked(text: str) -> str:
    """Return what stands in place of `text`."""
    return BLANK if text.strip() else text
