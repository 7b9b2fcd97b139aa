"""Microphone to speaker: how late is what one hears, on the virtual sound card.

    python benchmarks/mic_to_speaker.py [--repeats 5] [--tool ../shared/tools/virtual-audio]

Chirps are played into the virtual microphone while a program passes every 80 ms frame on to the speaker. Both ends are
recorded and compared by matched filter. The programs, each a process of its own:

    session     voice_tui's session loop with the passthrough engine, as `voice-tui` runs it with headphones
    port        its sound port alone: read, write
    queue-480   the floor: device blocks of 480 samples, plain queues, nothing else
    queue-1920  the same with device blocks of a whole frame

Then each program is stalled once for 0.2 s, as by a busy machine, and measured again 5 s later.
"""

from __future__ import annotations

import argparse
import os
import queue
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

RATE = 24_000
FRAME = 1_920
CHIRPS = 6
GAP_SECONDS = 1.0
STALL_SECONDS = 0.2
RECOVERY_SECONDS = 5.0
PROGRAMS = ("queue-480", "session", "port", "queue-1920")


# ---- the programs under test (child process) ----


def run_session(stall: threading.Event, stop: threading.Event) -> str:
    from voice_tui.audio.device import DeviceAudio
    from voice_tui.engine.passthrough import PassthroughEngine
    from voice_tui.engine.port import Step, Tick
    from voice_tui.events import AnyEvent, Stats
    from voice_tui.frame import Frame
    from voice_tui.session.loop import Session
    from voice_tui.settings import AudioSettings

    class StallingEngine(PassthroughEngine):
        def step(self, frame: Frame, tick: Tick) -> Step:
            pause(stall)
            return super().step(frame, tick)

    latest: Stats | None = None

    def keep(event: AnyEvent) -> None:
        nonlocal latest
        latest = event if isinstance(event, Stats) else latest

    session = Session(StallingEngine(), DeviceAudio(AudioSettings()), keep)
    threading.Thread(target=lambda: (stop.wait(), session.stop()), daemon=True).start()
    session.run()
    if latest is None:
        return "no figures"
    return (
        f"underruns {latest.underruns}, skipped {latest.skipped}, trimmed {latest.trimmed_ms:.0f} ms, "
        f"loop overhead p99 {latest.overhead_p99_ms:.2f} ms"
    )


def run_port(stall: threading.Event, stop: threading.Event) -> str:
    from voice_tui.audio.device import DeviceAudio
    from voice_tui.settings import AudioSettings

    audio = DeviceAudio(AudioSettings())
    audio.start()
    while not stop.is_set():
        frame = audio.read(0.25)
        pause(stall)
        if frame is not None:
            audio.write(frame)
    stats = audio.stats()
    audio.close()
    return f"underruns {stats.underruns}, skipped {stats.skipped}, trimmed {1000 * stats.trimmed_samples // RATE} ms"


