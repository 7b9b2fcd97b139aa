"""What the empty conversation says: how to begin, and plainly what the configured ears and answers can do."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from textual.content import Content

from voice_tui.settings import Settings
from voice_tui.tui.state.text import one_line

_DIM = "$foreground 60%"
_EXAMPLES = (
    "What time is it?",
    "Remember that the spare key is under the blue pot.",
    "What do you know about the key?",
)


def welcome(settings: Settings, key_name: Callable[[str], str]) -> Content:
    """Return the welcome for these settings.

    Args:
        settings: As loaded.
        key_name: Id of a catalogue entry -> name of its key.
    """
    talk = key_name("talk")
    begin = (
        "Say something, or type below and press Enter."
        if settings.turns.mode == "open"
        else f"Press {talk}, speak, press {talk} again. Or type below and press Enter."
    )
    lines = [Content.styled(begin, "bold"), Content("")]
    lines += [Content.assemble(("  › ", "$text-accent"), example) for example in _EXAMPLES]
    lines += [Content(""), ears(settings), Content(""), answers(settings, key_name("settings"))]
    return Content("\n").join(lines)


def ears(settings: Settings) -> Content:
    """Return what recognition is good for."""
    if settings.engine.name == "passthrough":
        return Content.styled("Device test: you hear what you say. Nothing is recognised or answered.", _DIM)
    return Content.styled(
        "The built-in ears understand short commands well and free speech poorly. What you ask to remember is kept "
        "as a recording too, so that misheard words are not lost.",
        _DIM,
    )


def answers(settings: Settings, settings_key: str) -> Content:
    """Return who answers, and how to choose a language model when there is none; `settings_key` opens the settings."""
    llm = settings.llm
    if settings.engine.name == "passthrough":
        return Content.styled(
            f"Choose the engine “cascade” in the settings ({settings_key}) to talk with the assistant.", _DIM
        )
    if llm.base_url:
        host = one_line(urlsplit(llm.base_url).netloc or llm.base_url)
        model = one_line(llm.model) or "a language model"
        return Content.assemble(("Answers come from ", _DIM), model, (" at ", _DIM), host, (".", _DIM))
    return Content.assemble(
        (
            "No language model is configured: the notebook answers. It keeps notes, tells the time and sets timers. "
            "For conversation, enter the address of a language model in the settings (",
            _DIM,
        ),
        (settings_key, "bold $text-accent"),
        (").", _DIM),
    )
