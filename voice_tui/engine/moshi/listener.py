"""What the user said, for the transcript: the cascade's ears beside the model, which hears the sound itself."""

from __future__ import annotations

from collections.abc import Callable

from voice_tui.engine.cascade.ears import Ears
from voice_tui.engine.cascade.ports import Stt, Vad
from voice_tui.engine.cascade.turns import Decision, TurnPolicy, TurnTaking
from voice_tui.engine.port import Tick
from voice_tui.errors import VoiceTuiError
from voice_tui.events import AnyEvent, Notice, TranscriptUpdated
from voice_tui.frame import Frame


class Listener:
    """Recognises in the background; about 1 ms per frame, the recogniser works elsewhere.

    Args:
        vad: Voice activity detection. `stt`: recognition; both owned from now on.
        policy: When an utterance is over. `next_turn`: numbers the turns.
    """

    def __init__(self, vad: Vad, stt: Stt, policy: TurnPolicy, next_turn: Callable[[], int]) -> None:
        self._turns = TurnTaking(policy)
        self._ears = Ears(vad, stt, self._turns)
        self._next_turn = next_turn
        self._numbers: dict[int, int] = {}

    @property
    def idle(self) -> bool:
        """Whether no words are awaited."""
        return self._ears.utterance is None and not self._numbers

    @property
    def hearing(self) -> bool:
        """Whether the user is speaking."""
        return self._ears.utterance is not None

    def hear(self, frame: Frame, tick: Tick) -> list[AnyEvent]:
        """Take a frame; returns what was understood since the last."""
        for decided in self._ears.hear(frame, tick, speaking=False, answering=False):
            self._decide(decided.decision)
        return self._words(tick.now)

    def reset(self) -> None:
        """Forget everything heard."""
        self._ears.reset()
        self._numbers.clear()

    def close(self) -> None:
        """Release the recogniser."""
        self._ears.close()

    def _decide(self, decision: Decision) -> None:
        if decision is Decision.BEGIN:
            self._numbers[self._ears.begin().number] = self._next_turn()
        elif decision is Decision.END:
            self._ears.finish()
            self._turns.on_final(words=False, backchannel=False)
        elif self._ears.utterance is not None:
            self._numbers.pop(self._ears.utterance.number, None)
            self._ears.drop()

    def _words(self, now: float) -> list[AnyEvent]:
        events: list[AnyEvent] = []
        try:
            heard = self._ears.words()
        except VoiceTuiError as e:
            self.reset()
            return [Notice(at=now, severity="error", message=e.message, hint=e.hint)]
        for words in heard:
            turn = self._numbers.get(words.utterance)
            if turn is None:
                continue
            if words.final:
                del self._numbers[words.utterance]
                utterance = self._ears.utterance
                if utterance is not None and utterance.number == words.utterance:
                    self._ears.forget()
            if words.text:
                said = TranscriptUpdated(
                    at=now, turn=turn, role="user", text=words.text, final=words.final, confidence=words.confidence
                )
                events.append(said)
        return events
