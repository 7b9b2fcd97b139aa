"""A text to paste into a report: versions, devices, counters, notices; no secret, and no words unless asked."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from pathlib import Path

import voice_tui
from voice_tui.schema import settings_schema, value_at
from voice_tui.tui.redact import secrets_in, without_secrets, without_words
from voice_tui.tui.state.app_state import AppState

NOTICES = 20
"""The last notices that stand in a report."""

LAST_LINES = 20
"""Lines of the conversation in a report with words. `LAST_EVENTS` likewise."""

LAST_EVENTS = 40

_TELLING = frozenset({"audio.input", "audio.output", "tts.voice", "llm.model", "ui.theme"})
"""Settings that are texts and give nothing away; of the others only whether they are set."""


def diagnostics(
    state: AppState, size: tuple[int, int], theme: str, environment: Mapping[str, str], *, words: bool = False
) -> str:
    """Return the report.

    Args:
        state: What the app knows.
        size: Terminal, columns and rows.
        theme: In use.
        environment: Its secrets are blotted out wherever they stand.
        words: With the end of the conversation and the last events.
    """
    report = "\n".join(_lines(state, size, theme))
    if words:
        report += "\n" + "\n".join(_words(state))
    else:
        said = [line.text for line in state.conversation] + [memory.text for memory in state.shelf.memories]
        report = without_words(report, said)
    secrets = secrets_in(environment, [state.settings.llm.api_key_env])
    return without_secrets(report, secrets, Path.home())


def _lines(state: AppState, size: tuple[int, int], theme: str) -> list[str]:
    health = state.health
    return [
        f"voice-tui {voice_tui.__version__}, Python {platform.python_version()}, "
        f"{platform.system()} {platform.release()} {platform.machine()}",
        f"terminal {size[0]}x{size[1]}, theme {theme}",
        f"engine {health.engine or '-'} ({health.detail or '-'}), state {health.state}, starts {state.session_starts}",
        f"mode {health.mode}, muted {health.muted}, volume {health.volume:.2f}, "
        f"recording {'on' if health.recording else 'off'}",
        f"settings {', '.join(_settings(state)) or 'as they come'}",
        *_devices(state),
        *_stats(state),
        *_turns(state),
        f"memories {state.shelf.total}{f', error: {state.shelf.error}' if state.shelf.error else ''}",
        f"notices {len(state.notices)}:",
        *(f"  {record.severity} {record.title} {record.message}" for record in list(state.notices)[-NOTICES:]),
    ]


def _settings(state: AppState) -> list[str]:
    """Return what is not at its default; of texts that may hold a name, a place or a key only that they are set."""
    found: list[str] = []
    for setting in settings_schema():
        value = value_at(state.settings, setting.path)
        if value != setting.default:
            shown = setting.kind != "text" or setting.path in _TELLING
            found.append(f"{setting.path}={value}" if shown else f"{setting.path} set")
    return found


def _words(state: AppState) -> list[str]:
    said = [line for line in state.conversation if line.kind == "turn"][-LAST_LINES:]
    return [
        "conversation:",
        *(f"  [{line.at:.1f}] {line.role}: {' '.join(line.text.split())}" for line in said),
        "events:",
        *(f"  {event}" for event in list(state.events)[-LAST_EVENTS:]),
    ]


def _devices(state: AppState) -> list[str]:
    devices = state.health.devices
    if devices is None:
        return ["devices unknown"]
    return [
        f"microphone {devices.input or 'none'} at {devices.input_rate} Hz",
        f"speaker {devices.output or 'none'} at {devices.output_rate} Hz {devices.message}".rstrip(),
    ]


def _stats(state: AppState) -> list[str]:
    stats = state.health.stats
    if stats is None:
        return ["no statistics yet"]
    return [
        f"frames {stats.frames}, step p50 {stats.step_p50_ms:.1f} p95 {stats.step_p95_ms:.1f} "
        f"p99 {stats.step_p99_ms:.1f} ms, loop p99 {stats.overhead_p99_ms:.1f} ms",
        f"lag {stats.lag_ms:.0f} ms, capture {stats.capture_ms:.0f} ms, playout {stats.playout_ms:.0f} ms",
        f"overruns {stats.overruns}, underruns {stats.underruns}, skipped {stats.skipped}, "
        f"trimmed {stats.trimmed_ms:.0f} ms, dropped events {stats.dropped_events}",
    ]


def _turns(state: AppState) -> list[str]:
    return [
        f"turn {turn.turn}: {turn.total_ms:.0f} ms = end of turn {turn.endpoint_ms:.0f} + words {turn.stt_ms:.0f} "
        f"+ answer {turn.first_text_ms:.0f} + voice {turn.tts_ms:.0f}"
        for turn in list(state.turns)[-5:]
    ]
