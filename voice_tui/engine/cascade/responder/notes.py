"""Notes in the memory: made with the recorded words, told again, forgotten, and undone when the turn is withdrawn."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from memory.correct import stated
from memory.errors import MemoryStoreError
from memory.extract import kind_of
from memory.port import MemoryPort
from memory.types import Kind, Memory, NewMemory, Query, Recollection
from memory.understanding.slots import slot_of
from voice_tui.engine.cascade.ports import Clip, Part, Text, UserTurn
from voice_tui.engine.cascade.responder.wording import counted, sentence, spoken_day, turned
from voice_tui.errors import VoiceTuiError
from voice_tui.frame import SAMPLE_RATE, Pcm

log = logging.getLogger(__name__)

Encode = Callable[[Pcm, int], bytes]
"""Samples and their rate to a sound file in bytes."""

Decode = Callable[[bytes], Pcm]
"""A sound file in bytes to samples, 24 kHz."""

WHOLE = 0.99
"""Coverage from which a memory holds every word of the question."""

UNSPOKEN: frozenset[Kind] = frozenset({"summary"})
"""Kinds that are not read out: a summary repeats what was corrected since, and what was misheard."""

TOPIC_BAR = 0.5
"""Relevance from which a note is told to who asks what is known about a topic."""

SPOKEN_BAR = 0.85
"""Relevance from which a note is read out as the answer to a question that no language model looks at."""

NEAR = 0.75
"""Memories are told together when they are at least this relevant, as a share of the best."""

DOUBTFUL = 0.7
"""Confidence of recognition under which the recording of a note is played in place of its words."""

MOST_LOOKED_AT = 1_000
"""Memories that are read to find those of one day."""

PAGE = 200


@dataclass(slots=True)
class Undo:
    """What one turn wrote."""

    added: list[str] = field(default_factory=list[str])
    forgotten: list[Memory] = field(default_factory=list[Memory])


class Notes:
    """The notebook's way of using the memory. One turn at a time: its owner holds a lock.

    Args:
        memory: The store.
        clock: Returns the local time, aware.
        encode: For clips. `decode`: likewise.
        keep_audio: Whether spoken notes keep their recording.
    """

    def __init__(
        self,
        memory: MemoryPort,
        clock: Callable[[], datetime],
        encode: Encode,
        decode: Decode,
        *,
        keep_audio: bool,
    ) -> None:
        self._memory = memory
        self._clock = clock
        self._encode = encode
        self._decode = decode
        self._keep_audio = keep_audio
        self._undo = Undo()

    def begin(self) -> None:
        """A new turn: what earlier ones wrote stands."""
        self._undo = Undo()

    def undo(self) -> None:
        """Take back what this turn wrote."""
        undo, self._undo = self._undo, Undo()
        if undo.added:
            self._memory.take_back(undo.added)
        if undo.forgotten:
            self._memory.restore(undo.forgotten)

    def add(self, words: str, turn: UserTurn) -> Memory:
        """Keep a note, with its recording where there is one and it is wanted."""
        return self._keep(words, turn, self._memory.add)

    def correct(self, note: Memory, words: str, turn: UserTurn) -> Memory:
        """Keep what is so in place of a note, which becomes its history."""
        return self._keep(words, turn, lambda new: self._memory.correct(note.id, new))

    def confirm(self, note: Memory) -> None:
        """The words of a note are what was said: from now on they are told, not its recording."""
        self._memory.add(NewMemory(note.text, kind=note.kind, said_at=note.said_at, confidence=1.0))

    def drop(self, note: Memory) -> None:
        """Take a misheard note back; what it had replaced is so again."""
        self._undo.forgotten += self._memory.take_back([note.id])

    def replace(self, note: Memory, words: str, turn: UserTurn) -> Memory:
        """Keep what was said again in place of a misheard note; if that fails, the misheard one stays."""
        self.drop(note)
        try:
            return self.add(words, turn)
        except MemoryStoreError:
            self.undo()
            raise

    def before(self, note: Memory) -> Memory | None:
        """Return what a note has taken the place of, if anything."""
        return next((old for old in self._memory.history(note.id) if old.superseded_by == note.id), None)

    def _keep(self, words: str, turn: UserTurn, write: Callable[[NewMemory], Memory]) -> Memory:
        clip = self._clip(turn.audio)
        note = NewMemory(
            words,
            kind=kind_of(words),
            said_at=self._clock().timestamp(),
            confidence=1.0 if turn.confidence is None else turn.confidence,
            clip=clip,
            clip_seconds=len(turn.audio) / SAMPLE_RATE if clip and turn.audio is not None else 0.0,
        )
        try:
            memory = write(note)
        except MemoryStoreError:
            if clip is None:
                raise
            memory = write(replace(note, clip=None, clip_seconds=0.0))  # too long: the words are kept
        if memory.created_at == memory.updated_at:  # a note that was there before is not this turn's to take back
            self._undo.added.append(memory.id)
        return memory

    def forget(self, memories: Sequence[Memory]) -> list[Memory]:
        """Remove notes with their history; returns everything that was removed."""
        removed = self._memory.forget([memory.id for memory in memories])
        self._undo.forgotten += removed
        return removed

    def bring_back(self, memories: Sequence[Memory]) -> None:
        """Undo `forget`: with the recordings, while this process lives."""
        self._memory.restore(memories)
        self._undo.added += [memory.id for memory in memories]

    def recall(self, words: str, most: int = 3) -> list[Recollection]:
        """Return what is known about a topic, best first: what holds all its words, else what is nearly as relevant as
        the best."""
        found = self._memory.candidates(self._query(words, TOPIC_BAR))
        whole = [note for note in found if note.coverage >= WHOLE]
        bar = max(TOPIC_BAR, NEAR * max((note.relevance for note in found), default=0.0))
        return (whole or [note for note in found if note.relevance >= bar])[:most]

    def answering(self, question: str) -> list[Recollection]:
        """Return the note that answers a question, if one surely does."""
        return self._memory.recall(self._query(question, SPOKEN_BAR), limit=1)

    def holding(self, words: str, most: int) -> list[Memory]:
        """Return the notes that hold every word that matters."""
        found = self._memory.candidates(self._query(words, 0.0))
        return [note.memory for note in found if note.coverage >= WHOLE][:most]

    def contradicted(self, correction: str) -> list[Memory]:
        """Return the notes that give another value to what a correction gives one: "no, my dentist is Dr. Braun"."""
        said = stated(correction)
        found = self._memory.candidates(self._query(said, 0.0)) if said else []
        return [note.memory for note in found if note.memory.slot == slot_of(said)]

    def _query(self, words: str, bar: float) -> Query:
        return Query(words, asked=True, asked_at=self._clock().timestamp(), bar=bar, without=UNSPOKEN)

    def newest(self, most: int) -> list[Memory]:
        """Return the last notes, newest first."""
        listed = [note for note in self._memory.list(limit=PAGE) if note.kind not in UNSPOKEN]
        return sorted(listed, key=lambda note: note.said_at, reverse=True)[:most]

    def of_day(self, day: date) -> list[Memory]:
        """Return the notes of one local day, oldest first."""
        zone = self._clock().tzinfo
        start = datetime.combine(day, datetime.min.time(), zone)
        end = datetime.combine(day + timedelta(days=1), datetime.min.time(), zone)
        found = [
            note
            for note in self._recent()
            if note.kind not in UNSPOKEN and start.timestamp() <= note.said_at < end.timestamp()
        ]
        return sorted(found, key=lambda note: note.said_at)

    def count(self) -> int:
        """Return how many there are."""
        return self._memory.count() - sum(note.kind in UNSPOKEN for note in self._recent())

    def all(self) -> list[Memory]:
        """Return every note, and what is only suggested."""
        found: list[Memory] = []
        while page := self._memory.list(limit=PAGE, offset=len(found)):
            found += page
        return [*found, *self._memory.suggestions(limit=PAGE)]

    # --- telling ---

    def told(self, notes: Sequence[Memory]) -> list[Part]:
        """Return notes as an answer: one with its day, several as a list; a recording where the words are doubtful."""
        if len(notes) == 1:
            return self._one(notes[0])
        parts: list[Part] = [Text(f"You told me {counted(len(notes), 'thing')}.")]
        for number, note in enumerate(notes, start=1):
            parts += [Text(f" {number}: "), self._words_of(note)]
        return parts

    def names(self, notes: Sequence[Memory]) -> str:
        """Return notes as a numbered list of sentences, without recordings."""
        if len(notes) == 1:
            return sentence(turned(notes[0].text))
        return " ".join(f"{number}: {sentence(turned(note.text))}" for number, note in enumerate(notes, start=1))

    def _one(self, note: Memory) -> list[Part]:
        day = spoken_day(self._local_day(note), self._clock().date())
        when = "" if day == "today" else f"{day[0].upper()}{day[1:]} "
        words = self._words_of(note)
        if isinstance(words, Clip):
            return [Text(f"{when}{'you' if when else 'You'} said: "), words]
        return [Text(f"{when}{'you' if when else 'You'} told me: "), words]

    def _words_of(self, note: Memory) -> Text | Clip:
        """Return the words of a note; what was recorded where recognition was unsure of them."""
        if note.clip_seconds > 0 and note.confidence < DOUBTFUL:
            pcm = self._recording(note)
            if pcm is not None:
                return Clip(pcm, caption=f"“{note.text}”")
        return Text(sentence(turned(note.text)))

    def _recording(self, note: Memory) -> Pcm | None:
        clip = self._memory.clip(note.id)
        if clip is None:
            return None
        try:
            return self._decode(clip)
        except VoiceTuiError as e:
            log.warning("the recording of note %s cannot be played: %s", note.id, e)
            return None

    def _clip(self, audio: Pcm | None) -> bytes | None:
        if audio is None or not self._keep_audio or not len(audio):
            return None
        try:
            return self._encode(audio, SAMPLE_RATE)
        except VoiceTuiError as e:
            log.warning("the recording of a note was not kept: %s", e)
            return None

    def _recent(self) -> Iterator[Memory]:
        for offset in range(0, MOST_LOOKED_AT, PAGE):
            page = self._memory.list(limit=PAGE, offset=offset)
            yield from page
            if len(page) < PAGE:
                return

    def _local_day(self, note: Memory) -> date:
        return datetime.fromtimestamp(note.said_at, self._clock().tzinfo).date()
