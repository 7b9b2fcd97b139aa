"""The real app on a real terminal, with a session that says what a test needs; run by `test_terminal.py`.

Usage: python real_app.py FOLDER [noise|crash]
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.fakes_memory import FakeMemory, some_memories  # noqa: E402
from tests.fakes_session import DIALOGUE, READY, FakeSession  # noqa: E402
from voice_tui.errors import VoiceTuiError  # noqa: E402
from voice_tui.settings import Settings  # noqa: E402
from voice_tui.tui.run import run_app  # noqa: E402
from voice_tui.tui.surroundings import Surroundings  # noqa: E402


class NoisySession(FakeSession):
    """Prints on descriptor 2 from a thread, as native libraries do."""

    def start(self, on_event) -> None:  # type: ignore[no-untyped-def]
        os.write(2, b"ALSA lib pcm.c:8570:(snd_pcm_recover) underrun occurred\n")
        super().start(on_event)


class CrashingSession(FakeSession):
    """Says something that no session says, which breaks the app."""

    def start(self, on_event) -> None:  # type: ignore[no-untyped-def]
        super().start(on_event)
        on_event(object())


def main() -> int:
    folder, kind = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""
    session = {"noise": NoisySession, "crash": CrashingSession}.get(kind, FakeSession)([*READY, *DIALOGUE])
    around = Surroundings(settings_path=folder / "config.toml", log_path=folder / "log.txt", transcripts=folder)
    try:
        code = run_app(Settings(), session, lambda: FakeMemory(some_memories()), around)
    except VoiceTuiError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    left = [thread for thread in threading.enumerate() if thread is not threading.main_thread()]
    sys.stdout.write(f"\nleft {code} {session.closed} {[thread.name for thread in left]}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
