"""Read the training data: conversations as they were said, and what was asked or said afterwards.

Each file of `data/` is one conversation as JSON Lines. A line says in `is` what it holds:

    {"is": "conversation", "id": "a01", "kind": "assistant", "speakers": ["Nora", "assistant"], …}   the first line
    {"is": "session", "number": 1, "at": "2024-03-04T18:20:00"}                                      the turns after it
    {"is": "turn", "id": "1.2", "speaker": "assistant", "text": "…"}                                 session.turn
    {"is": "asked", "at": "2024-08-20T09:00:00", "speaker": "Nora"}                                  the probes after it
    {"is": "probe", "category": "single", "text": "…", "evidence": ["1.7"]}
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

DATA = Path(__file__).parent / "data"
ASSISTANT = "assistant"

Kind = Literal["assistant", "people"]
Style = Literal["chatty", "terse", "formal", "neutral"]
Category = Literal["single", "multi", "temporal", "inference", "preference", "unanswerable", "statement"]
ANSWERABLE: tuple[Category, ...] = ("single", "multi", "temporal", "inference", "preference")


class TrainingDataError(Exception):
    """A line of the training data is wrong.

    Args:
        file: The file it is in.
        line: Its number, from 1; 0 = the file as a whole.
        message: What is wrong with it.
    """

    def __init__(self, file: Path, line: int, message: str) -> None:
        super().__init__(f"{file.name}:{line}: {message}")
        self.file = file
        self.line = line
        self.message = message


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="is"):
    """One line of a file, told apart by `is`."""


class Turn(_Line, frozen=True, tag="turn"):
    """What one speaker said.

    Args:
        id: Session and place in it, "2.5": the fifth turn of the second session.
        speaker: One of the conversation's speakers.
        text: The words, with the slips of a recogniser where the conversation is `noisy`.
    """

    id: str
    speaker: str
    text: str


class _Head(_Line, frozen=True, tag="conversation"):
    id: str
    kind: Kind
    speakers: tuple[str, str]
    style: Style
    noisy: bool
    topics: tuple[str, ...]


class _SessionHead(_Line, frozen=True, tag="session"):
    number: int
    at: datetime


class _Asked(_Line, frozen=True, tag="asked"):
    at: datetime
    speaker: str | None


class _ProbeLine(_Line, frozen=True, tag="probe"):
    category: Category
    text: str
    evidence: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    before: str = ""


_AnyLine = Turn | _Head | _SessionHead | _Asked | _ProbeLine


@dataclass(frozen=True, slots=True)
class Session:
    """Turns said in one go; `at` is local time without a zone."""

    number: int
    at: datetime
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Probe:
    """Something said to the assistant after the conversation, and the turns that help with it.

    Args:
        id: Conversation and number, "a01-3".
        category: What it is; "unanswerable" asks for what was never said, "statement" is not a question.
        text: The words.
        evidence: Ids of the turns that hold the answer, or that help with a statement; may be empty for those two.
        near: Ids of turns that look right and are not.
        before: The turn just before it, which its pronouns may need; "" = none.
        at: When it is said, local time without a zone.
        speaker: Who says it; None = somebody outside the conversation.
    """

    id: str
    category: Category
    text: str
    evidence: tuple[str, ...]
    near: tuple[str, ...]
    before: str
    at: datetime
    speaker: str | None

    @property
    def is_question(self) -> bool:
        """Whether it asks for something."""
        return self.category != "statement"


@dataclass(frozen=True, slots=True)
class Conversation:
    """Sessions of one person with the assistant, or of two people, and the probes about them.

    Args:
        id: Name of the conversation and of its file.
        kind: "assistant" = a person with the voice assistant, "people" = two people.
        speakers: The two names; the assistant is the second of its kind.
        style: How they talk.
        noisy: Written as a recogniser would: lower case, no punctuation, slips.
        topics: What it is about.
        sessions: In order of time.
        probes: In the order of the file.
    """

    id: str
    kind: Kind
    speakers: tuple[str, str]
    style: Style
    noisy: bool
    topics: tuple[str, ...]
    sessions: tuple[Session, ...]
    probes: tuple[Probe, ...]

    @property
    def turns(self) -> tuple[Turn, ...]:
        """All turns, in the order they were said."""
        return tuple(turn for session in self.sessions for turn in session.turns)


class _Reader:
    """Builds one conversation from the lines of a file; raises `TrainingDataError` at the line that is wrong."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.line = 0
        self.head: _Head | None = None
        self.sessions: list[tuple[_SessionHead, list[Turn]]] = []
        self.asked: _Asked | None = None
        self.probes: list[Probe] = []
        self.ids: set[str] = set()

    def read(self) -> Conversation:
        for raw in self.file.read_bytes().splitlines():
            self.line += 1
            try:
                line = msgspec.json.decode(raw, type=_AnyLine)
            except msgspec.DecodeError as error:
                raise self._wrong(str(error)) from error
            self._take(line)
        if self.head is None or not self.sessions or not self.probes:
            self.line = 0
            raise self._wrong("a conversation needs its head, a session and a probe")
        sessions = tuple(Session(head.number, head.at, tuple(turns)) for head, turns in self.sessions)
        head = self.head
        return Conversation(
            head.id, head.kind, head.speakers, head.style, head.noisy, head.topics, sessions, tuple(self.probes)
        )

    def _take(self, line: _AnyLine) -> None:
        if isinstance(line, _Head) != (self.line == 1):
            raise self._wrong("the head of the conversation belongs in the first line, and only there")
        match line:
            case _Head():
                self._take_head(line)
            case _SessionHead():
                self._take_session(line)
            case Turn():
                self._take_turn(line)
            case _Asked():
                self._take_asked(line)
            case _ProbeLine():
                self._take_probe(line)

    def _take_head(self, head: _Head) -> None:
        if head.id != self.file.stem:
            raise self._wrong(f"the conversation is called {head.id!r}, its file {self.file.stem!r}")
        if (head.speakers[1] == ASSISTANT) != (head.kind == "assistant") or head.speakers[0] in (
            "",
            *head.speakers[1:],
        ):
            raise self._wrong(f"speakers {head.speakers} do not suit the kind {head.kind!r}")
        self.head = head

    def _take_session(self, session: _SessionHead) -> None:
        if session.number != len(self.sessions) + 1:
            raise self._wrong(f"session {session.number} comes after {len(self.sessions)}")
        if self.sessions and session.at <= self.sessions[-1][0].at:
            raise self._wrong(f"session {session.number} is not later than the one before")
        self.sessions.append((session, []))

    def _take_turn(self, turn: Turn) -> None:
        if not self.sessions or self.asked:
            raise self._wrong("a turn stands outside the sessions")
        session, turns = self.sessions[-1]
        if turn.id != f"{session.number}.{len(turns) + 1}":
            raise self._wrong(f"turn {turn.id!r} should be {session.number}.{len(turns) + 1}")
        self._check_speaker(turn.speaker)
        self._check_text(turn.text)
        turns.append(turn)
        self.ids.add(turn.id)

    def _take_asked(self, asked: _Asked) -> None:
        if not self.sessions or asked.at < self.sessions[-1][0].at:
            raise self._wrong("it is asked before the last session")
        if asked.speaker is not None:
            self._check_speaker(asked.speaker)
        self.asked = asked

    def _take_probe(self, probe: _ProbeLine) -> None:
        if self.head is None or self.asked is None:
            raise self._wrong("a probe stands before the line that says when it is asked")
        self._check_text(probe.text)
        if missing := {*probe.evidence, *probe.near} - self.ids:
            raise self._wrong(f"no such turn: {', '.join(sorted(missing))}")
        if len({*probe.evidence, *probe.near}) != len(probe.evidence) + len(probe.near):
            raise self._wrong("a turn is named twice")
        if not _evidence_suits(probe):
            raise self._wrong(f"{len(probe.evidence)} turns of evidence do not suit {probe.category!r}")
        number = f"{self.head.id}-{len(self.probes) + 1}"
        asked = self.asked
        self.probes.append(
            Probe(number, probe.category, probe.text, probe.evidence, probe.near, probe.before, asked.at, asked.speaker)
        )

    def _check_speaker(self, name: str) -> None:
        if self.head is None or name not in self.head.speakers:
            raise self._wrong(f"{name!r} is not a speaker of this conversation")

    def _check_text(self, text: str) -> None:
        if not text or text != text.strip():
            raise self._wrong("the text is empty or has blanks around it")

    def _wrong(self, message: str) -> TrainingDataError:
        return TrainingDataError(self.file, self.line, message)


