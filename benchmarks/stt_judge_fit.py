"""The weights of `stt/judge.py`, fitted to recordings of people, and how well its confidence keeps its word.

    python benchmarks/stt_judge_fit.py [--data ../shared/data/speech] [--verbose]

Two grammars read every recording: that of the product, which holds none of their sentences, so that whatever it reads
is wrong; and that with the sentences of all short recordings, where it should read those. Running speech is also cut
into pieces as short as commands, which are none. What is short is read four times: as it is, with the noise of an
office (15 and 8 dB below) and in a room, because that is where free words go wrong and a command must hold. A command
counts as right when every word is, but for "please" and the like. All figures but the weights are cross-validated: each
speaker is judged by weights that were fitted to all the others.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from benchmarks.recordings import DATA, Recording, load, with_room  # noqa: E402
from benchmarks.stt_wer import word_errors  # noqa: E402
from voice_tui.audio.codec import decode  # noqa: E402
from voice_tui.engine.cascade.phrases import COMMANDS, POLITE_AFTER, POLITE_BEFORE, Command  # noqa: E402
from voice_tui.engine.cascade.ports import STT_RATE  # noqa: E402
from voice_tui.engine.cascade.stt.grammar import jsgf  # noqa: E402
from voice_tui.engine.cascade.stt.judge import ACCEPT, Judge  # noqa: E402
from voice_tui.engine.cascade.stt.mean import Speaker  # noqa: E402
from voice_tui.engine.cascade.stt.pocketsphinx import COMMAND_SECONDS  # noqa: E402
from voice_tui.engine.cascade.stt.sound import Sound, bytes_of  # noqa: E402
from voice_tui.engine.cascade.stt.sphinx import Decoder, Hypothesis, MeanMeter  # noqa: E402
from voice_tui.frame import SAMPLE_RATE, Pcm  # noqa: E402

Values = NDArray[np.float64]

PIECE_SECONDS = (0.5, 2.5)
"""Pieces of running speech are this long."""

NOISE_DB = (15.0, 8.0)
BLOCK = STT_RATE // 50
PENALTY = 0.5
"""Of squared weights (in units of a feature's spread): there are few recordings."""


@dataclass(frozen=True, slots=True)
class Case:
    """One reading: what spoke for it, and whether it was right (of free words: which share)."""

    name: str
    speaker: str
    text: str
    features: tuple[float, ...]
    right: float


class Reader:
    """Reads a recording with free words and with two grammars, in the same sound."""

    def __init__(self, more: Command) -> None:
        self._meter = MeanMeter()
        self.free = Decoder()
        self.product = Decoder(jsgf())
        self.extended = Decoder(jsgf((more,)))
        self.judge = Judge(self.product.pronunciation)
        self.wide_judge = Judge(self.extended.pronunciation, (*COMMANDS, more))

    def read(self, recording: Recording) -> tuple[Hypothesis | None, Hypothesis | None, Hypothesis | None]:
        """What the three decoders hear."""
        sound = Sound(0.0)
        sound.add(with_room(recording.pcm))
        sound.relevel()
        mean = Speaker().expected(self._meter.mean(sound.audio), sound.seconds)
        heard: list[Hypothesis | None] = []
        for decoder, longest in ((self.free, 1e9), (self.product, COMMAND_SECONDS), (self.extended, COMMAND_SECONDS)):
            decoder.start(mean)
            decoder.advance(sound.audio, min(len(sound.audio), bytes_of(longest)))
            heard.append(decoder.end())
        return heard[0], heard[1], heard[2]


def pieces(recording: Recording, seed: int) -> Iterator[Recording]:
    """Running speech, cut where it is quietest into pieces as long as commands."""
    rng = np.random.default_rng(seed)
    blocks = recording.pcm[: len(recording.pcm) // BLOCK * BLOCK].reshape(-1, BLOCK)
    loudness = np.abs(blocks).mean(axis=1)
    loud = np.flatnonzero(loudness > 0.1 * loudness.max())
    at, end = int(loud[0]), int(loud[-1])
    while True:
        aim = at + int(rng.uniform(*PIECE_SECONDS) * 50)
        if aim + 8 > end:
            return
        cut = aim - 8 + int(np.argmin(loudness[aim - 8 : aim + 8]))
        pcm = recording.pcm[at * BLOCK : cut * BLOCK]
        yield replace(recording, name=f"{recording.name}+{at / 50:.1f}", pcm=pcm, words="")
        at = cut


def conditions(recording: Recording, noise: Pcm, room: Pcm) -> Iterator[Recording]:
    """The same recording as it is, in noise, and in a room."""
    yield recording
    pcm = recording.pcm
    background = np.resize(noise, len(pcm))
    for decibels in NOISE_DB:
        gain = np.std(pcm) / np.std(background) * 10 ** (-decibels / 20)
        yield replace(recording, name=f"{recording.name}, {decibels:.0f} dB", pcm=pcm + np.float32(gain) * background)
    echoed = np.convolve(pcm, room)
    scaled = echoed / np.abs(echoed).max() * np.abs(pcm).max()
    yield replace(recording, name=f"{recording.name}, room", pcm=scaled.astype(np.float32))


def every_case(whole: list[Recording], data: Path, seed: int) -> list[Recording]:
    """All recordings, pieces of the long ones, and the short ones in noise and in a room."""
    running = [r for r in whole if r.group in ("read books", "Harvard sentences", "other speech") and not r.short]
    cut = [piece for recording in running for piece in pieces(recording, seed)]
    noise = next(r.pcm for r in whole if r.name == "noise_office")
    room = soxr.resample(decode((data / "rir_1.flac").read_bytes()), SAMPLE_RATE, STT_RATE)
    short = [r for r in whole if r.short]
    worse = [bad for recording in (*short, *cut) for bad in conditions(recording, noise, room)]
    return [*(r for r in whole if not r.short), *worse]


def collect(recordings: list[Recording], reader: Reader) -> tuple[list[Case], list[Case]]:
    """Every reading as a command, and every reading with free words of which the words are known."""
    commands: list[Case] = []
    words: list[Case] = []
    for recording in recordings:
        free, product, extended = reader.read(recording)
        for command, judge in ((product, reader.judge), (extended, reader.wide_judge)):
            if command is not None and judge.is_command(command.text):
                seen = judge.evidence(free, command)
                right = float(without_manners(command.text) == recording.words)
                features = (seen.worse, seen.cost, seen.unlike)
                commands.append(Case(recording.name, recording.speaker, command.text, features, right))
        if free is not None and recording.words:
            wrong, said = word_errors(recording.words, free.text)
            right = max(0.0, 1 - wrong / max(said, len(free.words)))
            words.append(Case(recording.name, recording.speaker, free.text, (free.cost,), right))
    return commands, words


def without_manners(text: str) -> str:
    """A command without the polite words around it, which change nothing."""
    while before := next((words for words in POLITE_BEFORE if text.startswith(f"{words} ")), ""):
        text = text.removeprefix(f"{before} ")
    for after in POLITE_AFTER:
        text = text.removesuffix(f" {after}")
    return text


def fit(features: Values, right: Values) -> Values:
    """Logistic regression by Newton's method; returns bias and weights for the features as they are."""
    spread = features.std(axis=0)
    x = np.column_stack((np.ones(len(features)), features / spread))
    penalty = np.diag([1e-6, *[PENALTY] * features.shape[1]])
    weights = np.zeros(x.shape[1])
    for _ in range(50):
        p = _logistic(x @ weights)
        weights -= np.linalg.solve(x.T @ (x * (p * (1 - p))[:, None]) + penalty, x.T @ (p - right) + penalty @ weights)
    weights[1:] /= spread
    return weights


def _logistic(x: Values) -> Values:
    return 1.0 / (1.0 + np.exp(-x))


def left_out(cases: list[Case]) -> tuple[Values, Values, Values]:
    """Weights fitted to all cases, and each case's chance by weights that never saw its speaker."""
    features = np.array([case.features for case in cases])
    right = np.array([case.right for case in cases])
    speakers = np.array([case.speaker for case in cases])
    chance = np.zeros(len(cases))
    for speaker in set(speakers):
        out = speakers == speaker
        weights = fit(features[~out], right[~out])
        chance[out] = _logistic(weights[0] + features[out] @ weights[1:])
    return fit(features, right), chance, right


def area(chance: Values, right: Values) -> float:
    """Chance that a right reading is surer than a wrong one (area under the ROC curve)."""
    good, bad = chance[right == 1.0][:, None], chance[right < 1.0]
    return float(np.mean((good > bad) + 0.5 * (good == bad)))


def reliability(title: str, chance: Values, right: Values) -> None:
    """How often what was so sure was right."""
    print(f"| {title} | readings | mean confidence | right |\n|---|---|---|---|")
    for low, high in ((0.0, 0.05), (0.05, 0.2), (0.2, 0.5), (0.5, 0.65), (0.65, 0.8), (0.8, 0.95), (0.95, 1.01)):
        these = (chance >= low) & (chance < high)
        if these.any():
            mean, kept = chance[these].mean(), right[these].mean()
            print(f"| {low}–{min(high, 1.0)} | {these.sum()} | {mean:.2f} | {kept:.2f} |")
    print()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()
    whole = load(args.data)
    cases = every_case(whole, args.data, args.seed)
    reader = Reader(Command("measured", tuple(sorted({r.words for r in whole if r.short}))))
    commands, words = collect(cases, reader)
    weights, chance, right = left_out(commands)
    accepted = chance >= ACCEPT
    print(f"{len(whole)} recordings, {len(cases)} with pieces and conditions, seed {args.seed}")
    print(
        f"commands: {len(commands)} readings, {int(right.sum())} right, {len({c.speaker for c in commands})} speakers"
    )
    print(f"weights: bias, worse, cost, unlike = {np.round(weights, 3).tolist()}")
    print(
        f"speakers left out: area {area(chance, right):.3f}, accepted {accepted[right == 1.0].mean():.1%} of the right "
        f"and {accepted[right < 1.0].mean():.1%} of the wrong, Brier score {np.mean((chance - right) ** 2):.3f}\n"
    )
    reliability("as a command", chance, right)
    if args.verbose:
        for case, p in zip(commands, chance, strict=True):
            if (p >= ACCEPT) != case.right or 0.15 < p < 0.85:
                print(f"  {p:.2f} {case.right:.0f} {case.name} {case.text!r} {np.round(case.features, 2).tolist()}")
    weights, chance, right = left_out(words)
    print(f"free words: {len(words)} readings, {right.mean():.2f} of the words right")
    print(f"weights: bias, cost = {np.round(weights, 3).tolist()}")
    print(
        f"speakers left out: mean squared error {np.mean((chance - right) ** 2):.3f}, "
        f"of always the mean {right.var():.3f}\n"
    )
    reliability("free words", chance, right)


if __name__ == "__main__":
    main()
