"""Reasoning models write `<think>…</think>` before the answer; servers that do not take it out send it as text."""

from __future__ import annotations

_PAIRS = (("<think>", "</think>"), ("<thinking>", "</thinking>"))


class ThinkFilter:
    """Drops a block of reasoning that opens the answer. One answer, one thread; any chunking gives the same text."""

    def __init__(self) -> None:
        self._held = ""
        self._close = ""
        self._through = False

    def feed(self, piece: str) -> str:
        """Return what of the text so far may be spoken: nothing while it may still be reasoning."""
        if self._through:
            return piece
        self._held += piece
        return self._inside() if self._close else self._at_start()

    def flush(self) -> str:
        """The text is over: return what was held back; unfinished reasoning is dropped."""
        held, self._held = self._held, ""
        return "" if self._close else held

    def _at_start(self) -> str:
        text = self._held.lstrip()
        for opening, closing in _PAIRS:
            if text.startswith(opening):
                self._held, self._close = text[len(opening) :], closing
                return self._inside()
        if any(opening.startswith(text) for opening, _ in _PAIRS):  # also when there is nothing but white space yet
            return ""
        return self._pass()

    def _inside(self) -> str:
        _, found, after = self._held.partition(self._close)
        if not found:
            self._held = self._held[-len(self._close) :]  # only what may be the beginning of the end is kept
            return ""
        self._held, self._close = after, ""
        return self._at_start() if after.strip() else ""

    def _pass(self) -> str:
        self._through = True
        text, self._held = self._held.lstrip(), ""
        return text
