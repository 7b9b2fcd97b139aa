"""`voice-tui dev`: tools for those who work on voice-tui or measure it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from voice_tui.cli_options import say


def register(commands: Any) -> None:
    """Add the command."""
    text = "tools for developers"
    parser = commands.add_parser("dev", help=text, description=text[0].upper() + text[1:] + ".")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    text = "write a Moshi checkpoint with random weights, in the exact layout of a release"
    checkpoint = actions.add_parser("checkpoint", help=text, description=text[0].upper() + text[1:] + ".")
    checkpoint.add_argument("--size", choices=["tiny", "small", "full"], default="tiny", help="shape of the model")
    checkpoint.add_argument(
        "--bits", type=int, choices=[0, 4, 8], default=0, help="quantise the weights; 0 leaves them as they are"
    )
    checkpoint.add_argument("--out", required=True, metavar="DIR", type=Path, help="folder for the files")
    checkpoint.add_argument("--seed", type=_seed, default=0, metavar="N", help="another one gives other weights")
    checkpoint.add_argument(
        "--dtype", choices=["bfloat16", "float32"], default="bfloat16", help="of what is not quantised"
    )
    checkpoint.add_argument("--no-mimi", action="store_true", help="leave out the codec (385 MB)")
    checkpoint.set_defaults(run=_checkpoint)


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 on")
    return int(text)


def _checkpoint(args: argparse.Namespace) -> int:
    from voice_tui.engine.moshi.checkpoint.layout import config
    from voice_tui.engine.moshi.checkpoint.write import write_checkpoint

    progress = _Progress()
    write_checkpoint(
        args.out,
        config(args.size),
        bits=args.bits,
        seed=args.seed,
        dtype=args.dtype,
        mimi=not args.no_mimi,
        wrote=progress.note,
    )
    progress.done()
    for path in sorted(args.out.iterdir()):
        say(f"{path.stat().st_size:>13,}  {path}")
    return 0


class _Progress:
    """A line on stderr that counts, where stderr is a terminal."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()

    def note(self, name: str, size: int) -> None:
        """So much of a file is written."""
        if self._shown:
            sys.stderr.write(f"\r{name}: {size / 1e6:,.0f} MB\033[K")

    def done(self) -> None:
        """Wipe the line."""
        if self._shown:
            sys.stderr.write("\r\033[K")
