"""Opens dialogs. Their modules are imported here when first needed, so that the first paint does not wait for them."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voice_tui.tui.standby import Standing

if TYPE_CHECKING:
    from textual.widget import Widget

    from memory.types import Transcript
    from voice_tui.tui.base import BaseApp
    from voice_tui.tui.catalogue import Entry
    from voice_tui.tui.screens.conversations import ConversationsScreen
    from voice_tui.tui.screens.devices import DevicesScreen
    from voice_tui.tui.screens.help import HelpScreen, HelpSection
    from voice_tui.tui.screens.log import LogScreen
    from voice_tui.tui.screens.models import ModelsScreen
    from voice_tui.tui.screens.palette import PaletteScreen
    from voice_tui.tui.screens.settings import SettingsScreen
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


def standing(app: BaseApp, keeper: TalkKeeper | None) -> list[Standing[Any]]:
    """Return what makes each screen that stands by."""
    makers = [_help, _palette, _settings, _log, _devices, _models]
    return [*(maker(app) for maker in makers), *([_conversations(app, keeper)] if keeper is not None else [])]


def _help(app: BaseApp) -> Standing[HelpScreen]:
    from voice_tui.tui.screens.help import HelpScreen

    return Standing(HelpScreen, lambda: HelpScreen(_keys_now(app)))


def _keys_now(app: BaseApp) -> tuple[HelpSection, ...]:
    from voice_tui.tui.screens.help import help_sections

    return help_sections(app.screen.active_bindings.values(), app.state)


def _palette(app: BaseApp) -> Standing[PaletteScreen]:
    from voice_tui.tui.screens.palette import PaletteScreen

    return Standing(PaletteScreen, lambda: PaletteScreen(app.state, app.key_of))


def _settings(app: BaseApp) -> Standing[SettingsScreen]:
    from voice_tui.tui.screens.settings import SettingsScreen

    return Standing(SettingsScreen, lambda: SettingsScreen(app))


def _log(app: BaseApp) -> Standing[LogScreen]:
    from voice_tui.tui.screens.log import LogScreen

    return Standing(LogScreen, lambda: LogScreen(app.state, app.files, app.surroundings.log_path))


def _devices(app: BaseApp) -> Standing[DevicesScreen]:
    from voice_tui.tui.screens.devices import DevicesScreen

    def make() -> DevicesScreen:
        lister = app.surroundings.list_devices
        return DevicesScreen(app.state, desk=app.files, lister=lister, send=app.command, change=app.change_settings)

    return Standing(DevicesScreen, make)


def _models(app: BaseApp) -> Standing[ModelsScreen]:
    from voice_tui.tui.screens.models import ModelsScreen

    return Standing(ModelsScreen, lambda: ModelsScreen(app))


def _conversations(app: BaseApp, keeper: TalkKeeper) -> Standing[ConversationsScreen]:
    from voice_tui.tui.screens.conversations import ConversationsScreen

    def make() -> ConversationsScreen:
        return ConversationsScreen(app, keeper, lambda transcript: save_talk(app, transcript))

    return Standing(ConversationsScreen, make)


def open_help(app: BaseApp) -> None:
    """Show the keys of what has the focus, and the app's."""
    sections = _keys_now(app)
    screen = app.standby.get(_help(app))
    screen.tell(sections)
    app.push_screen(screen)


def open_commands(app: BaseApp) -> None:
    """Show the command palette."""
    palette = _palette(app)

    def carry_out(entry: Entry | None) -> None:
        if entry is not None:
            app.call_later(app.carry_out, entry)

    if not isinstance(app.screen, palette.kind):
        app.push_screen(app.standby.get(palette), carry_out)


def _show(app: BaseApp, standing: Standing[Any]) -> None:
    if not isinstance(app.screen, standing.kind):
        app.push_screen(app.standby.get(standing))


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
    _show(app, _settings(app))


def open_log(app: BaseApp) -> None:
    """Show notices, the log file and the events."""
    app.clear_notifications()  # all of them stand there
    _show(app, _log(app))


def open_theme(app: BaseApp) -> None:
    """Choose colours, with a preview."""
    from voice_tui.tui.screens.theme import ThemeScreen

    def keep(name: str | None) -> None:
        if name is not None:
            app.change_settings({"ui.theme": name})

    app.push_screen(ThemeScreen(sorted(app.available_themes), app.theme), keep)


def open_devices(app: BaseApp) -> None:
    """Choose and try out microphone and speaker."""
    _show(app, _devices(app))


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
    from voice_tui.tui.widgets.talks import TalkList

    if keeper is None:
        app.inform("Conversations are not kept here")
        return None
    talks = _conversations(app, keeper)
    if not isinstance(app.screen, talks.kind):
        await app.push_screen(app.standby.get(talks))
    return app.screen.query_one(TalkList)


def save_talk(app: BaseApp, transcript: Transcript) -> None:
    """Save a conversation that was kept."""
    from memory.formats.transcripts import to_markdown, to_record
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
    _show(app, _models(app))


def open_jump(app: BaseApp) -> None:
    """Show a letter on everything that can have the focus."""
    from voice_tui.tui.screens.jump import JumpScreen, targets

    def go(widget: Widget | None) -> None:
        if widget is not None:
            widget.focus()

    app.push_screen(JumpScreen(targets(app.screen.focus_chain)), go)
