"""Does the assistant hear itself, and does it hear you over itself: a real session in a simulated room.

    python benchmarks/echo.py [--seconds 300] [--clips 20] [--interrupt-after 0.12]
    python benchmarks/echo.py --part people --quick --reverb 0.3 --delay 0.06 --seed 17    # another room, other moments

The embedded cascade (VAD, recogniser, voice) speaks through a measured room response at two levels and delays. First
alone, for `--seconds`: every time it falls silent for a sound of its own counts. Then recordings of people speak into
it at three levels against its echo: detected when the playout falls silent while they speak, timed from their first
sound to the last sample given to the speaker. All of it with the echo canceller, without, and with headphones (no echo
at all). Accelerated time: the figures do not depend on the machine.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as CancelFlag

import msgspec
import numpy as np

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from benchmarks.room import Clip, RoomAudio, clips, made_up_response, speech_level  # noqa: E402
from memory.store import SqliteMemory  # noqa: E402
from voice_tui.audio.echo import EchoCanceller  # noqa: E402
from voice_tui.engine.cascade.engine import CascadeEngine, Providers  # noqa: E402
from voice_tui.engine.cascade.ports import Part, Text, UserTurn  # noqa: E402
from voice_tui.engine.cascade.providers import make_stt, make_tts, make_vad  # noqa: E402
from voice_tui.engine.port import PastTurn  # noqa: E402
from voice_tui.events import AnyEvent, SendText, TranscriptUpdated  # noqa: E402
from voice_tui.frame import FRAME_SAMPLES, Pcm, silence  # noqa: E402
from voice_tui.session.build import turn_policy  # noqa: E402
from voice_tui.session.loop import Session, Start  # noqa: E402
from voice_tui.settings import Settings  # noqa: E402

CONVERGED_SECONDS = 3.0
"""Playback after which self-interruptions count."""

SEED = 5
WARM_SECONDS = 10.0
"""Playback before the first person speaks."""

UNCANCELLED_SECONDS = 20.0
"""Enough of an assistant that talks to itself."""

BETWEEN_SECONDS = (3.0, 9.0)
"""Playback between two people, drawn evenly: they speak into all parts of what is being said."""

ANSWER_SECONDS = 1.5
"""So long after a person the assistant gets to answer by itself."""

AFTER_SECONDS = 0.3
"""A reaction so soon after the person's last sound still counts."""

LECTURE = (
    "The harbour wakes before the town does.",
    "Boats come in with the tide, and the gulls are there before them.",
    "By six o'clock the first boxes stand on the quay, and somebody has already made coffee.",
    "A man in a yellow coat counts the crates twice, because last week one was missing.",
    "Nobody is in a hurry, and yet everything is done by seven.",
    "The baker's van stops at the corner, as it has done for thirty years.",
    "Children on their way to school look for the cat that sleeps between the nets.",
    "At nine the wind turns, and the flags on the pier point towards the hills.",
    "A ferry leaves for the island, half empty at this time of the year.",
    "The woman who sells tickets knows every passenger by name.",
    "In the afternoon the fog returns, first as a thin line and then as a wall.",
    "The lighthouse is switched on early, and its horn can be heard in every kitchen.",
)


class Lecturer:
    """A responder that has a lot to say, whatever is asked."""

    name = "lecturer"

    def respond(self, turn: UserTurn, cancel: CancelFlag) -> Iterator[Part]:
        for sentence in LECTURE:
            yield Text(sentence + " ")

    def spoken(self, text: str, interrupted: bool) -> None: ...

    def withdraw(self) -> None: ...

    def reset(self) -> None: ...

    def recount(self, turns: list[PastTurn]) -> None: ...

    def close(self) -> None: ...


@dataclass
class Result:
    """Of one run: seconds spoken, silences of its own making, cuts among them, reactions in ms (None = not noticed)."""

    spoken: float = 0.0
    own: list[float] = field(default_factory=list)
    cuts: int = 0
    reactions: list[float | None] = field(default_factory=list)


@dataclass(frozen=True)
class Room:
    """How loud and how late the echo is; `cancel` says whether the canceller works."""

    response: Pcm
    echo_db: float
    delay: float
    cancel: bool
    seed: int = SEED


class Script:
    """Keeps the assistant speaking and lets people speak into it, one after the other."""

    def __init__(self, people: list[Pcm], seconds: float, seed: int) -> None:
        self._people = list(people)
        self._seconds = seconds
        self._quiet_frames = 0
        self._random = random.Random(seed)
        self._next = WARM_SECONDS
        self.session: Session | None = None
        self.windows: list[tuple[float, float]] = []

    def __call__(self, room: RoomAudio, now: float) -> bool:
        """One frame; False when it is over."""
        heard = bool(self.windows) and now < self.windows[-1][1] + ANSWER_SECONDS
        self._quiet_frames = 0 if room.pending() or heard else self._quiet_frames + 1
        if self._quiet_frames > 12 and self._quiet_frames % 12 == 1 and self.session is not None:
            self.session.command(SendText(text="go on"))
        over = not self._people and now > (self.windows[-1][1] + 1.0 if self.windows else 0.0)
        if over and room.spoken_seconds >= self._seconds:
            return False
        free = not self.windows or now > self.windows[-1][1] + AFTER_SECONDS
        if self._people and free and room.spoken_seconds >= self._next and self._quiet_frames == 0:
            self._let_speak(room, now)
        return now < 20 * max(60.0, self._seconds)

    def _let_speak(self, room: RoomAudio, now: float) -> None:
        pcm = self._people.pop(0)
        room.say(pcm)
        clip = Clip("", pcm, "", "")
        self.windows.append((now + clip.onset, now + clip.end))
        self._next = room.spoken_seconds + self._random.uniform(*BETWEEN_SECONDS)


