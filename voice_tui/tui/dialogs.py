"""Opens dialogs. Their modules are imported here when first needed, so that the first paint does not wait for them."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.widget import Widget

    from memory.types import Transcript
    from voice_tui.tui.base import BaseApp
    from voice_tui.tui.talk_keeper import TalkKeeper
    from voice_tui.tui.widgets.talks import TalkList


_MODULES = (
    *("confirm", "conversations", "devices", "help", "jump", "log", "memory_detail", "memory_text", "models"),
    *("palette", "recordings", "rename", "save", "settings", "theme"),
)


def load() -> None:
    """Import what the functions below do, ahead of them; any thread, 0.1 s."""
    for name in _MODULES:
        import_module(f"voice_tui.tui.screens.{name}")


def open_help(app: BaseApp) -> None:
    """Show the keys of what has the focus, and the app's."""
    from voice_tui.tui.screens.help import HelpScreen, help_sections

    app.push_screen(HelpScreen(help_sections(app.screen.active_bindings.values(), app.state)))


def open_commands(app: BaseApp) -> None:
    """Show the command palette."""
    from voice_tui.tui.screens.palette import Palette

    if not isinstance(app.screen, Palette):
        app.push_screen(Palette(id="--command-palette"))


def open_first_run(app: BaseApp) -> None:
    """Show the first run, and note that it was shown."""
    from voice_tui.tui.screens.first_run import FirstRunScreen

    done = app.surroundings.setup.done

    def note(_: None) -> None:
        app.files.submit(done)

    if not isinstance(app.screen, FirstRunScreen):
        app.push_screen(FirstRunScreen(app), note)


def open_settings(app: BaseApp) -> None:
    """Show and change every setting."""
    from voice_tui.tui.screens.settings import SettingsScreen

    if not isinstance(app.screen, SettingsScreen):
        app.push_screen(SettingsScreen(app))


def open_log(app: BaseApp) -> None:
    """Show notices, the log file and the events."""
    from voice_tui.tui.screens.log import LogScreen

    app.clear_notifications()  # all of them stand there
    if not isinstance(app.screen, LogScreen):
        app.push_screen(LogScreen(app.state, app.files, app.surroundings.log_path))


def open_theme(app: BaseApp) -> None:
    """Choose colours, with a preview."""
    from voice_tui.tui.screens.theme import ThemeScreen

    def keep(name: str | None) -> None:
        if name is not None:
            app.change_settings({"ui.theme": name})

    app.push_screen(ThemeScreen(sorted(app.available_themes), app.theme), keep)


def open_devices(app: BaseApp) -> None:
    """Choose and try out microphone and speaker."""
    from voice_tui.tui.screens.devices import DevicesScreen

    lister = app.surroundings.list_devices
    app.push_screen(
        DevicesScreen(app.state, desk=app.files, lister=lister, send=app.command, change=app.change_settings)
    )


def open_save(app: BaseApp) -> None:
    """Save the transcript."""
    from voice_tui.tui.screens.save import SaveScreen
    from voice_tui.tui.transcript_file import Texts, markdown, record

    around, now = app.surroundings, app.state.clock()
    lines, dropped = list(app.state.conversation), app.state.conversation.dropped
    texts = Texts(
        lambda: markdown(lines, clock=now, dropped=dropped), lambda: record(lines, clock=now, dropped=dropped)
    )
    fallback = around.log_path.parent if around.log_path else Path.home()
    app.push_screen(SaveScreen(texts, app.files, folder=around.transcripts, fallback=fallback, clock=now))


async def conversation_list(app: BaseApp, keeper: TalkKeeper | None) -> TalkList | None:
    """Show the conversations that were kept and return their list, which has the focus; None where none are kept."""
    from voice_tui.tui.screens.conversations import ConversationsScreen
    from voice_tui.tui.widgets.talks import TalkList

    if keeper is None:
        app.inform("Conversations are not kept here")
        return None
    if not isinstance(app.screen, ConversationsScreen):
        await app.push_screen(ConversationsScreen(app, keeper, lambda transcript: save_talk(app, transcript)))
    return app.screen.query_one(TalkList)


def save_talk(app: BaseApp, transcript: Transcript) -> None:
    """Save a conversation that was kept."""
    from memory.transcripts import to_markdown, to_record
    from voice_tui.tui.screens.save import SaveScreen
    from voice_tui.tui.transcript_file import Texts

    texts = Texts(lambda: to_markdown(transcript), lambda: to_record(transcript))
    around = app.surroundings
    fallback = around.log_path.parent if around.log_path else Path.home()
    began = transcript.conversation.started_at
    app.push_screen(SaveScreen(texts, app.files, folder=around.transcripts, fallback=fallback, clock=began))


def open_recordings(app: BaseApp) -> None:
    """Show the recordings."""
    from voice_tui.tui.screens.recordings import RecordingsScreen

    app.push_screen(RecordingsScreen(app))


def open_models(app: BaseApp) -> None:
    """Show the models."""
    from voice_tui.tui.screens.models import ModelsScreen

    if not isinstance(app.screen, ModelsScreen):
        app.push_screen(ModelsScreen(app))


def open_jump(app: BaseApp) -> None:
    """Show a letter on everything that can have the focus."""
    from voice_tui.tui.screens.jump import JumpScreen, targets

    def go(widget: Widget | None) -> None:
        if widget is not None:
            widget.focus()

    app.push_screen(JumpScreen(targets(app.screen.focus_chain)), go)