def run_queue(block: int, stall: threading.Event, stop: threading.Event) -> str:
    import sounddevice as sd

    captured: queue.Queue[np.ndarray] = queue.Queue(100)
    to_play: queue.Queue[np.ndarray] = queue.Queue(100)
    dry = 0

    def on_input(data: np.ndarray, *_: object) -> None:
        with suppress(queue.Full):
            captured.put_nowait(data[:, 0].copy())

    def on_output(data: np.ndarray, *_: object) -> None:
        nonlocal dry
        try:
            data[:, 0] = to_play.get_nowait()
        except queue.Empty:
            data[:] = 0
            dry += 1

    settings = {"samplerate": RATE, "channels": 1, "blocksize": block, "dtype": "float32", "latency": "low"}
    with sd.OutputStream(callback=on_output, **settings), sd.InputStream(callback=on_input, **settings):
        while not stop.is_set():
            frame = np.concatenate([captured.get(timeout=5) for _ in range(FRAME // block)])
            pause(stall)
            for piece in np.split(frame, FRAME // block):
                with suppress(queue.Full):
                    to_play.put_nowait(piece)
    return f"{dry} empty blocks"


def pause(stall: threading.Event) -> None:
    if stall.is_set():
        stall.clear()
        time.sleep(STALL_SECONDS)


def child(program: str) -> None:
    stall, stop = threading.Event(), threading.Event()

    def obey() -> None:
        for line in sys.stdin:
            (stall if line.strip() == "stall" else stop).set()
        stop.set()

    threading.Thread(target=obey, daemon=True).start()
    if program == "session":
        print(run_session(stall, stop), flush=True)
    elif program == "port":
        print(run_port(stall, stop), flush=True)
    else:
        print(run_queue(int(program.split("-")[1]), stall, stop), flush=True)


# ---- measuring (parent process) ----


def chirp() -> np.ndarray:
    t = np.arange(int(0.05 * RATE)) / RATE
    sweep = np.sin(2 * np.pi * (500 * t + 0.5 * (6000 - 500) / 0.05 * t**2))
    return (0.5 * np.hanning(len(t)) * sweep).astype(np.float32)


class Recorder:
    """Records a monitor, and knows when its first sample was taken: the earliest arrival says so best."""

    def __init__(self, monitor: str) -> None:
        command = ["parec", "-d", monitor, "--raw", "--format=float32le", f"--rate={RATE}", "--channels=1"]
        self._process = subprocess.Popen(
            [*command, "--latency-msec=10"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._data = bytearray()
        self._began = float("inf")
        self._thread = threading.Thread(target=self._collect)
        self._thread.start()

    def _collect(self) -> None:
        assert self._process.stdout is not None
        while piece := os.read(self._process.stdout.fileno(), 1 << 16):
            self._data += piece
            self._began = min(self._began, time.monotonic() - len(self._data) / 4 / RATE)

    def stop(self) -> tuple[np.ndarray, float]:
        self._process.terminate()
        self._thread.join()
        self._process.wait()
        return np.frombuffer(bytes(self._data[: len(self._data) // 4 * 4]), np.float32), self._began


def chirp_times(samples: np.ndarray, began: float) -> list[float]:
    """Return when each chirp was at its monitor, by matched filter."""
    pattern = chirp()
    size = 1 << (len(samples) + len(pattern)).bit_length()
    spectrum = np.fft.rfft(samples, size) * np.conj(np.fft.rfft(pattern, size))
    match = np.abs(np.fft.irfft(spectrum, size)[: len(samples)])
    times: list[float] = []
    threshold = 0.5 * float(np.dot(pattern, pattern))
    while match.max() > threshold:
        peak = int(match.argmax())
        times.append(began + peak / RATE)
        match[max(0, peak - int(0.2 * RATE)) : peak + int(0.2 * RATE)] = 0
    return sorted(times)


def delays_ms(ends: tuple[str, str]) -> list[float]:
    """Play chirps into the microphone; return how much later each reached the second monitor than the first."""
    recorders = [Recorder(end) for end in ends]
    time.sleep(0.3)
    train = np.concatenate([np.concatenate([chirp(), np.zeros(int(GAP_SECONDS * RATE), np.float32)])] * CHIRPS)
    play = ["pacat", "--playback", "-d", "vmic", "--raw", "--format=float32le", f"--rate={RATE}", "--channels=1"]
    subprocess.run(play, input=train.tobytes(), check=True, stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    first, second = (chirp_times(*recorder.stop()) for recorder in recorders)
    pairs = [(t, min((u for u in second if u > t - 0.01), default=None)) for t in first]
    return [1000 * (u - t) for t, u in pairs if u is not None and u - t < GAP_SECONDS]


def measure(program: str) -> tuple[list[float], list[float], str]:
    """Return the delays before and after a stall, and what the program says of itself."""
    command = [sys.executable, __file__, "--child", program]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        time.sleep(3.0)
        before = delays_ms(("vmic.monitor", "vspk.monitor"))
        process.stdin.write("stall\n")
        process.stdin.flush()
        time.sleep(RECOVERY_SECONDS)
        after = delays_ms(("vmic.monitor", "vspk.monitor"))
        said, _ = process.communicate("stop\n", timeout=20)
        return before, after, said.strip()


def spread(values: list[float]) -> str:
    if not values:
        return "none heard"
    return f"{statistics.median(values):.0f} ({min(values):.0f}-{max(values):.0f})"


def report(results: dict[str, list[tuple[list[float], list[float], str]]]) -> None:
    floor = statistics.median([value for before, _, _ in results["queue-480"] for value in before])
    print("\n| program | ms, median (min-max) | x floor | 5 s after a 0.2 s stall | x floor | of itself |")
    print("|---|---|---|---|---|---|")
    for program, runs in results.items():
        befores = [value for before, _, _ in runs for value in before]
        afters = [value for _, after, _ in runs for value in after]
        ratios = [f"{statistics.median(values) / floor:.2f}" if values else "-" for values in (befores, afters)]
        said = "; ".join(dict.fromkeys(said for _, _, said in runs))
        print(f"| {program} | {spread(befores)} | {ratios[0]} | {spread(afters)} | {ratios[1]} | {said} |")


def with_card(tool: Path, work: Callable[[], None]) -> None:
    with tempfile.TemporaryDirectory(prefix="va-bench-") as folder:
        os.environ["VIRTUAL_AUDIO_DIR"] = folder
        lines = subprocess.run([tool, "up"], check=True, capture_output=True, text=True).stdout.splitlines()
        os.environ.update(line.removeprefix("export ").replace("'", "").split("=", 1) for line in lines)
        try:
            work()
        finally:
            subprocess.run([tool, "down"], check=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--child", choices=PROGRAMS)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--tool", type=Path, default=Path(__file__).parents[2] / "shared/tools/virtual-audio")
    parser.add_argument("--programs", nargs="*", choices=PROGRAMS, default=PROGRAMS)
    args = parser.parse_args()
    if args.child:
        child(args.child)
        return
    if not args.tool.exists():
        sys.exit(f"{args.tool} is not there: this needs the virtual sound card")

    def work() -> None:
        print(f"two recorders on one monitor: {spread(delays_ms(('vmic.monitor', 'vmic.monitor')))} ms")
        results: dict[str, list[tuple[list[float], list[float], str]]] = {program: [] for program in args.programs}
        for repeat in range(args.repeats):
            for program in args.programs:  # in turns, so that the machine's load falls on all alike
                run = measure(program)
                results[program].append(run)
                heard = f"{spread(run[0])}, after the stall {spread(run[1])}"
                print(f"{repeat + 1} {program}: {heard}; {run[2]}; load {os.getloadavg()[0]:.1f}", flush=True)
        report(results)

    with_card(args.tool, work)


if __name__ == "__main__":
    main()
