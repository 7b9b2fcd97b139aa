"""What the settings screen is made of: the search line, the list, and one editor for each kind of value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, OptionList, Static, TextArea
from textual.widgets.option_list import Option

from voice_tui.schema import Setting, Value, value_at
from voice_tui.settings import Settings
from voice_tui.tui.state.settings_view import Group, Kept, facts, is_changed, typed, words_for
from voice_tui.tui.toasts import EDITOR
from voice_tui.tui.widgets.draw import Wrapped

LONG_CHARS = 60
"""A text whose default is longer is edited on several lines."""

_DIM = "$foreground 60%"


class SettingsSearch(Input):
    """The search line."""

    HELP_TITLE = "Search of the settings"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,enter", "to_list", "To the list", id="settings_to_list"),
        Binding("escape", "clear", "Clear", tooltip="Show all settings again.", id="settings_clear"),
    ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """An empty search leaves Escape to the screen."""
        return bool(self.value) if action == "clear" else True

    def action_to_list(self) -> None:
        """Go on in the list."""
        self.screen.query_one(SettingList).focus()

    def action_clear(self) -> None:
        """Show all settings again, and go on there."""
        self.value = ""
        self.action_to_list()


class SettingList(OptionList):
    """All settings in their groups."""

    HELP_TITLE = "Settings"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "select", "Change", tooltip="A switch is turned, all else is edited.", id="settings_go"),
        Binding("slash", "screen.search", "Search", tooltip="In names and descriptions.", id="settings_search"),
        Binding("r,delete", "screen.reset", "Reset", tooltip="Back to the default.", id="settings_reset"),
        Binding("R", "screen.reset_all", "Reset all", tooltip="Everything in your file.", id="settings_reset_all"),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        self._shown: tuple[str, ...] = ()
        self._rows_shown: list[Content] = []

    def show(self, found: Sequence[Group], settings: Settings, kept: Kept, width: int) -> None:
        """List the groups in `width` cells; the cursor stays with its setting."""
        rows: list[tuple[Setting | None, Content]] = []
        for group in found:
            rows.append((None, Content.styled(group.title, "bold")))
            rows += [(setting, row_content(setting, settings, kept, width)) for setting in group.settings]
        ids = tuple(setting.path if setting else "" for setting, _ in rows)
        if ids != self._shown:
            self._shown = ids
            self._refill(rows)
        else:
            for place, ((_setting, content), before) in enumerate(zip(rows, self._rows_shown, strict=True)):
                if not content.is_same(before):  # every other way costs a layout
                    self.replace_option_prompt_at_index(place, content)
        self._rows_shown = [content for _setting, content in rows]

    def begin(self) -> None:
        """Put the cursor on the first setting."""
        self.highlighted = next((place for place, option in enumerate(self.options) if not option.disabled), None)
        self.scroll_home(animate=False, immediate=True)

    def _refill(self, rows: Sequence[tuple[Setting | None, Content]]) -> None:
        before = self.highlighted_option.id if self.highlighted_option else None
        self.clear_options()
        self.add_options(
            Option(content, id=setting.path if setting else None, disabled=setting is None) for setting, content in rows
        )
        paths = [setting.path if setting else "" for setting, _ in rows]
        places = [place for place, path in enumerate(paths) if path]
        self.highlighted = paths.index(before) if before in paths else next(iter(places), None)


class ChoiceList(OptionList):
    """The values to choose from."""

    HELP_TITLE = "Choice"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "select", "Choose", id="settings_choose"),
        Binding("escape", "screen.to_list", "Back", id="settings_back"),
    ]


class ValueLine(Input):
    """A number or a text on one line."""

    HELP_TITLE = "Value"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Keep", tooltip="Leaving the line keeps it too.", id="settings_keep"),
        Binding("escape", "screen.to_list", "Leave as it was", id="settings_back"),
    ]


class ValueArea(TextArea):
    """A text of several lines."""

    HELP_TITLE = "Text"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "screen.to_list(True)", "Keep", priority=True, id="settings_keep"),
        Binding("escape", "screen.to_list", "Leave as it was", id="settings_back"),
    ]


class Facts(Wrapped):
    """What is worth knowing beside the description, laid out anew for every width."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: Sequence[tuple[str, str]] = ()

    def show(self, lines: Sequence[tuple[str, str]]) -> None:
        """Show names and texts."""
        if list(lines) != list(self._lines):
            self._lines = lines
            self.rewrap()

    def wrapped(self, width: int) -> Content:
        """Return the names and texts."""
        return facts_content(self._lines, width)


