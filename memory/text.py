"""Words: what is stored, what counts as the same words, and how a question becomes an FTS5 query.

Pure functions; any thread.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence

from memory.errors import MemoryStoreError

MAX_TEXT_CHARS = 4_000_000
"""Longest memory. Far beyond anything said; it keeps a pasted disk image out of the index."""

MAX_QUERY_CHARS = 10_000
"""As much of a question or a search as is read."""

MAX_TERMS = 32
"""Words of a question that are looked up; later ones are ignored."""

_WORD = re.compile(r"[^\W_][\w\u0300-\u036f]*(?:['\u2019][^\W_]+)*")
_ASCII_WORD = re.compile(r"[a-z0-9][a-z0-9_]*(?:'[a-z0-9]+)*")
"""The same for ASCII in lower case, a third quicker."""
_CONTROLS = {code: None for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"}
_SURROGATE = re.compile(r"[\ud800-\udfff]")

STOP_WORDS = frozenset(
    """
    a about above after again against all also am an and any are aren't as at be because been before being below
    between both but by can can't cannot could couldn't did didn't do does doesn't doing don't down during each few
    for from further had hadn't has hasn't have haven't having he he's her here hers herself him himself his how i
    i'd i'll i'm i've if in into is isn't it it's its itself just let let's me more most my myself no nor not of off
    on once only or other our ours ourselves out over own same she she's should shouldn't so some such than that
    that's the their theirs them themselves then there there's these they they're this those through to too under
    until up us very was wasn't we we're were weren't what what's when when's where where's which while who who's
    whom whose why will with won't would wouldn't yes you you'd you'll you're you've your yours yourself yourselves
    anything everything something thing things
    tell told know knew known remember remembered remind say said says ask asked please could like get got ever
    """.split()  # noqa: SIM905  # a list literal of 200 words is harder to read
)
"""Words that say nothing about what is asked; the last line holds the words of asking itself."""


def clean_text(text: str) -> str:
    """Return the words as they are stored: `clean`, without space around them.

    Raises:
        MemoryStoreError: If nothing is left, or it is longer than MAX_TEXT_CHARS.
    """
    cleaned = clean(text).strip()
    if not cleaned:
        raise MemoryStoreError("There are no words to remember", hint="Write or say what should be kept")
    if len(cleaned) > MAX_TEXT_CHARS:
        raise MemoryStoreError(
            f"This is too long to remember: {len(cleaned):,} characters",
            hint=f"A memory holds up to {MAX_TEXT_CHARS:,} characters; keep the part that matters",
        )
    return cleaned


def clean_name(name: str) -> str:
    """Return a name (speaker, conversation) on one line, at most 200 characters."""
    return " ".join(clean(name).split())[:200]


def clean(text: str) -> str:
    """Return `text` without NUL, escape or any other control character but newline and tab.

    A NUL would cut the text in every C program that reads the file, and an escape sequence would reach the terminal.
    Lone surrogates, which UTF-8 cannot hold, become U+FFFD.
    """
    if _SURROGATE.search(text):  # by way of UTF-16, pairs become one character and the rest is replaced
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROLS)


def content_hash(text: str, *, role: str, speaker: str) -> bytes:
    """Return 16 bytes that are equal for the same words of the same person.

    Case, width, spacing and a full stop at the end do not count; every other sign does ("-5" is not "5").
    """
    same = " ".join(unicodedata.normalize("NFKC", text).casefold().split()).rstrip(".! ") or text
    packed = "\0".join((role, speaker.casefold(), same))
    return hashlib.blake2b(packed.encode("utf-8"), digest_size=16).digest()


def words(text: str) -> list[str]:
    """Return the words in lower case, in order."""
    if text.isascii() and text.isprintable():  # as most are, and clean
        return _ASCII_WORD.findall(text.lower())
    return [word.replace("\u2019", "'") for word in _WORD.findall(clean(text).lower())]


def content_words(text: str) -> list[str]:
    """Return the distinct words that say what a question is about, at most MAX_TERMS, in order."""
    found: dict[str, None] = {}
    for word in words(text[:MAX_QUERY_CHARS]):
        bare = word.removesuffix("'s")
        if word not in STOP_WORDS and bare not in STOP_WORDS:
            found[bare] = None
        if len(found) == MAX_TERMS:
            break
    return list(found)


def quoted(term: str) -> str:
    """Return `term` as an FTS5 string, in which no operator has a meaning."""
    return '"' + term.replace('"', '""') + '"'


def match_any(terms: Sequence[str]) -> str:
    """Return the FTS5 query for rows with at least one of the terms."""
    return " OR ".join(quoted(term) for term in terms)


def match_all(terms: Sequence[str]) -> str:
    """Return the FTS5 query for rows with every term, the last one as the beginning of a word.

    Terms stand side by side rather than joined by AND: a term in which the tokenizer finds nothing then drops out.
    """
    return " ".join(quoted(term) for term in terms) + "*"


def like_pattern(chunk: str) -> str:
    """Return the LIKE pattern (escape character: backslash) for text that contains `chunk`."""
    escaped = chunk.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
