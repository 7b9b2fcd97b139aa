"""Does a model take up what it is told? Measured by how much likelier the answer's words become.

The model is made to begin a sentence ("Your dog is called"), and the log-probability of each token of the answer is
read, in a silent room: with nothing told, with the fact told, and with the fact of another probe told. What only the
right fact makes likelier was understood; what any fact does is noise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from voice_tui.engine.moshi.generate.port import AnyGenerator, Sampling, State
from voice_tui.engine.moshi.guide import Guide
from voice_tui.engine.moshi.probes import Probe
from voice_tui.engine.moshi.script import PADDING, SILENCE, Encode
from voice_tui.engine.moshi.traits import MIMI_CODES, STRATEGIES, Strategy, Traits
from voice_tui.engine.port import Context
from voice_tui.errors import EngineError
from voice_tui.settings import MoshiSettings

SETTLE_FRAMES = 6
"""Frames of silence before anything is told."""

BY_CHANCE = 0.01
"""Probability below which a result is no accident: 15 of the 24 probes."""

Watch = Callable[[int, int], None]
"""Probes done, and in all; over all strategies."""


@dataclass(frozen=True, slots=True)
class Uptake:
    """What one strategy does; log-probabilities are natural logarithms, per token of the answer, mean over the probes.

    Args:
        strategy: Which. `trained`: whether the model was trained for it.
        probes: How many.
        without: Nothing told. `told`: the fact told. `other`: another fact told.
        likelier: Share of the probes in which the fact made the answer likelier than both.
    """

    strategy: Strategy
    trained: bool
    probes: int
    without: float
    told: float
    other: float
    likelier: float

    @property
    def shift(self) -> float:
        """How much likelier the fact makes the answer."""
        return self.told - self.without

    @property
    def specific(self) -> float:
        """How much likelier than another fact does."""
        return self.told - self.other

    @property
    def convincing(self) -> bool:
        """Whether chance alone, which makes the fact the best of the three in a third of the probes, hardly does so."""
        hits = round(self.likelier * self.probes)
        ways = (math.comb(self.probes, k) * 2 ** (self.probes - k) for k in range(hits, self.probes + 1))
        return self.specific > 0 and sum(ways) / 3**self.probes < BY_CHANCE


class Examiner:
    """Asks a model. One thread.

    Args:
        generator: Of the model; its sampling becomes greedy. `encode`: of its tokenizer.
        traits: Of the model. `settings`: persona, strength, duration.

    Raises:
        EngineError: It is not known how silence sounds for this model.
    """

    def __init__(self, generator: AnyGenerator, encode: Encode, traits: Traits, settings: MoshiSettings) -> None:
        if traits.codes != MIMI_CODES:
            raise EngineError(
                f"It is not known how silence sounds in a codec of {traits.codes} codes",
                hint=f"Released models have {MIMI_CODES}",
            )
        generator.sample_by(Sampling(temperature=0, text_temperature=0))
        self._generator = generator
        self._start: State = generator.start()
        self._encode = encode
        self._traits = traits
        self._settings = settings

    def examine(self, probes: Sequence[Probe], watch: Watch = lambda done, total: None) -> list[Uptake]:
        """Return what each strategy does.

        Args:
            probes: At least two. `watch`: told after every probe.

        Raises:
            EngineError: There are too few probes.
        """
        if len(probes) < 2:
            raise EngineError("At least two probes are needed: each is the other's control")
        results: list[Uptake] = []
        for strategy in STRATEGIES:
            rows: list[tuple[float, float, float]] = []
            for place, probe in enumerate(probes):
                other = probes[(place + 1) % len(probes)].fact
                without, told, control = (self.score(probe, fact, strategy) for fact in ("", probe.fact, other))
                rows.append((without, told, control))
                watch(len(results) * len(probes) + place + 1, len(STRATEGIES) * len(probes))
            results.append(self._summed_up(strategy, rows))
        return results

    def score(self, probe: Probe, fact: str, strategy: Strategy) -> float:
        """Return the mean log-probability of the answer's tokens.

        Args:
            probe: Its fact does not count. `fact`: what is told; "" = nothing. `strategy`: how.
        """
        settings = msgspec.structs.replace(self._settings, strategy=strategy, greeting="")
        self._generator.restore(self._start)
        guide = Guide(self._generator, self._encode, self._traits, settings)
        context = Context((fact,) if fact else ())
        if strategy == "prefill" and not guide.prefill(context).texts and fact:
            raise EngineError("The persona leaves no room for a memory", hint="Shorten moshi.persona")
        for _ in range(SETTLE_FRAMES):
            self._say(PADDING, guide)
        if strategy != "prefill" and fact:
            guide.inject(context)
        while guide.busy:
            self._say(None, guide)
        for token in self._encode(probe.lead):
            self._say(token, guide)
        answer = self._encode(probe.answer)
        return sum(self._say(token, guide, weigh=True) for token in answer) / len(answer)

    def _say(self, token: int | None, guide: Guide, *, weigh: bool = False) -> float:
        """Take a step in which this token is said (None: the guide's); returns its log-probability where asked."""
        push = guide.next(free=True)
        chance = 0.0
        if weigh and token is not None:
            chance = float(self._generator.outlook(SILENCE, extra=push.extra)[token])
        self._generator.step(SILENCE, text=push.text if token is None else token, extra=push.extra)
        return chance

    def _summed_up(self, strategy: Strategy, rows: Sequence[tuple[float, float, float]]) -> Uptake:
        without, told, other = (sum(column) / len(rows) for column in zip(*rows, strict=True))
        likelier = sum(row[1] > max(row[0], row[2]) for row in rows) / len(rows)
        return Uptake(strategy, strategy in self._traits.trained, len(rows), without, told, other, likelier)
