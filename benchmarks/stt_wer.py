"""How well the embedded ears hear: word errors by kind of speech, commands, false commands, and the work it takes.

    python benchmarks/stt_wer.py [--data ../shared/data/speech] [--repeat 3] [--verbose]

Every recording is given whole to the recogniser, 80 ms at a time, as the session does, with half a second of faint
noise before it. Three rounds: each recording by a stranger (nothing is known of the speaker), all of them one after
another with what was learned kept, and with the sentences of all short recordings added to the grammar as if they were
commands. Words do not change from run to run; times do, so the first round is repeated and median and range are given.
The last lines are a table for docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from benchmarks.recordings import DATA, Recording, load, with_room  # noqa: E402
from voice_tui.engine.cascade.phrases import Command  # noqa: E402
from voice_tui.engine.cascade.ports import STT_RATE, Heard  # noqa: E402
from voice_tui.engine.cascade.stt.mean import TYPICAL, Speaker  # noqa: E402
from voice_tui.engine.cascade.stt.pocketsphinx import PocketsphinxRecogniser  # noqa: E402

PIECE = STT_RATE * 80 // 1000
SPELLINGS = {"mister": "mr", "fire fox": "firefox", "'re": " are", "'m": " am"}
"""Both sides are written alike before words are counted."""

GROUPS = ("commands", "digits", "Harvard sentences", "read books", "other speech", "coffee orders")


@dataclass
class Result:
    """What was heard of one recording, and how long the last words took after the sound was in (seconds)."""

    recording: Recording
    heard: Heard
    work: float
    final: float


def hear(recogniser: PocketsphinxRecogniser, recording: Recording) -> Result:
    """Give it a recording as the session does."""
    pcm = with_room(recording.pcm)
    began = time.process_time()
    recogniser.begin(1)
    for start in range(0, len(pcm), PIECE):
        recogniser.feed(pcm[start : start + PIECE])
    ended = time.process_time()
    recogniser.pause()
    heard = recogniser.finish()
    now = time.process_time()
    return Result(recording, heard, now - began, now - ended)


def word_errors(reference: str, heard: str) -> tuple[int, int]:
    """Edit distance in words, and the words of the reference."""
    said, understood = _alike(reference).split(), _alike(heard).split()
    row = list(range(len(understood) + 1))
    for index, word in enumerate(said, start=1):
        corner, row[0] = row[0], index
        for column, other in enumerate(understood, start=1):
            corner, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, corner + (word != other))
    return row[-1], len(said)


def _alike(text: str) -> str:
    for before, after in SPELLINGS.items():
        text = text.replace(before, after)
    return text


def wer(results: Iterable[Result]) -> str:
    """Word error rate with the share of sentences that are right to the word."""
    pairs = [(r.recording.words, r.heard.text) for r in results if r.recording.words]
    if not pairs:
        return "–"
    counts = [word_errors(*pair) for pair in pairs]
    wrong, words = (sum(column) for column in zip(*counts, strict=True))
    return f"{wrong / words:.3f} ({sum(not errors for errors, _ in counts)}/{len(pairs)} exact)"


def commands_right(results: Iterable[Result]) -> str:
    """Short sentences taken for the command that they are, when they are in the grammar."""
    short = [r for r in results if r.recording.short]
    right = sum(r.heard.command and r.heard.text == r.recording.words for r in short)
    wrong = sum(r.heard.command and r.heard.text != r.recording.words for r in short)
    return f"{right}/{len(short)} ({wrong} taken for another)" if short else "–"


def false_commands(results: Iterable[Result]) -> str:
    """Recordings without any command that were taken for one."""
    listed = list(results)
    return f"{sum(r.heard.command for r in listed)}/{len(listed)}"


def slots_heard(results: Iterable[Result]) -> str:
    """What was ordered, as far as it is among the words."""
    slots = [slot in r.heard.text for r in results for slot in r.recording.slots]
    return f"slots {sum(slots)}/{len(slots)}" if slots else ""


def go(
    recordings: list[Recording], recogniser: PocketsphinxRecogniser, speaker: Speaker, *, keep: bool
) -> dict[str, list[Result]]:
    """Hear all recordings once; results by group, "all speech" among them."""
    forget(speaker)
    done: dict[str, list[Result]] = {"all speech": []}
    for recording in recordings:
        result = hear(recogniser, recording)
        done.setdefault(recording.group, []).append(result)
        if recording.group != "noise":
            done["all speech"].append(result)
        if not keep:
            forget(speaker)
    return done


def forget(speaker: Speaker) -> None:
    """Make the speaker a stranger."""
    speaker.mean, speaker.frames, speaker.level = TYPICAL, 0.0, 0.0


def speed(results: list[Result]) -> float:
    """Seconds of work per second of speech."""
    return sum(r.work for r in results) / sum(r.recording.seconds for r in results)


def spread(values: list[float], form: str) -> str:
    """Median, and the range where there is one."""
    middle = form.format(statistics.median(values))
    return f"{middle} ({form.format(min(values))}–{form.format(max(values))})" if len(values) > 1 else middle


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()
    recordings = load(args.data)
    speaker = Speaker()
    product = PocketsphinxRecogniser(speaker)
    repeats = [go(recordings, product, speaker, keep=False) for _ in range(args.repeat)]
    kept = go(recordings, product, speaker, keep=True)
    sentences = tuple(sorted({r.words for r in recordings if r.short}))
    grammar = PocketsphinxRecogniser(speaker, (Command("measured", sentences),))
    commanded = go(recordings, grammar, speaker, keep=False)
    if args.verbose:
        tell(repeats[0], commanded)
    print(f"load {os.getloadavg()[0]:.1f}, {args.repeat} rounds, {len(sentences)} sentences added to the grammar\n")
    print(
        "| speech | recordings, s | WER, stranger | WER, mean kept | right as a command | false commands "
        "| final after ms, p50 / p95 | work per s of speech |\n|---|---|---|---|---|---|---|---|"
    )
    for group in (*GROUPS, "all speech", "noise"):
        print(row(group, repeats, kept, commanded))


def row(
    group: str,
    repeats: list[dict[str, list[Result]]],
    kept: dict[str, list[Result]],
    commanded: dict[str, list[Result]],
) -> str:
    """One line of the table."""
    first = repeats[0][group]
    finals = [sorted(1000 * r.final for r in once[group]) for once in repeats]
    cells = (
        group,
        f"{len(first)}, {sum(r.recording.seconds for r in first):.0f}",
        slots_heard(first) or wer(first),
        slots_heard(kept[group]) or wer(kept[group]),
        commands_right(commanded[group]),
        false_commands(first),
        spread([statistics.median(f) for f in finals], "{:.0f}")
        + " / "
        + spread([f[min(len(f) - 1, int(0.95 * len(f)))] for f in finals], "{:.0f}"),
        spread([speed(once[group]) for once in repeats], "{:.2f}"),
    )
    return f"| {' | '.join(cells)} |"


def tell(free: dict[str, list[Result]], commanded: dict[str, list[Result]]) -> None:
    """Every recording with what was heard."""
    for group in (*GROUPS, "noise"):
        for a, b in zip(free[group], commanded[group], strict=True):
            order = f" | as a command {b.heard.confidence or 0:.2f}" if b.heard.command else ""
            print(
                f"{a.recording.name:20s} {a.heard.confidence or 0:.2f} {a.recording.words!r} → {a.heard.text!r}{order}"
            )
    print()


if __name__ == "__main__":
    main()
