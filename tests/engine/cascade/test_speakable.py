"""What a voice is given of written text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice_tui.engine.cascade.speakable import Speaker, speakable


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain words stay", "plain words stay"),
        ("**bold** and *italic* and __both__ and ~~gone~~", "bold and italic and both and gone"),
        ("***very*** _much_", "very much"),
        ("2 * 3 and snake_case and 4*5", "2 * 3 and snake_case and 4*5"),
        ("**half open", "half open"),
        ("half closed**", "half closed"),
        ("call `print()` now", "call print() now"),
        ("# Heading", "Heading"),
        ("> quoted", "quoted"),
        ("- item", "item"),
        ("* item", "item"),
        ("• item", "item"),
        ("- [ ] to do", "to do"),
        ("- [x] done", "done"),
        ("3. third", "3: third"),
        ("in 3. it", "in 3. it"),
        ("[the site](https://example.com/x) is up", "the site is up"),
        ("![a cat](cat.png)", "a cat"),
        ("see https://www.example.com/path?q=1.", "see example.com."),
        ("<b>bold</b> and 3 < 4 > 2", "bold and 3 < 4 > 2"),
        ("Great 🎉👍🏽! Yes 👨‍👩‍👧", "Great! Yes"),
        ("20 °C and ☕️", "20 °C and"),
        ("| a | b |", "a, b"),
        ("|---|:--:|", ""),
        ("---", ""),
        ("***", ""),
        ("🎉", ""),
        ("…", ""),
        ("", ""),
        ("zero\u200bwidth\x00nul", "zerowidth nul"),
        ("  many\t\nspaces  ", "many spaces"),
        ("my sister's café – naïve", "my sister's café – naïve"),
    ],
)
def test_what_is_said(text: str, expected: str) -> None:
    assert speakable(text) == expected


def test_code_block_is_announced_once() -> None:
    speaker = Speaker()
    lines = ["Look:", "\n```py", "\nx = 1.", "\n```", "\nDone.", "\n```one line```", "\nYes."]
    code = "The code is in the transcript."
    assert [speaker.say(line) for line in lines] == ["Look:", code, "", "", "Done.", code, "Yes."]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=120))
def test_it_is_one_clean_line(text: str) -> None:
    said = speakable(text)
    assert said == " ".join(said.split())
    assert not said or any(char.isalnum() for char in said)
    assert all(char.isprintable() for char in said)
