"""Ears in a process of their own: a real one that is killed, hangs, cannot load, or loses its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.engine.cascade.recordings import needs_recordings, recording, with_room
from voice_tui.engine.cascade.ports import Heard
from voice_tui.engine.cascade.stt import worker as module
from voice_tui.engine.cascade.stt.worker import MAX_FAILURES, WorkerStt
from voice_tui.errors import ProviderError

PIECE = 1_280
QUIET = np.zeros(PIECE, np.float32)
SOON = 20.0
"""Seconds after which what should happen has not; loading takes one on a busy machine."""


@pytest.fixture
def stt(tmp_path: Path) -> Iterator[WorkerStt]:
    stt = ears(tmp_path)
    yield stt
    stt.close()


def ears(folder: Path, provider: str = "pocketsphinx") -> WorkerStt:
    return WorkerStt(provider, provider, folder / "state", folder / "native.log")


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def final(stt: WorkerStt, utterance: int) -> Heard:
    """The final words of an utterance; raises what `poll` raises."""
    found: list[Heard] = []

    def came() -> bool:
        found.extend(heard for heard in stt.poll() if heard.final)
        return bool(found)

    wait_for(came)
    assert [heard.utterance for heard in found] == [utterance]
    return found[0]


def say(stt: WorkerStt, utterance: int, pcm: np.ndarray) -> None:
    stt.begin(utterance)
    for start in range(0, len(pcm), PIECE):
        stt.feed(pcm[start : start + PIECE])


def gone(pid: int) -> bool:
    """Whether a process is no more, or a zombie whose parent did not look yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@needs_recordings
def test_killed_in_mid_utterance_it_says_so_and_the_next_utterance_is_heard(stt: WorkerStt) -> None:
    pcm = with_room(recording("rh_lamp"))
    say(stt, 1, pcm[: len(pcm) // 2])
    first = stt.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    with pytest.raises(ProviderError, match=r"stopped \(status -9\)") as raised:
        wait_for(stt.poll)
    assert "speak again" in raised.value.hint
    stt.feed(pcm)
    stt.pause()
    stt.finish()
    assert stt.poll() == [], "what is left of the lost utterance is nobody's"
    say(stt, 2, pcm)
    stt.pause()
    stt.finish()
    assert "living room" in final(stt, 2).text
    assert stt.pid not in (None, first)


@needs_recordings
def test_words_come_while_somebody_speaks_and_a_cancelled_utterance_is_forgotten(stt: WorkerStt) -> None:
    say(stt, 1, with_room(recording("sb_spk1_snt5")))
    stt.cancel()
    say(stt, 2, with_room(recording("g_half_hour")))
    partial: list[Heard] = []
    stt.pause()
    stt.finish()

    def came() -> bool:
        partial.extend(stt.poll())
        return bool(partial) and partial[-1].final

    wait_for(came)
    assert {heard.utterance for heard in partial} == {2}
    assert [heard.final for heard in partial] == [False] * (len(partial) - 1) + [True]
    assert partial[-1].text == "half an hour"
    assert all(heard.confidence is None for heard in partial[:-1])


def test_silence_has_a_final_too(stt: WorkerStt) -> None:
    say(stt, 7, np.zeros(16_000, np.float32))
    stt.pause()
    stt.resume()
    stt.feed(QUIET)
    stt.finish()
    heard = final(stt, 7)
    assert (heard.text, heard.command) == ("", False)


def test_one_that_cannot_load_says_why_and_is_not_started_for_ever(tmp_path: Path) -> None:
    stt = ears(tmp_path, "gramophone")
    for number in range(MAX_FAILURES):
        stt.begin(number)
        stt.feed(QUIET)
        with pytest.raises(ProviderError, match='no recogniser called "gramophone"') as raised:
            wait_for(stt.poll)
        assert "stt.provider" in raised.value.hint
    stt.begin(99)
    stt.feed(QUIET)
    assert stt.pid is None, "not again within the minute"
    stt.finish()
    assert stt.poll() == [Heard(99, "", final=True, confidence=0.0)], "the turn still comes to its end"
    stt.close()


def test_one_that_hangs_is_killed_when_its_orders_pile_up(stt: WorkerStt, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ORDERS_SIZE", 200)
    stt.begin(1)
    first = stt.pid
    assert first is not None
    os.kill(first, signal.SIGSTOP)
    began = time.monotonic()
    for _ in range(250):
        stt.feed(QUIET)
    assert time.monotonic() - began < 1.0, "nothing waits for it"
    with pytest.raises(ProviderError, match="stopped"):
        wait_for(stt.poll)
    assert gone(first)
    stt.begin(2)
    stt.finish()
    assert final(stt, 2).text == ""


def test_garbage_from_it_is_an_error_and_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho this is no message but a long line of text\nexec sleep 60\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))
    stt = ears(tmp_path)
    stt.begin(1)
    pid = stt.pid
    with pytest.raises(ProviderError):
        wait_for(stt.poll)
    assert pid is not None
    wait_for(lambda: gone(pid))


def test_what_its_libraries_print_lands_in_the_log(stt: WorkerStt, tmp_path: Path) -> None:
    stt.warm()
    wait_for((tmp_path / "native.log").exists)


@pytest.mark.parametrize("stopped", [False, True])
def test_it_is_closed_within_a_second_whatever_it_does(tmp_path: Path, stopped: bool) -> None:
    stt = ears(tmp_path)
    stt.begin(1)
    pid = stt.pid
    assert pid is not None
    if stopped:
        os.kill(pid, signal.SIGSTOP)
    began = time.monotonic()
    stt.close()
    stt.close()
    assert time.monotonic() - began < 2.0
    assert gone(pid)
    assert stt.pid is None


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_it_never_outlives_its_parent(tmp_path: Path) -> None:
    script = textwrap.dedent(
        f"""
        import time
        from pathlib import Path
        from voice_tui.engine.cascade.stt.worker import WorkerStt
        stt = WorkerStt("p", "pocketsphinx", Path({str(tmp_path)!r}), Path({str(tmp_path / "log")!r}))
        stt.warm()
        print(stt.pid, flush=True)
        time.sleep(60)
        """
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert not gone(child)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_for(lambda: gone(child))
