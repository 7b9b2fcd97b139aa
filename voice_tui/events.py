"""What happened (events, past tense), and with it what is commanded (see `voice_tui.commands`).

Both are frozen msgspec structs with a `type` tag, so that one union decodes them from a pipe, a socket or a file. This
module imports no numpy: the app process reads events without any of the session's libraries.

`Event.at` is in seconds since the session began (in `talk` on a file: seconds of the file).
"""

from __future__ import annotations

from typing import Literal

from voice_tui.commands import MOST_SEARCHED as MOST_SEARCHED
from voice_tui.commands import AnyCommand as AnyCommand
from voice_tui.commands import ChangeSettings as ChangeSettings
from voice_tui.commands import CheckSound as CheckSound
from voice_tui.commands import ChooseDevices as ChooseDevices
from voice_tui.commands import Command as Command
from voice_tui.commands import HoldMicrophone as HoldMicrophone
from voice_tui.commands import Interrupt as Interrupt
from voice_tui.commands import NewConversation as NewConversation
from voice_tui.commands import PlayNote as PlayNote
from voice_tui.commands import PushToTalk as PushToTalk
from voice_tui.commands import ResumeConversation as ResumeConversation
from voice_tui.commands import SearchMemories as SearchMemories
from voice_tui.commands import SendText as SendText
from voice_tui.commands import SetMute as SetMute
from voice_tui.commands import SetTalkMode as SetTalkMode
from voice_tui.commands import SetVolume as SetVolume
from voice_tui.commands import Stop as Stop
from voice_tui.commands import TalkMode as TalkMode
from voice_tui.event import Event as Event
from voice_tui.memory_events import MOST_FOUND as MOST_FOUND
from voice_tui.memory_events import MemoriesFound as MemoriesFound
from voice_tui.memory_events import MemoryChanged as MemoryChanged
from voice_tui.memory_events import MemoryRecalled as MemoryRecalled
from voice_tui.memory_events import MemoryShared as MemoryShared

Role = Literal["user", "assistant", "system"]
State = Literal["loading", "listening", "hearing", "thinking", "speaking", "stopped"]
"""What the assistant does now. `hearing` = the user is speaking; `listening` = nobody is."""

Severity = Literal["info", "warning", "error"]

EchoVerdict = Literal["speakers", "headphones", "nothing", "deaf"]
"""What came back of a test sound: `speakers`: loud; `headphones`: a trace; `nothing`; `deaf`: the microphone gives only
zeros, so it is switched off or not allowed."""


class SessionStarted(Event, frozen=True, tag="session_started"):
    """The engine is ready and the loop runs.

    Args:
        engine: Name of the engine, such as "cascade".
        detail: What it is made of, for a person, such as "pocketsphinx · notebook · espeak-ng".
        interruptible: Whether the person can talk over it.
    """

    engine: str
    detail: str
    interruptible: bool = True


class EngineChanged(Event, frozen=True, tag="engine_changed"):
    """Another engine, or a stage of it, took over in the middle of a conversation; fields as in `SessionStarted`."""

    engine: str
    detail: str
    interruptible: bool = True


class SettingsChanged(Event, frozen=True, tag="settings_changed"):
    """What became of a `ChangeSettings`; every field but the last two lists paths such as "audio.volume".

    Args:
        applied: In force from now on.
        later: Apply to the next conversation.
        refused: Cannot be; what was in force before still is.
        message: Why they were refused, for a person. `hint`: what to do.
    """

    applied: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    message: str = ""
    hint: str = ""


class StateChanged(Event, frozen=True, tag="state_changed"):
    """The conversation moved to another state."""

    state: State


UNSURE_BELOW = 0.5
"""A confidence under which a person is told that the words may be wrong."""


class TranscriptUpdated(Event, frozen=True, tag="transcript"):
    """The text of one turn, whole, replacing what was said of that turn before.

    Args:
        turn: Number of the turn; user and assistant turns count in one sequence.
        role: Who speaks.
        text: The whole text of the turn so far; of an interrupted answer only what was really played.
        final: False for a partial (draw it grey).
        interrupted: Whether the user cut the answer off.
        confidence: How sure recognition is, 0-1; None where that makes no sense.
        typed: Whether the person typed it.
    """

    turn: int
    role: Role
    text: str
    final: bool
    interrupted: bool = False
    confidence: float | None = None
    typed: bool = False


class AnswerHeard(Event, frozen=True, tag="answer_heard"):
    """What of the answer under way has left the speaker; told whenever a word more has, first with none.

    Engines whose text comes no earlier than its sound tell nothing of the kind.

    Args:
        turn: The assistant's turn. `text`: whole words from its beginning, as an interruption now would leave it.
    """

    turn: int
    text: str


class TranscriptWithdrawn(Event, frozen=True, tag="transcript_withdrawn"):
    """That turn never happened: the user went on, or recognition heard nothing. Remove it."""

    turn: int


