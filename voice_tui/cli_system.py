"""`voice-tui devices` and `voice-tui doctor`."""

from __future__ import annotations

import argparse
import dataclasses
from typing import TYPE_CHECKING

from voice_tui import doctor as checks
from voice_tui.cli_options import examine_config, load_config, print_json, say
from voice_tui.doctor_endpoint import local_servers

if TYPE_CHECKING:
    from voice_tui.audio.choice import DeviceInfo

_MARKS = {"ok": "ok", "note": "note", "failed": "FIX"}


def doctor(args: argparse.Namespace) -> int:
    """Check what works here; exit code 1 when something that a conversation needs does not."""
    results = checks.examine(*examine_config(args))
    healthy = all(result.status != "failed" for result in results)
    if args.json:
        servers = [dataclasses.asdict(server) for server in local_servers()]
        print_json({"ok": healthy, "checks": [dataclasses.asdict(result) for result in results], "servers": servers})
        return 0 if healthy else 1
    for result in results:
        _print(result)
    say("\nEverything that a conversation needs is here." if healthy else "\nFix what is marked FIX, then try again.")
    return 0 if healthy else 1


def _print(result: checks.Result) -> None:
    say(f"{_MARKS[result.status]:>4}  {result.name}: {result.detail}")
    for line in result.fix.splitlines():
        say(f"        -> {line}")


def devices(args: argparse.Namespace) -> int:
    """List microphones and speakers; exit code 1 when there are none."""
    load_config(args)
    from voice_tui.audio.portaudio import list_devices
    from voice_tui.fdguard import stderr_in_file
    from voice_tui.paths import log_path

    with stderr_in_file(log_path("devices-native")):  # ALSA prints about every card that is not there
        found = list_devices()
    if args.json:
        print_json([dataclasses.asdict(device) for device in found])
    else:
        for device in found:
            say(_line(device))
        if not found:
            say("No microphone and no speaker was found; typing and sound files work without.")
    return 0 if found else 1


def _line(device: DeviceInfo) -> str:
    roles = [
        f"{word}{' (default)' if default else ''}"
        for word, channels, default in (
            ("microphone", device.input_channels, device.default_input),
            ("speaker", device.output_channels, device.default_output),
        )
        if channels
    ]
    return f"{device.name}  [{device.host_api}]  {', '.join(roles)}"
