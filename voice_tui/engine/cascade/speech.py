"""The assistant's voice track: sentences in order, a cursor of what was handed out, and what of it was really heard."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from voice_tui.frame import FRAME_SAMPLES, SAMPLE_RATE, Pcm

MAX_AHEAD_SECONDS = 120.0
"""Synthesised speech kept ahead of the cursor; a responder that floods waits for the speaker (see `full`)."""


@dataclass(slots=True)
class Segment:
    """One sentence or clip: its text, its samples so far, and whether more will come."""

    text: str
    pcm: list[Pcm] = field(default_factory=list[Pcm])
    samples: int = 0
    done: bool = False


class SpeechTrack:
    """What one answer says. Session's main thread only.

    The cursor counts samples handed out by `take`. Heard is what left the speaker: the cursor less what is pending.
    """

    def __init__(self) -> None:
        self._segments: list[Segment] = []
        self._cursor = 0
        self._closed = False

    def open_segment(self, index: int, text: str) -> None:
        """Announce segment `index` (they come in order) with the text it will say."""
        while len(self._segments) <= index:
            self._segments.append(Segment(""))
        self._segments[index].text = text

    def append(self, index: int, pcm: Pcm) -> None:
        """Add samples to a segment; segments may fill in any order and are played in theirs."""
        segment = self._segments[index]
        segment.pcm.append(pcm)
        segment.samples += len(pcm)

    def finish_segment(self, index: int) -> None:
        """No more samples will come for it (also when its synthesis failed: its text then counts as said)."""
        self._segments[index].done = True

    def close(self) -> None:
        """No more segments will come."""
        self._closed = True

    @property
    def closed(self) -> bool:
        """Whether all segments are announced."""
        return self._closed

    @property
    def full(self) -> bool:
        """Whether enough is synthesised ahead of the cursor."""
        return self._ready() > MAX_AHEAD_SECONDS * SAMPLE_RATE

    @property
    def complete(self) -> bool:
        """Whether everything was handed out and nothing more will come."""
        return self._closed and all(s.done for s in self._segments) and self._cursor >= self._total()

    def take(self, samples: int = FRAME_SAMPLES) -> Pcm | None:
        """Hand out the next samples, padded with silence at the very end; None when none are ready now."""
        ready = self._ready()
        if ready <= 0 or (ready < samples and not self._ends_here()):
            return None
        out = np.zeros(samples, dtype=np.float32)
        got = self._copy(out[: min(ready, samples)])
        self._cursor += got
        return out

    def rewind(self, samples: int) -> None:
        """Take back the last `samples` that were handed out and not heard."""
        self._cursor = max(0, self._cursor - samples)

    @property
    def started(self) -> bool:
        """Whether anything was handed out."""
        return self._cursor > 0

    def heard_text(self, pending: int) -> str:
        """Return the text that was heard when `pending` handed-out samples were not: whole words only."""
        left = max(0, self._cursor - pending)
        heard: list[str] = []
        for segment in self._segments:
            if segment.samples and left < segment.samples:
                if segment.done or left:
                    heard.append(_words_before(segment.text, left / _expected(segment)))
                break
            if not segment.samples and not segment.done:
                break
            heard.append(segment.text)
            left -= segment.samples
        return " ".join(part for part in heard if part)

    @property
    def text(self) -> str:
        """The text of all segments so far."""
        return " ".join(s.text for s in self._segments if s.text)

    def _total(self) -> int:
        return sum(s.samples for s in self._segments)

    def _ready(self) -> int:
        """Samples from the cursor to the first gap."""
        count = 0
        for segment in self._segments:
            count += segment.samples
            if not segment.done:
                break
        return count - self._cursor

    def _ends_here(self) -> bool:
        """Whether what is ready ends a sentence: a short rest may then be padded instead of waiting."""
        position = 0
        for segment in self._segments:
            position += segment.samples
            if position > self._cursor:
                return segment.done
        return False

    def _copy(self, out: Pcm) -> int:
        """Fill `out` from the cursor on."""
        position = filled = 0
        for segment in self._segments:
            if position + segment.samples <= self._cursor:
                position += segment.samples
                continue
            for pcm in segment.pcm:
                start = self._cursor + filled - position
                if 0 <= start < len(pcm):
                    piece = pcm[start : start + len(out) - filled]
                    out[filled : filled + len(piece)] = piece
                    filled += len(piece)
                    if filled == len(out):
                        return filled
                position += len(pcm)
        return filled


def _expected(segment: Segment) -> float:
    """Samples that the whole segment will have: known when done, else estimated from 15 characters a second."""
    if segment.done:
        return max(1, segment.samples)
    return max(segment.samples, len(segment.text) / 15.0 * SAMPLE_RATE, 1)


def _words_before(text: str, share: float) -> str:
    """Return the words of `text` that lie wholly within its first `share` (0-1), by length of letters."""
    limit = share * len(text)
    end = 0
    for index, character in enumerate(text):
        if character == " " and index <= limit:
            end = index
    if limit >= len(text):
        end = len(text)
    return text[:end].rstrip(" ,;:-")
