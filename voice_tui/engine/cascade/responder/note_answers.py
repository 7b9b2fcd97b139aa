"""Answers from the notes: remembering, telling and forgetting, in spoken words."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from memory.traces import words_of
from memory.types import Memory, Recollection
from voice_tui.engine.cascade.ports import Part, Recalled, Remembered, Text, UserTurn
from voice_tui.engine.cascade.responder.notes import Notes, Tally
from voice_tui.engine.cascade.responder.plain import no_note
from voice_tui.engine.cascade.responder.state import Again, Conversation, Dictate, Forget, Noted
from voice_tui.engine.cascade.responder.unanswered import missing
from voice_tui.engine.cascade.responder.wording import counted, sentence, turned

MOST_TOLD = 5
"""Notes that are read out at once."""

BY_MEANING = "This may be it. "
"""Said before a note that shares no word with the question, or not all of those that name the thing asked about."""

MOST_REPORTED = 20
"""Changes of the memory that are told to the app one by one; it reads the store anyway."""

MOST_WORDS = 1_000
"""Other memories whose words went with those that are told, for the logs and recordings to lose them too."""


class NoteAnswers:
    """Turns what is asked of the notes into parts of an answer. Its owner holds a lock.

    Args:
        notes: The memory as a notebook.
        talk: Where questions that are asked back wait.
        clock: Returns the local time, aware.
        unsure: Whether recognition of a turn was unsure.
    """

    def __init__(
        self, notes: Notes, talk: Conversation, clock: Callable[[], datetime], unsure: Callable[[UserTurn], bool]
    ) -> None:
        self._notes = notes
        self._talk = talk
        self._clock = clock
        self._unsure = unsure

    def remember(self, words: str, turn: UserTurn) -> list[Part]:
        """Keep words, and the recording they came with; ask for words when there are none."""
        if not any(char.isalnum() for char in words):
            return self._talk.ask(Dictate(), "What shall I remember?")
        known = self._notes.known(words)
        note = self._notes.add(words, turn)
        if note.id in known and not self._unsure(turn):
            self._talk.speak_of(note)
            return [Text(f"I know that already: {sentence(turned(note.text))}")]
        return self._kept(note, turn)

    def _kept(self, note: Memory, turn: UserTurn) -> list[Part]:
        """Say what was kept; ask whether it was heard right where recognition was unsure."""
        self._talk.speak_of(note)
        fresh = note.created_at == note.updated_at
        if fresh:
            self._talk.changed(note)
        changed = Remembered("added" if fresh else "updated", note.id, note.text)
        understood = sentence(turned(note.text))
        if not self._unsure(turn):
            return [changed, Text(f"I'll remember: {understood}{self._earlier(note)}")]
        kept = "I kept your recording. " if note.clip_seconds else ""
        return [changed, *self._talk.ask(Noted(note, fresh), f"{kept}I heard: {understood} Is that right?")]

    def confirmed(self, note: Memory) -> list[Part]:
        """The words of a note are right."""
        self._notes.confirm(note)
        self._talk.speak_of(note)
        return [Text("Good, I'll remember it.")]

    def misheard(self, asked: Noted, turn: UserTurn) -> list[Part]:
        """The words of a note are wrong: its recording stays until it was said again; words alone are worth nothing."""
        note = asked.note if asked.fresh else None
        if note is None or note.clip_seconds or self._unsure(turn):
            recorded = " I have your recording." if note is not None and note.clip_seconds else ""
            return self._talk.ask(Again(note), f"Sorry.{recorded} Please say again what I should remember.")
        self._notes.drop(note)
        self._talk.speak_of(None)
        self._talk.changed()
        gone = Remembered("forgotten", note.id, note.text)
        return [gone, *self._talk.ask(Again(None), "Sorry. Please say again what I should remember.")]

    def said_again(self, note: Memory | None, words: str, turn: UserTurn) -> list[Part]:
        """Keep what was said again, in place of what was misheard."""
        if note is None or note.text == words or not any(char.isalnum() for char in words):
            return self.remember(words, turn)
        return [Remembered("forgotten", note.id, note.text), *self._kept(self._notes.replace(note, words, turn), turn)]

    def correct(self, note: Memory, words: str, turn: UserTurn) -> list[Part]:
        """Put right what was just told; what it was before is kept as its history."""
        new = self._notes.correct(note, words, turn)
        self._talk.speak_of(new)
        self._talk.changed(new)
        return [Remembered("corrected", new.id, new.text), Text(f"All right: {sentence(turned(new.text))}")]

    def _earlier(self, note: Memory) -> str:
        """Return what a fresh note has taken the place of, as a sentence."""
        old = self._notes.before(note) if note.created_at == note.updated_at else None
        return f" Before, it was: {sentence(turned(old.text))}" if old is not None else ""

    def remember_last(self) -> list[Part]:
        """Keep what the person said before."""
        said = self._talk.state.said
        return self._talk.ask(Dictate(), "What shall I remember?") if said is None else self.remember(said.text, said)

    def recall(self, turn: UserTurn, words: str) -> list[Part]:
        """Tell what is known about something, or that nothing is."""
        notes = self._notes.recall(words)
        if notes:
            return self.told(words, notes)
        mine = re.search(rf"\b(?:my|our)\s+{re.escape(words)}", turn.text, re.IGNORECASE)
        return no_note(missing(turn.text, words) or turned(f"my {words}" if mine else words))

    def told(self, query: str, notes: list[Recollection], *, guess: bool = False) -> list[Part]:
        """Tell recalled notes; `guess`: it is not sure that they answer what was asked."""
        memories = [note.memory for note in notes]
        self._talk.speak_of(memories[0] if len(memories) == 1 else None)
        recalled = Recalled(
            query=query,
            ids=tuple(memory.id for memory in memories),
            texts=tuple(memory.text for memory in memories),
            scores=tuple(note.relevance for note in notes),
            strategy="spoken",
            why=tuple(note.why for note in notes),
        )
        guess = guess or not any(note.coverage for note in notes)
        return [recalled, *([Text(BY_MEANING)] if guess else []), *self._notes.told(memories)]

    def newest(self) -> list[Part]:
        """Tell how many notes there are, and the newest."""
        tally = self._notes.tally()
        count = tally.notes
        if not count:
            others = f", only {tally.spoken}" if tally.spoken else ""
            return [Text(f"I have no notes yet{others}. Say: remember that, and what I should keep.")]
        newest = self._notes.newest(MOST_TOLD)
        self._talk.speak_of(newest[0] if count == 1 else None)
        some = f" The newest {len(newest)}:" if count > len(newest) else ""
        if count == 1 and tally != Tally(1):
            return [Text(f"You have {tally.spoken}. The note: {self._notes.names(newest)}")]
        return [Text(f"You have {tally.spoken}{_mark(count)}{some} {self._notes.names(newest)}")]

    def day(self, ago: int) -> list[Part]:
        """Tell the notes of today (0) or yesterday (1)."""
        when = ("today", "yesterday")[ago]
        notes = self._notes.of_day(self._clock().date() - timedelta(days=ago))
        if not notes:
            return [Text(f"You told me nothing {when}.")]
        told = notes[-MOST_TOLD:]
        some = f" The last {len(told)}:" if len(notes) > len(told) else ""
        many = f"{counted(len(notes), 'thing')} {when}{_mark(len(notes))}"
        return [Text(f"You told me {many}{some} {self._notes.names(told)}")]

    def forget(self, words: str) -> list[Part]:
        """Forget the one note that holds the words; ask when it is not clear which."""
        notes = self._notes.holding(words, MOST_TOLD + 1)
        if len(notes) == 1:
            return self.forgotten(tuple(notes))
        if len(notes) > MOST_TOLD:
            return [Text("I have many notes about that. Please say more words of the one you mean.")]
        if notes:
            both = "both" if len(notes) == 2 else "all of them"
            names = self._notes.names(notes)
            return self._talk.ask(
                Forget(tuple(notes)), f"I have {len(notes)} notes about that. {names} Shall I forget {both}?"
            )
        near = self._notes.recall(words, most=1)
        if not near:
            return no_note(turned(words))
        nearest = near[0].memory
        return self._talk.ask(
            Forget((nearest,)), f"The nearest note is: {self._notes.names([nearest])} Shall I forget it?"
        )

    def forget_last(self) -> list[Part]:
        """Forget the note that was spoken of last; ask when none was."""
        if self._talk.state.note is not None:
            return self.forgotten((self._talk.state.note,))
        newest = self._notes.newest(1)
        if not newest:
            return [Text("There is nothing to forget.")]
        return self._talk.ask(
            Forget(tuple(newest)), f"Your last note is: {self._notes.names(newest)} Shall I forget it?"
        )

    def forget_all(self) -> list[Part]:
        """Ask whether to forget everything."""
        notes = tuple(self._notes.all())
        if not notes:
            return [Text("There is nothing to forget.")]
        tally = Tally.of(notes)
        if tally == Tally(1):
            return self._talk.ask(Forget(notes), f"Your only note is: {self._notes.names(notes)} Shall I forget it?")
        every = f"all {tally.spoken}" if tally == Tally(len(notes)) else f"everything: {tally.spoken}"
        return self._talk.ask(Forget(notes), f"Shall I forget {every}?")

    def undo(self) -> list[Part]:
        """Take back what was last done to the notes in this conversation: a note made, or notes forgotten."""
        change = self._talk.state.change
        if change is None:
            return [Text("There is nothing to undo.")]
        self._talk.changed()
        if not change.gone:
            return self._unmade(change.notes[0])
        self._notes.bring_back(change.notes)
        back = [note for note in change.notes if note.status != "superseded"]
        self._talk.speak_of(back[0] if len(back) == 1 else None)
        changes: list[Part] = [Remembered("added", note.id, note.text) for note in back[:MOST_REPORTED]]
        words = f"It is back: {self._notes.names(back)}" if len(back) == 1 else f"{Tally.of(back).spoken} are back."
        return [*changes, Text(words)]

    def _unmade(self, note: Memory) -> list[Part]:
        """Take back a note that was made; what it took the place of is so again."""
        old = self._notes.before(note)
        self._notes.drop(note)
        self._talk.speak_of(old)
        gone = Remembered("forgotten", note.id, note.text)
        if old is None:
            return [gone, Text(f"Undone. I forgot: {self._notes.names([note])}")]
        again = f"Undone. It is again: {self._notes.names([old])}"
        return [gone, Remembered("added", old.id, old.text), Text(again)]

    def forgotten(self, notes: tuple[Memory, ...]) -> list[Part]:
        """Forget these notes and say so."""
        everything = self._notes.forget(notes)
        removed = [note for note in everything if note.status != "superseded"]
        self._talk.speak_of(None)
        self._talk.changed(*everything, gone=True)
        told = removed[:MOST_REPORTED]
        changes: list[Part] = [Remembered("forgotten", note.id, note.text) for note in told[:-1]]
        changes += [Remembered("forgotten", note.id, note.text, _also(everything, told)) for note in told[-1:]]
        if len(removed) == 1:
            return [*changes, Text(f"Forgotten: {self._notes.names(removed)}")]
        return [*changes, Text(f"{Tally.of(removed).spoken} forgotten." if removed else "It is gone already.")]


def _also(everything: Sequence[Memory], told: Sequence[Memory]) -> tuple[str, ...]:
    """Return the words of what was forgotten that are not those of the notes it is told by."""
    texts = {note.text for note in told}
    return tuple(words for words in words_of(everything) if words not in texts)[:MOST_WORDS]


def _mark(count: int) -> str:
    """Return what stands between a number of notes and the notes."""
    return ":" if count == 1 else "."


_ORDINALS = ("first one 1", "second two 2", "third three 3", "fourth four 4", "fifth five 5")
_CHOICE = re.compile(r"(?:just |only )?(?:the )?(?:number )?(\w+)(?: one)?[.!]?", re.IGNORECASE)
_ALL = re.compile(r"(?:both|all)(?: of them)?[.!]?", re.IGNORECASE)


def chosen(text: str, notes: tuple[Memory, ...]) -> tuple[Memory, ...]:
    """Return which of several notes "the second one" or "both" means; empty when it means none of them."""
    if len(notes) < 2 or len(notes) > MOST_TOLD:
        return ()
    if _ALL.fullmatch(text.strip()):
        return notes
    found = _CHOICE.fullmatch(text.strip())
    word = found[1].lower() if found else ""
    if word == "last":
        return notes[-1:]
    return tuple(note for note, names in zip(notes, _ORDINALS, strict=False) if word in names.split())
