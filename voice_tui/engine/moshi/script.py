"""Texts as tokens, one per frame: a phrase at the pace of speech, a prompt between its silences. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from voice_tui.engine.moshi.traits import Traits

PADDING, END_OF_PADDING = 3, 0
"""Text tokens that are no words: nothing is said, and a word is about to begin."""

Encode = Callable[[str], list[int]]
"""Text -> token ids."""

FRAMES_PER_LETTER = 0.88
"""Of a word and the space behind it: 150 English words per minute."""

PAUSES = {",": 2, ";": 3, ":": 3, ".": 5, "!": 5, "?": 5}
"""Frames of silence behind a word that ends so."""

LONGEST_PHRASE = 375
"""Frames (30 s) of a scripted phrase; the rest is left out."""

SILENCE = (948, 243, 1178, 546, 1736, 1030, 1978, 2008)
"""Codes of silence (NVIDIA/personaplex, moshi/models/lm.py:56); `SINE` likewise those of a tone of 440 Hz."""

SINE = (430, 1268, 381, 1611, 1095, 1495, 56, 472)

QUIET_FRAMES = 6
"""Frames of silence before and behind a tagged prompt (half a second, as PersonaPlex has it)."""

TAG = "<system>"


def phrase(text: str, encode: Encode) -> list[int]:
    """Return a phrase to be spoken, a token per frame.

    A word's tokens come one after the other; then padding as long as it takes to say the word, ended by the token that
    announces the next one, as in what Moshi was trained on (arXiv 2410.00037, section 3.4.4).
    """
    tokens: list[int] = []
    for word in text.split():
        ids = encode(word)
        frames = max(len(ids) + 1, round(FRAMES_PER_LETTER * (len(word) + 1))) + PAUSES.get(word[-1], 0)
        tokens += [END_OF_PADDING, *ids, *[PADDING] * (frames - len(ids) - 1)]
    return tokens[:LONGEST_PHRASE]


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt, frame by frame.

    Args:
        texts: A text token per frame. `own`, `user`: codes of every one of them.
        words: Tokens of the text itself. `lines`: how many of the memories it holds.
    """

    texts: tuple[int, ...]
    own: tuple[int, ...]
    user: tuple[int, ...]
    words: int
    lines: int


def prompt_of(persona: str, lines: Sequence[str], traits: Traits, encode: Encode, most: int) -> Prompt:
    """Return the prompt that says who the model is and what it knows; the last memories are left out until it fits.

    Args:
        persona: "" = none. `lines`: memories, the most important first. `traits`: of the model.
        most: Frames that it may take.
    """
    quiet = [PADDING] * (QUIET_FRAMES if traits.tagged else 0)
    room = max(0, most - 2 * len(quiet))
    kept = [_untagged(line) for line in lines]
    ids = _encoded(persona, kept, traits, encode)
    while len(ids) > room and kept:
        kept.pop()
        ids = _encoded(persona, kept, traits, encode)
    ids = ids[:room]
    texts = (*quiet, *ids, *quiet) if ids else ()
    return Prompt(texts, SILENCE, SINE if traits.tagged else SILENCE, len(ids), len(kept) if ids else 0)


def thought_of(lines: Sequence[str], encode: Encode, most: int) -> tuple[list[int], int]:
    """Return memories as tokens, and how many of them fit: whole ones, but of the first at least its beginning."""
    ids: list[int] = []
    for used, line in enumerate(lines):
        more = encode(_untagged(line))
        if ids and len(ids) + len(more) > most:
            return ids, used
        ids += more
    return ids[:most], len(lines)


def _encoded(persona: str, lines: Sequence[str], traits: Traits, encode: Encode) -> list[int]:
    known = f"Information: {' '.join(_sentence(line) for line in lines)}" if lines else ""
    text = " ".join(part for part in (_untagged(persona), known) if part)
    if not text:
        return []
    return encode(f"{TAG} {text} {TAG}" if traits.tagged else text)


def _untagged(text: str) -> str:
    """One line that cannot end the prompt before its time."""
    return " ".join(text.replace(TAG, " ").split())


def _sentence(line: str) -> str:
    return line if line.endswith((".", "!", "?")) else f"{line}."
