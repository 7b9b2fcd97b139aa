"""The 80 ms loop: frames from the audio port through the engine and back, commands in, events out.

Synchronous, on one thread (the process's main thread where MLX is used). What is bounded and what happens when it is
full: capture and playout rings (see the audio port), commands (`COMMANDS_SIZE`, the newest is refused).
"""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Callable, Sequence

import msgspec

from voice_tui.audio.port import AudioPort
from voice_tui.engine.port import Engine, PastTurn, Step, Tick
from voice_tui.errors import DeviceError, VoiceTuiError
from voice_tui.events import (
    AnyCommand,
    AnyEvent,
    ChangeSettings,
    CheckSound,
    ChooseDevices,
    ConversationStarted,
    DevicesChanged,
    EngineChanged,
    HoldMicrophone,
    Interrupt,
    MuteChanged,
    NewConversation,
    Notice,
    PlayNote,
    PushToTalk,
    ResumeConversation,
    SearchMemories,
    SendText,
    SessionStarted,
    SessionStopped,
    SetMute,
    SetTalkMode,
    SetVolume,
    StateChanged,
    Stats,
    Stop,
    TalkChanged,
    TalkMode,
    TranscriptWithdrawn,
    VolumeChanged,
)
from voice_tui.frame import amplified
from voice_tui.session.front import Front, Guard
from voice_tui.session.past import Past
from voice_tui.session.refit import Refit
from voice_tui.session.reminder import Reminder
from voice_tui.session.start import Drain, Library, failure
from voice_tui.session.start import Start as Start
from voice_tui.session.stats import Timings, snapshot
from voice_tui.session.tap import Tap

log = logging.getLogger(__name__)

COMMANDS_SIZE = 256
"""Commands waiting for the loop; it empties them every frame, so only a flood fills it."""

POLL_SECONDS = 0.02
"""Longest wait for a frame before the engine's workers are asked for news."""

STATS_FRAMES = 2
"""A snapshot goes out every so many frames: 6 per second."""

Emit = Callable[[AnyEvent], None]


