"""Who has the floor: end of turn, barge-in, false alarms and early cuts, as one state machine without a clock.

Every method takes the time it happens at and returns decisions; nothing here sleeps, listens or speaks, so that every
case is a row in a table of tests. Time is in seconds of the session clock, one VAD chunk (32 ms) at a time.

    QUIET ──speech──▶ HEARING ──silence──▶ ENDED ──(window over)──▶ QUIET
      │                  ▲                   │
      │                  └──── goes on ──────┘   decision JOIN: the answer is withdrawn, the turn continues
      └─speech while the assistant speaks─▶ CLAIMING ──words or long speech──▶ HEARING   decision INTERRUPT
                                               └──no words, backchannel──▶ QUIET         decision RESUME
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto

CHUNK_SECONDS = 0.032
"""Length of one VAD chunk."""

CLEAR_SHARE = 0.75
"""Of `interrupt_after`, where the microphone cannot hear the assistant."""

PAUSE_MARGIN = 0.05
"""How much longer than the pause that was taken for an end the next silences are waited for."""

CALMING = 0.8
"""How much of that every turn that ended well takes back."""

SLACK = 0.001
"""By how much a sum of chunks may fall short of the silence that it is."""

EARLY = 0.04 + SLACK
"""By how much the silence that ends a turn may: decisions come out on whole frames, so on the nearest, not the next."""

HISTORY_CHUNKS = 64
"""Chunks of speech/no speech that are kept, 2 s: enough for the longest `interrupt_after`."""


class Floor(Enum):
    """Where the turn stands."""

    QUIET = auto()
    HEARING = auto()
    CLAIMING = auto()
    ENDED = auto()


class Decision(Enum):
    """What is to be done now."""

    BEGIN = auto()
    """The user began to speak: open an utterance (with what was said just before)."""
    PAUSE = auto()
    """The user may be interrupting: hold the playout and open an utterance."""
    INTERRUPT = auto()
    """The interruption is real: drop the answer, go on hearing."""
    RESUME = auto()
    """It was nothing: go on speaking where the playout was held, drop the utterance."""
    JOIN = auto()
    """The turn was cut too early: withdraw the answer and open the next part of the same turn."""
    END = auto()
    """The user has finished."""
    DROP = auto()
    """What began was no speech: drop the utterance."""


@dataclass(frozen=True, slots=True)
class TurnPolicy:
    """The tunable numbers, in seconds but for `threshold`.

    Args:
        threshold: Speech probability from which a chunk counts as speech; it goes on counting down to 0.15 below it.
        silence: Silence that ends a turn (0.3-2.5); more, up to `max_silence`, for who has just been cut in a pause.
        max_silence: The same when the words sound unfinished.
        onset: Speech that opens an utterance while the assistant is silent.
        interrupt_after: Speech that holds the playout while the assistant speaks; a quarter less where no echo of it
            can be in the microphone.
        insist: Speech that makes an interruption real without any recognised word.
        doubt: Time without a word after which a held playout goes on.
        taken_silence: Silence that ends a turn of who takes the floor from the assistant: an echo canceller swallows
            some of what is said over an echo, and the assistant must not fall back in at once.
        join_window: How long after a cut the user's going on joins the turn.
        min_speech: An utterance with less speech than this is dropped.
        max_turn: A turn is ended after this long.
    """

    threshold: float = 0.5
    silence: float = 0.32
    max_silence: float = 1.2
    onset: float = 0.09
    interrupt_after: float = 0.13
    insist: float = 0.9
    doubt: float = 1.5
    taken_silence: float = 0.64
    join_window: float = 0.8
    min_speech: float = 0.12
    max_turn: float = 60.0


class TurnTaking:
    """The state machine. Session's main thread; a few microseconds per call."""

    def __init__(self, policy: TurnPolicy) -> None:
        self.policy = policy
        self.floor = Floor.QUIET
        self.speech_end = 0.0
        """When the user was last heard."""
        self._recent: deque[bool] = deque(maxlen=HISTORY_CHUNKS)
        self._in_speech = False
        self._began = 0.0
        self._ended = 0.0
        self._heard_until = 0.0
        self._spoken = 0.0
        self._held = False
        self._unfinished = False
        self._hangover = policy.silence
        self._paused = False
        self._turn_pause = 0.0
        self._words_paused = False
        self._worded = False
        self._echo = True

    @property
    def hangover(self) -> float:
        """Silence that ends a turn now, seconds: it has learned from pauses in which this person was cut."""
        return max(self.policy.silence, min(max(self._hangover, self._turn_pause), self.policy.max_silence))

    @property
    def held(self) -> bool:
        """Whether the talk key is down: silence then never ends the turn."""
        return self._held

    def on_chunk(
        self, probability: float, now: float, *, speaking: bool, answering: bool = False, echo: bool = True
    ) -> Decision | None:
        """Take one VAD chunk.

        Args:
            probability: Of speech in the chunk that ended at `now`.
            now: Seconds.
            speaking: Whether the assistant can be heard right now (or its playout is held).
            answering: Whether an answer is under way that has not sounded yet.
            echo: Whether the microphone may hear something of the assistant.
        """
        self._note(probability, now)
        self._echo = echo
        if self.floor is Floor.HEARING:
            return self._hearing(now)
        if self.floor is Floor.CLAIMING:
            return self._claiming(now)
        if self.floor is Floor.ENDED:
            return self._after_end(now, speaking=speaking, answering=answering, echo=echo)
        return self._quiet(now, speaking=speaking, echo=echo)

    def on_words(self, *, unfinished: bool, backchannel: bool, single: bool = False) -> Decision | None:
        """Take what recognition has understood of the open utterance so far (a partial with at least one word).

        Args:
            unfinished: The words ask for more, such as "remember that".
            backchannel: They only say that the user listens, such as "mm-hm".
            single: It is one word so far, which a recogniser hears into any noise: the final has to tell.
        """
        self._unfinished = unfinished
        self._worded = True
        if self.floor is Floor.CLAIMING and not backchannel and not single and self._spoken >= 2 * self.policy.onset:
            return self._take()
        return None

    def on_final(self, *, words: bool, backchannel: bool) -> Decision | None:
        """Take the final words of an utterance that claimed the floor while the assistant spoke."""
        if self.floor is not Floor.CLAIMING:
            return None
        self._go_quiet()
        return Decision.INTERRUPT if words and not backchannel else Decision.RESUME

    def on_talk_key(self, down: bool, now: float) -> Decision | None:
        """Take push-to-talk: down opens a turn at once (whoever was speaking), up ends it at once."""
        self._held = down
        if down:
            if self.floor is Floor.HEARING:
                return None
            self._open(now)
            return Decision.BEGIN
        if self.floor is not Floor.HEARING:
            return None
        if self._spoken < self.policy.min_speech:
            self._go_quiet()
            return Decision.DROP
        return self._end(now)

    def reset(self) -> None:
        """Nobody has the floor and nothing was heard."""
        self._go_quiet()
        self._recent.clear()
        self._in_speech = False
        self._held = False

    def release(self) -> None:
        """Nobody has the floor; what the microphone gave just now still counts as context."""
        self._go_quiet()

    def answered(self) -> None:
        """The answer has been heard for a while: what the user says now is a new turn."""
        if self.floor is Floor.ENDED:
            self._go_quiet()

    def _note(self, probability: float, now: float) -> None:
        bar = self.policy.threshold - (0.15 if self._in_speech else 0.0)
        self._in_speech = probability >= bar
        self._recent.append(self._in_speech)
        if self._in_speech:
            self.speech_end = now
            self._spoken += CHUNK_SECONDS

    def _recent_speech(self, seconds: float) -> bool:
        """Whether the last chunks hold `seconds` of speech, with at most one chunk in four missing."""
        need = max(2, round(seconds / CHUNK_SECONDS))
        window = list(self._recent)[-(need + need // 3) :]
        return sum(window) >= need

    def _quiet(self, now: float, *, speaking: bool, echo: bool) -> Decision | None:
        if not self._in_speech:
            return None
        if speaking:
            enough = self._claim_length(echo=echo)
            if not self._recent_speech(enough):
                return None
            self._open(now)
            self._spoken = enough
            self.floor = Floor.CLAIMING
            return Decision.PAUSE
        if not self._recent_speech(self.policy.onset):
            return None
        self._open(now)
        self._spoken = self.policy.onset
        return Decision.BEGIN

    def _hearing(self, now: float) -> Decision | None:
        if self._held:
            return None
        if now - self._began >= self.policy.max_turn:
            return self._end(now)
        if now - self.speech_end + EARLY < self._patience():
            return None
        if self._spoken < self.policy.min_speech:
            self._go_quiet()
            return Decision.DROP
        return self._end(now)

    def _claiming(self, now: float) -> Decision | None:
        if self._spoken >= self.policy.insist:
            return self._take()
        if self._in_speech or now - self.speech_end + SLACK < self._claim_patience():
            return None
        if now - self._began >= self.policy.doubt and not self._worded:
            self._go_quiet()
            return Decision.RESUME
        return Decision.END if self._claim_ends(now) else None

    def _claim_patience(self) -> float:
        return max(self.policy.silence, self.policy.taken_silence) if self._echo else self.policy.silence

    def _take(self) -> Decision:
        self.floor = Floor.HEARING
        if self._echo:
            self._turn_pause = max(self._turn_pause, self.policy.taken_silence)
        return Decision.INTERRUPT

    def _claim_ends(self, now: float) -> bool:
        """Ask for the final words once; `on_final` then decides. The floor stays CLAIMING until they come."""
        if self._ended >= self._began:
            return False
        self._ended = now
        return True

    def _after_end(self, now: float, *, speaking: bool, answering: bool, echo: bool) -> Decision | None:
        enough = self._claim_length(echo=echo) if speaking else self.policy.onset
        went_on = now - enough  # it takes that long to be sure that somebody speaks
        if went_on - self._ended > self.policy.join_window and not answering:
            self._go_quiet()
            return self._quiet(now, speaking=speaking, echo=echo)
        if not self._recent_speech(enough) or not self._in_speech:
            return None
        if went_on - self._ended <= self.policy.join_window:
            self._learn(went_on - self._heard_until + PAUSE_MARGIN)
        self._open(now)
        self._spoken = self.policy.onset
        return Decision.JOIN

    def _patience(self) -> float:
        return max(self.hangover, self.policy.max_silence if self._unfinished else 0.0)

    def _learn(self, pause: float) -> None:
        """The user paused that long and may again: in this turn, and unless the words were the reason, in the next."""
        self._turn_pause = max(self._turn_pause, pause)
        if not self._words_paused:
            self._hangover = max(self._hangover, pause)
            self._paused = True

    def _calm_down(self) -> None:
        """A turn ended well: unless it taught something itself, less of what was learned is needed."""
        if not self._paused:
            self._hangover += CALMING * (self.policy.silence - self._hangover)
        self._paused = False

    def _claim_length(self, *, echo: bool) -> float:
        """Return how much speech claims the floor while the assistant has it."""
        return self.policy.interrupt_after * (1.0 if echo else CLEAR_SHARE)

    def _open(self, now: float) -> None:
        self.floor = Floor.HEARING
        self._began = now
        self._spoken = 0.0
        self._unfinished = False
        self._worded = False
        self.speech_end = now

    def _end(self, now: float) -> Decision:
        self.floor = Floor.ENDED
        self._ended = now
        self._heard_until = self.speech_end
        self._words_paused |= self._unfinished
        self._recent.clear()
        return Decision.END

    def _go_quiet(self) -> None:
        if self.floor is Floor.ENDED:
            self._calm_down()
        self.floor = Floor.QUIET
        self._turn_pause = 0.0
        self._words_paused = False
        self._spoken = 0.0
        self._unfinished = False