def run(room: Room, people: list[Pcm], seconds: float, interrupt_after: float, script: Script | None = None) -> Result:
    """Hold one conversation; `script` is another one than that of the people."""
    settings = Settings()
    policy = turn_policy(msgspec.structs.replace(settings.turns, interrupt_after=interrupt_after))
    script = script or Script(people, seconds, room.seed)
    audio = RoomAudio(room.response, room.echo_db, room.delay, script)
    result = Result()
    with tempfile.TemporaryDirectory() as folder, SqliteMemory(Path(folder, "memory.db")):
        providers = Providers(
            vad=make_vad(settings),
            stt=make_stt(settings, Path(folder), inline=True),
            responder=Lecturer(),
            tts=make_tts(settings),
        )

        def note(event: AnyEvent) -> None:
            if isinstance(event, TranscriptUpdated) and event.role == "assistant" and event.interrupted:
                result.cuts += not audio.over and not in_window(event.at, script.windows, 3.0)

        script.session = Session(
            CascadeEngine(providers, policy, inline=True),
            audio,
            note,
            start=Start(drain=0.0),
            guard=lambda devices: EchoCanceller() if room.cancel else None,
        )
        script.session.run()
    result.spoken = audio.spoken_seconds
    for onset, end in script.windows:
        silenced = [at for at in audio.flushed_at if onset <= at <= end + AFTER_SECONDS]
        result.reactions.append(1000 * (silenced[0] - onset) if silenced else None)
    result.own = [at for at in audio.flushed_at if not in_window(at, script.windows, 1.0)]
    return result


def in_window(at: float, windows: list[tuple[float, float]], after: float) -> bool:
    """Whether somebody was speaking then, or had just been."""
    return any(onset <= at <= end + after for onset, end in windows)


def voice_level() -> float:
    """How loud the assistant speaks."""
    voice = make_tts(Settings())
    pcm = np.concatenate([piece for sentence in LECTURE[:4] for piece in voice.synthesize(sentence, CancelFlag())])
    voice.close()
    return speech_level(pcm)


def percentile(values: list[float], share: float) -> str:
    return f"{np.quantile(values, share):.0f}" if values else "-"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--clips", type=int, default=20)
    parser.add_argument("--interrupt-after", type=float, default=Settings().turns.interrupt_after)
    parser.add_argument("--part", choices=("all", "alone", "people"), default="all")
    parser.add_argument("--quick", action="store_true", help="with the canceller only")
    parser.add_argument("--reverb", type=float, help="a made-up room in which sound loses 60 dB in so many seconds")
    parser.add_argument("--delay", type=float, default=0.1, help="of the echo while people speak into it, seconds")
    parser.add_argument("--seed", type=int, default=SEED, help="when people speak; the made-up room")
    args = parser.parse_args()
    response = made_up_response(args.reverb, args.seed) if args.reverb else clips("rir")[0].pcm
    people = [clip for clip in clips("speech") if clip.end - clip.onset > 1.2][: args.clips]
    level = voice_level()
    modes = (True,) if args.quick else (True, False)
    if args.part in ("all", "alone"):
        alone(response, args, modes)
    if args.part in ("all", "people"):
        interrupted(response, people, level, args, modes)


def alone(response: Pcm, args: argparse.Namespace, modes: tuple[bool, ...]) -> None:
    """Let it speak to nobody, and count how often it stops."""
    print("| echo | delay ms | canceller | spoken s | fell silent by itself, after 3 s | answers cut by itself |")
    print("|---|---|---|---|---|---|")
    for echo_db, delay in ((-6.0, 0.08), (-6.0, 0.12), (0.0, 0.08), (0.0, 0.12)):
        for cancel in modes:
            seconds = args.seconds if cancel else min(args.seconds, UNCANCELLED_SECONDS)
            got = run(Room(response, echo_db, delay, cancel), [], seconds, args.interrupt_after)
            own = [at for at in got.own if at > CONVERGED_SECONDS + 1.0]
            print(
                f"| {echo_db:+.0f} dB | {1000 * delay:.0f} | {'yes' if cancel else 'no'} | {got.spoken:.0f} "
                f"| {len(own)} | {got.cuts} |",
                flush=True,
            )


def interrupted(
    response: Pcm, people: list[Clip], level: float, args: argparse.Namespace, modes: tuple[bool, ...]
) -> None:
    """Let people speak into it."""
    print("\n| people against the echo | canceller | noticed | p50 ms | p90 ms | fell silent by itself |")
    print("|---|---|---|---|---|---|")
    cases = [("headphones", -6.0, silence(FRAME_SAMPLES), 0.0, False)]
    cases += [(f"{near:+.0f} dB", -6.0, response, near, cancel) for near in (6.0, 0.0, -6.0) for cancel in modes]
    everyone: list[float] = []
    for name, echo_db, room, near_db, cancel in cases:
        loudness = level * 10 ** ((echo_db + near_db) / 20)
        scaled = [clip.pcm * np.float32(loudness / speech_level(clip.pcm)) for clip in people]
        impulse = np.zeros_like(response) if name == "headphones" else room
        got = run(Room(impulse, echo_db, args.delay, cancel, args.seed), scaled, 0.0, args.interrupt_after)
        noticed = [ms for ms in got.reactions if ms is not None]
        everyone += noticed if cancel else []
        print(
            f"| {name} | {'yes' if cancel else 'no'} | {len(noticed)}/{len(got.reactions)} "
            f"| {percentile(noticed, 0.5)} | {percentile(noticed, 0.9)} | {len(got.own)} |",
            flush=True,
        )
    if everyone:
        print(f"\nAll three levels with the canceller: p50 {statistics.median(everyone):.0f} ms")


if __name__ == "__main__":
    main()
