"""Take the pictures of the README: the real app with a real session, drawn without a terminal.

    python docs/screenshot.py [--size 120x36] [--output docs/screenshot] [--listen SECONDS] [--keys f4 down] [LINE …]

Each LINE is typed and its answer waited for; with --listen the app also waits for what is said into the microphone.
Writes OUTPUT.svg, and OUTPUT.png where `rsvg-convert` (librsvg2-bin) and the font Fira Code (fonts-firacode) are.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from textual.pilot import Pilot

from memory.store import SqliteMemory
from voice_tui.session.host import SessionHost
from voice_tui.session.port import SessionPort
from voice_tui.settings import MemorySettings, Settings
from voice_tui.tui.app import VoiceTuiApp
from voice_tui.tui.surroundings import Surroundings

SessionFactory = Callable[[Settings], SessionPort]

PATIENCE = 60.0
"""Seconds that loading, and each answer, may take."""

LINES = (
    "What time is it?",
    "Remember that the spare key is under the blue pot.",
    "Remember that my sister Anna lives in Lisbon.",
    "Where is the spare key?",
)


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture.

    Args:
        size: Columns and rows.
        lines: What is typed, one turn each.
        keys: What is pressed at the end, as Textual names keys.
        listen: Seconds to wait for speech, before the lines.
    """

    size: tuple[int, int] = (120, 36)
    lines: Sequence[str] = LINES
    keys: Sequence[str] = ()
    listen: float = 0.0


def picture(shot: Shot, folder: Path, session_factory: SessionFactory = SessionHost) -> str:
    """Run the app and return what it shows, as SVG.

    Args:
        shot: What to do before.
        folder: Memories and the log are kept here, away from the person's own.
        session_factory: Makes the session that is talked to.
    """
    settings = Settings(memory=MemorySettings(path=str(folder / "memory.db")))
    around = Surroundings(settings_path=Path("~/.config/voice-tui/config.toml"), log_path=folder / "voice-tui.log")
    session = session_factory(settings)
    app = VoiceTuiApp(session, lambda: SqliteMemory(settings.memory.path), settings, around)
    try:
        return asyncio.run(_perform(app, shot))
    finally:
        app.shut_down(1.0)


async def _perform(app: VoiceTuiApp, shot: Shot) -> str:
    async with app.run_test(size=shot.size) as pilot:
        await _until(pilot, lambda: app.state.health.ready, "the session")
        if shot.listen:
            await pilot.pause(shot.listen)
        for line in shot.lines:
            await _type(app, pilot, line)
        await pilot.press(*shot.keys)
        await pilot.pause(0.5)
        return app.export_screenshot(title="voice-tui")


async def _type(app: VoiceTuiApp, pilot: Pilot[int], line: str) -> None:
    """Type a line and wait until its answer has been spoken."""
    before = sum(1 for turn in app.state.conversation if turn.role == "assistant" and turn.final)
    await pilot.press(*line, "enter")

    def answered() -> bool:
        answers = sum(1 for turn in app.state.conversation if turn.role == "assistant" and turn.final)
        return answers > before and app.state.health.state == "listening"

    await _until(pilot, answered, f"an answer to {line!r}")


async def _until(pilot: Pilot[int], done: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come within {PATIENCE:.0f} s")
        await pilot.pause(0.05)


def write_png(svg: str, path: Path) -> bool:
    """Draw the SVG; False where the tool for it is missing.

    The SVG's cells are 12.2 px wide by `textLength`, which librsvg ignores; Fira Code at 19.825 px fits them exactly.
    Without `xml:space` leading blanks would vanish.
    """
    if not shutil.which("rsvg-convert"):
        return False
    fitted = svg.replace("<svg ", '<svg xml:space="preserve" ', 1).replace("font-size: 20px", "font-size: 19.825px")
    subprocess.run(["rsvg-convert", "-z", "1.5", "-o", path, "/dev/stdin"], input=fitted.encode(), check=True)
    return True


def main() -> int:
    """Take one picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lines", nargs="*", default=list(LINES), metavar="LINE")
    parser.add_argument("--size", default="120x36")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("screenshot"))
    parser.add_argument("--listen", type=float, default=0.0)
    parser.add_argument("--keys", nargs="*", default=[])
    options = parser.parse_args()
    columns, rows = (int(part) for part in options.size.split("x"))
    shot = Shot((columns, rows), options.lines, options.keys, options.listen)
    with tempfile.TemporaryDirectory() as folder:
        svg = picture(shot, Path(folder))
    options.output.with_suffix(".svg").write_text(svg, encoding="utf-8")
    if not write_png(svg, options.output.with_suffix(".png")):
        sys.stderr.write("No PNG: install librsvg2-bin and fonts-firacode\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
