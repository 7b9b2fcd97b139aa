"""The conversation as a page: only what is in sight is drawn, text can be selected, and who reads keeps the place."""

from __future__ import annotations

from textual.geometry import Offset

from tests.tui.driving import emit, main_screen, make_app, press, running, screen_text, shown_lines
from voice_tui.events import TranscriptUpdated
from voice_tui.tui.app import VoiceTuiApp
from voice_tui.tui.widgets.transcript import MAX_SHOWN, LineBlock, Transcript


def said(number: int, text: str = "", *, final: bool = True) -> TranscriptUpdated:
    role = "user" if number % 2 else "assistant"
    return TranscriptUpdated(turn=number, role=role, text=text or f"line {number}", final=final)


def page(app: VoiceTuiApp) -> Transcript:
    return main_screen(app).query_one(Transcript)


def place_of(app: VoiceTuiApp, words: str) -> Offset:
    """Where words stand on the screen."""
    for row, line in enumerate(screen_text(app).splitlines()):
        if words in line:
            return Offset(line.index(words), row)
    raise AssertionError(f"{words!r} is not on the screen:\n{screen_text(app)}")


async def test_only_what_is_in_sight_is_drawn() -> None:
    app = make_app()
    async with running(app) as pilot:
        await emit(pilot, *(said(number) for number in range(1, 101)))
        drawn = [block for block in page(app).blocks if block._drawn[1]]
        assert len(page(app).blocks) == 100
        assert len(drawn) < 24, "no more than the terminal has rows"


async def test_a_word_that_takes_no_new_row_moves_nothing() -> None:
    app = make_app()
    async with running(app) as pilot:
        await emit(pilot, *(said(number) for number in range(1, 41)), said(41, "one", final=False))
        before, top = page(app).virtual_size, page(app).scroll_offset
        await emit(pilot, said(41, "one two", final=False))
        assert "one two" in screen_text(app)
        assert (page(app).virtual_size, page(app).scroll_offset) == (before, top)
        await emit(pilot, said(41, "one two " * 20, final=False))
        assert page(app).virtual_size.height > before.height
        assert screen_text(app).rstrip().count("one two") > 10, "all of its rows are in sight"


async def test_the_mouse_selects_across_lines() -> None:
    app = make_app()
    async with running(app) as pilot:
        await emit(pilot, *(said(number) for number in range(1, 31)))
        start, end = place_of(app, "line 28"), place_of(app, "line 29")
        await pilot.mouse_down(offset=start + Offset(2, 0))
        await pilot.hover(offset=end + Offset(3, 0))
        await pilot.mouse_up(offset=end + Offset(3, 0))
        assert app.screen.get_selected_text() in ("ne 28\nYou\nline", "ne 28\nYou\nlin")
        await emit(pilot, said(31))
        assert (app.screen.get_selected_text() or "").startswith("ne 28\nYou\nlin"), "what comes changes nothing"
        app.action_copy_answer()
        assert app.clipboard.startswith("ne 28\nYou\nlin")


async def test_all_of_it_can_be_selected() -> None:
    app = make_app()
    async with running(app) as pilot:
        await emit(pilot, said(1), said(2))
        page(app).text_select_all()
        await pilot.pause()
        assert app.screen.get_selected_text() == "You\nline 1\nAssistant\nline 2"


async def test_who_reads_keeps_the_place_when_the_oldest_go() -> None:
    app = make_app()
    async with running(app) as pilot:
        await emit(pilot, *(said(number) for number in range(1, MAX_SHOWN + 1)))
        await press(pilot, "pageup", "pageup")
        assert f"line {MAX_SHOWN}" not in screen_text(app)
        read = [line for line in screen_text(app).splitlines() if "line " in line]
        await emit(pilot, *(said(MAX_SHOWN + number) for number in range(1, 6)))
        assert len(shown_lines(app)) == MAX_SHOWN
        assert [line for line in screen_text(app).splitlines() if "line " in line] == read


async def test_a_late_turn_and_a_withdrawn_one_are_numbered_anew() -> None:
    app = make_app()
    async with running(app) as pilot:
        await emit(pilot, said(2), said(4))
        await emit(pilot, said(3))
        assert [line.split("\n")[1] for line in shown_lines(app)] == ["line 2", "line 3", "line 4"]
        numbers = [block.number for block in page(app).blocks if isinstance(block, LineBlock)]
        assert numbers == sorted(set(numbers)), "the selection goes from the first to the last"


async def test_many_lines_at_once_are_bounded_too() -> None:
    app = make_app()
    async with running(app) as pilot:
        await emit(pilot, *(said(number) for number in range(1, MAX_SHOWN + 6)))
        assert len(shown_lines(app)) == MAX_SHOWN
