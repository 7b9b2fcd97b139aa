"""Plays back what it hears: for measuring latency and testing devices, never offered as an assistant."""

from __future__ import annotations

from collections.abc import Sequence

from voice_tui.engine.port import Capabilities, Context, Injection, PastTurn, Step, Tick
from voice_tui.frame import Frame, Pcm


class PassthroughEngine:
    """Implements `Engine` without a model."""

    @property
    def capabilities(self) -> Capabilities:
        """It hears and speaks at once, and would howl through open speakers."""
        return Capabilities("passthrough", "plays back what it hears", full_duplex=True, needs_headphones=True)

    @property
    def idle(self) -> bool:
        """Always: what it was given is already on its way out."""
        return True

    def reset(self) -> None:
        """Keep no state."""

    def recount(self, turns: Sequence[PastTurn]) -> None:
        """Have no words."""

    def prefill(self, context: Context) -> Injection:
        """Nothing to tell."""
        return self.inject(context)

    def step(self, frame: Frame, tick: Tick) -> Step:
        """Give the frame back."""
        return Step(pcm=frame)

    def poll(self, tick: Tick) -> Step:
        """Have no workers."""
        return Step()

    def send_text(self, text: str, tick: Tick) -> None:
        """Have no words."""

    def push_to_talk(self, talking: bool, tick: Tick) -> None:
        """Have no turns."""

    def play(self, pcm: Pcm, caption: str, tick: Tick) -> None:
        """Play nothing else than the microphone."""

    def inject(self, context: Context) -> Injection:
        """Have no model."""
        return Injection("unsupported", detail="There is no model behind the passthrough engine")

    def interrupt(self, tick: Tick, *, wanted: bool = True) -> None:
        """Have nothing to interrupt."""

    def close(self) -> None:
        """Hold nothing."""
