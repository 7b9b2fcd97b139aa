"""The notebook: what the assistant can do by itself, and the door to the language model where there is one.

Every turn comes here first. What is the assistant's own business is answered from memory and clock; anything else goes
to the language model, or is told that there is none. A question that was asked back ("did you say …?", "shall I
forget …?") waits one turn for its answer.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from threading import Event as CancelFlag

from memory.correct import corrected, is_correction, offered
from memory.errors import MemoryStoreError
from memory.extract import SURE_TO_KEEP, extract
from memory.types import Memory
from voice_tui.engine.cascade.phrases import Match
from voice_tui.engine.cascade.ports import Action, Clip, Part, Responder, Text, UserTurn, Warned
from voice_tui.engine.cascade.responder.intents import OWN, duration, is_question, parse
from voice_tui.engine.cascade.responder.note_answers import NoteAnswers, chosen
from voice_tui.engine.cascade.responder.notes import WHOLE, Notes
from voice_tui.engine.cascade.responder.plain import (
    no_model,
    no_note,
    plain_answer,
    timer_set,
    timers_cancelled,
    timers_left,
    volume_set,
)
from voice_tui.engine.cascade.responder.state import Again, Conversation, Forget, Heard, HowLong, Keep, Noted, Question
from voice_tui.engine.cascade.responder.unanswered import missing, thing
from voice_tui.engine.cascade.responder.wording import sentence, turned
from voice_tui.engine.port import PastTurn
from voice_tui.errors import ProviderError

log = logging.getLogger(__name__)

UNASKED = frozenset({"stop", "repeat", "remember", "remember_last", "yes", "no"})
"""Done even when recognition is unsure: harmless, urgent, or kept with its recording."""


BELOW_ZERO = re.compile(r"(?<!\S)[-\u2212]\d")
"""A number with a minus, which the patterns of commands do not see."""


class NotebookResponder:
    """Answers what needs no language model, and hands on the rest.

    Args:
        notes: The memory as a notebook.
        clock: Returns the local time, aware.
        ask_below: Confidence under which the person is asked whether it was heard right.
        otherwise: The language model, or None.
    """

    def __init__(
        self,
        notes: Notes,
        clock: Callable[[], datetime],
        *,
        ask_below: float,
        otherwise: Responder | None = None,
    ) -> None:
        self.name = otherwise.name if otherwise is not None else "notebook"
        self._notes = notes
        self._clock = clock
        self._ask_below = ask_below
        self._otherwise = otherwise
        self._lock = threading.Lock()
        self._talk = Conversation()
        self._answers = NoteAnswers(notes, self._talk, clock, self._unsure)
        self._elsewhere = False
        self._failing = False  # the language model gave no answer, and the person was told

    def respond(self, turn: UserTurn, cancel: CancelFlag) -> Iterator[Part]:
        """Yield the answer; what the notebook answers is worked out whole before its first part.

        Raises:
            ProviderError: The memory failed, or the language model, and the notebook knows no answer either.
        """
        with self._lock:
            self._talk.begin()
            self._notes.begin()
            self._elsewhere = False  # also when it fails or was cancelled: `withdraw` is about this turn
            answer = [] if cancel.is_set() else self._answer(turn)
            self._elsewhere = isinstance(answer, UserTurn)
        said: list[Text | Clip] = []
        for part in self._ask_elsewhere(answer, cancel) if isinstance(answer, UserTurn) else answer:
            if isinstance(part, Text | Clip):
                said.append(part)
            yield part
            if cancel.is_set():
                break
        if said:
            with self._lock:
                self._talk.state = replace(self._talk.state, answer=tuple(said))

    def spoken(self, text: str, interrupted: bool) -> None:
        """Tell the language model what was played of its answer."""
        if self._elsewhere and self._otherwise is not None:
            self._otherwise.spoken(text, interrupted)

    def withdraw(self) -> None:
        """Undo the last turn: notes it made or forgot, what it asked, and its place in the language model's history."""
        with self._lock:
            elsewhere, self._elsewhere = self._elsewhere, False
            self._talk.withdraw()
            try:
                self._notes.undo()
            except MemoryStoreError as e:
                log.warning("the notes of a withdrawn turn could not be undone: %s", e)
        if elsewhere and self._otherwise is not None:
            self._otherwise.withdraw()

    def reset(self) -> None:
        """Begin a fresh conversation; the notes stay."""
        with self._lock:
            self._talk.reset()
            self._notes.begin()
            self._elsewhere = False
        if self._otherwise is not None:
            self._otherwise.reset()

    def recount(self, turns: Sequence[PastTurn]) -> None:
        """Know the last answer, for "say that again"; the language model learns the rest."""
        last = next((turn.text for turn in reversed(turns) if turn.role == "assistant"), "")
        with self._lock:
            self._talk.state = replace(self._talk.state, answer=(Text(last),) if last else ())
        if self._otherwise is not None:
            self._otherwise.recount(turns)

    def close(self) -> None:
        """Release the language model."""
        if self._otherwise is not None:
            self._otherwise.close()

    # --- one turn ---

    def _ask_elsewhere(self, turn: UserTurn, cancel: CancelFlag) -> Iterator[Part]:
        """Yield the language model's answer; where it gives none, the notebook's own, and once why."""
        assert self._otherwise is not None
        said = False
        try:
            for part in self._otherwise.respond(turn, cancel):
                said = said or isinstance(part, Text)
                yield part
        except ProviderError as e:
            answer = [] if said or cancel.is_set() else self._instead(turn)
            if not answer:
                self._failing = True
                raise
            if not self._failing:
                self._failing = True
                yield Warned(e.message, e.hint)
                yield Text(f"{e.message}, so I answer by myself. ")
            yield from answer
        else:
            self._failing = self._failing and not said

    def _instead(self, turn: UserTurn) -> list[Part]:
        """Return the notebook's answer to what the language model should have answered; empty when it has none."""
        with self._lock:
            intent = parse(turn.text)
            try:
                if intent is not None and intent.name not in ("yes", "no"):
                    answer = self._by_itself(turn, intent)
                else:
                    answer = self._known(turn)
            except MemoryStoreError as e:
                log.warning("the notebook cannot answer in place of the language model: %s", e)
                return []
            self._elsewhere = self._elsewhere and not answer
            return answer or []

    def _answer(self, turn: UserTurn) -> list[Part] | UserTurn:
        """Return the answer, or the turn that the language model is to answer."""
        intent = parse(turn.text)
        try:
            if self._talk.before.question is not None:
                answer = self._follow_up(self._talk.before.question, turn, intent)
                if answer is not None:
                    return answer
            if intent is None and (answer := self._correction(turn)):
                return answer
            return self._ask_back(turn, intent) or self._act(turn, intent)
        except MemoryStoreError as e:
            raise ProviderError(e.message, hint=e.hint) from e

    def _correction(self, turn: UserTurn) -> list[Part] | None:
        """ "No, the fourteenth", right after a note was told or made; "no, my dentist is Dr. Braun" at any time."""
        if (turn.confidence is not None and turn.confidence < SURE_TO_KEEP) or not is_correction(turn.text):
            return None
        told = self._talk.before.told
        for note in (told,) if told is not None else self._notes.contradicted(turn.text):
            words = corrected(note.text, turn.text)
            if words is not None:
                return self._answers.correct(note, words, turn)
        return None

    def _act(self, turn: UserTurn, intent: Match | None) -> list[Part] | UserTurn:
        if intent is not None and (self._otherwise is None or intent.name in OWN):
            answer = self._by_itself(turn, intent)
            if answer:
                return answer
        self._talk.state = replace(self._talk.state, said=turn)
        return turn if self._otherwise is not None else self._unknown(turn)

    def _by_itself(self, turn: UserTurn, intent: Match) -> list[Part] | None:
        return (
            self._from_notes(turn, intent) or self._from_here(turn, intent) or plain_answer(intent.name, self._clock())
        )

    def _from_notes(self, turn: UserTurn, intent: Match) -> list[Part] | None:
        answers = self._answers
        handlers: dict[str, Callable[[], list[Part]]] = {
            "remember": lambda: answers.remember(intent.rest, turn),
            "remember_last": answers.remember_last,
            "recall": lambda: answers.recall(turn, intent.rest),
            "recall_all": answers.newest,
            "list_notes": answers.newest,
            "recall_today": lambda: answers.day(0),
            "recall_yesterday": lambda: answers.day(1),
            "forget": lambda: answers.forget(intent.rest),
            "forget_last": answers.forget_last,
            "forget_all": answers.forget_all,
            "undo": answers.undo,
        }
        return handlers[intent.name]() if intent.name in handlers else None

    def _from_here(self, turn: UserTurn, intent: Match) -> list[Part] | None:
        if intent.name == "repeat":
            return list(self._talk.before.answer) or [Text("I have not said anything yet.")]
        if intent.name == "new_conversation":
            return self._new_conversation()
        if intent.name == "set_volume":
            return volume_set(-intent.percent if BELOW_ZERO.search(turn.text) else intent.percent)
        if intent.name in ("timers_left", "cancel_timers"):
            return (timers_left if intent.name == "timers_left" else timers_cancelled)(turn.timers)
        if intent.name == "set_timer" and not intent.seconds:
            return self._talk.ask(HowLong(), "For how long?")
        return timer_set(intent.seconds, intent.rest) if intent.name in ("set_timer", "remind") else None

    def _new_conversation(self) -> list[Part]:
        self._talk.state = replace(Conversation().state, refusals=self._talk.state.refusals)
        if self._otherwise is not None:
            self._otherwise.reset()
        return [Action("new_conversation"), Text("All right, a fresh start.")]

    def _unknown(self, turn: UserTurn) -> list[Part]:
        """Answer without a language model: a question from the notes if one answers it, else with regret."""
        if answer := self._known(turn):
            return answer
        if said := offered(turn.text):
            asked = f"I have no note to correct. Shall I remember: {turned(said)}?"
            return self._talk.ask(Keep(said, turn), asked)
        if about := missing(turn.text):
            return no_note(about)
        times = self._talk.state.refusals
        self._talk.state = replace(self._talk.state, refusals=times + 1)
        return no_model(turn.text, times)

    def _known(self, turn: UserTurn) -> list[Part] | None:
        """Keep what was told in so many words, or answer a question that a note surely answers."""
        told = next((one for one in extract(turn.text, confidence=turn.confidence) if one.explicit), None)
        if told is not None:  # "my name is Anna": a language model would hear it, here it is kept and said back
            return self._answers.remember(told.text, turn)
        notes = self._notes.answering(turn.text) if is_question(turn.text) else []
        if notes:
            return self._answers.told(turn.text, notes)
        about = thing(turn.text)
        near = self._notes.touching(about)
        return self._answers.told(about, near, guess=all(note.coverage < WHOLE for note in near)) if near else None

    # --- when recognition is unsure ---

    def _unsure(self, turn: UserTurn) -> bool:
        return not turn.typed and turn.confidence is not None and turn.confidence < self._ask_below

    def _ask_back(self, turn: UserTurn, intent: Match | None) -> list[Part] | None:
        """Ask whether it was heard right, where that is in doubt and matters; else None."""
        if not self._unsure(turn) or (intent is not None and intent.name in UNASKED):
            return None
        if intent is None and self._otherwise is None:
            if parse(turn.alternative) is None:
                self._talk.state = replace(self._talk.state, said=turn)
                return [Text(f"I did not catch that. I heard: {sentence(turn.text)} Please say it again.")]
            turn = replace(turn, text=turn.alternative, alternative="")
        return self._did_you_say(turn)

    def _did_you_say(self, turn: UserTurn) -> list[Part]:
        return self._talk.ask(Heard(turn), f"Did you say: {turn.text.strip().rstrip('.?!')}?")

    # --- answers to what was asked back ---

    def _follow_up(self, question: Question, turn: UserTurn, intent: Match | None) -> list[Part] | UserTurn | None:
        """Return the answer when this turn answers the question; None when it is about something else."""
        name = intent.name if intent is not None else ""
        if isinstance(question, Heard):
            return self._heard_answered(replace(question.turn, timers=turn.timers), name)
        if isinstance(question, Forget):
            return self._forget_answered(question, turn, name)
        if isinstance(question, Noted) and name in ("yes", "no"):
            return self._answers.confirmed(question.note) if name == "yes" else self._answers.misheard(question, turn)
        if name in ("no", "stop"):
            return [Text("All right.")]
        if isinstance(question, Keep) and name == "yes":
            return self._answers.remember(question.words, question.turn)
        if isinstance(question, Noted | Keep):
            return None
        if isinstance(question, Again):
            return self._note_again(question.note, turn, intent)
        if isinstance(question, HowLong):
            seconds = duration(turn.text)
            return timer_set(seconds) if seconds else None
        return self._answers.remember(turn.text, turn) if intent is None else None

    def _heard_answered(self, turn: UserTurn, name: str) -> list[Part] | UserTurn | None:
        if name == "yes":
            return self._act(replace(turn, confidence=None), parse(turn.text))
        if name != "no":
            return None
        if turn.alternative and turn.alternative != turn.text:
            return self._did_you_say(replace(turn, text=turn.alternative, alternative=""))
        return [Text("Sorry. Please say it again.")]

    def _note_again(self, note: Memory | None, turn: UserTurn, intent: Match | None) -> list[Part] | None:
        if intent is not None and intent.name != "remember":
            return None
        return self._answers.said_again(note, turn.text if intent is None else intent.rest, turn)

    def _forget_answered(self, question: Forget, turn: UserTurn, name: str) -> list[Part] | None:
        if name in ("yes", "no") and self._unsure(turn):
            return self._talk.ask(question, "I am not sure what I heard. Yes or no: shall I forget it?")
        notes = question.notes if name == "yes" else chosen(turn.text, question.notes)
        if notes:
            return self._answers.forgotten(notes)
        if name in ("no", "stop"):
            return [Text("All right, I keep it." if len(question.notes) == 1 else "All right, I keep them.")]
        return None