class Session:
    """Runs one conversation until it is stopped.

    Args:
        engine: Owned by the session from now on, like `audio`.
        audio: Where frames come from and go to.
        emit: Takes events; called on the loop's thread and must return at once.
        library: What is looked up of what was kept.
        guard: Chooses what keeps the assistant from hearing itself through these devices.
        refit: Brings other settings in while it runs; None where they stay as they are.
        reminder: Recalls for engines that do not by themselves; None = nothing.
        tap: Listens in on sound and commands. `at_end`: called after the last event, to finish what listened.
    """

    def __init__(
        self,
        engine: Engine,
        audio: AudioPort,
        emit: Emit,
        *,
        start: Start | None = None,
        library: Library | None = None,
        guard: Guard = lambda devices: None,
        refit: Refit | None = None,
        reminder: Reminder | None = None,
        tap: Tap | None = None,
        at_end: Callable[[], None] = lambda: None,
        dropped_events: Callable[[], int] = lambda: 0,
    ) -> None:
        self._engine = engine
        self._audio = audio
        self._emit = emit
        self._start = start or Start()
        self._library = library or Library()
        self._front = Front(self._start.mode, guard)
        self._refit = refit
        self._reminder = reminder or Reminder(None, inline=True)
        self._past = Past()
        self._tap = tap
        self._at_end = at_end
        self._dropped_events = dropped_events
        self._commands: queue.Queue[AnyCommand] = queue.Queue(COMMANDS_SIZE)
        self._running, self._reason = True, ""
        self._volume = self._start.volume
        self._timings = Timings()
        self._drain = Drain(self._start.drain)

    def command(self, command: AnyCommand) -> bool:
        """Queue a command; any thread. False when the queue is full and the command was refused."""
        if isinstance(command, SearchMemories):  # a thread of its own looks, whatever the loop is doing
            return self._library.search(command)
        try:
            self._commands.put_nowait(command)
        except queue.Full:
            return False
        return True

    def stop(self, reason: str = "") -> None:
        """End after the current frame; safe in a signal handler."""
        self._reason = reason
        self._running = False

    def run(self) -> int:
        """Run until stopped; returns the exit status: 0, or 1 when the session failed.

        Stop order: input, engine, playout (the audio port closes both ends after the engine has nothing more to say).
        """
        status = 0
        try:
            self._begin()
            while self._running:
                self._turn()
            self._break_off()
        except Exception as e:  # top of the process: everything becomes one clear sentence
            log.exception("the session failed")
            self.tell(failure(e))
            status = 1
        finally:
            self._end()
        return status

    def _begin(self) -> None:
        known = self._reminder.begin(self._engine)  # before sound is heard: it may take seconds
        self._opened(self._audio.start())
        capabilities = self._engine.capabilities
        self._emit(SessionStarted(engine=capabilities.name, detail=capabilities.detail))
        self._emit(ConversationStarted(conversation=self._start.conversation()))
        self._tell_all(known)
        self._emit(TalkChanged(mode=self._front.mode, talking=False))
        self._emit(VolumeChanged(volume=self._volume))
        self._emit(StateChanged(state="listening"))

    def _end(self) -> None:
        now = self._now()
        self._engine.close()
        self._reminder.close()
        self._audio.flush()
        self._emit(SessionStopped(at=now, reason=self._reason))
        self._at_end()  # before the devices are closed: should they hang, everything is on disk
        self._audio.close()

    def _turn(self) -> None:
        """One round: commands, then a frame if one has come, else news of the workers."""
        self._obey()
        if self._refit is not None:
            self._refit.poll(self)
        self._tell_all(self._reminder.poll(self._engine))
        frame = self._audio.read(POLL_SECONDS)
        begun = time.perf_counter()
        if (changed := self._audio.poll()) is not None:  # frame or none: a device that hangs gives none
            self._opened(changed)
        if frame is None:
            self._apply(self._engine.poll(self._tick()))
            return
        self._timings.frames += 1
        played = self._audio.played()
        if self._tap is not None:  # before echo cancellation, but never what a muted microphone gave
            self._tap.heard(self._front.gate(frame), played)
        heard = self._front.clean(frame, played)
        tick = self._tick()
        stepping = time.perf_counter()
        step = self._engine.step(heard, tick)
        stepped = time.perf_counter()
        self._apply(step)
        self._go_on_checking()
        if self._timings.frames % STATS_FRAMES == 0:
            self._emit(self._snapshot())
        self._timings.add(stepped - stepping, time.perf_counter() - begun)
        self._stop_when_drained()

    def _now(self) -> float:
        return self._audio.now()

    def _tick(self) -> Tick:
        return Tick(now=self._now(), pending=self._audio.pending(), echo=self._front.hears_echo)

    def _opened(self, devices: DevicesChanged) -> None:
        """Tell which devices are open, and choose what keeps their echo out; an answer ends with its speaker."""
        if self._front.lost_speaker(devices):
            self._break_off()
        self._front.opened(devices)
        self._emit(devices)

    def _apply(self, step: Step) -> None:
        if step.flush:
            self._audio.flush()
        if step.pcm is not None and (step.pcm.any() or not self._front.checking):  # no silence in front of a check
            self._audio.write(amplified(step.pcm, self._volume))
        for event in step.events:
            if isinstance(event, ConversationStarted):  # the person asked for it aloud
                self._begin_conversation(self._start.conversation())
            else:
                self._emit(self._past.numbered(event))
                self._reminder.note(event, self._engine)
        if step.volume_change:
            self.set_volume(self._volume + step.volume_change, said=True)

    def _break_off(self) -> None:
        """End the answer under way: transcript and history keep what was heard of it."""
        tick = self._tick()
        self._engine.interrupt(tick)
        self._apply(self._engine.poll(tick))

    def _go_on_checking(self) -> None:
        pcm, result = self._front.checked()
        if pcm is not None:
            self._audio.write(pcm)
        if result is not None:
            self.tell(result)

    def _begin_conversation(self, conversation: str, said: Sequence[PastTurn] | None = None) -> None:
        """Another conversation, or with `said` one that goes on."""
        if self._refit is not None:
            self._refit.begin_conversation(self)
        self._past.begin(said or ())
        known = self._reminder.begin(self._engine)
        self._emit(ConversationStarted(at=self._now(), conversation=conversation, resumed=said is not None))
        self._tell_all(known)

    def _stop_when_drained(self) -> None:
        if self._audio.exhausted and self._drain.over(self._now(), self._engine, self._audio.pending()):
            self.stop("the input is over")

    def _snapshot(self) -> Stats:
        return snapshot(
            self._audio.stats(),
            self._timings,
            self._front,
            at=self._now(),
            dropped_events=self._dropped_events(),
            volume=self._volume,
        )

    # --- commands ---

    def _obey(self) -> None:
        while True:
            try:
                command = self._commands.get_nowait()
            except queue.Empty:
                return
            if self._tap is not None:
                self._tap.commanded(command)
            try:
                self._execute(command)
            except VoiceTuiError as e:
                self._emit(Notice(at=self._now(), severity="error", message=e.message, hint=e.hint))

    def _execute(self, command: AnyCommand) -> None:
        if isinstance(command, SendText):
            self._engine.send_text(command.text, self._tick())
        elif isinstance(command, Interrupt):
            self._engine.interrupt(self._tick())
        elif isinstance(command, SetMute):
            self._talk(self._front.talking and not command.muted)
            self._front.muted = command.muted
            self._emit(MuteChanged(at=self._now(), muted=self._front.muted))
        elif isinstance(command, HoldMicrophone):
            self._talk(self._front.talking and not command.held)
            self._front.held = command.held
        elif isinstance(command, SetTalkMode):
            self.set_mode(command.mode)
        elif isinstance(command, PushToTalk):
            self._talk(command.talking)
        elif isinstance(command, SetVolume):
            self.set_volume(command.volume)
        elif isinstance(command, NewConversation):
            self._break_off()
            self._engine.reset()
            self._begin_conversation(self._start.conversation())
        elif isinstance(command, ResumeConversation):
            self._resume(command.conversation)
        elif isinstance(command, ChooseDevices):
            self._audio.choose(command.input, command.output)
            if self._refit is not None:
                self._refit.note_devices(command.input, command.output)
        elif isinstance(command, CheckSound):
            self._front.check(command.kind)
            self._engine.interrupt(self._tick())
            self._audio.flush()
        elif isinstance(command, ChangeSettings):
            if self._refit is not None:
                self._refit.change(command.settings)
        elif isinstance(command, PlayNote):
            self._play_note(command.memory_id)
        else:
            assert isinstance(command, Stop)
            self.stop("asked to")

    def set_mode(self, mode: TalkMode) -> None:
        """Open microphone or push-to-talk. The loop's thread."""
        if self._front.talking:
            self._talk(False)
        self._front.mode = mode
        self._emit(TalkChanged(at=self._now(), mode=mode, talking=False))

    def _talk(self, talking: bool) -> None:
        if self._front.mode != "push" or talking == self._front.talking or (talking and self._front.held):
            return
        if talking and self._front.muted:
            raise DeviceError("The microphone is muted", hint="Unmute it first, then press the talk key")
        self._front.talking = talking
        self._engine.push_to_talk(talking, self._tick())
        self._emit(TalkChanged(at=self._now(), mode=self._front.mode, talking=talking))

    def set_volume(self, volume: float, *, said: bool = False) -> None:
        """Gain of the voice; `said`: asked for in words. The loop's thread."""
        self._volume = round(min(2.0, max(0.0, volume)), 2)
        self._emit(VolumeChanged(at=self._now(), volume=self._volume, said=said))

    def _resume(self, conversation: str) -> None:
        if self._library.load_turns is None:
            return
        turns = self._library.load_turns(conversation)
        self._break_off()
        self._engine.reset()
        self._engine.recount(turns)
        self._begin_conversation(conversation, turns)

    def _play_note(self, memory_id: str) -> None:
        if self._library.load_note is not None:
            pcm, caption = self._library.load_note(memory_id)
            self._engine.play(pcm, caption, self._tick())

    # --- what other settings ask for; see `Running` ---

    @property
    def engine(self) -> Engine:
        """The engine in use."""
        return self._engine

    def use_engine(self, engine: Engine) -> Engine:
        """Go on with another engine, which is told what was said; returns the old one."""
        old = self._engine
        self._break_off()
        for turn in self._past.change_engine():
            self.tell(TranscriptWithdrawn(turn=turn))
        self._engine = engine
        engine.recount(self._past.turns())
        self._tell_all(self._reminder.begin(self._engine))
        if self._front.talking:
            engine.push_to_talk(True, self._tick())
        self.tell(EngineChanged(engine=engine.capabilities.name, detail=engine.capabilities.detail))
        self.tell(StateChanged(state="listening"))
        return old

    def use_devices(self, input: str, output: str, block_samples: int) -> None:
        """Open other devices, or the same ones with another block."""
        self._audio.choose(input, output, block_samples)

    def use_guard(self, guard: Guard) -> None:
        """Keep the assistant from hearing itself by other means."""
        self._front.use(guard)

    def past(self) -> Sequence[PastTurn]:
        """Return what was said in this conversation."""
        return self._past.turns()

    def _tell_all(self, events: Sequence[AnyEvent]) -> None:
        for event in events:
            self.tell(event)

    def tell(self, event: AnyEvent) -> None:
        """Send an event, timed now."""
        self._emit(msgspec.structs.replace(event, at=self._now()))