class TurnMeasured(Event, frozen=True, tag="turn_measured"):
    """Where the time of one answer went.

    Args:
        turn: The assistant's turn.
        total_ms: End of the user's speech to the first sample of the answer handed to the speaker.
        endpoint_ms: Of that, waiting to be sure that the user had finished.
        stt_ms: Waiting for the final words.
        first_text_ms: From the words to the responder's first text.
        tts_ms: From the first whole sentence to its first sample.
    """

    turn: int
    total_ms: float
    endpoint_ms: float
    stt_ms: float
    first_text_ms: float
    tts_ms: float


class Stats(Event, frozen=True, tag="stats"):
    """A snapshot of the loop, sent a few times per second; every counter since the session began.

    Args:
        frames: Frames processed.
        step_ms: The last engine step.
        step_p50_ms: Over the last 30 s; the budget is 80 ms. Likewise p95 and p99.
        overhead_p99_ms: Session loop outside the engine, over the last 30 s.
        lag_ms: Captured audio that waits to be processed.
        capture_ms: Fill of the capture ring. `playout_ms` likewise.
        overruns: Frames dropped because the capture ring was full.
        underruns: Times the speaker found the playout ring empty in the middle of speech.
        skipped: Frames skipped because the loop was late. `trimmed_ms`: playout cut to shed latency.
        dropped_events: Events the reader was too slow for.
        input_peak: 0-1, since the last snapshot. `output_peak` likewise.
        muted: Whether the microphone is muted.
        talk_mode: See `TalkMode`. `talking`: push-to-talk is on.
        volume: Gain of the answer's voice, 0-2.
    """

    frames: int
    step_ms: float
    step_p50_ms: float
    step_p95_ms: float
    step_p99_ms: float
    overhead_p99_ms: float
    lag_ms: float
    capture_ms: float
    playout_ms: float
    overruns: int
    underruns: int
    skipped: int
    trimmed_ms: float
    dropped_events: int
    input_peak: float
    output_peak: float
    muted: bool
    talk_mode: TalkMode
    talking: bool
    volume: float


class DevicesChanged(Event, frozen=True, tag="devices_changed"):
    """Which microphone and speaker are open.

    Args:
        input: Name of the microphone, or "" for none. `output` likewise.
        input_rate: Samples per second of the device (resampled when not 24000); 0 for none. `output_rate` likewise.
        message: Why there is none, for a person; "" when all is well.
        hint: What to do about it.
    """

    input: str
    output: str
    input_rate: int = 0
    output_rate: int = 0
    message: str = ""
    hint: str = ""


class SoundChecked(Event, frozen=True, tag="sound_checked"):
    """The round trip of the sound was measured.

    Args:
        verdict: See `EchoVerdict`.
        latency_ms: From the speaker's queue to the microphone's frames; None when nothing came back.
        echo_db: How loud it came back, relative to what was played; None likewise.
    """

    verdict: EchoVerdict
    latency_ms: float | None = None
    echo_db: float | None = None


class MuteChanged(Event, frozen=True, tag="mute_changed"):
    """The microphone was muted or opened."""

    muted: bool


class TalkChanged(Event, frozen=True, tag="talk_changed"):
    """Push-to-talk: the mode, and whether it is on right now."""

    mode: TalkMode
    talking: bool


class VolumeChanged(Event, frozen=True, tag="volume_changed"):
    """The answer's voice got louder or softer.

    Args:
        volume: Gain, 0-2. `said`: the person asked the assistant for it, in words; it is to be kept.
    """

    volume: float
    said: bool = False


class Progressed(Event, frozen=True, tag="progressed"):
    """Something slow moves on: loading, downloading.

    Args:
        phase: For a person, such as "loading recogniser".
        done: Units done of `total`; total 0 = unknown.
    """

    phase: str
    done: int = 0
    total: int = 0


class Notice(Event, frozen=True, tag="notice"):
    """One clear sentence for the person: what failed or happened, and what to do next."""

    severity: Severity
    message: str
    hint: str = ""


class ConversationStarted(Event, frozen=True, tag="conversation_started"):
    """A fresh conversation: the engine's state was reset, memory kept.

    Args:
        conversation: Its id.
        resumed: An earlier conversation goes on; what was said in it stands in the store.
    """

    conversation: str
    resumed: bool = False


class RecordingChanged(Event, frozen=True, tag="recording_changed"):
    """Sound and events of the conversation are being recorded, or no longer.

    Args:
        recording: Whether they are.
        folder: Where to, or where they were; "" when there is no such place.
    """

    recording: bool
    folder: str = ""


class SessionFailed(Event, frozen=True, tag="session_failed"):
    """The session cannot go on; the process ends after this."""

    message: str
    hint: str = ""


class SessionStopped(Event, frozen=True, tag="session_stopped"):
    """The last event of an orderly end."""

    reason: str = ""


AnyEvent = (
    SessionStarted
    | EngineChanged
    | SettingsChanged
    | StateChanged
    | TranscriptUpdated
    | AnswerHeard
    | TranscriptWithdrawn
    | TurnMeasured
    | Stats
    | DevicesChanged
    | SoundChecked
    | MuteChanged
    | TalkChanged
    | VolumeChanged
    | MemoryChanged
    | MemoryRecalled
    | MemoryShared
    | MemoriesFound
    | Progressed
    | Notice
    | ConversationStarted
    | RecordingChanged
    | SessionFailed
    | SessionStopped
)
