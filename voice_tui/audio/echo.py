"""Echo cancellation: what the speaker played is taken out of what the microphone heard, before anything listens.

WebRTC's AEC3 (through `livekit`, as a library, no server) removes 20-30 dB. What it leaves of the assistant's own voice
can still pass for speech now and then, so a gate follows: sound that is no louder than what the canceller is known to
leave is turned down, and the bar is higher until the canceller has converged. AEC3 turns down who speaks over the echo
as well; a longer filter beside it (`echo_linear.py`) does not, and is heard as soon as it has learned the room.
"""

from __future__ import annotations

import re
from collections import deque
from typing import Any, Literal, Protocol

import numpy as np

from voice_tui.audio.echo_linear import BLOCK, REACH_BLOCKS, LinearPath
from voice_tui.frame import FRAME_SAMPLES, SAMPLE_RATE, Frame, Pcm, silence

RING = 10 ** (-0.6 / 20)
"""How fast it counts less after that, per block: 60 dB in a second, a lively room; AEC3's filter is shorter."""

CONVERGE_SECONDS = 15.0
"""Playback in which the canceller gains full trust (ERLE 14-18 dB in the first 3 s, 22-29 dB after; single slips up to
10 s)."""

TRUSTED_DB = -8.0
"""What opens the gate once the canceller has converged, relative to the echo it has learned. Hardly a block of residual
gets over it, somebody's speech does again and again (`benchmarks/echo.py`)."""

UNTRUSTED_DB = -2.0
"""The same at first: only what is nearly as loud as the echo passes."""

GATE_FLOOR = 10 ** (-70 / 20)
"""How far a gated block is turned down: at -36 dB the VAD still heard a voice in it."""

OPEN_BLOCKS = 8
"""How long the gate stays open, 80 ms: softer sounds between the loud ones of speech pass with them."""

QUIET_REFERENCE = 1e-3
"""Level (RMS) below which the speaker counts as silent."""

PAUSE_LEVEL = 0.03
"""So is what is this much softer than the loudest of the last 0.4 s: a pause between words."""

PAUSE_BLOCKS = 15
"""Length of a pause, 0.15 s, after which no direct echo comes any more, only the room's reverberation."""

AGAIN_BLOCKS = 12
"""Playback after a pause, 0.12 s, until its echo arrives and the canceller has it again."""

TAIL_DECAY = 10 ** (-0.5 / 20)
"""How fast reverberation dies at least, per block: 50 dB in a second."""

TAIL_MARGIN = 2.0
"""What is this much louder than the reverberation is somebody speaking."""


EchoMode = Literal["auto", "on", "off", "half-duplex"]

PATH_DELAY = 0.1
"""Seconds from the tap on the speaker to the echo in the microphone, a start for AEC3's own search."""

_HEADPHONES = re.compile(r"head(phone|set)|ear(phone|bud|piece)|airpods|\bbuds\b|\bwh-|\bwf-", re.IGNORECASE)


class EchoGuard(Protocol):
    """Keeps the assistant from hearing itself. Session's main thread."""

    def process(self, microphone: Frame, played: Frame) -> Frame:
        """Return the frame that the engine may hear.

        Args:
            microphone: What was captured.
            played: What the speaker was given meanwhile.
        """
        ...


def echo_guard(mode: EchoMode, speaker: str) -> EchoGuard | None:
    """Choose what stands between the microphone and the engine.

    Args:
        mode: The setting audio.echo.
        speaker: Name of the open speaker; "" for none.

    Returns:
        None where nothing is needed: switched off, no speaker, or headphones by their name.

    Raises:
        ImportError: The canceller's library is not installed.
    """
    if mode == "off" or not speaker or (mode == "auto" and is_headphones(speaker)):
        return None
    return HalfDuplex() if mode == "half-duplex" else EchoCanceller()


def is_headphones(name: str) -> bool:
    """Return whether a device's name says that only the wearer hears it."""
    return bool(_HEADPHONES.search(name))


class HalfDuplex:
    """Listens only while nothing is played: the way out where a room defeats the canceller."""

    def __init__(self) -> None:
        self._deaf_blocks = 0

    def process(self, microphone: Frame, played: Frame) -> Frame:
        """Return silence during playback and for as long as the room rings on."""
        if _level(played) > QUIET_REFERENCE:
            self._deaf_blocks = REACH_BLOCKS
            return silence()
        if self._deaf_blocks > 0:
            self._deaf_blocks -= FRAME_SAMPLES // BLOCK
            return silence()
        return microphone


