"""When does the assistant think that somebody has finished: recordings of people in a dialogue, in quiet and in noise.

    python benchmarks/endpointing.py [--seed 1] [--clips 0]

Every recording of speech and commands is said in turn to a real session (VAD, recogniser, voice) that answers each with
two words; between them are pauses of 3.5 to 5 s. Real noises lie under it at 20 and 10 dB below the speech. The ends of
the recordings are known from the recordings themselves (last 10 ms within 20 dB of the loudest, before noise is added).
Then five minutes of nothing but the noises, as loud as they were recorded. Accelerated time: no figure depends on the
machine.

cut        an end was taken inside a recording, and its going on became a turn of its own
joined     an end was taken inside a recording, and its going on withdrew the answer and joined the turn
missed     a turn that began had no end within 3 s of the recording's
unheard    no turn began at all
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as CancelFlag

import numpy as np

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from benchmarks.room import Clip, RoomAudio, clips, speech_level  # noqa: E402
from voice_tui.engine.cascade.engine import CascadeEngine, Providers  # noqa: E402
from voice_tui.engine.cascade.ports import Part, Text, UserTurn  # noqa: E402
from voice_tui.engine.cascade.providers import make_stt, make_tts, make_vad  # noqa: E402
from voice_tui.engine.port import PastTurn  # noqa: E402
from voice_tui.frame import SAMPLE_RATE, Pcm, silence  # noqa: E402
from voice_tui.session.build import turn_policy  # noqa: E402
from voice_tui.session.loop import Session, Start  # noqa: E402
from voice_tui.settings import Settings  # noqa: E402

NOISES = ("noise_sb1.flac", "noise_sb5.flac", "noise_rhasspy.flac", "noise_office.flac")
LEVEL = 0.05
"""RMS of the people."""

EARLY = 0.1
"""An end this much before the recording's last sound is no cut: what follows is a breath."""

MISSED_AFTER = 3.0
NOISE_SECONDS = 300.0


class Listener:
    """A responder of few words."""

    name = "listener"

    def respond(self, turn: UserTurn, cancel: CancelFlag) -> Iterator[Part]:
        yield Text("All right.")

    def spoken(self, text: str, interrupted: bool) -> None: ...

    def withdraw(self) -> None: ...

    def reset(self) -> None: ...

    def recount(self, turns: list[PastTurn]) -> None: ...

    def close(self) -> None: ...


