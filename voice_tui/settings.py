"""The schema of every setting: name, type, bounds, default, description. `config.py` loads and saves it.

The description and bounds stand in `msgspec.Meta`, so that config.toml, the error messages, `voice-tui config` and the
settings screen all come from here. `extra={"live": False}` marks what applies to the next conversation only.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from voice_tui.settings_memory import MemorySettings as MemorySettings
from voice_tui.settings_moshi import MoshiSettings as MoshiSettings


class AudioSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Microphone and speaker."""

    input: Annotated[
        str, Meta(title="Microphone", description='Microphone, by name or part of it; "" is the system\'s default.')
    ] = ""
    output: Annotated[
        str, Meta(title="Speaker", description='Speaker, by name or part of it; "" is the system\'s default.')
    ] = ""
    block_samples: Annotated[
        int,
        Meta(
            title="Block size",
            ge=120,
            le=1920,
            description="Samples per device block at 24 kHz; 480 (20 ms) gives the lowest safe latency.",
        ),
    ] = 480
    echo: Annotated[
        Literal["auto", "on", "off", "half-duplex"],
        Meta(
            title="Echo",
            description="Keep the assistant from hearing itself. "
            '"auto": cancel the echo of speakers, nothing with headphones; "on": always cancel it; '
            '"off": never cancel it; "half-duplex": do not listen while it speaks.',
        ),
    ] = "auto"
    volume: Annotated[
        float, Meta(ge=0.0, le=2.0, description="Gain of the assistant's voice; 1 is as synthesised.")
    ] = 1.0


class TurnSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When you have finished speaking, and when you interrupt."""

    mode: Annotated[
        Literal["open", "push"],
        Meta(description='"open": the microphone is always heard; "push": only while you press the talk key.'),
    ] = "open"
    silence: Annotated[
        float,
        Meta(
            title="Silence that ends a turn",
            ge=0.3,
            le=2.5,
            description="Seconds of silence that end your turn; more for slow speakers, less for haste.",
        ),
    ] = 0.32
    max_silence: Annotated[
        float,
        Meta(
            title="Longest silence",
            ge=0.3,
            le=2.5,
            description="Longest silence waited for when your words sound unfinished, in seconds.",
        ),
    ] = 1.2
    vad_threshold: Annotated[
        float,
        Meta(
            title="Speech threshold",
            ge=0.1,
            le=0.95,
            description="Speech probability above which a sound counts as speech.",
        ),
    ] = 0.5
    interrupt_after: Annotated[
        float,
        Meta(
            ge=0.06,
            le=1.0,
            description="Seconds of your speech that interrupt the assistant; shorter sounds do not. "
            "With headphones a quarter less is enough.",
        ),
    ] = 0.13
    max_turn: Annotated[
        float,
        Meta(
            title="Longest turn",
            ge=5.0,
            le=120.0,
            description="A turn is ended after this many seconds, whatever you say.",
        ),
    ] = 60.0


class SttSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The ears."""

    provider: Annotated[
        Literal["pocketsphinx"],
        Meta(
            title="Recogniser",
            description='Recogniser. "pocketsphinx" is embedded: honest for commands, weak for dictation.',
        ),
    ] = "pocketsphinx"
    ask_below: Annotated[
        float,
        Meta(
            title="Ask back below",
            ge=0.0,
            le=1.0,
            description='Below this confidence the assistant asks "did you say …?" (0 = never).',
        ),
    ] = 0.3


class TtsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The voice."""

    provider: Annotated[
        Literal["espeak", "none"],
        Meta(title="Voice from", description='Voice. "espeak" is the espeak-ng program; "none" answers in text only.'),
    ] = "espeak"
    voice: Annotated[str, Meta(description='Voice name of the provider, such as "en-us" or "en-gb".')] = "en-us"
    words_per_minute: Annotated[int, Meta(title="Speed", ge=80, le=400, description="Speed of the voice.")] = 165


class LlmSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A language model behind any OpenAI-compatible endpoint (Ollama, llama.cpp, mlx_lm, LM Studio, OpenRouter …)."""

    base_url: Annotated[
        str,
        Meta(
            title="Address",
            pattern=r"^(https?://\S+)?$",
            examples=["http://127.0.0.1:11434/v1"],
            description='Such as "http://127.0.0.1:11434/v1"; "" means no language model (the notebook answers).',
        ),
    ] = ""
    model: Annotated[str, Meta(description="Name of the model at that endpoint.")] = ""
    api_key_env: Annotated[
        str,
        Meta(
            title="Variable with the key",
            description="Environment variable that holds the key; the key itself never stands in a file.",
        ),
    ] = "OPENAI_API_KEY"
    system_prompt: Annotated[str, Meta(title="Who the assistant is", description="Who the assistant is.")] = (
        "You are a voice assistant. Answer in one to three short spoken sentences, without lists or markup."
    )
    temperature: Annotated[
        float, Meta(ge=0.0, le=2.0, description="0 = the likeliest words, higher = more varied.")
    ] = 0.7
    max_tokens: Annotated[
        int, Meta(title="Longest answer", ge=16, le=8192, description="Longest answer, in tokens.")
    ] = 400
    context_tokens: Annotated[
        int,
        Meta(title="Window", ge=512, le=1_000_000, description="Window of the model; older turns are left out to fit."),
    ] = 8192
    timeout: Annotated[
        float, Meta(ge=1.0, le=300.0, description="Seconds without a token after which the endpoint counts as stalled.")
    ] = 20.0
    retries: Annotated[
        int,
        Meta(ge=0, le=5, description="Tries again, with growing pauses, when the endpoint is busy or out of reach."),
    ] = 2


class EngineSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What you talk with."""

    name: Annotated[
        Literal["cascade", "moshi", "passthrough"],
        Meta(
            title="Engine",
            description='"cascade": recognise, answer, speak. "moshi": one model that listens while it speaks. '
            '"passthrough" plays back what it hears, to test devices.',
        ),
    ] = "cascade"


class RecordingSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sound and events of whole conversations, for a report or a replay; off unless you switch it on."""

    enabled: Annotated[
        bool,
        Meta(
            title="Record conversations",
            description="Record the microphone (silence while muted), the assistant's voice and every event.",
            extra={"live": False},
        ),
    ] = False
    path: Annotated[
        str,
        Meta(
            title="Folder",
            description='Folder that gets a folder per conversation; "" is the place for user data.',
            extra={"live": False},
        ),
    ] = ""


class UiSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The look."""

    theme: Annotated[str, Meta(description="Name of a Textual theme.")] = "textual-dark"
    metrics: Annotated[bool, Meta(title="Performance pane", description="Show the metrics pane.")] = True
    memory: Annotated[bool, Meta(title="Memory pane", description="Show the memory pane.")] = True


class LogSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The log files in the state directory."""

    level: Annotated[Literal["debug", "info", "warning", "error"], Meta(description="How much is written.")] = "info"
    timings: Annotated[
        bool,
        Meta(
            description="Write down where the time of every answer went (timings.log); nobody's words.",
            extra={"live": False},
        ),
    ] = True
    text: Annotated[
        bool,
        Meta(
            title="What was said",
            description="Write down what was heard, answered and recalled (text.log).",
            extra={"live": False},
        ),
    ] = False


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every setting, grouped as in config.toml."""

    engine: EngineSettings = msgspec.field(default_factory=EngineSettings)
    audio: AudioSettings = msgspec.field(default_factory=AudioSettings)
    turns: TurnSettings = msgspec.field(default_factory=TurnSettings)
    stt: SttSettings = msgspec.field(default_factory=SttSettings)
    tts: TtsSettings = msgspec.field(default_factory=TtsSettings)
    llm: LlmSettings = msgspec.field(default_factory=LlmSettings)
    moshi: MoshiSettings = msgspec.field(default_factory=MoshiSettings)
    memory: MemorySettings = msgspec.field(default_factory=MemorySettings)
    recordings: RecordingSettings = msgspec.field(default_factory=RecordingSettings)
    ui: UiSettings = msgspec.field(default_factory=UiSettings)
    log: LogSettings = msgspec.field(default_factory=LogSettings)
