"""Who speaks over the echo is heard through the long filter, for as long as that filter is known to work.

`EchoFilter` leaves a person's voice whole and some of the echo; how much is learned while it works (the leak). Where it
leaves little, what is clearly louder than that is somebody speaking, and is heard. Where it leaves much - at first,
after the microphone was moved, with clocks that drift apart or a speaker that rattles - AEC3 is listened to instead.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voice_tui.audio.echo_change import Change, change_in, delay_in
from voice_tui.audio.echo_clock import Clock
from voice_tui.audio.echo_filter import STEP, EchoFilter
from voice_tui.frame import FRAME_SAMPLES, SAMPLE_RATE, Frame, Pcm, silence

BLOCK = SAMPLE_RATE // 100
"""Samples that are judged at a time, 10 ms."""

BLOCKS = FRAME_SAMPLES // BLOCK

EMPHASIS = np.float32(0.97)
"""Levels are taken of the sound with its low end turned down: hum and rumble are nobody speaking."""

REACH_BLOCKS = 40
"""How long what was played, and the loudest echo of it, count fully, 0.4 s: path delay and early reverberation."""

CHANGED = 10 ** (-1.4)
"""Share of the microphone from which what is left may be an echo that has changed."""

GONE = 0.03
"""Share of the predicted echo under which the microphone hears none: the speaker was muted or unplugged."""

MISSED = 0.5
"""Where the microphone hears less than this share of what is left, that is echo which was predicted and never came."""

PLAIN = 10 ** (-55 / 20)
"""Level, after emphasis, from which a predicted echo is missed when it is not there."""

AUDIBLE = 10 ** (-75 / 20)
"""Level, after emphasis, under which nothing is worth a thought."""

KNOWN_FRAMES = 25
"""Frames, 2 s, in which the filter took nearly all out, after which the room is worth remembering."""

RING = 10 ** (-0.6 / 20)
"""How fast it counts less after that, per block: 60 dB in a second."""

QUIET_ECHO = 10 ** (-82 / 20)
"""Level of an echo, after emphasis, that is none."""

PRESENT = 0.1
"""Share of the loudest echo from which a block tells something of the leak."""

MARGIN_DB = 13.0
"""What is so much louder than what the filter mostly leaves is somebody speaking ..."""

CAP_DB = -14.0
"""... if it is also louder than this, relative to the loudest echo."""

OPEN_BLOCKS = 8
"""How long it then is listened to, 80 ms: the softer sounds of speech pass with the loud ones."""

TRUSTED_DB = -18.0
"""Leak from which the filter is believed ..."""

DOUBTED_DB = -15.0
"""... and no longer."""

FLOOR = 10 ** (-70 / 20)
"""What is not listened to is turned down this far."""

LEARN_SECONDS = 20.0
"""Playback in which the leak is learned fast; after that 2.5 dB in a second."""

LOST_BLOCKS = 60
"""The filter removes nothing and AEC3 nearly all, in so many blocks more than not: the filter's room is gone, 0.6 s."""

AGAIN_SECONDS = 8.0
"""Playback that the filter is given to learn a room before it is made to begin again."""

REST_FRAMES = 25
"""A rest, 2 s, after which clocks that drift apart are no more where they were reckoned to be ..."""

LONG_REST_FRAMES = 250
"""... and after which any may have drifted, 20 s."""

PROVEN_FRAMES = 5
"""Frames of echo, 0.4 s, in which the filter then has to be right again before it is heard."""


@dataclass(frozen=True, slots=True)
class Levels:
    """RMS of one block after emphasis: in the microphone, after AEC3, after the filter, of the echo it took out."""

    microphone: float
    cleaned: float
    left: float
    echo: float


