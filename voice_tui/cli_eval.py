"""`voice-tui eval`: what a model on this machine makes of what it is told."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from voice_tui.cli_options import add_common, add_json, load_config, print_json, say, whole_number

if TYPE_CHECKING:
    from voice_tui.engine.moshi.uptake import Uptake


def register(commands: Any) -> None:
    """Add the command."""
    text = "measure a model"
    parser = commands.add_parser("eval", help=text, description=text[0].upper() + text[1:] + ".")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    text = "measure whether Moshi takes up memories, for each way to hand them over"
    injection = actions.add_parser("injection", help=text, description=text[0].upper() + text[1:] + ".")
    add_common(injection, nested=True)
    injection.add_argument("--model", metavar="NAME", help="the same as --set moshi.model=NAME")
    injection.add_argument(
        "--probes", type=whole_number(2), metavar="N", help="ask only the first N (at least 2): quicker, less sure"
    )
    add_json(injection)
    injection.set_defaults(run=_injection)


def _injection(args: argparse.Namespace) -> int:
    if args.model is not None:
        args.flags = [*args.flags, ("moshi.model", args.model)]
    settings = load_config(args).settings.moshi
    from voice_tui.engine.moshi.factory import make_examiner
    from voice_tui.engine.moshi.probes import PROBES

    line = _Line()
    examiner = make_examiner(settings, line.note)
    results = examiner.examine(PROBES[: args.probes], lambda done, total: line.note("asking", done, total))
    line.wipe()
    if args.json:
        print_json({"model": settings.model, "strategies": [_row(uptake) for uptake in results]})
    else:
        _print_table(results)
    return 0


def _row(uptake: Uptake) -> dict[str, object]:
    return {
        "strategy": uptake.strategy,
        "trained": uptake.trained,
        "probes": uptake.probes,
        "logp_without": uptake.without,
        "logp_told": uptake.told,
        "logp_other_fact": uptake.other,
        "shift": uptake.shift,
        "shift_over_other_fact": uptake.specific,
        "likelier_share": uptake.likelier,
        "convincing": uptake.convincing,
    }


def _print_table(results: list[Uptake]) -> None:
    say("Log-probability of the answer, per token (natural logarithm), and how telling the fact shifts it.")
    say()
    say("| strategy | trained | probes | not told | told | shift | over another fact | likelier in |")
    say("|---|---|---:|---:|---:|---:|---:|---:|")
    for one in results:
        trained = "yes" if one.trained else "no"
        say(
            f"| {one.strategy} | {trained} | {one.probes} | {one.without:.2f} | {one.told:.2f} | {one.shift:+.2f} "
            f"| {one.specific:+.2f} | {one.likelier:.0%} |"
        )
    say()
    taken_up = [one for one in results if one.convincing]
    if taken_up:
        best = max(taken_up, key=lambda one: one.specific)
        say(f"It takes up most with: moshi.strategy = {best.strategy}")
    else:
        say("None of them makes the answers likelier than chance would: leave moshi.strategy at auto or none.")


class _Line:
    """A line on stderr that counts, where stderr is a terminal."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()

    def note(self, phase: str, done: int, total: int) -> None:
        """So much of a phase is done."""
        if self._shown:
            share = f" {done / total:.0%}" if total else ""
            sys.stderr.write(f"\r{phase}{share}\033[K")
            sys.stderr.flush()

    def wipe(self) -> None:
        """Wipe the line."""
        if self._shown:
            sys.stderr.write("\r\033[K")
