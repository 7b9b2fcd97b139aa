"""How the session is doing, as the status line and the metrics pane show it. Pure: events in, words and numbers out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from voice_tui.events import (
    AnyEvent,
    DevicesChanged,
    EngineChanged,
    MuteChanged,
    Progressed,
    RecordingChanged,
    SessionFailed,
    SessionStarted,
    SessionStopped,
    SoundChecked,
    State,
    StateChanged,
    Stats,
    TalkChanged,
    TalkMode,
    VolumeChanged,
)
from voice_tui.tui.state.text import one_line

BEHIND_MS = 160.0
"""Captured audio that waits longer than two frames: the loop is late, and the person is told."""

Tone = Literal["good", "active", "busy", "warn", "bad", "quiet"]
"""What a word means; the widgets turn it into the theme's colours."""


@dataclass(frozen=True, slots=True)
class Health:
    """Everything that is known about the session now.

    Args:
        alive: False after the session failed or stopped.
        ready: The engine is loaded and the loop runs.
        stats: The last snapshot, or None before the first.
        devices: Which are open, or None before the first word about them.
        recording: Folder that this conversation is recorded to; "" = it is not.
        sound_check: What the last round trip through them found, or None.
    """

    alive: bool = True
    ready: bool = False
    state: State = "loading"
    engine: str = ""
    detail: str = ""
    interruptible: bool = True
    muted: bool = False
    mode: TalkMode = "open"
    talking: bool = False
    volume: float = 1.0
    phase: str = ""
    done: int = 0
    total: int = 0
    stats: Stats | None = None
    devices: DevicesChanged | None = None
    recording: str = ""
    sound_check: SoundChecked | None = None

    @property
    def no_microphone(self) -> bool:
        """The session looked and found none."""
        return self.devices is not None and not self.devices.input

    @property
    def behind_ms(self) -> float:
        """How late the loop is, or 0 while it keeps up."""
        lag = self.stats.lag_ms if self.stats else 0.0
        return lag if lag > BEHIND_MS else 0.0

    @property
    def interruptable_now(self) -> bool:
        """Something is being thought or said that can be stopped."""
        return self.alive and self.state in ("thinking", "speaking")


@dataclass(frozen=True, slots=True)
class Word:
    """A word or two with a meaning."""

    text: str
    tone: Tone


def after(health: Health, event: AnyEvent) -> Health:
    """Return `health` as it is after `event`; the same object when the event says nothing about it."""
    match event:
        case SessionStarted():
            return replace(
                health,
                alive=True,
                ready=True,
                state="listening" if health.state in ("loading", "stopped") else health.state,
                engine=one_line(event.engine),
                detail=one_line(event.detail),
                interruptible=event.interruptible,
                phase="",
            )
        case EngineChanged():
            return replace(
                health,
                engine=one_line(event.engine),
                detail=one_line(event.detail),
                interruptible=event.interruptible,
            )
        case StateChanged():
            return _moved(health, event.state)
        case Stats():
            return replace(
                health,
                stats=event,
                muted=event.muted,
                mode=event.talk_mode,
                talking=event.talking,
                volume=event.volume,
            )
        case MuteChanged():
            return replace(health, muted=event.muted)
        case TalkChanged():
            return replace(health, mode=event.mode, talking=event.talking)
        case VolumeChanged():
            return replace(health, volume=event.volume)
        case DevicesChanged():
            return replace(health, devices=event, sound_check=None)
        case SoundChecked():
            return replace(health, sound_check=event)
        case Progressed():
            return replace(health, phase=one_line(event.phase), done=event.done, total=event.total)
        case RecordingChanged():
            return replace(health, recording=_recording(health.recording, event))
        case SessionFailed() | SessionStopped():
            return replace(health, alive=False, ready=False, state="stopped", stats=None, talking=False, recording="")
        case _:
            return health


def _moved(health: Health, state: State) -> Health:
    """A state other than "stopped" also means that a (fresh) session is there."""
    alive = state != "stopped"
    there = alive and state != "loading"
    return replace(
        health, state=state, alive=alive, ready=health.ready and there, recording=health.recording if there else ""
    )


def _recording(now: str, event: RecordingChanged) -> str:
    """Return where to it is recorded; the end of an older recording does not end a newer one."""
    if event.recording:
        return event.folder
    return "" if event.folder in ("", now) else now


def headline(health: Health, *, talk_key: str = "") -> Word:
    """Return what the assistant does now, the one thing a person must see.

    Args:
        health: It.
        talk_key: Name of the talk key, said where pressing it comes next.
    """
    if not health.alive:
        return Word("Session stopped", "bad")
    if health.state == "loading":
        return Word(_loading(health), "quiet")
    if health.state == "listening":
        return _idle(health, talk_key)
    if health.state == "hearing":
        finish = f" · {talk_key} to finish" if health.mode == "push" and talk_key else ""
        return Word(f"You are speaking{finish}", "active")
    return {"thinking": Word("Thinking", "busy"), "speaking": Word("Speaking", "active")}.get(
        health.state, Word("Session stopped", "bad")
    )


def chips(health: Health) -> list[Word]:
    """Return what else needs saying beside the headline, most urgent first."""
    found = [Word("● REC", "bad")] if health.recording else []
    idle = health.state == "listening"
    if health.behind_ms:
        found.append(Word(f"Behind {health.behind_ms:.0f} ms", "bad"))
    if health.no_microphone and not idle:
        found.append(Word("No microphone", "warn"))
    if health.muted and not (idle and not health.no_microphone):
        found.append(Word("Muted", "warn"))
    if health.mode == "push" and not (idle and not health.muted and not health.no_microphone):
        found.append(Word("Push to talk", "quiet"))
    if health.devices is not None and not health.devices.output:
        found.append(Word("No speaker", "warn"))
    if health.volume == 0.0:
        found.append(Word("Voice off", "warn"))
    return found


def _loading(health: Health) -> str:
    phase = health.phase[:1].upper() + health.phase[1:] if health.phase else "Loading"
    return f"{phase} {health.done}/{health.total}" if health.total else f"{phase} …"


def _idle(health: Health, talk_key: str) -> Word:
    if health.no_microphone:
        return Word("No microphone · type instead", "warn")
    if health.muted:
        return Word("Muted", "warn")
    if health.mode == "push" and not health.talking:
        return Word(f"Push to talk · {talk_key}" if talk_key else "Push to talk", "quiet")
    if health.mode == "push":
        return Word(f"Listening · {talk_key} to finish" if talk_key else "Listening", "good")
    return Word("Listening", "good")
