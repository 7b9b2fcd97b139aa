"""Choose and try out the microphone and the speaker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from voice_tui.events import AnyCommand
from voice_tui.schema import Value
from voice_tui.tui.desk import Desk
from voice_tui.tui.screens.dialog import LEAVING, WholeDialog
from voice_tui.tui.standby import StandbyScreen
from voice_tui.tui.state.app_state import AppState, Topic
from voice_tui.tui.surroundings import DeviceNames
from voice_tui.tui.widgets.devices import DeviceList, DevicePanel


class DevicesScreen(WholeDialog[None], StandbyScreen[None]):
    """A panel in a dialog; see `DevicePanel` for what it is made with."""

    TITLE = "Devices: microphone and speaker"
    TALLEST = "DeviceList"
    OTHER_ROWS = 12
    AUTO_FOCUS = "#devices-input"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,f6", "cancel", "Close", id="dialog_cancel"), *LEAVING]

    def __init__(
        self,
        state: AppState,
        *,
        desk: Desk,
        lister: Callable[[], DeviceNames] | None,
        send: Callable[[AnyCommand], None],
        change: Callable[[Mapping[str, Value]], None],
    ) -> None:
        super().__init__()
        self._panel = DevicePanel(state, desk=desk, lister=lister, send=send, change=change)

    def compose_body(self) -> ComposeResult:
        """Yield the panel."""
        yield self._panel

    def renew(self) -> None:
        """Look what there is now."""
        self._panel.begin()

    def rest(self) -> None:
        """Nothing is under way any more."""
        self._panel.end()

    def draw(self, topics: Topic) -> None:
        """Show what has changed."""
        if topics & (Topic.STATUS | Topic.METRICS) and self.query(DeviceList):
            self._panel.update()
