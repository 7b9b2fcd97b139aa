"""Written text to words for a voice: markup, emoji and code go, what they mark stays."""

from __future__ import annotations

import re
import unicodedata

CODE_SPOKEN = "The code is in the transcript."
"""Said in place of a block of code."""

_KEPT_SYMBOLS = frozenset("°©®™")
"""Symbols a voice can say, in the same Unicode class as emoji."""

_IMAGE_OR_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
_BROKEN_LINK = re.compile(r"\]\([^()\s]*\)")
_URL = re.compile(
    r"\b(?:https?://|www\.)(?:www\.)?([^\s/<>()\"']*[^\s/<>()\"'.,;:!?])(?:/(?:[^\s<>()\"']*[^\s<>()\"'.,;:!?])?)?"
)
_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9]*(?:\s[^<>]*)?/?>")
_RULE = re.compile(r"\s*(?:[-*_=]\s*){3,}|[\s|:+-]*\|[\s|:+-]*")
_HEAD = re.compile(r"\s*(?:#{1,6}\s+|>\s?|[-*+•·]\s+(?:\[[ xX]\]\s+)?)+")
_NUMBERED = re.compile(r"(\s*\d{1,3})[.)](?=\s)")
_EMPHASIS = re.compile(r"(?<!\w)[*_~]+(?=[^\s*_~])|(?<=[^\s*_~])[*_~]+(?!\w)|\*{2,}|_{2,}|~{2,}")
_CELL = re.compile(r"\s*\|\s*")
_SPACE_BEFORE_MARK = re.compile(r"\s+([,.;:!?])")


class Speaker:
    """Turns sentence after sentence of one answer into what a voice says; remembers whether it is inside a code block.

    Sentences must break at every line break, as those of `SentenceSplitter` do.
    """

    def __init__(self) -> None:
        self._in_code = False

    def say(self, text: str) -> str:
        """Return what a voice is to say for `text`, one line; "" when there is nothing."""
        line = text.strip()
        if line.startswith(("```", "~~~")):
            fence = line[:3]
            one_line = fence in line[3:]
            opened = not self._in_code
            self._in_code = self._in_code if one_line else not self._in_code
            return CODE_SPOKEN if opened else ""
        return "" if self._in_code else speakable(text)


def speakable(text: str) -> str:
    """Return `text` for a voice: no markup, emoji, addresses' paths or control characters; "" when nothing is left."""
    if _RULE.fullmatch(text):
        return ""
    text = _HEAD.sub("", text, count=1) if _HEAD.match(text) else text
    text = _NUMBERED.sub(r"\1:", text, count=1) if _NUMBERED.match(text) else text
    text = _BROKEN_LINK.sub("", _IMAGE_OR_LINK.sub(r"\1", text))
    text = _TAG.sub(" ", _URL.sub(r"\1", text)).replace("`", "")
    text = _CELL.sub(", ", text.strip("| \t\r\n"))
    text = _EMPHASIS.sub("", text).replace("[", "").replace("]", "")
    text = "".join(_plain(char) for char in text)
    text = _SPACE_BEFORE_MARK.sub(r"\1", " ".join(text.split()))
    return text if any(char.isalnum() for char in text) else ""


def _plain(char: str) -> str:
    """Return the character, a space for one that only separates, or nothing for one that no voice can say."""
    if char.isascii():
        return char if char.isprintable() else " "
    kind = unicodedata.category(char)
    if kind == "So" and char not in _KEPT_SYMBOLS:
        return " "
    if kind in ("Zs", "Zl", "Zp", "Cc"):
        return " "
    if kind in ("Cf", "Cs", "Co", "Cn", "Me") or "\ufe00" <= char <= "\ufe0f" or "\U0001f3fb" <= char <= "\U0001f3ff":
        return ""
    return " to " if char == "→" else char
