"""The words of the first run. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from textual.content import Content

from voice_tui.schema import Value
from voice_tui.settings import Settings
from voice_tui.tui.state.conversation import Line
from voice_tui.tui.state.health import Health, headline
from voice_tui.tui.state.text import one_line
from voice_tui.tui.surroundings import Finding, Survey

MODELS_SHOWN = 6
"""Models of one server that can be picked here; the settings take any name."""

_DIM = "$foreground 60%"
_MARKS = {"ok": ("✓", "$text-success"), "note": ("·", "$text-accent"), "failed": ("✗", "bold $text-error")}
_NAMES = {"user": "You", "assistant": "Assistant", "system": "System"}


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    Args:
        title: For a person.
        widget: Id of what is shown. `focus`: id of what gets the focus.
        holds: Whether what is said is not for the assistant.
    """

    title: str
    widget: str
    focus: str
    holds: bool = True


STEPS = (
    Step("Microphone and speaker", "setup-devices", "devices-input"),
    Step("What works here", "setup-checks", "setup-checks"),
    Step("Who answers", "setup-engine", "setup-answerers"),
    Step("Say hello", "setup-hello", "setup-hello", holds=False),
)


@dataclass(frozen=True, slots=True)
class Answerer:
    """Who may answer.

    Args:
        values: Settings, by path; None = a person enters them in the settings.
    """

    content: Content
    values: Mapping[str, Value] | None


def steps_content(step: int) -> Content:
    """Return where one is."""
    dots = Content(" ").join(
        Content.styled("●" if place <= step else "○", "$text-primary" if place <= step else _DIM)
        for place in range(len(STEPS))
    )
    return Content.assemble(("Welcome to voice-tui  ", "bold"), dots, f"  {STEPS[step].title}")


def hanging(content: Content, width: int) -> Content:
    """Return a text in lines of `width` cells; what does not fit a line goes on below its words, not below its mark."""
    lines: list[Content] = []
    for line in content.split("\n"):
        start = len(line.plain) - len(line.plain.lstrip(" ✓✗·→●"))
        if line.cell_length <= width or start >= width // 2:
            lines.append(line)
            continue
        first, *others = line[start:].wrap(width - start)
        lines += [Content.assemble(line[:start], first), *(other.pad_left(start) for other in others)]
    return Content("\n").join(lines)


def checks_content(survey: Survey | None) -> Content:
    """Return what was found, troubles first."""
    if survey is None:
        return Content.styled("Looking what works here; this takes a few seconds …", _DIM)
    if not survey.checks:
        return Content.styled("Nothing could be looked at here. “voice-tui doctor” looks at everything.", _DIM)
    failed = [check for check in survey.checks if check.status == "failed"]
    if failed:
        head = Content.styled("Something needs you. The rest works, and typing always does.", "bold $text-warning")
    else:
        head = Content.styled("Everything that a conversation needs is here.", "bold $text-success")
    rest = [check for check in survey.checks if check.status != "failed"]
    return Content("\n").join([head, Content(""), *(_finding(check) for check in (*failed, *rest))])


def _finding(check: Finding) -> Content:
    mark, style = _MARKS[check.status]
    name = one_line(check.name)
    line = Content.assemble((f"{mark} ", style), (name[:1].upper() + name[1:], "bold"), "  ", one_line(check.detail))
    if check.status != "failed" or not check.fix:
        return line
    fixes = [Content.assemble(("  → ", "$text-accent"), (one_line(fix), _DIM)) for fix in check.fix.splitlines()]
    return Content("\n").join([line, *fixes])


def answerers(settings: Settings, survey: Survey | None) -> list[Answerer]:
    """Return who may answer, the one that does now marked."""
    now = (settings.llm.base_url, settings.llm.model)
    found = [
        _answerer("The notebook", "built in: notes, time, timers; no free conversation", ("", ""), now),
    ]
    known: set[tuple[str, str]] = {("", "")}
    for server in survey.servers if survey is not None else ():
        for model in server.models[:MODELS_SHOWN]:
            known.add((server.base_url, model))
            found.append(_answerer(one_line(model), f"on this computer, {server.name}", (server.base_url, model), now))
    if now not in known:
        host = one_line(urlsplit(now[0]).netloc or now[0])
        found.append(_answerer(one_line(now[1]) or "A language model", f"at {host}", now, now))
    looking = " (still looking on this computer)" if survey is None else ""
    other = Content.assemble("  Another language model …  ", (f"opens the settings{looking}", _DIM))
    return [*found, Answerer(other, None)]


def _answerer(name: str, about: str, values: tuple[str, str], now: tuple[str, str]) -> Answerer:
    content = Content.assemble(("● " if values == now else "  "), (name, "bold"), "  ", (about, _DIM))
    return Answerer(content, {"llm.base_url": values[0], "llm.model": values[1]})


def hello_content(health: Health, lines: Sequence[Line]) -> Content:
    """Return how to begin, and what was said already."""
    if health.no_microphone:
        begin = "There is no microphone; press Enter, and type what you would say."
    elif health.mode == "push":
        begin = "Press Ctrl+T, say “what time is it”, press Ctrl+T again."
    else:
        begin = "Say “what time is it”. Your words and the answer appear here."
    parts = [
        Content.styled(begin, "bold"),
        Content.styled(f"{headline(health).text} · Enter opens the conversation, F1 shows its keys.", _DIM),
    ]
    for line in lines:
        style = "bold $text-primary" if line.role == "user" else "bold $text-success"
        parts.append(Content.assemble((f"{_NAMES[line.role]}  ", style), line.text))
    return Content("\n\n").join(parts)
