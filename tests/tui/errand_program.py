"""Stands for `voice-tui`: says what the first file of its folder says, line by line, and waits where that says so.

    errand_program.py FOLDER WORDS…

Each line of FOLDER/says is printed; "wait" waits for SIGINT, upon which it ends with 130. WORDS go to FOLDER/asked.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

folder = Path(sys.argv[1])
with (folder / "asked").open("a") as asked:
    asked.write(" ".join(sys.argv[2:]) + "\n")
try:
    for line in (folder / "says").read_text().splitlines():
        if line == "wait":
            (folder / "waiting").touch()
            threading.Event().wait(60)
        print(line, flush=True)
except KeyboardInterrupt:
    sys.exit(130)
