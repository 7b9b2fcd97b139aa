"""One pocketsphinx decoder with typed results; the only module that touches the library."""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from memory.installing import pip_install
from voice_tui.engine.cascade.ports import STT_RATE
from voice_tui.engine.cascade.stt.mean import TYPICAL, Mean, notation, parse, unmixed
from voice_tui.errors import ProviderError

BYTES_PER_SECOND = STT_RATE * 2

BYTES_PER_FRAME = BYTES_PER_SECOND // 100
"""A frame of pocketsphinx is 10 ms."""

WINDOW_BYTES = 410 * 2
"""Its window is 25.6 ms."""

CHUNK_BYTES = BYTES_PER_SECOND // 10
"""Handed to the library at once."""

FREE_MODELS = 5000
"""Phone models that free words may keep in play per frame. The library's 30,000 and its second pass over the whole
utterance double the work and bring no word more: 111 errors of 291 words with both, 103-105 with a limit of 6000 or
3000 and without the second pass, whose time comes after the last word (p95 250-310 ms instead of 880)."""

_LOG_BASE = math.log(1.0001)
"""Scores of pocketsphinx are powers of 1.0001 (its default `logbase`)."""

_SMALLEST = 1e-300

_FINER = 1024.0
"""Word scores of the search with free words are finer by this than those of a grammar and than whole scores of either
(`SENSCR_SHIFT` of pocketsphinx, 10 bits)."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a hypothesis.

    Args:
        text: It, without the mark of its pronunciation.
        frames: Its length in 10 ms frames.
        cost: Acoustic cost per frame, against the best sound of each frame, in the unit of `Hypothesis.score`; 0 is
            perfect, 15 is silence as silence, 25-45 a right word, 100 a wrong one.
    """

    text: str
    frames: int
    cost: float


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What a decoder understood.

    Args:
        words: In order, fillers left out.
        score: Of the whole path, silence and language included, at most 0; comparable between decoders on the same
            sound.
    """

    words: tuple[Word, ...]
    score: float

    @property
    def text(self) -> str:
        """The words as a line."""
        return " ".join(word.text for word in self.words)

    @property
    def frames(self) -> int:
        """Length of the words in frames."""
        return sum(word.frames for word in self.words)

    @property
    def cost(self) -> float:
        """Acoustic cost per frame over all words."""
        return sum(word.cost * word.frames for word in self.words) / max(1, self.frames)


class Decoder:
    """A decoder that works its way through the audio of one utterance; blocks and holds the GIL while it works.

    Args:
        grammar: A JSGF grammar, or "" for free words with the packaged language model.

    Raises:
        ProviderError: Pocketsphinx or its model is missing or broken, or the grammar is wrong.
    """

    def __init__(self, grammar: str = "") -> None:
        self._decoder = _make(grammar)
        self._unit = 1.0 if grammar else _FINER
        self._open = False
        self._at = 0

    def start(self, mean: Mean, at: int = 0) -> None:
        """Begin an utterance with a cepstral mean, at byte `at` of its audio; an open one is ended first."""
        self.end()
        self._decoder.set_cmn(notation(mean))
        self._decoder.start_utt()
        self._open = True
        self._at = at

    def advance(self, audio: bytearray, end: int) -> None:
        """Decode `audio` (int16 little endian, 16 kHz) up to byte `end`."""
        while self._at < end:
            until = min(end, self._at + CHUNK_BYTES)
            self._decoder.process_raw(bytes(audio[self._at : until]))
            self._at = until

    @property
    def at(self) -> int:
        """How many bytes of the audio are decoded."""
        return self._at

    def text(self) -> str:
        """Return the words so far; they may still change."""
        found = self._decoder.hyp()
        return "" if found is None else str(found.hypstr)

    def end(self) -> Hypothesis | None:
        """End the utterance; returns its words, or None when there are none or none was open."""
        if not self._open:
            return None
        self._open = False
        self._decoder.end_utt()
        found = self._decoder.hyp()
        if found is None or found.score <= 0.0:
            return None
        words = [_word(segment, self._unit) for segment in self._decoder.seg() if _is_word(segment.word)]
        return Hypothesis(tuple(words), _log(found.score)) if words else None

    def pronunciation(self, word: str) -> tuple[str, ...]:
        """Return the phones of a word, such as ("T", "AY", "M"); empty when the dictionary lacks it."""
        return tuple((self._decoder.lookup_word(word) or "").split())


class MeanMeter:
    """Measures the cepstral mean of a piece of sound; 0.5 ms per second of it.

    A decoder of its own that searches for a word nobody says: pocketsphinx tells the mean of an utterance only after it
    was decoded, and only mixed with the one it was given.

    Raises:
        ProviderError: As for `Decoder`.
    """

    def __init__(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            dictionary = Path(folder, "one.dict")
            dictionary.write_text("a AH\n")
            self._decoder = _load(lm=None, dict=str(dictionary), keyphrase="a", ds=200, topn=1)

    def mean(self, audio: bytearray) -> Mean:
        """Return the mean of `audio`, int16 little endian, 16 kHz; of less than a frame the typical one."""
        if len(audio) < WINDOW_BYTES:
            return TYPICAL
        self._decoder.set_cmn(notation(TYPICAL))
        self._decoder.start_utt()
        self._decoder.process_raw(bytes(audio), no_search=True)
        mixed = parse(self._decoder.get_cmn(True))
        self._decoder.end_utt()
        return unmixed(mixed, TYPICAL, (len(audio) - WINDOW_BYTES) // BYTES_PER_FRAME + 1)


def _load(**config: object) -> Any:
    try:
        import pocketsphinx

        library: Any = pocketsphinx  # the package has no types
        return library.Decoder(loglevel="FATAL", **config)
    except (ImportError, OSError, RuntimeError, ValueError) as e:
        hint = f"Install it again: {pip_install('--force-reinstall', 'pocketsphinx')}"
        raise ProviderError(f"The recogniser does not load: {e}", hint=hint) from e


def _make(grammar: str) -> Any:
    if not grammar:
        return _load(fwdflat=False, maxhmmpf=FREE_MODELS)
    # All senones are computed: the few of a grammar would be scored against a best one that fits no better than they.
    # With free words so many are active that it makes no difference but in time.
    decoder = _load(compallsen=True, lm=None, bestpath=False)
    decoder.add_jsgf_string("grammar", grammar)
    decoder.activate_search("grammar")
    return decoder


def _word(segment: Any, unit: float) -> Word:
    frames = int(segment.end_frame) - int(segment.start_frame) + 1
    return Word(
        text=str(segment.word).partition("(")[0],
        frames=frames,
        cost=-_log(segment.ascore) / unit / frames,
    )


def _is_word(text: str) -> bool:
    return text[0] not in "<[(+"


def _log(score: float) -> float:
    return math.log(max(score, _SMALLEST)) / _LOG_BASE


def joined(parts: list[Hypothesis]) -> Hypothesis | None:
    """Return consecutive hypotheses as one; None when there is none."""
    if not parts:
        return None
    return Hypothesis(tuple(word for part in parts for word in part.words), sum(part.score for part in parts))
