"""One answer in the making: responder -> sentences -> concurrent synthesis -> a mailbox that the engine empties.

Live, the responder runs in a thread of its own and up to three sentences are synthesised at once (the first alone, so
that it starts at once); nothing here touches the engine. Inline (files), the same code runs to its end when started, so
that the result does not depend on timing.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from voice_tui.engine.cascade.ports import Clip, Part, Responder, Text, Tts, UserTurn
from voice_tui.engine.cascade.sentences import SentenceBuffer
from voice_tui.errors import VoiceTuiError
from voice_tui.frame import Pcm

log = logging.getLogger(__name__)

MAILBOX_SIZE = 512
"""Messages between an answer and the engine. Full: the sender waits (or gives up when cancelled); nothing is lost."""

MAX_SYNTHESES = 3
"""Sentences that are synthesised at the same time."""

PREVIOUS_TIMEOUT = 5.0
"""Seconds that a cancelled answer gets to end before the next one begins all the same."""


@dataclass(frozen=True, slots=True)
class Written:
    """The responder wrote text (transcript, not yet spoken)."""

    text: str


@dataclass(frozen=True, slots=True)
class SegmentOpened:
    """A sentence or clip is going to be spoken."""

    index: int
    text: str


@dataclass(frozen=True, slots=True)
class SegmentAudio:
    """Samples of a sentence or clip."""

    index: int
    pcm: Pcm


@dataclass(frozen=True, slots=True)
class SegmentDone:
    """No more samples of it; `error` when its synthesis failed."""

    index: int
    error: VoiceTuiError | None = None


@dataclass(frozen=True, slots=True)
class PartCame:
    """Anything else the responder gave: what it recalled, stored, wants done."""

    part: Part


@dataclass(frozen=True, slots=True)
class ReplyEnded:
    """The responder is done and every segment is announced; `error` when it failed."""

    error: VoiceTuiError | None = None


Message = Written | SegmentOpened | SegmentAudio | SegmentDone | PartCame | ReplyEnded


class Reply:
    """One answer being made. Create and `start` on the main thread; `messages` there, once per frame.

    Args:
        responder: What answers. `tts`: what speaks.
        turn: What the user said.
        inline: Run to the end inside `start`.
        before: What the responder must be told first about earlier answers; run where the responder runs.
    """

    def __init__(
        self, responder: Responder, tts: Tts, turn: UserTurn, *, inline: bool, before: Sequence[Callable[[], None]] = ()
    ) -> None:
        self._responder = responder
        self._before = tuple(before)
        self._tts = tts
        self._turn = turn
        self._inline = inline
        self._cancel = threading.Event()
        self._mailbox: queue.Queue[Message] = queue.Queue(0 if inline else MAILBOX_SIZE)
        self._pool: ThreadPoolExecutor | None = None
        self._thread: threading.Thread | None = None
        self._segments = 0

    def start(self, after: Reply | None = None) -> None:
        """Begin; returns at once unless inline.

        Args:
            after: The cancelled answer before this one: responders answer one at a time, so its end is waited for.
        """
        if self._inline:
            self._run(None)
            return
        self._pool = ThreadPoolExecutor(MAX_SYNTHESES, thread_name_prefix="tts")
        previous = after._thread if after is not None else None
        self._thread = threading.Thread(target=self._run, args=(previous,), name="reply", daemon=True)
        self._thread.start()

    def cancel(self) -> None:
        """Make no more of it; nothing that is still to come will be read. Returns at once."""
        self._cancel.set()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def join(self, timeout: float) -> None:
        """Wait for the responder's thread to end."""
        if self._thread is not None:
            self._thread.join(timeout)

    def messages(self, most: int = 64) -> list[Message]:
        """Return what came since the last call, at most `most` (a frame's work stays bounded)."""
        got: list[Message] = []
        while len(got) < most:
            try:
                got.append(self._mailbox.get_nowait())
            except queue.Empty:
                break
        return got

    def _run(self, previous: threading.Thread | None) -> None:
        if previous is not None:
            previous.join(PREVIOUS_TIMEOUT)
        error: VoiceTuiError | None = None
        try:
            for tell in self._before:
                tell()
            self._respond()
        except VoiceTuiError as e:
            error = e
            self._say(e.message)
        except Exception as e:  # top of a thread: whatever a provider throws becomes one clear sentence
            log.exception("the responder failed")
            error = VoiceTuiError(f"The answer failed: {type(e).__name__}: {e}", hint="The log has the details")
        self._post(ReplyEnded(error))

    def _say(self, message: str) -> None:
        """Speak what went wrong, so that a person who does not look at the screen knows."""
        self._post(Written(message))
        self._speak(message)

    def _respond(self) -> None:
        sentences = SentenceBuffer()
        for part in self._responder.respond(self._turn, self._cancel):
            if self._cancel.is_set():
                return
            if isinstance(part, Text):
                self._post(Written(part.text))
                for sentence in sentences.push(part.text):
                    self._speak(sentence)
            elif isinstance(part, Clip):
                self._speak_rest(sentences)
                self._play(part)
            else:
                self._post(PartCame(part))
        self._speak_rest(sentences)

    def _speak_rest(self, sentences: SentenceBuffer) -> None:
        for sentence in sentences.flush():
            self._speak(sentence)

    def _speak(self, sentence: str) -> None:
        index = self._open(sentence)
        if self._pool is None:
            self._synthesize(index, sentence)
            return
        first = index == 0
        future = self._submit(lambda: self._synthesize(index, sentence))
        if first and future is not None:
            _wait(future, self._cancel)

    def _play(self, clip: Clip) -> None:
        self._post(Written(clip.caption))
        index = self._open(clip.caption)
        self._post(SegmentAudio(index, clip.pcm))
        self._post(SegmentDone(index))

    def _open(self, text: str) -> int:
        index = self._segments
        self._segments += 1
        self._post(SegmentOpened(index, text))
        return index

    def _submit(self, work: Callable[[], None]) -> Future[None] | None:
        assert self._pool is not None
        try:
            return self._pool.submit(work)
        except RuntimeError:  # the pool was shut down by `cancel`
            return None

    def _synthesize(self, index: int, sentence: str) -> None:
        try:
            for pcm in self._tts.synthesize(sentence, self._cancel):
                if self._cancel.is_set():
                    return
                self._post(SegmentAudio(index, pcm))
        except VoiceTuiError as e:
            self._post(SegmentDone(index, e))
            return
        except Exception as e:  # top of a thread
            log.exception("the voice failed")
            self._post(SegmentDone(index, VoiceTuiError(f"The voice failed: {type(e).__name__}: {e}")))
            return
        self._post(SegmentDone(index))

    def _post(self, message: Message) -> None:
        """Put a message into the mailbox; waits while it is full, gives up when cancelled."""
        while not self._cancel.is_set():
            try:
                self._mailbox.put(message, timeout=0.05)
                return
            except queue.Full:
                continue


def _wait(future: Future[None], cancel: threading.Event) -> None:
    """Let the first sentence have the processor to itself; no longer than 1 s and not when cancelled."""
    for _ in range(20):
        if cancel.is_set() or future.done():
            return
        try:
            future.result(timeout=0.05)
        except TimeoutError:
            continue