class LeakGate:
    """Judges the filter's work, 10 ms at a time.

    Attributes:
        open: What the filter left is somebody speaking. `trusted`: the filter is believed.
        usual: What it left is about as soft as always.
        leak_db: What it mostly leaves, relative to the loudest echo of the last 0.4 s.
    """

    def __init__(self) -> None:
        self._echoes: deque[float] = deque([0.0] * REACH_BLOCKS, maxlen=REACH_BLOCKS)
        self._ringing = 0.0
        self._open_blocks = 0
        self.usual = True
        self.begin_again()

    def begin_again(self) -> None:
        """Nothing is known of the filter."""
        self.leak_db = 0.0
        self.trusted = False
        self.open = False
        self._judged_for = 0.0
        self._lost_blocks = 0.0

    @property
    def lost(self) -> bool:
        """Whether the filter has to begin again."""
        return self._lost_blocks > LOST_BLOCKS and self._judged_for > AGAIN_SECONDS

    def is_much(self, power: float) -> bool:
        """Whether sound of this power is more than what the filter is wrong by."""
        return power > (self._ringing * 10 ** (self._bar_db / 20)) ** 2

    @property
    def _bar_db(self) -> float:
        return max(self.leak_db + MARGIN_DB, CAP_DB)

    def judge(self, levels: Levels) -> bool:
        """Take one block; False when there is no echo that anything could be told from."""
        self._echoes.append(levels.echo)
        loudest = max(self._echoes)
        self._ringing = max(loudest, self._ringing * RING)
        if self._ringing < QUIET_ECHO:
            return False
        above = 20 * float(np.log10(levels.left / self._ringing + 1e-9))
        speaks = above > self._bar_db and levels.microphone > MISSED * levels.left
        self.usual = above < min(self.leak_db + MARGIN_DB, CAP_DB)
        self._open_blocks = OPEN_BLOCKS if speaks else max(0, self._open_blocks - 1)
        self.open = self._open_blocks > 0
        if levels.echo > PRESENT * loudest:
            self._learn(above, levels, speaks=speaks)
        self.trusted = self.leak_db < (DOUBTED_DB if self.trusted else TRUSTED_DB)
        return True

    def _learn(self, above: float, levels: Levels, *, speaks: bool) -> None:
        """Follow the median of what is left; hardly at all while somebody speaks."""
        self._judged_for += 0.01
        pace = 0.025 if self._judged_for > LEARN_SECONDS else min(0.25, 0.5 / self._judged_for)
        if levels.microphone < MISSED * levels.left:
            pace = 0.0
        elif speaks and self._judged_for > LEARN_SECONDS / 2:
            pace *= 0.2
        self.leak_db = min(0.0, max(-40.0, self.leak_db + (pace if above > self.leak_db else -pace)))
        removed = levels.cleaned < 0.25 * levels.microphone
        useless = removed and above > CAP_DB and levels.left > 0.8 * levels.microphone
        self._lost_blocks = self._lost_blocks + 1 if useless else max(0.0, self._lost_blocks - 0.5)


class Proof:
    """Whether the filter was right since the assistant last began to speak; one frame at a time.

    Nothing can be followed while nothing is played. After a rest the echo may be some samples off, which sounds as if
    somebody spoke until clock and filter have caught up.
    """

    def __init__(self) -> None:
        self._rested = 0
        self._right = PROVEN_FRAMES

    @property
    def given(self) -> bool:
        """Whether the filter may be heard."""
        return self._right >= PROVEN_FRAMES

    def note(self, *, rests: bool, drifts: bool, right: bool | None) -> None:
        """Take a frame.

        Args:
            rests: Nothing was played for as long as the filter reaches. `drifts`: the clocks are known to drift apart.
            right: Whether the filter left no more than it mostly does; None where there was no echo to tell from.
        """
        if rests:
            self._rested += 1
            if self._rested >= (REST_FRAMES if drifts else LONG_REST_FRAMES):
                self._right = 0
            return
        self._rested = 0
        if right is not None and not self.given:
            self._right = self._right + 1 if right else 0


