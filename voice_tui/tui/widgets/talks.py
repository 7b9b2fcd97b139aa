"""What the conversations screen is made of: the list, one conversation to read, and the words in both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, OptionList

from memory.types import Found, Transcript, Turn
from voice_tui.tui.catalogue import applies, bindings
from voice_tui.tui.state.app_state import AppState
from voice_tui.tui.state.talks import Talks, day_and_time, length
from voice_tui.tui.state.text import one_line, plain
from voice_tui.tui.widgets.page import Block, Page

MAX_TURNS = 400
"""Turns that are shown of a conversation: around what was searched, else the last; all of them are saved."""

_DIM = "$foreground 50%"
_NAMES = {"user": "You", "assistant": "Assistant", "system": "System"}
_STYLES = {"user": "bold $text-primary", "assistant": "bold $text-success", "system": "bold $text-warning"}


class TalkWanted(Message):
    """Somebody wants something done with conversations: the name of an action of the catalogue."""

    def __init__(self, want: str) -> None:
        super().__init__()
        self.want = want


class TalkListResized(Message):
    """The list is as wide as it says now; its lines were made for another width."""


class TalkSearch(Input):
    """The search line."""

    HELP_TITLE = "Conversation search"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,enter", "to_list", "To the list", id="talk_search_list"),
        Binding("escape", "clear", "Clear", tooltip="Show all conversations again.", id="talk_search_clear"),
    ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """An empty search leaves Escape to the screen."""
        return bool(self.value) if action == "clear" else True

    def action_to_list(self) -> None:
        """Go on in the list."""
        self.screen.query_one("#talk-list").focus()

    def action_clear(self) -> None:
        """Show all conversations again."""
        self.value = ""


class TalkList(OptionList):
    """The conversations; every key of the catalogue's part for them works here and becomes a message."""

    HELP_TITLE = "Conversations"
    BINDINGS: ClassVar[list[BindingType]] = list(bindings("conversations"))

    def __init__(self, state: AppState, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        self._state = state

    def on_resize(self, _event: events.Resize) -> None:
        """Its lines are as long as it is wide, and that is known to nobody before."""
        self.post_message(TalkListResized())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what applies now."""
        return applies("conversations", action, self._state)

    def action_find(self) -> None:
        """Go to the search line."""
        self.screen.query_one("#talk-search").focus()

    def action_go_on(self) -> None:
        """Go on with the highlighted conversation."""
        self.post_message(TalkWanted("go_on"))

    def action_rename(self) -> None:
        """Give it a name."""
        self.post_message(TalkWanted("rename"))

    def action_delete(self) -> None:
        """Delete it, after a question."""
        self.post_message(TalkWanted("delete"))

    def action_undo(self) -> None:
        """Put back what was deleted last."""
        self.post_message(TalkWanted("undo"))

    def action_save(self) -> None:
        """Write it to a file."""
        self.post_message(TalkWanted("save"))


class TalkView(Page):
    """One conversation to read; at its end, or at what was searched."""

    HELP_TITLE = "One conversation"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._shown: tuple[Transcript | None, Turn | None] = (None, None)
        self._goal: Block | None = None

    def show(self, transcript: Transcript | None, hit: Turn | None) -> None:
        """Show a conversation; `hit` is the turn that the search found. The same again stays scrolled as it is."""
        if self._shown[0] is transcript and self._shown[1] == hit:
            return
        self._shown = (transcript, hit)
        turns = around(transcript.turns, hit) if transcript else ()
        title = one_line(transcript.conversation.title) if transcript else ""
        self.border_title = Content(title)  # pyright: ignore[reportAttributeAccessIssue]  # a text would be read as markup
        blocks = [Block(turn_content(turn, found=turn == hit)) for turn in turns]
        self._goal = blocks[turns.index(hit) if hit in turns else -1] if blocks else None
        more = len(transcript.turns) - len(turns) if transcript else 0
        if more:
            blocks.insert(0, Block(Content.styled(f"{more} more turns are in the saved file.", _DIM)))
        self.fill(blocks)

    def lay_out(self) -> None:
        """Find where every turn stands, and go to the one that matters."""
        super().lay_out()
        if self._goal is not None:
            self.show_block(self._goal)
            self.call_after_refresh(self.show_block, self._goal)  # where the room for it was not known yet


def around(turns: Sequence[Turn], hit: Turn | None) -> tuple[Turn, ...]:
    """Return the turns to show; see `MAX_TURNS`."""
    if len(turns) <= MAX_TURNS:
        return tuple(turns)
    end = len(turns) if hit is None or hit not in turns else turns.index(hit) + MAX_TURNS // 2
    end = min(len(turns), max(MAX_TURNS, end))
    return tuple(turns[end - MAX_TURNS : end])


def turn_content(turn: Turn, *, found: bool = False) -> Content:
    """Return a turn to read; the text is data and never read as markup."""
    marks = [mark for mark, there in (("typed", turn.typed), ("interrupted", turn.interrupted)) if there]
    name = one_line(turn.speaker) or _NAMES[turn.role]
    heading = Content.assemble((name, _STYLES[turn.role]), *((f" · {mark}", _DIM) for mark in marks))
    return Content.assemble(heading, "\n", (plain(turn.text), "on $warning-muted" if found else ""))


def talk_content(found: Found, now: float, present: str, width: int) -> Content:
    """Return a conversation as it stands in the list, in lines of at most `width` cells.

    Args:
        found: It, and the turn that the search brought up.
        now: Seconds since 1970.
        present: Id of the conversation that goes on now.
        width: Of the list.
    """
    talk = found.conversation
    mark = ("● ", "$text-success") if talk.id == present else ("", "")
    lines = [Content.assemble(mark, one_line(talk.title) or "Without words")]
    if found.turn is not None:
        said = one_line(found.turn.text)
        lines.append(Content.assemble((f"{_NAMES[found.turn.role]}: ", _STYLES[found.turn.role]), said))
    lines.append(Content.styled(f"{day_and_time(talk.ended_at, now)} · {length(talk)}", _DIM))
    return Content("\n").join(line.truncate(width, ellipsis=True) for line in lines)


def empty_words(talks: Talks, *, kept: bool) -> Content:
    """Return why the list is empty and what to do next; `kept` is the setting memory.conversations."""
    if talks.error:
        return Content.styled(talks.error, "$text-error")
    if not talks.loaded:
        return Content.styled("Opening …", _DIM)
    if talks.query.strip():
        return Content.styled(f"Nobody said “{one_line(talks.query)}”.\nEsc clears the search.", _DIM)
    if not kept:
        return Content.styled("Conversations are not kept: the setting memory.conversations is off.", _DIM)
    return Content.assemble(
        ("No conversations yet.\nPress ", _DIM),
        ("Esc", "bold $text-accent"),
        (" and say something: what is said is kept and stands here.", _DIM),
    )