class SettingDetail(Vertical):
    """One setting: what it is, its editor, and facts. The editors are made once and shown as needed."""

    class Wanted(Message):
        """The person wants another value; `text` as typed, or the value itself."""

        def __init__(self, setting: Setting, value: Value) -> None:
            super().__init__()
            self.setting = setting
            self.value = value

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._setting: Setting | None = None
        self._value: Value = ""
        self._leaving = False
        self._shown: tuple[object, ...] | None = None  # None also once somebody has been at the editor

    def compose(self) -> ComposeResult:
        """Called by Textual."""
        yield Static("", id="setting-about", markup=False)
        yield ChoiceList(id="setting-choice", classes=EDITOR, markup=False, compact=True)
        line = ValueLine(id="setting-line", compact=True, select_on_focus=False)
        line.cursor_blink = False
        yield line
        area = ValueArea(id="setting-area", soft_wrap=True, tab_behavior="focus", show_line_numbers=False, compact=True)
        area.highlight_cursor_line = False
        area.cursor_blink = False
        yield area
        yield Static("", id="setting-said", markup=False)
        with VerticalScroll(can_focus=False):
            yield Facts(id="setting-facts")

    def show(self, setting: Setting | None, settings: Settings, kept: Kept) -> None:
        """Show a setting; an editor that is being used keeps what was typed."""
        self.set_class(setting is None, "-nothing")
        if setting is None:
            self._setting = None
            return
        value = value_at(settings, setting.path)
        fixed = kept.fixed(setting.path)
        known = facts(setting, kept)
        if self._shown == (setting.path, value, fixed, known):
            return
        self._shown = (setting.path, value, fixed, known)
        if setting is not self._setting or not self.has_focus_within:
            self._fill(setting, value, editable=not fixed)
        self.border_title = setting.title
        self.query_one("#setting-about", Static).update(setting.description)
        self.query_one(Facts).show(known)
        self.say(fixed)

    def say(self, words: str, *, wrong: bool = False) -> None:
        """Say something about the value; "" = nothing."""
        said = self.query_one("#setting-said", Static)
        said.display = bool(words)
        said.update(Content.styled(words, "$text-error" if wrong else "$text-warning"))

    def edit(self) -> bool:
        """Go to the editor; returns whether there is one to go to."""
        editor = self._editor()
        if self._setting is None or editor is None or not editor.display or editor.disabled:
            return False
        self._shown = None
        editor.focus()
        if isinstance(editor, Input):
            editor.cursor_position = len(editor.value)
        elif isinstance(editor, TextArea):
            editor.move_cursor(editor.document.end)
        return True

    def leave(self, *, keep: bool) -> None:
        """The person leaves the editor by a key: take what stands there, or put back what stood there."""
        if self._setting is None:
            return
        if keep:
            self._want(self._typed())
        else:
            self._leaving = True  # the blur that follows is no wish
            self._fill(self._setting, self._value, editable=True)
            self.say("")

    def _fill(self, setting: Setting, value: Value, *, editable: bool) -> None:
        self._setting, self._value = setting, value
        long = setting.kind == "text" and len(str(setting.default)) > LONG_CHARS
        shown = {"choice": "#setting-choice", "switch": "#setting-choice"}.get(
            setting.kind, "#setting-area" if long else "#setting-line"
        )
        for editor in (self.query_one(ChoiceList), self.query_one(ValueLine), self.query_one(ValueArea)):
            editor.display = f"#{editor.id}" == shown
            editor.disabled = not editable
        with self.prevent(Input.Changed, TextArea.Changed, OptionList.OptionHighlighted):
            self._fill_choices(setting, value)
            self.query_one(ValueLine).value = "" if long else typed(setting, value)
            self.query_one(ValueArea).text = typed(setting, value) if long else ""
        self.query_one(ValueLine).placeholder = words_for(setting, "") if setting.kind == "text" else ""

    def _fill_choices(self, setting: Setting, value: Value) -> None:
        choices = self.query_one(ChoiceList)
        choices.clear_options()
        names = ("on", "off") if setting.kind == "switch" else setting.choices
        now = typed(setting, value)
        choices.add_options(Option(f"{'●' if name == now else '○'} {name}", id=name) for name in names)
        choices.highlighted = names.index(now) if now in names else None

    def _editor(self) -> ChoiceList | ValueLine | ValueArea | None:
        editors = (self.query_one(ChoiceList), self.query_one(ValueLine), self.query_one(ValueArea))
        return next((editor for editor in editors if editor.display), None)

    def _typed(self) -> str:
        area = self.query_one(ValueArea)
        return area.text if area.display else self.query_one(ValueLine).value

    def _want(self, text: str) -> None:
        setting = self._setting
        if setting is None or text == typed(setting, self._value):
            return
        try:
            value = setting.parse(text)
        except ValueError:
            self.say(setting.wanted, wrong=True)
            return
        self._value = value
        self.say("")
        self.post_message(self.Wanted(setting, value))

    @on(OptionList.OptionSelected, "#setting-choice")
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._want(event.option_id or "")
        self.screen.query_one(SettingList).focus()

    @on(Input.Submitted, "#setting-line")
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._want(event.value)
        if not self.query_one("#setting-said").display:
            self.screen.query_one(SettingList).focus()

    @on(events.DescendantBlur)
    def _blurred(self, event: events.DescendantBlur) -> None:
        """Leaving the line keeps it, where it can be kept."""
        if self._leaving:
            self._leaving = False
        elif isinstance(event.widget, ValueLine | ValueArea):
            self._want(self._typed())


def row_content(setting: Setting, settings: Settings, kept: Kept, width: int) -> Content:
    """Return name and value of a setting in one line of `width` cells."""
    changed = is_changed(setting, settings)
    value = words_for(setting, value_at(settings, setting.path))
    mark = "↻ " if setting.path in kept.later else ""
    mark = f"{kept.origin(setting.path).source} · " if kept.fixed(setting.path) else mark
    name = Content(f"  {setting.title}")
    room = max(4, width - name.cell_length - 2)
    shown = Content.styled(f"{mark}{value}", "bold $text-accent" if changed else _DIM).truncate(room, ellipsis=True)
    return name.append(" " * max(2, width - name.cell_length - shown.cell_length)).append(shown)


def facts_content(lines: Sequence[tuple[str, str]], width: int) -> Content:
    """Return name and text of each fact, the text wrapped to `width` cells beside the column of names."""
    column = max((len(name) for name, _ in lines), default=0) + 2
    indent = Content("\n" + " " * column)
    rows = ((name, Content(text).wrap(max(8, width - column))) for name, text in lines)
    return Content("\n").join(
        Content.assemble((f"{name:<{column}}", _DIM), indent.join(wrapped)) for name, wrapped in rows
    )
