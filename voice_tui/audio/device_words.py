"""What a person is told about devices that come and go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from voice_tui.audio.choice import WORDS, Kind
from voice_tui.audio.watchdog import Fault
from voice_tui.errors import DeviceError

KEEP_TRYING = "It is used again as soon as it is back; typing works meanwhile"

_DID: dict[Fault, str] = {"stopped": "stopped", "silent": "does not answer"}


def lost(kind: Kind, name: str, fault: Fault) -> DeviceError:
    """Return what is said of a device that has gone."""
    return DeviceError(f'The {WORDS[kind]} "{name}" {_DID[fault]}', hint=KEEP_TRYING)


def hanging() -> DeviceError:
    """Return what is said when nothing can be opened because the sound system hangs."""
    return DeviceError(
        "The sound system does not answer",
        hint="Restart the sound server if this lasts; devices are used as soon as they are there, and typing works",
    )


def both(problems: Iterable[DeviceError]) -> tuple[str, str]:
    """Return message and hint of up to two problems, each sentence once."""
    found = list(problems)
    first, *further = dict.fromkeys(problem.message for problem in found) or [""]
    message = "; ".join([first, *(text[:1].lower() + text[1:] for text in further)])
    return message, "; ".join(dict.fromkeys(problem.hint for problem in found if problem.hint))


def stands_in(kind: Kind, name: str, problem: DeviceError) -> DeviceError:
    """Return what is said of a device that is used instead of the one that was asked for."""
    hint = f"The one you chose is used as soon as it is there. {problem.hint}".strip()
    return DeviceError(f'{problem.message}; "{name}" is used instead', hint=hint)


def back(now: Mapping[Kind, str], before: Mapping[Kind, str]) -> str:
    """Return what is said when one or both directions can be used again; "" when none can.

    Args:
        now: Their devices. `before`: the devices that were open before.
    """
    known = [kind for kind in now if kind in before]
    if len(now) > 1 and len(known) in (0, len(now)) and all(before.get(kind, now[kind]) == now[kind] for kind in now):
        return "Microphone and speaker are " + ("back" if known else "there now")
    return both(DeviceError(_returned(kind, name, before.get(kind, ""))) for kind, name in now.items())[0]


def _returned(kind: Kind, name: str, before: str) -> str:
    return f"The {WORDS[kind]} is back" if name == before else f'The {WORDS[kind]} is now "{name}"'