def _evidence_suits(probe: _ProbeLine) -> bool:
    match probe.category:
        case "unanswerable":
            return not probe.evidence
        case "statement":
            return True
        case "multi":
            return len(probe.evidence) > 1
        case _:
            return bool(probe.evidence)


def read_conversation(file: Path) -> Conversation:
    """Read one file.

    Raises:
        TrainingDataError: If a line is not what it says; names file and line.
        OSError: If the file cannot be read.
    """
    return _Reader(file).read()


def read_all(folder: Path = DATA) -> tuple[Conversation, ...]:
    """Read every conversation of a folder, by name.

    Raises:
        TrainingDataError: If a line is not what it says, or there is no file.
    """
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        raise TrainingDataError(folder, 0, "no conversation here")
    return tuple(read_conversation(file) for file in files)


def split(
    conversations: Iterable[Conversation], fold: int, *, folds: int = 5
) -> tuple[tuple[Conversation, ...], tuple[Conversation, ...]]:
    """Part whole conversations into training and validation, the same way on every machine.

    Conversations of each kind and noise are dealt to the folds in the order of the hash of their name, so that every
    fold has its share of each.

    Args:
        conversations: With names that differ.
        fold: Which fold is kept for validation, 0 to folds - 1.
        folds: How many there are, at least 2.

    Returns:
        Training and validation, in the order given.

    Raises:
        ValueError: If there is no such fold.
    """
    if folds < 2 or not 0 <= fold < folds:
        raise ValueError(f"fold {fold} of {folds}")
    everything = tuple(conversations)
    held_out = {one.id for place, one in enumerate(_dealt(everything)) if place % folds == fold}
    return (
        tuple(one for one in everything if one.id not in held_out),
        tuple(one for one in everything if one.id in held_out),
    )


def _dealt(conversations: Sequence[Conversation]) -> list[Conversation]:
    return sorted(conversations, key=lambda one: (one.kind, one.noisy, hashlib.sha256(one.id.encode()).digest()))
