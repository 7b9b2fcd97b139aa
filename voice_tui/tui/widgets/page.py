"""Texts one below the other, drawn line by line: what is not on the screen is measured once and never drawn.

A widget for each text costs 0.07 ms in every layout of the screen and 0.1 MB; with 300 of them a word that came in held
the keys for 30 ms. Here a layout costs the same however long the conversation is.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rich.segment import Segment
from rich.style import Style as RichStyle
from textual.content import Content
from textual.geometry import Offset, Size
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions

from voice_tui.tui.typed import app_of

if TYPE_CHECKING:
    from textual import events
    from textual.css.styles import RulesMap

LINES_EACH = 1_000_000
"""Numbers that the lines of one block have for the selection: they stay the same when another block grows or goes."""

_CUT: RulesMap = {"text_wrap": "nowrap", "text_overflow": "ellipsis"}
_WRAPPED: RulesMap = {}


@dataclass(frozen=True, slots=True)
class Look:
    """How a block stands on its page.

    Args:
        part: Component class with its colours, padding, and margin and border left and right; "" = the page's own.
        align: Where it stands.
        share: Of the width, at most.
        fills: It is as wide as it may be, but for so many cells at most; 0 = as wide as its text.
        wraps: Whether long lines go on in the next one; else they are cut.
    """

    part: str = ""
    align: Literal["left", "center", "right"] = "left"
    share: float = 1.0
    fills: int = 0
    wraps: bool = True

    @property
    def rules(self) -> RulesMap:
        """What Textual asks when it wraps."""
        return _WRAPPED if self.wraps else _CUT


PLAIN = Look(fills=1_000)


class Block:
    """One text; what was measured and drawn of it is kept. UI thread."""

    def __init__(self, content: Content, look: Look = PLAIN) -> None:
        self.content = content
        self.look = look
        self.number = 0  # set by the page; times LINES_EACH it is the number of the first line
        self._heights: dict[int, int] = {}
        self._drawn: tuple[object, list[Strip]] = ((), [])

    def rewrite(self, content: Content) -> None:
        """Say something else."""
        self.content = content
        self._heights.clear()
        self._drawn = ((), [])

    def text_width(self, width: int, frame: int) -> int:
        """Return the cells for the text where the page has `width` and borders and padding take `frame`."""
        look = self.look
        widest = look.fills - frame if look.fills else self.content.get_optimal_width(look.rules, width)
        return max(1, min(widest, int(width * look.share) - frame))

    def height(self, width: int, frame: int) -> int:
        """Return the rows it takes."""
        known = self._heights.get(width)
        if known is None:
            if len(self._heights) > 1:  # with a scroll bar and without
                self._heights.clear()
            plain = self.content.without_spans
            known = self._heights[width] = plain.get_height(self.look.rules, self.text_width(width, frame))
        return known

    def strips(self, key: object) -> list[Strip] | None:
        """Return what was drawn under the same circumstances."""
        return self._drawn[1] if self._drawn[0] == key else None

    def keep(self, key: object, strips: list[Strip]) -> list[Strip]:
        """Keep what was drawn."""
        self._drawn = (key, strips)
        return strips


class Page(ScrollView):
    """Blocks one below the other, `gap` empty rows after each."""

    DEFAULT_CSS = "Page { overflow: hidden auto; }"
    ALLOW_SELECT = True

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._blocks: list[Block] = []
        self._tops: list[int] = []
        self._width = 0
        self._numbers = 0
        self._gone = 0
        """Rows above what is in sight that were taken away since the last layout."""

    # ---------------------------------------------------------------- what stands there

    @property
    def blocks(self) -> Sequence[Block]:
        """What stands there."""
        return self._blocks

    @property
    def gap(self) -> int:
        """Empty rows after each block."""
        return 1

    @property
    def foot(self) -> int:
        """Empty rows after the last block."""
        return 0

    def fill(self, blocks: Iterable[Block]) -> None:
        """Show these and no others."""
        self._blocks, self._tops, self._gone = list(blocks), [], 0
        self._number_all()
        self.lay_out()

    def put(self, block: Block, before: Block | None = None) -> None:
        """Add a block at the end, or before another; `lay_out` shows it."""
        if before is None:
            self._blocks.append(block)
            self._numbers += 1
            block.number = self._numbers
        else:
            place = self._blocks.index(before)
            self._blocks.insert(place, block)
            del self._tops[place:]
            self._number_all()

    def take(self, block: Block) -> None:
        """Take a block away; `lay_out` shows it. Who reads further down does not lose the place."""
        place = self._blocks.index(block)
        if place < len(self._tops) and self._tops.pop(place) < self.scroll_offset.y:
            self._gone += self._height(block) + self.gap
        del self._blocks[place]

    def redraw(self, block: Block) -> bool:
        """A block says something else; return whether it takes more or fewer rows now, so that `lay_out` is needed."""
        place = self._blocks.index(block)
        rows = self._rows(place)
        if rows is None or rows != self._height(block):
            return True
        self.refresh_lines(self._tops[place], rows)
        return False

    def show_block(self, block: Block) -> None:
        """Scroll to a block, as far as there is anything below it."""
        if block in self._blocks[: len(self._tops)]:
            top = max(0, self._tops[self._blocks.index(block)] - 1)
            self.scroll_to(y=top, animate=False, force=True)  # the scroll bar is not shown yet

    def _number_all(self) -> None:
        self._numbers = len(self._blocks)
        for number, block in enumerate(self._blocks, 1):
            if block.number != number:
                block.number = number
                block.keep((), [])  # the lines' numbers are in what was drawn

    # ---------------------------------------------------------------- layout

    def on_resize(self, _event: events.Resize) -> None:
        """The lines wrap anew."""
        self.lay_out()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Called by Textual, whose line widgets forget to follow again when the person comes back to the end."""
        super().watch_scroll_y(old_value, new_value)
        self._check_anchor()

    def lay_out(self) -> None:
        """Find where every block stands."""
        full = self.size.width
        if not full:
            return
        self._check_anchor()  # who went down to the end follows, also where there was nothing more to scroll
        height = self.size.height
        width = full - self.styles.scrollbar_size_vertical
        total = self._place(width)
        if total <= height:  # then there is no scroll bar
            width = full
            total = self._place(width)
        gone, self._gone = self._gone, 0
        if gone:
            self.scroll_y -= gone
            self.scroll_target_y = self.scroll_y
        self.virtual_size = Size(width, total)
        self.refresh()

    def _place(self, width: int) -> int:
        """Place the blocks for a width; return the rows of all."""
        self._width = width
        gap, row = self.gap, 0
        self._tops = []
        for block in self._blocks:
            self._tops.append(row)
            row += self._height(block) + gap
        rows = max(0, row - gap + self.foot)
        above = self.above(rows)
        if above:
            self._tops = [top + above for top in self._tops]
        return above + rows

    def above(self, rows: int) -> int:
        """Return the empty rows above the first block, where all of them take `rows`."""
        return 0

    def _height(self, block: Block) -> int:
        return block.height(self._room(block.look), self._frame(block.look))

    def _rows(self, place: int) -> int | None:
        """Rows that a block was given; None where it has not been placed."""
        if place >= len(self._tops):
            return None
        if place + 1 == len(self._tops):
            return self.virtual_size.height - self._tops[place] - self.foot
        return self._tops[place + 1] - self._tops[place] - self.gap

    def _room(self, look: Look) -> int:
        """Cells that a block may take a share of."""
        return self._width - (self.get_component_styles(look.part).margin.right if look.part else 0)

    def _frame(self, look: Look) -> int:
        return self.get_component_styles(look.part).gutter.width if look.part else 0

    def _edges(self, look: Look) -> tuple[Style | None, Style | None]:
        """The colours of the borders left and right; None where there is none."""
        if not look.part:
            return None, None
        styles = self.get_component_styles(look.part)
        left, right = styles.border_left, styles.border_right
        return (
            Style(foreground=left[1]) if left[0] else None,
            Style(foreground=right[1]) if right[0] else None,
        )

    # ---------------------------------------------------------------- drawing

    def render_line(self, y: int) -> Strip:
        """Called by Textual: one row of what is in sight."""
        row = y + self.scroll_offset.y
        place = bisect_right(self._tops, row) - 1
        if place >= 0:
            strips = self._strips(self._blocks[place])
            if row - self._tops[place] < len(strips):
                return strips[row - self._tops[place]].extend_cell_length(self.size.width, self._ground)
        return Strip.blank(self.size.width, self._ground)

    @property
    def _ground(self) -> RichStyle:
        """The colours of the page; Textual's own `rich_style` is not kept and takes 0.1 ms."""
        return self.visual_style.rich_style

    def _strips(self, block: Block) -> list[Strip]:
        look = block.look
        style = self.get_visual_style(look.part) if look.part else self.visual_style
        edges, selection = self._edges(look), self._selected(block)
        key = (self._width, style, edges, app_of(self).theme, selection)
        known = block.strips(key)
        return known if known is not None else block.keep(key, self._draw(block, style, edges, selection))

    def _draw(
        self, block: Block, style: Style, edges: tuple[Style | None, Style | None], selection: Selection | None
    ) -> list[Strip]:
        look, width = block.look, self._room(block.look)
        cells = block.text_width(width, self._frame(look))
        marked = Style.from_styles(self.screen.get_component_styles("screen--selection")) if selection else None
        options = RenderOptions(self._get_style, look.rules, selection, marked)
        inside, outside = style.rich_style, self._ground
        padding = self.get_component_styles(look.part).padding.left if look.part else 0
        pad = [Segment(" " * padding, inside)] if padding else []
        left, right = (
            [Segment(bar, (style + edge).rich_style)] if edge else [] for bar, edge in zip("▌▐", edges, strict=True)
        )
        framed: list[Strip] = []
        for strip in block.content.render_strips(cells, None, style, options):
            text = _numbered(strip.extend_cell_length(cells, inside), block.number * LINES_EACH)
            box = Strip([*left, *pad, *text, *pad, *right])
            room = width - box.cell_length
            before = {"left": 0, "center": room // 2, "right": room}[look.align]
            framed.append(Strip([Segment(" " * before, outside), *box]) if before > 0 else box)
        return framed

    # ---------------------------------------------------------------- text that is selected

    def _selected(self, block: Block) -> Selection | None:
        """The part of the selection that is in a block, in its own lines."""
        selection = self.text_selection
        if selection is None:
            return None
        first = block.number * LINES_EACH
        start, end = (Offset(at.x, at.y - first) if at is not None else None for at in selection)
        if (start is not None and start.y >= LINES_EACH) or (end is not None and end.y < 0):
            return None
        return Selection(start, end)

    def selection_updated(self, selection: Selection | None) -> None:
        """Called by Textual."""
        self.refresh()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Called by Textual: the text that is selected, and what follows it."""
        found: list[str] = []
        for block in self._blocks:
            for number, line in enumerate(block.content.plain.split("\n")):
                span = selection.get_span(block.number * LINES_EACH + number)
                if span is not None:
                    found.append(line[span[0] : None if span[1] == -1 else span[1]])
        return "\n".join(found), "\n"


def _numbered(strip: Strip, first: int) -> list[Segment]:
    """Return the parts of a line, whose place in the text counts from the page's lines instead of the block's."""
    parts: list[Segment] = []
    for part in strip:
        text, style, control = part
        place = style.meta.get("offset") if style is not None else None
        if style is None or place is None or place[1] is None:
            parts.append(part)
        else:
            there = RichStyle.from_meta({"offset": (place[0], place[1] + first)})
            parts.append(Segment(text, style + there, control))
    return parts
