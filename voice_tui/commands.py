"""What the session is commanded to do: imperative, frozen; see `voice_tui.events`, where they are imported from.

This module imports no numpy: the app process sends commands without any of the session's libraries.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from voice_tui.settings import Settings

TalkMode = Literal["open", "push"]
"""`open`: the microphone is always heard. `push`: only while push-to-talk is held or toggled on."""


class Command(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """The base of all commands."""


class SendText(Command, frozen=True, tag="send_text"):
    """The person typed this instead of saying it."""

    text: str


class Interrupt(Command, frozen=True, tag="interrupt"):
    """Stop speaking now."""


class SetMute(Command, frozen=True, tag="set_mute"):
    """Mute or open the microphone."""

    muted: bool


class HoldMicrophone(Command, frozen=True, tag="hold_microphone"):
    """Measure the microphone but let nobody hear it, or no longer; mute and talk mode stay what they are meanwhile."""

    held: bool


class SetTalkMode(Command, frozen=True, tag="set_talk_mode"):
    """Open microphone or push-to-talk."""

    mode: TalkMode


class PushToTalk(Command, frozen=True, tag="push_to_talk"):
    """In push mode: start (True) or end (False) talking. Ending ends the turn at once."""

    talking: bool


class SetVolume(Command, frozen=True, tag="set_volume"):
    """Gain of the answer's voice, 0-2."""

    volume: float


class NewConversation(Command, frozen=True, tag="new_conversation"):
    """Forget the thread, keep the memories."""


class ResumeConversation(Command, frozen=True, tag="resume_conversation"):
    """Go on with a conversation that was kept."""

    conversation: str


class ChooseDevices(Command, frozen=True, tag="choose_devices"):
    """Open other devices by name; "" is the system's default."""

    input: str
    output: str


class ChangeSettings(Command, frozen=True, tag="change_settings"):
    """Have other settings from now on; only what differs from those in force is changed. See `SettingsChanged`."""

    settings: Settings


class CheckSound(Command, frozen=True, tag="check_sound"):
    """Play a test tone, or a chirp that is looked for in the microphone: `SoundChecked` follows."""

    kind: Literal["tone", "round_trip"]


class PlayNote(Command, frozen=True, tag="play_note"):
    """Play the recorded clip of a spoken note."""

    memory_id: str


MOST_SEARCHED = 1_000
"""Characters of the words that are searched; the rest is left out."""


class SearchMemories(Command, frozen=True, tag="search_memories"):
    """Look what bears on words that somebody types: `MemoriesFound` follows, unless a newer search takes its place.

    Args:
        query: The words, `MOST_SEARCHED` characters at most.
        number: Comes back with the answer.
    """

    query: str
    number: int


class Stop(Command, frozen=True, tag="stop"):
    """End the session in order."""


AnyCommand = (
    SendText
    | Interrupt
    | SetMute
    | HoldMicrophone
    | SetTalkMode
    | PushToTalk
    | SetVolume
    | NewConversation
    | ResumeConversation
    | ChooseDevices
    | CheckSound
    | ChangeSettings
    | PlayNote
    | SearchMemories
    | Stop
)