class LinearPath:
    """Mixes what is heard through the filter with what AEC3 and its gate let through. Session's main thread; 1 ms, or 2
    while somebody speaks over the echo."""

    def __init__(self) -> None:
        self._filter = EchoFilter()
        self._clock = Clock()
        self._gate = LeakGate()
        self._proof = Proof()
        self._gain = 1.0
        self._share = 0.0
        self._known_frames = 0
        self._before = np.zeros((3, FRAME_SAMPLES), np.float32)
        """Microphone, echo and what was left of the frame before, low end turned down."""

    @property
    def drift(self) -> float:
        """By how much the echo falls behind, samples per sample."""
        return self._clock.drift

    def mix(self, microphone: Frame, played: Frame, cleaned: Frame, gated: Frame) -> Frame:
        """Return the frame that is heard.

        Args:
            microphone: Before any canceller. `played`: what the speaker was given meanwhile.
            cleaned: After AEC3. `gated`: after the gate that follows it, heard where the filter is not believed.
        """
        played = self._clock.follow(np.clip(played, -1.0, 1.0))
        left, echo = self._filtered(np.clip(microphone, -1.0, 1.0), played)
        sound = _emphasised(np.stack([microphone, cleaned, left, echo]))
        other = self._changed(sound[[0, 3, 2]]) or self._clock.learn(sound[3], sound[2])
        if other:
            left = silence()
            sound[2] = 0.0
        gains, shares = [self._gain], [self._share]
        believed, usual, sounded = self._proof.given, True, False
        for levels in _levels(sound):
            sounding = self._gate.judge(levels)
            gains.append(1.0 if self._gate.open or not sounding else FLOOR)
            shares.append(float(sounding and self._gate.trusted and believed))
            usual = usual and self._gate.usual
            sounded = sounded or levels.echo > AUDIBLE
        right = (usual and not other) if sounded else None
        self._proof.note(rests=self._filter.rests, drifts=self._clock.drifts, right=right)
        self._gain, self._share = gains[-1], shares[-1]
        if (self._filter.rests or self._clock.at_its_end) and (sooner := self._clock.recentre()):
            self._filter.move(sooner)
        if self._gate.lost:
            self._filter.reset()
            self._gate.begin_again()
        if not any(shares):
            return gated
        share = _ramp(shares)
        return (left * (_ramp(gains) * share) + gated * (1 - share)).astype(np.float32)

    def _changed(self, latest: NDArray[np.float32]) -> bool:
        """Whether what is left is a known echo, louder, softer, earlier or later: the filter follows at once.

        Args:
            latest: The frame's microphone, echo and what was left, low end turned down, shape (3, samples).
        """
        before, self._before = self._before, latest
        heard, predicted, remaining = np.einsum("sn,sn->s", latest, latest) / FRAME_SAMPLES
        if remaining < max(CHANGED * heard, AUDIBLE**2):
            self._note_good(heard)
            return False
        if not (self._filter.knows_a_room or self._gate.trusted):
            return False
        if heard < GONE * predicted and predicted > PLAIN**2:
            self._miss(predicted)
        elif found := self._change(before, latest):
            self._filter.alter(found.gain, found.lag)
        elif found := change_in(latest[0], self._known_echo(), latest[2]):
            self._filter.alter(found.gain, found.lag, remembered=True)
        else:
            return False
        self._before = np.zeros_like(latest)
        return True

    def _change(self, before: NDArray[np.float32], latest: NDArray[np.float32]) -> Change | None:
        found = change_in(*np.concatenate([before, latest], axis=1)) or change_in(*latest)
        return found if found or self._proof.given else delay_in(*latest)

    def _miss(self, predicted: float) -> None:
        """A predicted echo is not there. Where that is more than the filter may be wrong by, it knows nothing any more,
        and is believed only where a room is remembered, in which it is right at once when the echo comes back. After
        sound that has just ended it only predicts too much of what no microphone hears, and learns that."""
        if not self._gate.is_much(predicted):
            return
        self._filter.reset()
        if not self._filter.knows_a_room:
            self._gate.begin_again()

    def _note_good(self, heard: float) -> None:
        """The filter took nearly all out of a frame: after enough of them the room is worth remembering."""
        self._known_frames += heard > AUDIBLE**2
        if self._known_frames >= KNOWN_FRAMES:
            self._filter.remember()
            self._known_frames = 0

    def _known_echo(self) -> Frame:
        return _emphasised(self._filter.remembered(FRAME_SAMPLES // STEP)[np.newaxis])[0]

    def _filtered(self, microphone: Frame, played: Frame) -> tuple[Frame, Frame]:
        left, echo = silence(), silence()
        for start in range(0, FRAME_SAMPLES, STEP):
            part = slice(start, start + STEP)
            left[part], echo[part] = self._filter.process(microphone[part], played[part])
        return left, echo


def _levels(sound: NDArray[np.float32]) -> list[Levels]:
    """Return the levels of each block of the four signals, low end turned down."""
    blocks = sound.reshape(len(sound), BLOCKS, BLOCK)
    power = np.einsum("sbn,sbn->bs", blocks, blocks) / np.float32(BLOCK)
    return [Levels(*row) for row in np.sqrt(power).tolist()]


def _emphasised(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return sound, shape (signals, samples), with its low end turned down."""
    emphasised = sound.copy()
    emphasised[:, 1:] -= EMPHASIS * sound[:, :-1]
    emphasised[:, 0] = emphasised[:, 1]
    return emphasised


def _ramp(values: list[float]) -> Pcm:
    """Return a gain for each sample from those at the edges of the blocks."""
    return np.interp(np.arange(FRAME_SAMPLES), np.arange(BLOCKS + 1) * BLOCK, values).astype(np.float32)