class EchoCanceller:
    """Takes the assistant's voice out of the microphone. Session's main thread; 2 ms per frame, 3 under load.

    Raises:
        ImportError: `livekit` is not installed.
    """

    def __init__(self) -> None:
        from livekit import rtc  # 0.1 s

        self._rtc = rtc
        self._apm = rtc.AudioProcessingModule(echo_cancellation=True, high_pass_filter=True)
        self._gate = ResidualGate()
        self._linear = LinearPath()

    def process(self, microphone: Frame, played: Frame) -> Frame:
        """Return the frame without the echo; see `EchoGuard.process`."""
        cleaned, gated = silence(), silence()
        for start in range(0, FRAME_SAMPLES, BLOCK):
            part = slice(start, start + BLOCK)
            self._apm.process_reverse_stream(self._frame(played[part]))
            self._apm.set_stream_delay_ms(round(1000 * PATH_DELAY))
            near = self._frame(microphone[part])
            self._apm.process_stream(near)
            cleaned[part] = np.frombuffer(near.data, dtype=np.int16).astype(np.float32) / np.float32(32768)
            gated[part] = self._gate.process(microphone[part], cleaned[part], played[part])
        return self._linear.mix(microphone, played, cleaned, gated)

    def _frame(self, pcm: Pcm) -> Any:
        samples = (np.clip(pcm, -1.0, 1.0) * 32767).astype(np.int16)
        return self._rtc.AudioFrame(bytearray(samples.tobytes()), SAMPLE_RATE, 1, len(pcm))


class ResidualGate:
    """Turns down what the canceller may have left over, 10 ms at a time.

    It learns how loud the echo of the speaker is in the microphone (the coupling) and lets pass what is louder than the
    share of it that a canceller leaves. In a pause of the assistant AEC3 soon lets the room's reverberation through:
    for as long as it lasts only what rises above it passes. While the speaker is silent everything passes.
    """

    def __init__(self) -> None:
        self._played: deque[float] = deque([0.0] * REACH_BLOCKS, maxlen=REACH_BLOCKS)
        self._ringing = 0.0
        self._coupling = 0.5
        self._heard_for = 0.0
        self._gain = 1.0
        self._open_blocks = 0
        self._tail = Tail()

    def process(self, microphone: Pcm, cleaned: Pcm, played: Pcm) -> Pcm:
        """Return `cleaned`, turned down where it is no more than residual echo.

        Args:
            microphone: The block before the canceller. `cleaned`: after it. `played`: what the speaker played.
        """
        now, heard, left = _level(played), _level(microphone), _level(cleaned)
        self._played.append(now)
        self._ringing = loudest = max(*self._played, self._ringing * RING)
        if loudest < QUIET_REFERENCE:
            self._tail.end()
            self._gain += (1.0 - self._gain) * 0.5
            return cleaned if self._gain > 0.99 else cleaned * np.float32(self._gain)
        active = now > max(QUIET_REFERENCE, PAUSE_LEVEL * max(self._played))
        self._heard_for += 0.01 * active
        self._learn(heard, left, loudest)
        trust = min(1.0, self._heard_for / CONVERGE_SECONDS)
        share = 10 ** ((UNTRUSTED_DB + trust * (TRUSTED_DB - UNTRUSTED_DB)) / 20)
        bar = max(share * self._coupling * loudest, TAIL_MARGIN * self._tail.level(heard, active=active))
        self._open_blocks = OPEN_BLOCKS if left > bar else max(0, self._open_blocks - 1)
        target = 1.0 if self._open_blocks else GATE_FLOOR
        ramp = np.linspace(self._gain, target, len(cleaned), dtype=np.float32)
        self._gain = target
        return cleaned * ramp

    def _learn(self, microphone: float, cleaned: float, loudest: float) -> None:
        """Follow the coupling where the canceller removed nearly all: there the microphone heard echo only."""
        if cleaned < 0.25 * microphone:
            ratio = microphone / loudest
            rate = 0.05 if ratio > self._coupling else 0.005
            self._coupling += rate * (ratio - self._coupling)


class Tail:
    """How loud the room still is after the speaker fell silent; 10 ms at a time."""

    def __init__(self) -> None:
        self._heard: deque[float] = deque([0.0] * 3, maxlen=3)
        self._silent_blocks = 0
        self._active_blocks = 0
        self._level = 0.0

    def level(self, microphone: float, *, active: bool) -> float:
        """Return the level (RMS) that reverberation can have now; 0 where the canceller takes care of it.

        Args:
            microphone: Level before the canceller. `active`: whether the speaker plays.
        """
        self._heard.append(microphone)
        self._active_blocks = self._active_blocks + 1 if active else 0
        if self._active_blocks > AGAIN_BLOCKS:
            self.end()
            return 0.0
        self._silent_blocks += 1
        if self._silent_blocks == PAUSE_BLOCKS:
            self._level = max(self._heard)
        elif self._silent_blocks > PAUSE_BLOCKS:
            self._level *= TAIL_DECAY
        return self._level

    def end(self) -> None:
        """It has died away, or is drowned by new sound."""
        self._silent_blocks = 0
        self._level = 0.0


def _level(pcm: Pcm) -> float:
    return float(np.sqrt(np.mean(np.square(pcm))))
