"""What JACK's library keeps for all programs of a user, and what the dead among them leave locked.

On most Linux systems PortAudio asks JACK's library for devices too, also where no JACK runs. The library then opens a
data base in shared memory (`/dev/shm/jack_db-<user>`, names and icons of JACK's ports), with a lock in it. A program
that is killed meanwhile leaves it locked, and from then on every program that asks PortAudio anything waits for ever,
until the computer is started again (seen with libjack-jackd2 1.9.21: `jack_client_open` in `__lock_get`). So before we
ask, what nobody needs is taken away, and everyone has a lock of their own.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import time
from pathlib import Path

SHARED = Path("/dev/shm")  # noqa: S108  # where the library has it, on Linux alone

YOUNG_SECONDS = 10.0
"""So long after it was made it stays: another program may just be making it, and would wait for what is gone."""


def drop_locks(shared: Path = SHARED) -> bool:
    """Take JACK's data base away unless a JACK server runs, or ever ran since the start of the computer. Never blocks.

    Who has it open keeps it, and nobody else sees it any more.

    Args:
        shared: The folder of shared memory.

    Returns:
        Whether there was one.
    """
    if sys.platform != "linux":
        return False
    own = f"jack_db-{os.geteuid()}"
    try:
        there = {entry.name: entry for entry in os.scandir(shared) if entry.name.startswith("jack")}
        if own not in there or any(not name.startswith("jack_db-") for name in there):
            return False
        found = there[own].stat(follow_symlinks=False)
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            return False
        if time.time() - found.st_mtime < YOUNG_SECONDS:
            return False
    except OSError:
        return False
    shutil.rmtree(there[own].path, ignore_errors=True)
    return True
