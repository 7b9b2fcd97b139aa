"""The embedded ears: pocketsphinx, once with the command grammar and once with free words, on the same sound.

The grammar decoder understands any sound as some command; whether it was one is decided by `judge`. Both decoders work
while the audio comes in, for the cepstral mean of the speaker (see `mean`). Early in each utterance its own mean and
loudness are compared with that: when somebody else speaks, decoding begins again, which is caught up with while they
speak. Nothing is decoded twice at the end, where the person waits.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from voice_tui.engine.cascade.phrases import COMMANDS, Command
from voice_tui.engine.cascade.ports import Heard
from voice_tui.engine.cascade.stt.grammar import jsgf
from voice_tui.engine.cascade.stt.judge import Judge
from voice_tui.engine.cascade.stt.mean import Mean, Speaker, distance
from voice_tui.engine.cascade.stt.sound import Sound, bytes_of
from voice_tui.engine.cascade.stt.sphinx import CHUNK_BYTES, Decoder, Hypothesis, MeanMeter, joined
from voice_tui.frame import Pcm

CHECK_SECONDS = (1.2, 2.0)
"""After so much of an utterance (onset included) its own mean and loudness are known well enough to use, the second
time better. With both, as many words are right as with the mean of the whole utterance, which only its end tells."""

FAR = 8.0
"""Means further apart than this are another microphone, room or speaker."""

LOUDER = 2.0
"""So is a loudness that differs by more than this factor."""

REDO_SECONDS = 3.0
"""No more than this is decoded again when the speaker goes on after a pause (about 0.7 s of work)."""

COMMAND_SECONDS = 8.0
"""No command is longer; what comes later is not given to the grammar."""

OVERLAP_SECONDS = 0.2
"""Silence before the next part of a long utterance that is decoded with it."""

LEARN_FRAMES = 40
"""Utterances with less than this of words (0.4 s) teach nothing about the speaker."""


@dataclass(slots=True)
class _Take:
    """An utterance on its way.

    Args:
        number: The utterance.
        sound: Its samples.
        mean: The cepstral mean it is decoded with; None while it is not.
        earlier: Words of the parts before a pause in a long utterance.
        partial: The last partial given.
        checks: How often mean and loudness were compared.
        paused: Whether the decoders were ended; `free` and `command` are then what they heard.
    """

    number: int
    sound: Sound
    mean: Mean | None = None
    earlier: list[Hypothesis] = field(default_factory=list[Hypothesis])
    partial: str = ""
    checks: int = 0
    paused: bool = False
    free: Hypothesis | None = None
    command: Hypothesis | None = None


class PocketsphinxRecogniser:
    """Implements `Recogniser`. Loads in 0.3-0.5 s; needs a third of one core while somebody speaks.

    Args:
        speaker: What is known of the speaker.
        more: Further commands, for measurements.

    Raises:
        ProviderError: Pocketsphinx or its model is missing or broken.
    """

    def __init__(self, speaker: Speaker, more: tuple[Command, ...] = ()) -> None:
        self._speaker = speaker
        self._meter = MeanMeter()
        self._free = Decoder()
        self._grammar = Decoder(jsgf(more))
        self._judge = Judge(self._grammar.pronunciation, (*COMMANDS, *more))
        self._take: _Take | None = None

    def begin(self, utterance: int) -> None:
        """Start an utterance; an unfinished earlier one is dropped."""
        take = self._take = _Take(utterance, Sound(self._speaker.level))
        if self._speaker.known:
            self._start(take, self._speaker.mean)

    def feed(self, pcm16k: Pcm) -> Heard | None:
        """Take the next samples, float32, 16 kHz; returns the words so far when they changed."""
        take = self._take
        if take is None:
            return None
        take.sound.add(pcm16k)
        if take.paused:
            return None
        if take.checks < len(CHECK_SECONDS) and take.sound.seconds >= CHECK_SECONDS[take.checks]:
            self._settle(take)
        return self._news(take) if self._decode(take) else None

    def pause(self) -> None:
        """The speaker is silent and may have finished: end both decoders and keep what they heard."""
        take = self._take
        if take is None or take.paused:
            return
        if take.checks == 0:
            self._settle(take)
        self._decode(take, everything=True)
        take.free, take.command = self._free.end(), self._grammar.end()
        take.paused = True

    def resume(self) -> None:
        """The speaker goes on: decode on, a short utterance from its start, a long one from the pause."""
        take = self._take
        if take is None or not take.paused or take.mean is None:
            return
        take.paused = False
        at = 0
        if take.free is not None and take.sound.seconds > REDO_SECONDS:
            take.earlier.append(take.free)
            at = max(0, self._free.at - bytes_of(OVERLAP_SECONDS))
        self._start(take, take.mean, at)

    def finish(self) -> Heard:
        """The utterance is over; returns its final and learns from it how the speaker sounds."""
        self.pause()
        take, self._take = self._take, None
        if take is None:
            return Heard(0, "", final=True, confidence=0.0)
        free = joined([*take.earlier, *([take.free] if take.free else [])])
        verdict = self._judge.decide(free, take.command)
        if verdict.text and free is not None and free.frames >= LEARN_FRAMES:
            self._speaker.learn(self._meter.mean(take.sound.audio), take.sound.loudest, free.frames)
            self._speaker.save()
        return Heard(take.number, verdict.text, True, verdict.confidence, verdict.alternative, verdict.command)

    def cancel(self) -> None:
        """Drop the utterance."""
        self._take = None

    def close(self) -> None:
        """Keep what was learned about the speaker."""
        self._take = None
        self._speaker.save()

    def _start(self, take: _Take, mean: Mean, at: int = 0) -> None:
        """Begin decoding: free words at byte `at`, the grammar always from the very start."""
        take.mean = mean
        self._free.start(mean, at)
        self._grammar.start(mean)

    def _decode(self, take: _Take, *, everything: bool = False) -> bool:
        """Give the decoders what they lack, live in whole chunks; returns whether that was anything."""
        end = len(take.sound.audio)
        if not everything:
            end -= end % CHUNK_BYTES
        if take.mean is None or end <= self._free.at:
            return False
        self._free.advance(take.sound.audio, end)
        self._grammar.advance(take.sound.audio, min(end, bytes_of(COMMAND_SECONDS)))
        return True

    def _settle(self, take: _Take) -> None:
        """Begin again when the utterance sounds unlike what it is decoded for."""
        take.checks += 1
        sound = take.sound
        known = take.mean
        if known is None or not 1 / LOUDER < sound.loudest / sound.level < LOUDER:
            sound.relevel()
            known = None
        mean = self._speaker.expected(self._meter.mean(sound.audio), sound.seconds)
        if known is None or distance(mean, known) > FAR:
            self._start(take, mean)

    def _news(self, take: _Take) -> Heard | None:
        text = " ".join([*(part.text for part in take.earlier), self._free.text()]).strip()
        if text == take.partial:
            return None
        take.partial = text
        return Heard(take.number, text, False)
