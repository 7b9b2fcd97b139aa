"""The memory pane: what is remembered, searched as you type; what was just used stands on top."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from memory.types import Memory
from voice_tui.tui.catalogue import applies, bindings
from voice_tui.tui.state.app_state import AppState, Shelf
from voice_tui.tui.state.text import one_line
from voice_tui.tui.widgets.draw import same_lines

Want = str
"""What the person wants done: "add", "edit", "forget", "undo", "play", "pin", "approve", "dismiss" or "detail"."""

AGES_SECONDS = 20.0
"""How often the ages are said anew, while they are in sight: none is wrong for longer."""

MOST_USED = 3
"""Memories that are named as just used; each takes two lines at most, and the style sheet has room for that."""

_DIM = "$foreground 50%"


class MemoryWanted(Message):
    """Somebody wants something done with memories; the app does it."""

    def __init__(self, want: Want) -> None:
        super().__init__()
        self.want = want


class SearchChanged(Message):
    """The search words changed."""

    def __init__(self, query: str) -> None:
        super().__init__()
        self.query = query


class SearchLine(Input):
    """The search line of the pane."""

    HELP_TITLE = "Memory search"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,enter", "to_list", "To the list", id="search_list"),
        Binding("escape", "clear", "Clear", tooltip="Show all memories again.", id="search_clear"),
    ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """An empty search leaves Escape to the app."""
        return bool(self.value) if action == "clear" else True

    def action_to_list(self) -> None:
        """Go on in the list."""
        self.screen.query_one("#memory-list").focus()

    def action_clear(self) -> None:
        """Show all memories again."""
        self.value = ""


class MemoryList(OptionList):
    """The memories; every key of the catalogue's memory part works here and becomes a message."""

    HELP_TITLE = "Memories"
    BINDINGS: ClassVar[list[BindingType]] = list(bindings("memories"))

    def __init__(self, state: AppState, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        self._state = state

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what applies now."""
        return applies("memories", action, self._state)

    def action_search(self) -> None:
        """Go to the search line."""
        self.screen.query_one("#memory-search").focus()

    def action_clear_search(self) -> None:
        """Show all memories again; the next Escape leaves the pane."""
        self.screen.query_one("#memory-search", SearchLine).action_clear()

    def action_add(self) -> None:
        """Write a memory down."""
        self.post_message(MemoryWanted("add"))

    def action_edit(self) -> None:
        """Change the words of the highlighted memory."""
        self.post_message(MemoryWanted("edit"))

    def action_forget(self) -> None:
        """Delete the highlighted memory, after a question."""
        self.post_message(MemoryWanted("forget"))

    def action_approve(self) -> None:
        """Keep the highlighted suggestion."""
        self.post_message(MemoryWanted("approve"))

    def action_dismiss(self) -> None:
        """Drop the highlighted suggestion for good."""
        self.post_message(MemoryWanted("dismiss"))

    def action_detail(self) -> None:
        """Show where the highlighted memory comes from."""
        self.post_message(MemoryWanted("detail"))

    def action_undo(self) -> None:
        """Put back what was deleted last."""
        self.post_message(MemoryWanted("undo"))

    def action_play(self) -> None:
        """Play the recorded words of the highlighted note."""
        self.post_message(MemoryWanted("play"))

    def action_pin(self) -> None:
        """Pin or unpin the highlighted memory."""
        self.post_message(MemoryWanted("pin"))


class MemoryPane(Vertical):
    """Shows the state's `Shelf`; it never touches the store.

    Args:
        state: What the app knows; the pane writes only which memory is highlighted.
    """

    def __init__(self, state: AppState, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.border_title = "Memories"
        self._state = state
        self._listed: list[tuple[str, Content]] = []

    def compose(self) -> ComposeResult:
        """Called by Textual."""
        yield SearchLine(placeholder="Search", id="memory-search", compact=True, select_on_focus=False)
        yield Static("", id="memory-recalled", markup=False)
        yield Static("", id="memory-empty", markup=False)
        yield MemoryList(self._state, id="memory-list")

    def on_mount(self) -> None:
        """An idle app draws nothing."""
        self.query_one("#memory-search", Input).cursor_blink = False
        self.set_interval(AGES_SECONDS, self._grow_older)

    def update(self) -> None:
        """Show what the state says now."""
        shelf = self._state.shelf
        self.border_subtitle = counted(shelf)
        self._update_recalled(shelf)
        empty = self.query_one("#memory-empty", Static)
        empty.display = not shelf.memories
        empty.update(empty_words(shelf))
        self._update_list(shelf)

    def on_resize(self) -> None:
        """What was just used is laid out by the width."""
        self._update_recalled(self._state.shelf)

    def _update_recalled(self, shelf: Shelf) -> None:
        used = recalled_content(shelf, self.content_size.width)
        recalled = self.query_one("#memory-recalled", Static)
        recalled.display = used is not None
        recalled.update(used or "")

    def _listing(self, shelf: Shelf) -> list[tuple[str, Content]]:
        now = self._state.clock()
        return [
            (memory.id, memory_content(memory, memory.id in shelf.recalled_ids, now, shelf.scores.get(memory.id)))
            for memory in shelf.memories
        ]

    def _grow_older(self) -> None:
        """Say the ages as they are now; the list stays where it was scrolled to."""
        if not self.is_on_screen:
            return
        listed = self._listing(self._state.shelf)
        if _ids(listed) != _ids(self._listed):  # another list is about to be drawn
            return
        options = self.query_one("#memory-list", MemoryList)
        for place, ((_, content), (_, before)) in enumerate(zip(listed, self._listed, strict=True)):
            if not content.is_same(before):
                options.replace_option_prompt_at_index(place, content)
        self._listed = listed

    def _update_list(self, shelf: Shelf) -> None:
        listed = self._listing(shelf)
        if _ids(listed) == _ids(self._listed) and same_lines(_contents(listed), _contents(self._listed)):
            return
        self._listed = listed
        options = self.query_one("#memory-list", MemoryList)
        place, chosen = options.highlighted or 0, shelf.selected
        options.clear_options()
        options.add_options(Option(content, id=name) for name, content in listed)
        names = _ids(listed)
        if chosen is not None and chosen.id in names:
            place = names.index(chosen.id)
        options.highlighted = min(place, len(names) - 1) if names else None
        self._select(options.highlighted)

    @on(Input.Changed, "#memory-search")
    def _searched(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(SearchChanged(event.value))

    @on(OptionList.OptionHighlighted, "#memory-list")
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        self._select(event.option_index)

    @on(OptionList.OptionSelected, "#memory-list")
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        """A click on a memory edits it, as Enter does."""
        event.stop()
        self._select(event.option_index)
        self.post_message(MemoryWanted("edit"))

    def _select(self, place: int | None) -> None:
        shelf = self._state.shelf
        memory = shelf.memories[place] if place is not None and place < len(shelf.memories) else None
        if memory != shelf.selected:
            self._state.shelf = replace(shelf, selected=memory)
            self.refresh_bindings()


def _ids(listed: list[tuple[str, Content]]) -> list[str]:
    return [name for name, _ in listed]


def _contents(listed: list[tuple[str, Content]]) -> list[Content]:
    return [content for _, content in listed]


def counted(shelf: Shelf) -> str:
    """Return "12", or "3 of 12" while a search hides some, after what was done last and how a server stands.

    A search that could not go by meaning says so.
    """
    shown = len(shelf.memories) - shelf.suggested
    if not shelf.loaded or shelf.error:
        return ""
    number = f"{shelf.total}" if shown == shelf.total else f"{shown} of {shelf.total}"
    waiting = f"{shelf.suggested} to decide" if shelf.suggested else ""
    way = "by words" if shelf.reach == "words" and shelf.total else ""
    parts = (shelf.said, waiting, way, shelf.shared, number if shelf.total else "")
    return " · ".join(part for part in parts if part)


def empty_words(shelf: Shelf) -> Content:
    """Return why the list is empty and what to do next."""
    if shelf.error:
        return Content.styled(shelf.error, "$text-error")
    if not shelf.loaded:
        return Content.styled("Opening …", _DIM)
    if shelf.reach == "asked":
        return Content.styled("Looking …", _DIM)
    if shelf.query.strip():
        return Content.styled(f"Nothing matches “{one_line(shelf.query)}”.\nEsc clears the search.", _DIM)
    return Content.assemble(
        ("No memories yet.\nSay “remember that …”, or press ", _DIM),
        ("a", "bold $text-accent"),
        (" in this list.", _DIM),
    )


def recalled_content(shelf: Shelf, width: int = 0) -> Content | None:
    """Return what the last answer used, with its scores, what matched, and what it cost.

    Args:
        shelf: What the pane shows; while it is searched, only what the search found counts as used.
        width: Cells of a line; 0 = as many as it takes. What matched stands below the words where both do not fit.

    Returns:
        None when there is nothing to show.
    """
    found = {memory.id for memory in shelf.memories}
    used = [
        _used(text, score, shelf.why_recalled[place] if place < len(shelf.why_recalled) else "", width)
        for place, (text, score) in enumerate(shelf.recalled)
        if not shelf.query.strip() or (place < len(shelf.recalled_ids) and shelf.recalled_ids[place] in found)
    ]
    if not used:
        return None
    costs = (f"{shelf.tokens_recalled} tokens" if shelf.tokens_recalled else "", shelf.way_recalled)
    cost = "".join(f" · {part}" for part in costs if part)
    cue = f" for “{shelf.query_recalled}”" if shelf.query_recalled else " as the conversation began"
    head = Content.assemble(("◆ Just used", "bold $text-accent"), (f"{cost}{cue}", _DIM))
    return Content("\n").join([head, *used[:MOST_USED]])


def _used(text: str, score: float, why: str, width: int) -> Content:
    line = Content.assemble((f"  {score:.2f} ", "$text-accent"), text)
    if not why:
        return line
    beside = line.append(Content.styled(f"  ({why})", _DIM))
    return (
        beside if not width or beside.cell_length <= width else line.append(Content.styled(f"\n       ({why})", _DIM))
    )


def memory_content(memory: Memory, recalled: bool, now: float, score: float | None = None) -> Content:
    """Return a memory as it stands in the list: its words, and below them where they come from."""
    mark = ("◆ ", "$text-accent") if recalled else ("★ ", "$text-warning") if memory.pinned else ("", "")
    if memory.status == "suggested":
        mark = ("? ", "bold $text-warning")
    facts = [f"{score:.2f}"] if score is not None else []
    facts += ["remember this?"] if memory.status == "suggested" else []
    facts += [memory.kind, age(memory.said_at or memory.created_at, now)]
    if memory.clip_seconds > 0:
        facts.append(f"♪ {memory.clip_seconds:.0f} s")
    if memory.explicit and memory.confidence < 0.5:
        facts.append("words unsure")
    return Content.assemble(mark, one_line(memory.text), (f"\n{' · '.join(fact for fact in facts if fact)}", _DIM))


def age(said_at: float, now: float) -> str:
    """Return how long ago, in words; "" when it is not known."""
    if said_at <= 0:
        return ""
    minutes = int(max(0.0, now - said_at) / 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    if minutes < 24 * 60:
        return f"{minutes // 60} h ago"
    return "yesterday" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days ago"
