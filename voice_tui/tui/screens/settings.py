"""Every setting, made from the schema: search, change, reset; what can be applied at once is."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static

from voice_tui.schema import Setting, by_path, value_at
from voice_tui.tui.standby import StandbyScreen
from voice_tui.tui.state.app_state import Topic
from voice_tui.tui.state.settings_view import groups
from voice_tui.tui.state.text import short_path
from voice_tui.tui.typed import app_of
from voice_tui.tui.widgets.keybar import KeyBar
from voice_tui.tui.widgets.settings import SettingDetail, SettingList, SettingsSearch

if TYPE_CHECKING:
    from voice_tui.tui.base import BaseApp


class SettingsScreen(StandbyScreen[None]):
    """The list, and beside or below it the setting under the cursor.

    Args:
        base: Knows the settings and changes them.
        query: Words to search at first.
    """

    HELP_TITLE = "Settings"
    AUTO_FOCUS = "#setting-list"
    # Textual declares these two as instance variables.
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (72, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (16, "-tall")]  # noqa: RUF012
    ASKS_NOBODY = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f2,q", "leave", "Close", id="dialog_cancel"),
        Binding("c", "copy_path", "Copy the file's path", show=False, id="settings_copy"),
    ]

    def __init__(self, base: BaseApp, query: str = "") -> None:
        super().__init__()
        self._base = base
        self._state = base.state
        self._first_query = self._query = query
        self._chosen: Setting | None = None

    def compose(self) -> ComposeResult:
        """Called by Textual."""
        self.break_at(app_of(self).size)
        with Container(id="setting-panes"):
            with Vertical(id="settings") as pane:
                pane.border_title = "Settings"
                search = SettingsSearch(
                    self._query, placeholder="Search", id="setting-search", compact=True, select_on_focus=False
                )
                search.cursor_blink = False
                yield search
                yield Static("", id="setting-empty", markup=False)
                yield SettingList(id="setting-list")
            yield SettingDetail(id="setting-detail")
        yield KeyBar(self._state, id="keybar")

    def on_mount(self) -> None:
        """Show all."""
        path = short_path(self._base.surroundings.settings_path)
        self.query_one("#settings").border_subtitle = Content(path)  # pyright: ignore[reportAttributeAccessIssue]  # a text would be read as markup

    def renew(self) -> None:
        """All settings again, the cursor on the first."""
        self._query = self._first_query
        with self.prevent(Input.Changed):
            self.query_one(SettingsSearch).value = self._query
        self.set_class(False, "-editing")
        self._fill()
        self.query_one(SettingList).begin()

    def on_resize(self, _event: events.Resize) -> None:
        """The lines of the list are as long as it is wide."""
        self.call_after_refresh(self._fill)

    def draw(self, topics: Topic) -> None:
        """Show what has changed."""
        if Topic.SETTINGS in topics:
            self._fill()

    def _fill(self) -> None:
        options = self.query_one(SettingList)
        found = groups(self._query)
        empty = self.query_one("#setting-empty", Static)
        empty.display = not found
        options.display = bool(found)
        empty.update(Content.styled("No setting has these words. Esc shows all again.", "$foreground 60%"))
        if self.size.width < 4:  # Textual cannot lay an option out in no cells
            return
        width = max(20, options.scrollable_content_region.width - 2)
        options.show(found, self._state.settings, self._state.kept, width)
        self._show(options.highlighted_option.id if found and options.highlighted_option else None)

    def _show(self, path: str | None) -> None:
        self._chosen = by_path()[path] if path else None
        self.query_one(SettingDetail).show(self._chosen, self._state.settings, self._state.kept)

    @on(OptionList.OptionHighlighted, "#setting-list")
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        self._show(event.option_id)

    @on(OptionList.OptionSelected, "#setting-list")
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._show(event.option_id)
        setting = self._chosen
        if setting is None or self._state.kept.fixed(setting.path):
            return
        if setting.path == "ui.theme":
            self.call_later(self._base.run_action, "theme")
        elif setting.kind == "switch":
            self._base.change_settings({setting.path: not value_at(self._state.settings, setting.path)})
        else:
            self.set_class(True, "-editing")
            self.query_one(SettingDetail).edit()

    @on(SettingDetail.Wanted)
    def _wanted(self, event: SettingDetail.Wanted) -> None:
        event.stop()
        self._base.change_settings({event.setting.path: event.value})

    @on(Input.Changed, "#setting-search")
    def _searched(self, event: Input.Changed) -> None:
        event.stop()
        self._query = event.value
        self._fill()

    @on(events.DescendantFocus)
    def _focused(self, _event: events.DescendantFocus) -> None:
        """Where there is room for one pane only, it is the one that is used."""
        self.set_class(self.query_one(SettingDetail).has_focus_within, "-editing")

    def action_leave(self) -> None:
        """Back to where one came from."""
        self.dismiss(None)

    def action_search(self) -> None:
        """Go to the search line."""
        self.query_one(SettingsSearch).focus()

    def action_to_list(self, keep: bool = False) -> None:
        """Leave the editor."""
        self.query_one(SettingDetail).leave(keep=keep)
        self.query_one(SettingList).focus()

    def action_reset(self) -> None:
        """Take the setting back to its default."""
        setting = self._chosen
        if setting is not None and not self._state.kept.fixed(setting.path):
            self._base.change_settings({setting.path: None})

    def action_reset_all(self) -> None:
        """Take everything in the person's file back to its default."""
        from voice_tui.tui.screens.confirm import ConfirmScreen

        kept = self._state.kept
        changed = [path for path in by_path() if kept.origin(path).source == "file"]
        if not changed:
            self._base.inform("Nothing to reset: no setting stands in your file")
            return

        def reset(sure: bool | None) -> None:
            if sure:
                self._base.change_settings(dict.fromkeys(changed))

        names = ", ".join(by_path()[path].title for path in changed)
        question = f"Take {len(changed)} settings back to their defaults?" if len(changed) > 1 else "Take it back?"
        self._base.push_screen(ConfirmScreen("Reset all settings", question, names), reset)

    def action_copy_path(self) -> None:
        """Put the path of the file on the clipboard."""
        self._base.copy_to_clipboard(str(self._base.surroundings.settings_path))
        self._base.inform("The path of your settings file is on the clipboard.")
