"""Prints the list of sound devices again and again: `python -m voice_tui.audio.lookout_child SECONDS`.

One line of JSON each time. A process of its own, because the list is only read when PortAudio is loaded anew, which
would end the streams of the session, and because a broken sound system can hang or abort whoever asks. It ends with its
standard input.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import threading
import time

from voice_tui.audio.portaudio import LibraryMissingError, device_infos, load, read_again

LEAVE_SECONDS = 0.5
"""How long its end waits for what it is asking the sound system, which may have something locked meanwhile."""


def main() -> None:
    """Print until the reader has gone."""
    pause = float(sys.argv[1])
    out = os.fdopen(os.dup(1), "w")
    nothing = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):  # ALSA prints about every card that is not there
        os.dup2(nothing, descriptor)
    asking = threading.Lock()
    threading.Thread(target=_leave_with_input, args=(asking,), daemon=True).start()
    try:
        with asking:
            portaudio = load()
    except LibraryMissingError:
        os._exit(1)
    while True:
        with asking:
            found = device_infos(portaudio)
        out.write(json.dumps([dataclasses.asdict(device) for device in found]) + "\n")
        out.flush()
        time.sleep(pause)
        with asking:
            read_again(portaudio)


def _leave_with_input(asking: threading.Lock) -> None:
    sys.stdin.buffer.read()
    asking.acquire(timeout=LEAVE_SECONDS)
    os._exit(0)


if __name__ == "__main__":
    main()
