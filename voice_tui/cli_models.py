"""`voice-tui models`: which models there are, and to download, check and remove them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voice_tui.cli_options import add_common, add_json, load_config, print_json, say
from voice_tui.errors import ModelError

if TYPE_CHECKING:
    from voice_tui.cli_progress import Teller
    from voice_tui.models.shelf import Row

STOPPED = "stopped. What has come is kept: the same command goes on with it."


def register(commands: Any) -> None:
    """Add the commands."""
    text = "models that listen while they speak: list, pull (download), verify, remove"
    parser = commands.add_parser("models", help=text, description=text[0].upper() + text[1:] + ".")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    _add(actions, "list", "list them: size, licence, whether they fit this machine, whether they are here", _list)
    pull = _add(actions, "pull", "download what is missing or damaged of a model", _pull)
    _name(pull, "the model; without it that of moshi.model")
    remove = _add(actions, "remove", "delete a downloaded model from this machine", _remove)
    remove.add_argument("name", metavar="NAME", help="the model")
    remove.add_argument("--yes", action="store_true", help="do not ask")
    verify = _add(actions, "verify", "compare the files of a model with their checksums", _verify)
    _name(verify, "the model, or a folder; without it that of moshi.model")


def _add(
    actions: Any, name: str, text: str, run: Callable[[argparse.Namespace], int | None]
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    add_common(parser, nested=True)
    add_json(parser)
    parser.set_defaults(run=run)
    return parser


def _name(parser: argparse.ArgumentParser, text: str) -> None:
    parser.add_argument("name", metavar="NAME", nargs="?", help=text)


def _chosen(args: argparse.Namespace) -> str:
    configured = load_config(args).settings.moshi.model
    return str(args.name or configured)


def _list(args: argparse.Namespace) -> int:
    import msgspec

    from voice_tui.models.machine import detect_gpu_level, detect_machine, level_words, machine_words
    from voice_tui.models.shelf import rows

    settings = load_config(args).settings
    machine = detect_machine()
    level = detect_gpu_level(machine, remote=bool(settings.llm.base_url))
    found = rows(machine, settings.moshi.model)
    if args.json:
        about = {"machine": machine, "level": level, "models": found}
        print_json(msgspec.to_builtins(about))
        return 0
    say(f"{machine_words(machine)}; {level_words(level)}\n")
    for line in _table([_cells(row) for row in found]):
        say(line)
    say("\n* = the setting moshi.model. Download one: voice-tui models pull NAME")
    say("Measure before: voice-tui preflight --model NAME")
    return 0


_HEADINGS = ("  NAME", "SIZE", "HERE", "FITS THIS MACHINE", "LICENCE")


def _cells(row: Row) -> tuple[str, ...]:
    from voice_tui.models.progress import amount

    here = {"yes": "yes", "partly": f"{amount(row.on_disk)} of it", "no": "no"}[row.installed]
    how = "" if row.fits.verdict == "unknown" else " (measured)" if row.fits.measured else " (estimated)"
    licence = (row.licence or "the hub tells") + (" (accept it on the hub first)" if row.gated else "")
    size = amount(row.size) if row.size else "the hub tells"
    return (f"{'*' if row.in_use else ' '} {row.name}", size, here, row.fits.words + how, licence)


def _table(lines: list[tuple[str, ...]]) -> list[str]:
    lines = [_HEADINGS, *lines]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADINGS))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]


def _pull(args: argparse.Namespace) -> int:
    from voice_tui.cli_progress import carried_out
    from voice_tui.models.progress import amount

    name = _chosen(args)

    def work(teller: Teller) -> Mapping[str, Any]:
        from voice_tui.models.pull import pull

        done = pull(name, teller.tell)
        return {
            "name": done.name,
            "folder": str(done.folder),
            "bytes": done.size,
            "downloaded": done.fetched,
            "licence": done.licence,
        }

    result = carried_out(work, as_json=args.json, stopped=STOPPED)
    if isinstance(result, int):
        return result
    if not args.json:
        licence = f", licence {result['licence']}" if result["licence"] else ""
        say(f"{name} is here, checked: {amount(result['bytes'])}{licence}\n  {result['folder']}")
        say(f"Talk with it: voice-tui --set engine.name=moshi --set moshi.model={name}")
    return 0


def _remove(args: argparse.Namespace) -> int:
    from voice_tui.models import hub_cache
    from voice_tui.models.progress import amount

    load_config(args)
    if not args.yes and not _agreed(args.name, hub_cache.kept(args.name).bytes):
        raise ModelError(f"{args.name} was not removed: nobody said yes", hint="--yes removes without asking")
    size = hub_cache.remove(args.name)
    if args.json:
        print_json({"name": args.name, "bytes": size})
    else:
        say(f"{args.name} is removed: {amount(size)} are free again.")
    return 0


def _agreed(name: str, size: int) -> bool:
    """Ask, where there is somebody to answer; a model that is not there needs no answer."""
    from voice_tui.models.progress import amount

    if not size:
        return True
    if not sys.stdin.isatty():
        return False
    sys.stdout.write(f"Delete {name} ({amount(size)}) from this machine? [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _verify(args: argparse.Namespace) -> int:
    from voice_tui.cli_progress import carried_out

    name = _chosen(args)
    result = carried_out(lambda teller: _checked(name, teller), as_json=args.json, stopped="stopped.")
    if isinstance(result, int):
        return result
    if not args.json:
        for file in result["files"]:
            say(f"{_MARKS[file['good']]:>12}  {file['name']}")
        say("Every file is whole." if result["ok"] else f"Download what is damaged: voice-tui models pull {name}")
    return 0 if result["ok"] else 1


_MARKS = {True: "ok", False: "DAMAGED", None: "no checksum"}


def _checked(name: str, teller: Teller) -> Mapping[str, Any]:
    """Compare with the checksums; of files without one, whether they are whole."""
    import time

    from voice_tui.engine.moshi.load.find import find
    from voice_tui.engine.moshi.load.header import read_header
    from voice_tui.models.progress import Pace
    from voice_tui.models.verify import check

    checkpoint = find(name)
    folder, pace, last = checkpoint.lm.parent, Pace(), [0.0]
    sizes = {path.name: path.stat().st_size for path in folder.iterdir() if path.is_file()}

    def advance(file: str, done: int) -> None:
        now = time.monotonic()
        if done == sizes.get(file) or now - last[0] > 0.2:
            last[0] = now
            teller.tell(pace.report(f"checking {file}", done, sizes.get(file, 0), now))

    checked = check(folder, advance)
    for path in (checkpoint.lm, checkpoint.mimi):
        if path.suffix == ".safetensors" and not _has_checksum(path):
            read_header(path)
    files = [{"name": file.file, "bytes": file.size, "good": file.good} for file in checked]
    return {"name": name, "ok": all(file.good is not False for file in checked), "files": files}


def _has_checksum(path: Path) -> bool:
    return len(path.resolve().name) == 64
