"""The cascade engine: ears, turn-taking, a responder and a voice, advanced 80 ms at a time on one thread.

Frames -> decisions about the turn -> words -> an answer -> samples. What is slow (recognition, answering, synthesis)
works in processes and threads of its own and is collected here, so that a step stays within a few milliseconds.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from voice_tui.engine.cascade.answer import Moments
from voice_tui.engine.cascade.draft import Draft, Part, is_backchannel, is_unfinished
from voice_tui.engine.cascade.ears import Ears
from voice_tui.engine.cascade.mouth import Mouth, Stages
from voice_tui.engine.cascade.outbox import Outbox
from voice_tui.engine.cascade.ports import Clip, Heard, Responder, Stt, Tts, UserTurn, Vad
from voice_tui.engine.cascade.timers import Timers
from voice_tui.engine.cascade.turns import Decision, Floor, TurnPolicy, TurnTaking
from voice_tui.engine.port import Capabilities, Context, Injection, PastTurn, Step, Tick
from voice_tui.errors import VoiceTuiError
from voice_tui.events import EngineChanged, Notice, State, StateChanged, TranscriptUpdated, TranscriptWithdrawn
from voice_tui.frame import Frame, Pcm

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Providers:
    """The stages of one cascade."""

    vad: Vad
    stt: Stt
    responder: Responder
    tts: Tts


class CascadeEngine:
    """Implements `Engine`. See the port for what each method promises.

    Args:
        providers: The stages, owned by the engine from now on.
        policy: Turn-taking numbers.
        inline: Answers are made inside the step that starts them, so that a file gives the same result every time.
        timers: Those of an engine whose place this one takes; None = none.
    """

    def __init__(
        self, providers: Providers, policy: TurnPolicy, *, inline: bool = False, timers: Timers | None = None
    ) -> None:
        self._stt = providers.stt
        self._turns = TurnTaking(policy)
        self._ears = Ears(providers.vad, providers.stt, self._turns)
        self._out = Outbox()
        self._mouth = Mouth(providers.responder, providers.tts, self._out, inline=inline, timers=timers)
        self._moments = Moments()
        self._draft: Draft | None = None
        self._answered: Draft | None = None
        self._state: State = "listening"
        self._closed = False

    @property
    def capabilities(self) -> Capabilities:
        """What it is made of."""
        detail = " · ".join((self._stt.name, *self._mouth.names))
        return Capabilities(name="cascade", detail=detail, takes_text=True)

    def stand_in(self, missing: VoiceTuiError) -> None:
        """Say with the first step what serves in place of what was asked for, and why."""
        self._out.notice(missing)

    def take_turns_by(self, policy: TurnPolicy) -> None:
        """Use other turn-taking numbers from now on."""
        self._turns.policy = policy

    def replace(self, stages: Stages) -> None:
        """Answer and speak with other stages from the next answer on; `EngineChanged` says when."""
        self._mouth.replace(stages)

    @property
    def idle(self) -> bool:
        """Whether nothing is heard, thought or said."""
        return self._draft is None and self._mouth.idle

    def reset(self) -> None:
        """Begin a fresh conversation."""
        self._mouth.reset()
        self._ears.reset()
        self._draft = None

    def recount(self, turns: Sequence[PastTurn]) -> None:
        """Tell the responder what was said before."""
        self._mouth.recount(turns)

    def prefill(self, context: Context) -> Injection:
        """Say that it takes none; see `inject`."""
        return self.inject(context)

    def step(self, frame: Frame, tick: Tick) -> Step:
        """Advance by one frame; see `Engine.step`."""
        self._out.set(tick)
        speaking = self._mouth.sounding
        answering = self._mouth.joinable or (self._draft is not None and not self._mouth.answering)
        for decided in self._ears.hear(frame, tick, speaking=speaking, answering=answering):
            self._moments = Moments(speech_end=decided.speech_end, turn_end=decided.at)
            self._decide(decided.decision)
        return self._advance()

    def poll(self, tick: Tick) -> Step:
        """Collect what workers finished since the last frame."""
        self._out.set(tick)
        return self._advance()

    def send_text(self, text: str, tick: Tick) -> None:
        """Answer a typed turn; it interrupts whatever is being said."""
        self._out.set(tick)
        text = text.strip()
        if not text:
            return
        self._renew()
        self._abandon_draft()
        self._mouth.cut()
        self._turns.release()
        turn = self._out.next_turn()
        self._out.say(TranscriptUpdated(at=tick.now, turn=turn, role="user", text=text, final=True, typed=True))
        self._mouth.answer(UserTurn(text=text, typed=True, now=tick.now), Moments(turn_end=tick.now, words=tick.now))

    def push_to_talk(self, talking: bool, tick: Tick) -> None:
        """The talk key."""
        self._out.set(tick)
        decision = self._turns.on_talk_key(talking, tick.now)
        if decision is Decision.BEGIN:
            self._mouth.cut() if self._mouth.sounding else self._mouth.withdraw()
            self._begin()
        elif decision is not None:
            self._moments = Moments(speech_end=self._turns.speech_end, turn_end=tick.now)
            self._decide(decision)

    def play(self, pcm: Pcm, caption: str, tick: Tick) -> None:
        """Play a recording as an answer of its own."""
        self._out.set(tick)
        self._mouth.cut()
        self._mouth.announce(Clip(pcm, caption))

    def inject(self, context: Context) -> Injection:
        """Say that the responder recalls for itself, at every turn."""
        return Injection("unsupported", detail="The cascade recalls at every turn by itself")

    def interrupt(self, tick: Tick, *, wanted: bool = True) -> None:
        """Stop speaking now; a timer that rings is said again unless the person `wanted` quiet."""
        self._out.set(tick)
        self._mouth.silence() if wanted else self._mouth.cut()
        self._turns.answered()

    def close(self) -> None:
        """Release all stages."""
        if not self._closed:
            self._closed = True
            self._mouth.close()
            self._ears.close()

    def _advance(self) -> Step:
        self._renew()
        self._collect_words()
        pcm = self._mouth.advance(quiet=self._draft is None)
        state = self._current_state()
        if state != self._state:
            self._state = state
            self._out.say(StateChanged(at=self._out.now, state=state))
        return self._out.step(pcm)

    def _renew(self) -> None:
        """Let stages take over that wait for it; between two answers only."""
        if self._mouth.take_over():
            self._out.say(EngineChanged(at=self._out.now, engine="cascade", detail=self.capabilities.detail))

    def _current_state(self) -> State:
        if self._turns.floor is Floor.HEARING:
            return "hearing"
        if self._mouth.sounding:
            return "speaking"
        return "thinking" if self._draft is not None or self._mouth.answering else "listening"

    # --- decisions about the turn ---

    def _decide(self, decision: Decision) -> None:
        log.debug("%.2f %s", self._out.now, decision.name)
        if decision is Decision.BEGIN:
            self._begin()
        elif decision is Decision.PAUSE:
            self._mouth.hold()
            self._begin()
        elif decision is Decision.INTERRUPT:
            self._mouth.cut()
        elif decision is Decision.RESUME:
            self._abandon_draft()
            self._mouth.release()
        elif decision is Decision.JOIN:
            self._join()
        elif decision is Decision.END:
            self._ears.finish()
        else:
            self._drop_utterance()

    def _begin(self) -> None:
        self._abandon_draft()
        self._draft = Draft(self._out.next_turn(), [Part(self._ears.begin())])

    def _join(self) -> None:
        """The user goes on: the answer never happened, the same turn gets another utterance."""
        if self._mouth.withdraw():
            self._draft = self._answered
        if self._draft is None:
            self._draft = Draft(self._out.next_turn())
        self._draft.parts.append(Part(self._ears.begin()))

    def _drop_utterance(self) -> None:
        """What began was no speech; an earlier part of the turn still stands."""
        dropped = self._ears.utterance
        self._ears.drop()
        if self._draft is not None:
            self._draft.drop(dropped)
            if not self._draft.parts:
                self._abandon_draft()

    def _abandon_draft(self) -> None:
        self._ears.drop()
        if self._draft is not None and self._draft.shown:
            self._out.say(TranscriptWithdrawn(at=self._out.now, turn=self._draft.turn))
        self._draft = None

    # --- words ---

    def _collect_words(self) -> None:
        try:
            results = self._ears.words()
        except VoiceTuiError as e:
            self._out.notice(e)
            self._abandon_draft()
            self._mouth.release()
            self._turns.release()
            return
        for heard in results:
            self._take_words(heard)
        draft = self._draft
        if draft is not None and draft.complete and self._turns.floor is not Floor.HEARING:
            self._finish_draft(draft)

    def _take_words(self, heard: Heard) -> None:
        draft = self._draft
        if draft is None or not draft.take(heard) or heard.final or not heard.text:
            return
        decision = self._turns.on_words(
            unfinished=is_unfinished(heard.text),
            backchannel=is_backchannel(heard.text),
            single=len(heard.text.split()) == 1,
        )
        if decision is not None:
            self._decide(decision)
        if self._turns.floor is not Floor.CLAIMING:
            draft.shown = True
            self._out.say(draft.partial(self._out.now))

    def _finish_draft(self, draft: Draft) -> None:
        """All words of the turn are in: answer it, or go on as if nothing had been said."""
        backchannel = is_backchannel(draft.text) and not self._mouth.asks
        decision = self._turns.on_final(words=bool(draft.text) and not draft.garbled, backchannel=backchannel)
        if decision is not None:
            self._decide(decision)
            if decision is Decision.RESUME:
                return
        self._ears.forget()
        self._draft = None
        if draft.text:
            self._answer(draft)
        else:
            self._nothing_understood(draft)

    def _nothing_understood(self, draft: Draft) -> None:
        if draft.shown:
            self._out.say(TranscriptWithdrawn(at=self._out.now, turn=draft.turn))
        self._out.say(Notice(at=self._out.now, severity="info", message="I heard you, but understood no words"))

    def _answer(self, draft: Draft) -> None:
        self._moments.words = self._out.now
        self._answered = draft
        self._out.say(draft.final(self._out.now))
        self._mouth.cut()
        self._mouth.answer(draft.as_turn(self._out.now), self._moments)
