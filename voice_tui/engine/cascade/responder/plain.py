"""Answers that need no memory: time, date, timers, volume, manners, help, and that there is no language model."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from voice_tui.engine.cascade.ports import Action, Part, Text, Waiting
from voice_tui.engine.cascade.responder.intents import is_question
from voice_tui.engine.cascade.responder.wording import sentence, spoken_date, spoken_duration, spoken_time, turned

VOLUME_STEP = 0.25
"""Change of the gain per "louder" or "softer"."""

LOUDEST = 200
"""Percent of the gain."""

LONGEST_TIMER = 24 * 3600.0
"""Seconds."""

_OVER = " is over."
_REMINDED = "You wanted to be reminded: "
_NO_TIMER = "No timer is running."

_FIXED: dict[str, tuple[Part, ...]] = {
    "stop": (Action("stop"),),
    "louder": (Action("volume", VOLUME_STEP), Text("Louder.")),
    "softer": (Action("volume", -VOLUME_STEP), Text("Softer.")),
    "thanks": (Text("You're welcome."),),
    "yes": (Text("All right."),),
    "no": (Text("All right."),),
    "help": (
        Text(
            "You can say: remember that, and what I should keep."
            " What do you know about, and a topic."
            " What did I tell you today."
            " Forget, and a topic."
            " What time is it."
            " What day is it."
            " Set a timer for five minutes."
            " How much time is left."
            " Set the volume to fifty percent."
            " Louder, softer, say that again, or stop."
        ),
    ),
}

_NO_MODEL_FIRST = (
    "No language model is configured, so I can only take notes, tell the time and set timers;"
    " to choose one, open the settings and look for language model."
)
_NO_MODEL_QUESTION = (
    "That needs a language model, and none is configured.",
    "I cannot answer that without a language model; the settings have a place for one.",
    "No language model yet; say help to hear what I can do.",
)
_NO_MODEL_STATEMENT = "I cannot talk about that without a language model, but say: remember that, and I will keep it."


def plain_answer(name: str, now: datetime) -> list[Part] | None:
    """Return the answer to an intent that needs nothing but the time; None for other intents.

    Args:
        name: The intent.
        now: Local time.
    """
    if name == "time":
        return [Text(f"It is {spoken_time(now)}.")]
    if name == "date":
        return [Text(f"Today is {spoken_date(now.date())}.")]
    if name == "hello":
        return [Text(f"{_greeting(now)} I am listening.")]
    if name == "bye":
        return [Text("Good night." if now.hour >= 21 or now.hour < 4 else "Goodbye.")]
    return list(_FIXED[name]) if name in _FIXED else None


def timer_set(seconds: float, words: str = "") -> list[Part]:
    """Return the answer that sets a timer, with its own words when it is due, if any."""
    if seconds > LONGEST_TIMER:
        return [Text("I keep timers of up to 24 hours.")]
    length = spoken_duration(seconds)
    if words:
        due = sentence(f"{_REMINDED}{turned(words)}")
        return [Action("timer", seconds, due), Text(f"I'll remind you in {length}.")]
    return [Action("timer", seconds, f"Your timer of {length}{_OVER}"), Text(f"Timer set for {length}.")]


def timers_left(timers: Sequence[Waiting]) -> list[Part]:
    """Return each timer with the time it has left, or that there is none."""
    return [Text(" ".join(map(_left, timers)) or _NO_TIMER)]


def _left(timer: Waiting) -> str:
    if timer.seconds < 0.5:
        return timer.text
    left = spoken_duration(timer.seconds)
    if timer.text.startswith(_REMINDED):
        return f"In {left}, I'll remind you: {timer.text.removeprefix(_REMINDED)}"
    return f"{timer.text.removesuffix(_OVER)} has {left} left."


def timers_cancelled(timers: Sequence[Waiting]) -> list[Part]:
    """Return the answer that cancels all timers, or that there is none."""
    return [Action("cancel_timers"), Text("All timers are cancelled.")] if timers else [Text(_NO_TIMER)]


def volume_set(percent: int) -> list[Part]:
    """Return the answer that sets the volume, percent, or the bounds that it does not keep to."""
    if not 0 <= percent <= LOUDEST:
        return [Text(f"The volume goes from 0 to {LOUDEST} percent.")]
    return [Action("set_volume", percent / 100), Text(f"The volume is {percent} percent now.")]


def no_note(about: str) -> list[Part]:
    """Return that no note is about something, which is said as to the person."""
    return [Text(f"I have no note about {sentence(about)}")]


def no_model(text: str, times: int) -> list[Part]:
    """Return that no language model is configured: in full the first time, shorter and varied later.

    Args:
        text: What the person said.
        times: How often they were told before.
    """
    if times == 0:
        return [Text(_NO_MODEL_FIRST)]
    if times % 2 and not is_question(text):
        return [Text(_NO_MODEL_STATEMENT)]
    return [Text(_NO_MODEL_QUESTION[(times - 1) % len(_NO_MODEL_QUESTION)])]


def _greeting(now: datetime) -> str:
    if now.hour < 12:
        return "Good morning."
    return "Good afternoon." if now.hour < 18 else "Good evening."
