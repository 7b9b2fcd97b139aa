"""Everything a person can do, once: key bindings, key bar, help and command palette are all made from this list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from textual.binding import Binding

from voice_tui.tui.state.app_state import AppState

Owner = Literal["app", "memories", "conversations"]
"""Who carries it out: the app, wherever the focus is, the memory pane, or the conversations screen."""

Test = Callable[[AppState], bool]
Label = Callable[[AppState], str]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to do.

    Args:
        id: Of the binding; the key map names it.
        action: Name of the method `action_…` of its owner, with arguments if any.
        title: For the palette and help, or how to make it from the state.
        help: One sentence more.
        key: As Textual names it, several split by commas; "" = palette only.
        bar: Word for the key bar, or how to make it; "" = not shown there.
        applies: Whether it makes sense now; what does not is neither listed nor bound.
        owner: See `Owner`.
        priority: Works even while a dialog is open.
    """

    id: str
    action: str
    title: str | Label
    help: str
    key: str = ""
    bar: str | Label = ""
    applies: Test = lambda _: True
    owner: Owner = "app"
    priority: bool = False

    def title_now(self, state: AppState) -> str:
        """Return the title for this state."""
        return self.title if isinstance(self.title, str) else self.title(state)

    def bar_now(self, state: AppState) -> str:
        """Return the word for the key bar for this state."""
        return self.bar if isinstance(self.bar, str) else self.bar(state)


def _push(state: AppState) -> bool:
    return state.health.alive and state.health.mode == "push"


def _alive(state: AppState) -> bool:
    return state.health.alive and state.health.ready


def _selected(state: AppState) -> bool:
    return state.shelf.selected is not None


def _talk_selected(state: AppState) -> bool:
    return state.talks.selected is not None


def _suggested(state: AppState) -> bool:
    return state.shelf.selected is not None and state.shelf.selected.status == "suggested"


def _remembered(state: AppState) -> bool:
    return state.shelf.selected is not None and state.shelf.selected.status == "active"


def _has_clip(state: AppState) -> bool:
    selected = state.shelf.selected
    return selected is not None and selected.clip_seconds > 0 and _alive(state)


def _store_works(state: AppState) -> bool:
    return not state.shelf.error


def _search_holds(state: AppState) -> bool:
    """Interrupting an answer comes first: both are on Escape."""
    return bool(state.shelf.query) and not state.health.interruptable_now