class Decisions(logging.Handler):
    """What the engine decided and when, from its log."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[tuple[float, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        if isinstance(record.args, tuple) and len(record.args) == 2:
            self.taken.append((float(str(record.args[0])), str(record.args[1])))


@dataclass
class Tally:
    """Of one condition."""

    turns: int = 0
    cut: list[str] = field(default_factory=list)
    joined: int = 0
    missed: list[str] = field(default_factory=list)
    unheard: list[str] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    false_starts: int = 0


def converse(sound: Pcm) -> list[tuple[float, str]]:
    """Play a sound to a session; return its decisions."""
    settings = Settings()
    decisions = Decisions()
    log = logging.getLogger("voice_tui.engine.cascade.engine")
    log.setLevel(logging.DEBUG)
    log.addHandler(decisions)
    log.propagate = False
    sayings = [True]

    def script(room: RoomAudio, now: float) -> bool:
        if sayings.pop() if sayings else False:
            room.say(sound)
        return now * SAMPLE_RATE < len(sound)

    with tempfile.TemporaryDirectory() as folder:
        providers = Providers(
            vad=make_vad(settings),
            stt=make_stt(settings, Path(folder), inline=True),
            responder=Listener(),
            tts=make_tts(settings),
        )
        room = RoomAudio(np.zeros(1, np.float32), 0.0, 0.1, script)
        engine = CascadeEngine(providers, turn_policy(settings.turns), inline=True)
        Session(engine, room, lambda event: None, start=Start(drain=0.0)).run()
    log.removeHandler(decisions)
    return decisions.taken


def dialogue(people: list[Clip], random: np.random.Generator) -> tuple[Pcm, list[tuple[Clip, float, float]]]:
    """Join recordings with pauses; return the sound, and where each begins and ends to be heard."""
    pieces: list[Pcm] = [silence(SAMPLE_RATE)]
    at, turns = 1.0, list[tuple[Clip, float, float]]()
    for clip in people:
        pcm = clip.pcm * np.float32(LEVEL / speech_level(clip.pcm))
        pause = float(random.uniform(3.5, 5.0))
        turns.append((clip, at + clip.onset, at + clip.end))
        pieces += [pcm, silence(round(pause * SAMPLE_RATE))]
        at += (len(pcm) + round(pause * SAMPLE_RATE)) / SAMPLE_RATE
    return np.concatenate(pieces), turns


def judge(taken: list[tuple[float, str]], turns: list[tuple[Clip, float, float]]) -> Tally:
    """Compare what was decided with when people spoke."""
    tally = Tally(turns=len(turns))
    for clip, onset, end in turns:
        inside = [(at, name) for at, name in taken if onset - 0.2 <= at <= end + MISSED_AFTER]
        onsets = [name for at, name in inside if name in ("BEGIN", "JOIN", "PAUSE") and at < end]
        ends = [at for at, name in inside if name == "END"]
        tally.joined += onsets.count("JOIN")
        if len(onsets) - onsets.count("JOIN") > 1:
            tally.cut.append(clip.name)
        if not onsets:
            tally.unheard.append(clip.name)
        elif len(ends) < len(onsets):
            tally.missed.append(clip.name)
        elif ends[-1] >= end - EARLY:
            tally.delays.append(ends[-1] - end)
    spoken = [(onset - 0.3, end + 0.5) for _, onset, end in turns]
    tally.false_starts = sum(
        name in ("BEGIN", "PAUSE") and not any(a <= at <= b for a, b in spoken) for at, name in taken
    )
    return tally


def looped(pieces: list[Pcm], length: int) -> Pcm:
    """Repeat sounds until there are `length` samples."""
    whole = np.concatenate(pieces)
    return np.tile(whole, length // len(whole) + 1)[:length]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clips", type=int, default=0, help="only so many recordings; 0 = all")
    args = parser.parse_args()
    random = np.random.default_rng(args.seed)
    people = [clip for clip in clips("speech", "command") if clip.end - clip.onset > 0.25]
    random.shuffle(people)  # pyright: ignore[reportArgumentType]
    people = people[: args.clips or None]
    sound, turns = dialogue(people, random)
    noises = {clip.name: clip.pcm for clip in clips("noise")}
    bed = looped([pcm / np.float32(speech_level(pcm)) for name, pcm in noises.items() if name in NOISES], len(sound))

    print(f"{len(people)} recordings, {len(sound) / SAMPLE_RATE:.0f} s, seed {args.seed}")
    print(
        "| noise | turns | cut | joined again | missed ends | unheard "
        "| end delay p50 s | p90 s | p99 s | false starts |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    notes: list[str] = []
    for name, snr in (("none", None), ("20 dB below", 20.0), ("10 dB below", 10.0)):
        heard = sound if snr is None else sound + bed * np.float32(LEVEL * 10 ** (-snr / 20))
        tally = judge(converse(heard), turns)
        p50, p90, p99 = np.quantile(tally.delays, (0.5, 0.9, 0.99))
        share = 100 * len(tally.cut) / tally.turns
        print(
            f"| {name} | {tally.turns} | {len(tally.cut)} ({share:.1f} %) | {tally.joined} | {len(tally.missed)} "
            f"| {len(tally.unheard)} | {p50:.2f} | {p90:.2f} | {p99:.2f} | {tally.false_starts} |",
            flush=True,
        )
        notes.append(f"{name}: cut {tally.cut}, missed {tally.missed}, unheard {tally.unheard}")
    print("\n" + "\n".join(notes))
    only = looped(list(noises.values()), round(NOISE_SECONDS * SAMPLE_RATE))
    starts = sum(name == "BEGIN" for _, name in converse(only))
    print(f"\nNothing but noise, {NOISE_SECONDS:.0f} s ({', '.join(noises)}): {starts} false starts")


if __name__ == "__main__":
    main()
