"""Help, made from the bindings of what has the focus and of the app; no list of keys is typed by hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.dom import DOMNode
from textual.selection import Selection

from voice_tui.tui import keys
from voice_tui.tui.catalogue import BY_ID
from voice_tui.tui.screens.dialog import LEAVING, WholeDialog
from voice_tui.tui.standby import StandbyScreen, to_top
from voice_tui.tui.state.app_state import AppState
from voice_tui.tui.typed import app_of
from voice_tui.tui.widgets.draw import Wrapped
from voice_tui.tui.widgets.kept import Kept, Pile

_DIM = "$foreground 60%"
KEY_CELLS = 18
"""Width of the column of keys."""


@dataclass(frozen=True, slots=True)
class HelpLine:
    """One action: its keys, what it does, and a sentence more or ""."""

    keys: tuple[str, ...]
    title: str
    more: str


@dataclass(frozen=True, slots=True)
class HelpSection:
    """The actions of one place."""

    title: str
    lines: tuple[HelpLine, ...]


class HelpText(Wrapped):
    """The sections, laid out anew for every width."""

    sections: tuple[HelpSection, ...] = ()

    def wrapped(self, width: int) -> Pile:
        """Return the sections as text."""
        return help_content(self.sections, width)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Called by Textual; what of it was marked, and what goes between it and the next."""
        return selection.extract(str(help_content(self.sections, self.size.width).content)), "\n"


class HelpScreen(WholeDialog[None], StandbyScreen[None]):
    """Scrolls; any of its keys closes it."""

    TITLE = "Help"
    TALLEST = ".detail"
    AUTO_FOCUS = "#help-scroll"
    ASKS_NOBODY = True
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,f1,q", "cancel", "Close", id="dialog_cancel"), *LEAVING]

    def __init__(self, sections: tuple[HelpSection, ...]) -> None:
        super().__init__()
        self._text = HelpText()
        self._text.sections = sections

    def tell(self, sections: tuple[HelpSection, ...]) -> None:
        """Show these from now on."""
        if sections != self._text.sections:
            self._text.sections = sections
            self._text.rewrap()

    def renew(self) -> None:
        """From the beginning."""
        to_top(self.query_one("#help-scroll"))

    def compose_body(self) -> ComposeResult:
        """Yield the sections."""
        with VerticalScroll(classes="detail", id="help-scroll"):
            yield self._text


def help_sections(active: Iterable[ActiveBinding], state: AppState) -> tuple[HelpSection, ...]:
    """Group bindings by the place they belong to: the focused widget's own, the app's, then what widgets inherit."""
    own: dict[str, dict[str, HelpLine]] = {}
    inherited: dict[str, dict[str, HelpLine]] = {}
    for node, binding, enabled, _tooltip in active:
        if not enabled or binding.system or not binding.description:
            continue
        ours = binding.id is not None or binding.action in _own_actions(type(node))
        _add(
            own if ours else inherited, _place(node) if ours else f"{_place(node)}: moving and editing", binding, state
        )
    everything = [*own.items(), *inherited.items()]
    return tuple(HelpSection(title, tuple(lines.values())) for title, lines in everything)


def help_content(sections: tuple[HelpSection, ...], width: int) -> Pile:
    """Return the sections as text, wrapped to `width` cells beside the column of keys."""
    parts: list[Kept] = []
    for section in sections:
        if parts:
            parts.append(_heading(""))
        parts += [_heading(section.title), *(_line(line, width) for line in section.lines)]
    return Pile(parts)


def _add(places: dict[str, dict[str, HelpLine]], title: str, binding: Binding, state: AppState) -> None:
    lines = places.setdefault(title, {})
    name = binding.id or binding.action
    known = lines.get(name)
    lines[name] = HelpLine(
        (*(known.keys if known else ()), keys.long(binding.key)),
        BY_ID[name].title_now(state) if name in BY_ID else binding.description,
        binding.tooltip,
    )


@lru_cache(maxsize=32)
def _heading(title: str) -> Kept:
    return Kept(Content.styled(title, "bold underline"))


@lru_cache(maxsize=256)
def _line(line: HelpLine, width: int) -> Kept:
    column = f"  {', '.join(sorted(line.keys, key=len))}"
    gap = " " * max(1, KEY_CELLS - len(column))
    text = Content.assemble(line.title, (f"  {line.more}" if line.more else "", _DIM))
    rows = text.wrap(max(12, width - KEY_CELLS))
    return Kept(Content.assemble((column + gap, "bold $text-accent"), Content("\n" + " " * KEY_CELLS).join(rows)))


def _own_actions(kind: type) -> set[str]:
    """Return the actions that classes of this product bind, as opposed to those of the library."""
    found: set[str] = set()
    for base in kind.__mro__:
        if base.__module__.startswith("voice_tui."):
            found |= {binding.action for binding in Binding.make_bindings(vars(base).get("BINDINGS", ()))}
    return found


def _place(node: DOMNode) -> str:
    title = getattr(node, "HELP_TITLE", "")
    if title:
        return str(title)
    return "Everywhere" if node is app_of(node) else type(node).__name__
