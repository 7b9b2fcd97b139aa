"""What happened: notices, the log file and the raw events, all live; and diagnostics to copy."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static, TabbedContent, TabPane

from voice_tui.tui.desk import Desk
from voice_tui.tui.log_tail import LogRead, read_tail
from voice_tui.tui.standby import StandbyScreen
from voice_tui.tui.state.app_state import AppState, Topic
from voice_tui.tui.state.notices import NoticeRecord
from voice_tui.tui.state.text import short_path
from voice_tui.tui.widgets.keybar import KeyBar
from voice_tui.tui.widgets.lines import LinesView

POLL_SECONDS = 1.0
"""How often the log file is looked at while this screen is open."""

_STYLES = {"info": "$text-success", "warning": "bold $text-warning", "error": "bold $text-error"}


class LogScreen(StandbyScreen[None]):
    """Three tabs.

    Args:
        state: Notices and events.
        desk: Reads the file.
        path: Of the app's log file, its session's lie beside it; None = none is written.
    """

    HELP_TITLE = "Log"
    AUTO_FOCUS = "#notice-scroll"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f5,q", "leave", "Back", id="log_back"),
        Binding("slash", "find", "Find", tooltip="Show only the lines that hold these words.", id="log_find"),
        Binding("l", "level", "Level", tooltip="Only warnings, only errors, everything again.", id="log_level"),
        Binding("p", "pause", "Pause", tooltip="Hold still; once more follows again.", id="log_pause"),
        Binding("c", "app.diagnostics", "Copy diagnostics", id="log_copy"),
        Binding("1", "tab('notices')", "Notices", show=False, id="log_notices"),
        Binding("2", "tab('file')", "Log file", show=False, id="log_file"),
        Binding("3", "tab('events')", "Events", show=False, id="log_events"),
    ]

    def __init__(self, state: AppState, desk: Desk, path: Path | None) -> None:
        super().__init__()
        self._state = state
        self._desk = desk
        self._path = path
        self._offsets: Mapping[Path, int] = {}
        self._events_shown = 0
        self._problem: str = ""
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """Called by Textual."""
        with TabbedContent(initial="notices"):
            with TabPane("1 Notices", id="notices"), VerticalScroll(id="notice-scroll"):
                yield Static(id="notice-text", markup=False)
            with TabPane("2 Log file", id="file"):
                yield LinesView("log-file", place=short_path(self._path.parent) if self._path else "", levels=True)
            with TabPane("3 Events", id="events"):
                yield LinesView("log-events")
        yield KeyBar(self._state, id="keybar")

    def renew(self) -> None:
        """Begin to follow, at the notices."""
        self.query_one(TabbedContent).active = "notices"
        self.draw(Topic.EVENTS)
        self._poll()
        self._timer = self.set_interval(POLL_SECONDS, self._poll)

    def rest(self) -> None:
        """Follow nothing, keep no line: what is forgotten is taken out of the files, not out of here."""
        if self._timer is not None:
            self._timer.stop()
        self._offsets, self._problem, self._events_shown = {}, "", 0
        self.query_one("#notice-text", Static).update("")
        for view in self.query(LinesView):
            view.begin()

    def _poll(self) -> None:
        path, offsets = self._path, self._offsets
        self._desk.submit(lambda: LogRead(read_tail(path, offsets), offsets), tag="log", reply=self.post_message)

    def draw(self, topics: Topic) -> None:
        """Show new notices and events."""
        if Topic.EVENTS not in topics:
            return
        self.query_one("#notice-text", Static).update(notices_content(list(self._state.notices)))
        self.query_one("#notice-scroll", VerticalScroll).scroll_end(animate=False)
        total = self._state.events_seen
        new = min(total - self._events_shown, len(self._state.events))
        self._events_shown = total
        if new:
            self._lines("events").add(list(self._state.events)[-new:])

    @on(LogRead)
    def _show_tail(self, event: LogRead) -> None:
        if event.since is not self._offsets:  # asked for before it was closed and opened again
            return
        piece = event.tail
        view = self._lines("file")
        if piece.problem and piece.problem != self._problem:
            view.add([piece.problem])
        self._problem = piece.problem
        self._offsets = piece.offsets
        if piece.lines:
            view.add(piece.lines)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Notices need no filter, events have no levels."""
        there = {"find": ("file", "events"), "pause": ("file", "events"), "level": ("file",)}
        return self._active in there.get(action, (self._active,))

    @on(TabbedContent.TabActivated)
    def _tab_changed(self) -> None:
        self.refresh_bindings()

    @property
    def _active(self) -> str:
        return self.query_one(TabbedContent).active if self.is_mounted else ""

    def _lines(self, tab: str) -> LinesView:
        return self.query_one(f"#{tab} LinesView", LinesView)

    def action_find(self) -> None:
        """Show only lines with certain words."""
        self._lines(self._active).find()

    def action_level(self) -> None:
        """Show only what is important enough."""
        self._lines(self._active).next_level()

    def action_pause(self) -> None:
        """Hold still, or follow again."""
        self._lines(self._active).toggle_pause()

    def action_tab(self, name: str) -> None:
        """Go to a tab."""
        self.query_one(TabbedContent).active = name
        target = {"notices": "#notice-scroll", "file": "#log-file", "events": "#log-events"}[name]
        self.query_one(target).focus()

    def action_leave(self) -> None:
        """Back to the conversation."""
        self.dismiss(None)


def notices_content(notices: list[NoticeRecord]) -> Content:
    """Return the notices, oldest first."""
    if not notices:
        return Content.styled(
            "Nothing to report. Errors and warnings stay here when their message has gone.", "$foreground 60%"
        )
    return Content("\n\n").join(_notice_content(record) for record in notices)


def _notice_content(record: NoticeRecord) -> Content:
    clock = time.strftime("%H:%M:%S", time.localtime(record.clock))
    title = f" {record.title}:" if record.title else ""
    head = Content.assemble(
        (f"{clock} ", "$foreground 60%"),
        (record.severity.upper(), _STYLES[record.severity]),
        f"{title} {record.message}",
    )
    return Content.assemble(head, ("\n" + record.hint, "$foreground 60%")) if record.hint else head
