"""`voice-tui preflight`: measures whether this machine keeps up with a model, before it is downloaded."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from voice_tui.cli_options import add_common, add_json, load_config, say

if TYPE_CHECKING:
    from voice_tui.cli_progress import Teller
    from voice_tui.settings_moshi import MoshiSettings


def register(commands: Any) -> None:
    """Add the command."""
    text = "measure whether this machine keeps up with a model, before it is downloaded"
    parser = commands.add_parser("preflight", help=text, description=text[0].upper() + text[1:] + ".")
    add_common(parser, nested=True)
    add_json(parser)
    parser.add_argument("--model", metavar="NAME", help="a name or a folder; without it what suits this machine")
    parser.set_defaults(run=_preflight)


def _preflight(args: argparse.Namespace) -> int:
    from voice_tui.cli_progress import carried_out

    settings = load_config(args).settings
    remote = bool(settings.llm.base_url)

    def work(teller: Teller) -> Mapping[str, Any]:
        return _measured(args.model or "", settings.moshi, remote, teller)

    result = carried_out(work, as_json=args.json, stopped="stopped. Nothing was kept.")
    if isinstance(result, int):
        return result
    if not args.json:
        for line in _lines(result):
            say(line)
    return 0


def _measured(wanted: str, configured: MoshiSettings, remote: bool, teller: Teller) -> Mapping[str, Any]:
    import time

    import msgspec

    from voice_tui.engine.moshi.device import backend_for
    from voice_tui.engine.moshi.preflight import measure, subject_of
    from voice_tui.models.advice import advise
    from voice_tui.models.fit import keep_result
    from voice_tui.models.machine import UNQUANTISED, detect_gpu_level, detect_machine, level_words, machine_words

    machine = detect_machine()
    level = detect_gpu_level(machine, remote=remote)
    backend = backend_for(configured.device)
    name = wanted or (level.model if backend.quantised else UNQUANTISED) or configured.model
    found = measure(subject_of(name), machine.free, teller.tell, now=time.time(), backend=backend)
    keep_result(machine, name, found.measured)
    return {
        "machine": machine_words(machine),
        "level": level.number,
        "proposed": level_words(level),
        "model": name,
        "device": backend.name,
        "own_weights": found.real,
        "layers": found.layers,
        "measured_layers": found.depths,
        "measured": msgspec.to_builtins(found.measured),
        "frame_ms": found.measured.frame_ms,
        "advice": msgspec.to_builtins(advise(name, found.measured, machine)),
    }


def _lines(result: Mapping[str, Any]) -> list[str]:
    weights = "its own weights" if result["own_weights"] else "random weights"
    depths: list[int] = list(result["measured_layers"])
    how = f"{weights}, {result['layers']} layers"
    if depths[-1] != result["layers"]:
        how += f", extrapolated from {' and '.join(map(str, depths))} of them"
    measured: Mapping[str, Any] = result["measured"]
    times = (
        ("encode", measured["encode_ms"]),
        ("step", measured["step_ms"]),
        ("decode", measured["decode_ms"]),
        ("frame", result["frame_ms"]),
    )
    return [
        f"{result['machine']}; {result['proposed']}",
        f"{result['model']} by {result['device']} ({how})",
        "",
        f"{'ms':<8}{'p50':>10}{'p99':>10}",
        *(f"{name:<8}{p50:>10,.1f}{p99:>10,.1f}" for name, (p50, p99) in times),
        "",
        "A frame is encoded and stepped one after the other and decoded beside; it may take 80 ms.",
        result["advice"]["words"],
    ]
