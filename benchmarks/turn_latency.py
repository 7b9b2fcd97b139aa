"""End of the user's speech to the first sound of the answer: embedded cascade, real recordings, the virtual card.

    python benchmarks/turn_latency.py [--clips 20] [--data ../shared/data/speech]

A real session process listens to the virtual microphone. Each clip is played into it, both ends are recorded, and the
time is taken from the sound itself: from the last block of the clip above -35 dB of its peak to the first block of the
answer. An answer that begins before the clip has ended is a cut turn and counts as such.
"""

from __future__ import annotations

import argparse
import csv
import os
import queue
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from benchmarks.mic_to_speaker import RATE, Recorder  # noqa: E402
from voice_tui.audio.codec import decode  # noqa: E402
from voice_tui.events import AnyEvent, Interrupt, SessionStarted, StateChanged, TurnMeasured  # noqa: E402
from voice_tui.session.host import SessionHost  # noqa: E402
from voice_tui.settings import MemorySettings, Settings  # noqa: E402

BLOCK = RATE // 100


def edges(pcm: np.ndarray, threshold: float) -> tuple[float, float] | None:
    """First and last 10 ms block above a level, seconds from the start."""
    blocks = pcm[: len(pcm) // BLOCK * BLOCK].reshape(-1, BLOCK)
    loud = np.flatnonzero(np.abs(blocks).max(axis=1) > threshold)
    return (loud[0] * 0.01, (loud[-1] + 1) * 0.01) if len(loud) else None


def wait_for(events: queue.Queue[AnyEvent], wanted: type, deadline: float, state: str = "") -> AnyEvent | None:
    """The next event of a kind, or None."""
    end = time.monotonic() + deadline
    while (left := end - time.monotonic()) > 0:
        try:
            event = events.get(timeout=left)
        except queue.Empty:
            return None
        if isinstance(event, wanted) and (not state or getattr(event, "state", "") == state):
            return event
    return None


def measure(
    host: SessionHost, events: queue.Queue[AnyEvent], clip: np.ndarray
) -> tuple[float | None, TurnMeasured | None]:
    """Milliseconds from the clip's end to the answer (negative: cut), and the session's own account."""
    while not events.empty():
        events.get_nowait()
    microphone, speaker = Recorder("vmic.monitor"), Recorder("vspk.monitor")
    time.sleep(0.3)
    subprocess.run(
        ["pacat", "--playback", "-d", "vmic", "--raw", "--format=float32le", f"--rate={RATE}", "--channels=1"],
        input=np.concatenate([clip, np.zeros(RATE // 2, np.float32)]).tobytes(),
        check=True,
    )
    account = wait_for(events, TurnMeasured, 4.0)
    time.sleep(0.4)
    host.send(Interrupt())
    wait_for(events, StateChanged, 2.0, "listening")
    heard, heard_at = microphone.stop()
    said, said_at = speaker.stop()
    spoken = edges(heard, float(np.abs(clip).max()) * 10 ** (-35 / 20))
    answer = edges(said, 0.002)
    time.sleep(0.3)
    if spoken is None or answer is None:
        return None, account if isinstance(account, TurnMeasured) else None
    late = 1000 * (said_at + answer[0] - heard_at - spoken[1])
    return late, account if isinstance(account, TurnMeasured) else None


def load(data: Path, most: int) -> list[tuple[str, np.ndarray]]:
    """Human clips, none sung, none of single digits without margins."""
    with (data / "manifest.tsv").open() as file:
        rows = [r for r in csv.DictReader(file, delimiter="\t") if r["kind"] in ("speech", "command")]
    names = [r["file"] for r in rows if not r["file"].startswith(("fsdd", "ps_forever"))]
    return [(name, decode((data / name).read_bytes())) for name in names[:most]]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--clips", type=int, default=100)
    parser.add_argument("--data", type=Path, default=PROJECT / "../shared/data/speech")
    parser.add_argument("--tool", type=Path, default=PROJECT / "../shared/tools/virtual-audio")
    args = parser.parse_args()
    clips = load(args.data, args.clips)
    with tempfile.TemporaryDirectory(prefix="va-") as folder:
        os.environ.update(VIRTUAL_AUDIO_DIR=f"{folder}/card", XDG_STATE_HOME=folder, XDG_DATA_HOME=folder)
        up = subprocess.run([args.tool, "up"], check=True, capture_output=True, text=True).stdout
        for line in up.splitlines():
            name, _, value = line.removeprefix("export ").partition("=")
            os.environ[name] = value.strip("'")
        events: queue.Queue[AnyEvent] = queue.Queue()
        host = SessionHost(Settings(memory=MemorySettings(path=f"{folder}/memory.db")))
        host.start(events.put)
        try:
            if wait_for(events, SessionStarted, 20.0) is None:
                sys.exit("the session did not start")
            time.sleep(2.0)
            results = [(name, *measure(host, events, clip)) for name, clip in clips]
        finally:
            host.close(2.0)
            subprocess.run([args.tool, "down"], check=True)
    report(results)


def report(results: list[tuple[str, float | None, TurnMeasured | None]]) -> None:
    """A line per clip and the figures."""
    for name, late, account in results:
        said = "no answer" if late is None else ("cut" if late < 0 else f"{late:.0f} ms")
        print(f"{name:28s} {said:>10s}   {shares(account) if account else ''}")
    good = sorted(late for _, late, _ in results if late is not None and late >= 0)
    if not good:
        sys.exit("no clip was answered")
    cut = sum(late is not None and late < 0 for _, late, _ in results)
    p95 = good[min(len(good) - 1, int(0.95 * len(good)))]
    print(
        "\n| recordings | answered after the end | cut at a pause | no answer | p50 ms | p95 ms | max ms | load |"
        "\n|---|---|---|---|---|---|---|---|"
    )
    print(
        f"| {len(results)} | {len(good)} | {cut} | {len(results) - len(good) - cut} | {statistics.median(good):.0f} "
        f"| {p95:.0f} | {good[-1]:.0f} | {os.getloadavg()[0]:.1f} |"
    )


def shares(account: TurnMeasured) -> str:
    """Where the time went, by the session's own account."""
    return (
        f"end of turn {account.endpoint_ms:.0f}, words {account.stt_ms:.0f}, "
        f"answer {account.first_text_ms:.0f}, voice {account.tts_ms:.0f}"
    )


if __name__ == "__main__":
    main()
