"""One answer as the person meets it: text that grows, a voice that follows, an end or a cut."""

from __future__ import annotations

from dataclasses import dataclass, field

from voice_tui.engine.cascade.ports import Part, UserTurn
from voice_tui.engine.cascade.reply import (
    PartCame,
    Reply,
    ReplyEnded,
    SegmentAudio,
    SegmentDone,
    SegmentOpened,
    Written,
)
from voice_tui.engine.cascade.speech import SpeechTrack
from voice_tui.errors import VoiceTuiError
from voice_tui.events import AnswerHeard, TranscriptUpdated, TurnMeasured
from voice_tui.frame import FRAME_SAMPLES, Pcm

AHEAD_SAMPLES = 2 * FRAME_SAMPLES
"""Speech kept in the playout ring, 160 ms: late frames then do not stutter, and a barge-in takes it back."""


@dataclass(slots=True)
class Moments:
    """Session-clock times on the way to an answer's first sample, seconds; None = not yet or not at all."""

    speech_end: float | None = None
    turn_end: float = 0.0
    words: float = 0.0
    first_text: float | None = None
    first_audio: float | None = None

    def measured(self, turn: int, now: float) -> TurnMeasured | None:
        """Return the event once the first sample was handed out; None for typed turns."""
        if self.speech_end is None or self.first_audio is None:
            return None
        text = self.first_text if self.first_text is not None else self.first_audio
        return TurnMeasured(
            at=now,
            turn=turn,
            total_ms=1000 * (self.first_audio - self.speech_end),
            endpoint_ms=1000 * (self.turn_end - self.speech_end),
            stt_ms=1000 * (self.words - self.turn_end),
            first_text_ms=1000 * (text - self.words),
            tts_ms=1000 * (self.first_audio - text),
        )


@dataclass(slots=True)
class News:
    """What emptying the mailbox brought."""

    parts: list[Part] = field(default_factory=list[Part])
    errors: list[VoiceTuiError] = field(default_factory=list[VoiceTuiError])
    wrote: bool = False


class Answer:
    """The answer to one user turn. Session's main thread only.

    Args:
        number: Its turn number. `user`: what it answers, None for an announcement.
        reply: Where it comes from.
    """

    def __init__(self, number: int, user: UserTurn | None, reply: Reply, moments: Moments) -> None:
        self.number = number
        self.user = user
        self.reply = reply
        self.moments = moments
        self.track = SpeechTrack()
        self.text = ""
        self.held = False
        self._told: str | None = None
        self._ended = False
        self._voice_failed = False

    def pump(self, now: float) -> News:
        """Empty the mailbox into the track."""
        news = News()
        if self.track.full:
            return news
        for message in self.reply.messages():
            if isinstance(message, Written):
                self.text += message.text
                news.wrote = True
                if self.moments.first_text is None:
                    self.moments.first_text = now
            elif isinstance(message, SegmentOpened):
                self.track.open_segment(message.index, message.text)
            elif isinstance(message, SegmentAudio):
                self.track.append(message.index, message.pcm)
            elif isinstance(message, SegmentDone):
                self._segment_done(message, news)
            elif isinstance(message, PartCame):
                news.parts.append(message.part)
            else:
                self._reply_ended(message, news)
        return news

    def take(self, pending: int, now: float) -> Pcm | None:
        """Return what keeps the playout AHEAD_SAMPLES full, or None when it is, or nothing is ready."""
        if self.held or pending >= AHEAD_SAMPLES:
            return None
        frames = 2 if pending < FRAME_SAMPLES else 1
        pcm = self.track.take(frames * FRAME_SAMPLES)
        if pcm is None:
            pcm = self.track.take()
        if pcm is not None and self.moments.first_audio is None:
            self.moments.first_audio = now
        return pcm

    def hold(self, pending: int) -> None:
        """Stop where the person hears it now; `release` goes on from there."""
        if not self.held:
            self.held = True
            self.track.rewind(pending)

    def release(self) -> None:
        """Go on after `hold`."""
        self.held = False

    @property
    def sounding(self) -> bool:
        """Whether any of it was handed to the speaker."""
        return self.track.started

    def finished(self, pending: int) -> bool:
        """Whether all of it was written and heard."""
        return self._ended and not self.held and self.track.complete and pending == 0

    def heard(self, pending: int) -> str:
        """Return what of it reached the ear when `pending` samples of what was handed out did not."""
        return self.track.heard_text(0 if self.held else pending)

    def newly_heard(self, pending: int, now: float) -> AnswerHeard | None:
        """Say what was heard of it when that is something else than was said last."""
        heard = self.heard(pending)
        if not self.text or heard == self._told:
            return None
        self._told = heard
        return AnswerHeard(at=now, turn=self.number, text=heard)

    def transcript(self, now: float) -> TranscriptUpdated:
        """The answer so far, as a partial."""
        return TranscriptUpdated(at=now, turn=self.number, role="assistant", text=self.text.strip(), final=False)

    def _segment_done(self, message: SegmentDone, news: News) -> None:
        self.track.finish_segment(message.index)
        if message.error is not None and not self._voice_failed:
            self._voice_failed = True  # one notice per answer, not one per sentence
            news.errors.append(message.error)

    def _reply_ended(self, message: ReplyEnded, news: News) -> None:
        self._ended = True
        self.track.close()
        if message.error is not None:
            news.errors.append(message.error)