ENTRIES: tuple[Entry, ...] = (
    Entry("quit", "quit", "Quit", "End the conversation and leave.", "ctrl+q", "Quit", priority=True),
    Entry("help", "help", "Help", "The keys of what has the focus, and of the app.", "f1", "Help"),
    Entry("commands", "command_palette", "Commands", "Search everything that can be done now.", "ctrl+p", "Commands"),
    Entry(
        "interrupt",
        "interrupt",
        "Interrupt the answer",
        "Stop thinking or speaking now.",
        "escape",
        "Interrupt",
        lambda state: state.health.interruptable_now,
    ),
    Entry(
        "talk",
        "talk",
        lambda state: "Finish talking" if state.health.talking else "Talk",
        "Push to talk: once to start, once more to end your turn. (Terminals do not report the release of a key.)",
        "ctrl+t",
        lambda state: "Finish" if state.health.talking else "Talk",
        _push,
    ),
    Entry(
        "mute",
        "mute",
        lambda state: "Unmute the microphone" if state.health.muted else "Mute the microphone",
        "While muted nothing is heard, whatever the talk key; typing still works.",
        "ctrl+l",
        lambda state: "Unmute" if state.health.muted else "Mute",
        _alive,
    ),
    Entry(
        "performance",
        "pane('metrics')",
        "Performance: show or hide",
        "Step time, rings, levels, latency.",
        "f3",
        "Perf",
    ),
    Entry(
        "memories",
        "pane('memories')",
        "Memories: show, go there, hide",
        "What is remembered, and what was just used.",
        "f4",
        "Memories",
    ),
    Entry("log", "log", "Log", "Notices, the log file and the raw events, live; copy diagnostics.", "f5", "Log"),
    Entry(
        "talk_mode",
        "talk_mode",
        lambda state: "Open microphone" if state.health.mode == "push" else "Push to talk",
        "Hear always, or only between two presses of the talk key.",
        "ctrl+o",
        lambda state: "Open mic" if state.health.mode == "push" else "Push to talk",
        _alive,
    ),
    Entry(
        "new",
        "new_conversation",
        "New conversation",
        "Forget the thread, keep the memories.",
        "ctrl+n",
        "New",
        lambda state: _alive(state) and state.conversation.has_turns,
    ),
    Entry("restart", "restart", "Restart the session", "Memories stay; use it when the assistant hangs."),
    Entry(
        "save",
        "save",
        "Save the transcript",
        "Export it as Markdown, or as JSON.",
        "ctrl+s",
        "Save",
        lambda state: state.conversation.has_turns,
    ),
    Entry(
        "conversations",
        "conversations",
        "Conversations",
        "What was said before: search, read, go on, rename, delete, save.",
        "ctrl+r",
        "History",
    ),
    Entry(
        "recordings",
        "recordings",
        "Recordings",
        "Turn recording on or off; where they are, how to replay one.",
    ),
    Entry(
        "settings",
        "settings",
        "Settings",
        "Every setting (voice, sound, memory …): what it does, change and reset.",
        "f2",
        "Settings",
    ),
    Entry("setup", "setup", "Set up again", "Devices, what works here, who answers, hello."),
    Entry("devices", "devices", "Devices: microphone and speaker", "Choose others by name.", "f6", "Devices", _alive),
    Entry("theme", "theme", "Theme", "Choose colours, with a live preview.", "f7", "Theme"),
    Entry("softer", "volume(-0.1)", "Softer", "Turn the assistant's voice down.", "f8", "Softer", _alive),
    Entry("louder", "volume(0.1)", "Louder", "Turn the assistant's voice up.", "f9", "Louder", _alive),
    Entry("jump", "jump", "Go to …", "A letter on everything that can be gone to.", "ctrl+g", "Go to"),
    Entry(
        "models",
        "models",
        "Models",
        "Models that listen while they speak: what fits, download, check, measure, use.",
        "f10",
        "Models",
    ),
    Entry(
        "copy_answer",
        "copy_answer",
        "Copy the last answer",
        "To the clipboard of the terminal.",
        applies=lambda state: state.last_answer is not None,
    ),
    Entry(
        "diagnostics", "diagnostics", "Copy diagnostics", "Versions, devices, counters and notices, no words of yours."
    ),
    Entry(
        "diagnostics_words",
        "diagnostics(True)",
        "Copy diagnostics with your words",
        "With the end of the conversation and the last events, to show what went wrong.",
    ),
    Entry(
        "memory_clear",
        "clear_search",
        "Clear the memory search",
        "All memories are shown again.",
        "escape",
        "Clear",
        _search_holds,
        "memories",
    ),
    Entry("memory_add", "add", "Add a memory", "Write one down.", "a", "Add", _store_works, "memories"),
    Entry(
        "memory_approve",
        "approve",
        "Keep the suggestion",
        "It is remembered from now on.",
        "y",
        "Keep",
        _suggested,
        "memories",
    ),
    Entry(
        "memory_dismiss",
        "dismiss",
        "Dismiss the suggestion",
        "It is not made again.",
        "n",
        "Dismiss",
        _suggested,
        "memories",
    ),
    Entry("memory_edit", "edit", "Edit the memory", "Its recording is kept.", "enter", "Edit", _selected, "memories"),
    Entry(
        "memory_delete",
        "forget",
        "Delete the memory",
        "Asks first; can be undone.",
        "d,delete",
        "Delete",
        _remembered,
        "memories",
    ),
    Entry(
        "memory_undo",
        "undo",
        "Undo the delete or edit",
        "Puts back what was deleted or changed last.",
        "u",
        "Undo",
        lambda state: bool(state.shelf.undo),
        "memories",
    ),
    Entry(
        "memory_play",
        "play",
        "Play the recorded note",
        "Your own words, as you said them.",
        "p",
        "Play",
        _has_clip,
        "memories",
    ),
    Entry("memory_search", "search", "Search memories", "As you type.", "slash", "Search", _store_works, "memories"),
    Entry(
        "memory_pin",
        "pin",
        lambda state: "Unpin the memory" if state.shelf.selected and state.shelf.selected.pinned else "Pin the memory",
        "Pinned ones stay on top.",
        "k",
        lambda state: "Unpin" if state.shelf.selected and state.shelf.selected.pinned else "Pin",
        _remembered,
        "memories",
    ),
    Entry(
        "memory_detail",
        "detail",
        "Where the memory comes from",
        "Its conversation, what was said, the time meant, and what it was before.",
        "i",
        "Details",
        _selected,
        "memories",
    ),
    Entry(
        "talk_go_on",
        "go_on",
        "Go on with the conversation",
        "The assistant knows what was said.",
        "enter",
        "Go on",
        _talk_selected,
        "conversations",
    ),
    Entry(
        "talk_find",
        "find",
        "Search conversations",
        "In every word that was said.",
        "slash",
        "Search",
        owner="conversations",
    ),
    Entry(
        "talk_rename",
        "rename",
        "Rename the conversation",
        "Without a name it is called by its first words.",
        "r",
        "Rename",
        _talk_selected,
        "conversations",
    ),
    Entry(
        "talk_delete",
        "delete",
        "Delete the conversation",
        "Asks first; can be undone. Memories stay.",
        "d,delete",
        "Delete",
        _talk_selected,
        "conversations",
    ),
    Entry(
        "talk_undo",
        "undo",
        "Bring the conversation back",
        "What was deleted last.",
        "u",
        "Undo",
        lambda state: bool(state.talks.undo),
        "conversations",
    ),
    Entry(
        "talk_save",
        "save",
        "Save the conversation",
        "Export it as Markdown, or as JSON.",
        "s",
        "Save",
        _talk_selected,
        "conversations",
    ),
)

BY_ID = {entry.id: entry for entry in ENTRIES}

GLOBAL_FIRST = ("quit", "help", "commands", "interrupt", "talk")
"""Stand first in the key bar, so that they survive a narrow terminal."""

GLOBAL_NEXT = ("mute", "settings")
"""Come next: before the keys of what has the focus where there is room, else right after them."""

GLOBAL_LAST = ("performance", "memories", "log", "devices", "models", "new")
"""Come after all these, before the others: what stands on function keys is looked for here first."""


def bindings(owner: Owner) -> list[Binding]:
    """Return the key bindings of `owner`, each with the id that the key map knows it by."""
    return [
        Binding(
            entry.key,
            entry.action,
            entry.title if isinstance(entry.title, str) else entry.id.replace("_", " ").capitalize(),
            show=bool(entry.bar),
            priority=entry.priority,
            tooltip=entry.help,
            id=entry.id,
        )
        for entry in ENTRIES
        if entry.owner == owner and entry.key
    ]


def applies(owner: Owner, action: str, state: AppState) -> bool:
    """Whether the action named `action` (without arguments) of `owner` makes sense now; True for what is not listed."""
    for entry in ENTRIES:
        if entry.owner == owner and entry.action.partition("(")[0] == action:
            return entry.applies(state)
    return True
