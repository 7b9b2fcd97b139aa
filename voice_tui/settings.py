"""The schema of every setting: name, type, bounds, default, description. `config.py` loads and saves it.

The description and bounds stand in `msgspec.Meta`, so that config.toml, the error messages, `voice-tui config` and the
settings screen all come from here. `extra={"live": False}` marks what applies to the next conversation only.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta


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


class MoshiSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The model that listens while it speaks (engine "moshi"); needs its weights on this machine."""

    model: Annotated[
        str, Meta(description="A folder with weights, or the name of a model in the cache of the Hugging Face hub.")
    ] = "kyutai/moshiko-mlx-q4"
    temperature: Annotated[
        float, Meta(ge=0.0, le=2.0, description="Of the voice: 0 = always the likeliest sound, higher = livelier.")
    ] = 0.8
    text_temperature: Annotated[
        float, Meta(ge=0.0, le=2.0, description="Of the words: 0 = always the likeliest, higher = more varied.")
    ] = 0.7
    top_k: Annotated[
        int, Meta(ge=0, le=2048, description="Choose among so many of the likeliest sounds; 0 = among all.")
    ] = 250
    text_top_k: Annotated[
        int, Meta(ge=0, le=32000, description="Choose among so many of the likeliest words; 0 = among all.")
    ] = 25
    repetition_penalty: Annotated[
        float, Meta(ge=1.0, le=2.0, description="Makes words that were said lately less likely; 1 = off.")
    ] = 1.0
    padding_bonus: Annotated[
        float, Meta(ge=-10.0, le=50.0, description="Above 0 it says less, below 0 more (added to the log of the odds).")
    ] = 0.0
    seed: Annotated[
        int, Meta(ge=0, le=2147483647, description="The same seed and sound give the same answer; 0 = by chance.")
    ] = 0
    alignment: Annotated[
        Literal["reference", "upstream"],
        Meta(
            description='When it hears you: "reference" as its authors trained it; '
            '"upstream" one frame (80 ms) later, as their program for Apple silicon does.'
        ),
    ] = "reference"
    strategy: Annotated[
        Literal["auto", "none", "prefill", "add", "monologue"],
        Meta(
            title="How memories reach it",
            description='"auto": as the model was trained to take them, most were not; "prefill": said to it before it '
            'begins; "add": added to what it hears; "monologue": as a silent thought of its own between two turns. '
            "What a model was not trained for is experimental.",
        ),
    ] = "auto"
    persona: Annotated[
        str,
        Meta(
            title="Who it is",
            description='Said to it before it begins, with strategy "prefill".',
            extra={"live": False},
        ),
    ] = "You are a warm and attentive companion who answers briefly."
    pin: Annotated[
        bool,
        Meta(
            title="Keep the prompt in view",
            description='With "prefill": the prompt never falls out of the 4 minutes it looks back on. Experimental.',
            extra={"live": False},
        ),
    ] = False
    add_strength: Annotated[
        float,
        Meta(ge=0.0, le=4.0, description='With "add": 1 = as strong as a word that it says itself; 0 = nothing.'),
    ] = 1.0
    add_seconds: Annotated[
        float,
        Meta(ge=0.1, le=30.0, description='With "add": for so long; what is shorter is repeated.'),
    ] = 4.0
    greeting: Annotated[
        str,
        Meta(
            title="Greeting",
            description='What it says first, in its own voice; "" leaves that to the model.',
            extra={"live": False},
        ),
    ] = ""
    transcribe: Annotated[
        bool, Meta(title="Your words too", description="Write down what you say as well, by the recogniser.")
    ] = True


class MemorySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is remembered."""

    path: Annotated[
        str,
        Meta(title="File", description='File of the memories; "" is the place for user data.', extra={"live": False}),
    ] = ""
    embedder: Annotated[
        Literal["auto", "none", "numpy", "sentence-transformers"],
        Meta(
            title="Recall by meaning",
            description='Finds memories said in other words. "auto": if a model is installed; "none": by words alone; '
            "the others say what runs the model.",
            extra={"live": False},
        ),
    ] = "auto"
    embedder_model: Annotated[
        str,
        Meta(
            title="Model for meaning",
            description='Folder of a model for sentence-transformers; "" is the one that the extra [memory] installs.',
            extra={"live": False},
        ),
    ] = ""
    note_audio: Annotated[
        bool,
        Meta(
            title="Recordings of notes",
            description='Keep the recorded words of a spoken "remember that …", to play them back on recall.',
        ),
    ] = True
    suggest: Annotated[
        bool,
        Meta(
            title="Suggestions",
            description="Suggest facts, preferences and plans from what is said; nothing is kept without a yes.",
            extra={"live": False},
        ),
    ] = True
    summaries: Annotated[
        bool,
        Meta(
            title="Summaries",
            description="Keep a few of the most telling sentences of every conversation that is over.",
            extra={"live": False},
        ),
    ] = True
    conversations: Annotated[
        bool, Meta(title="Transcripts", description="Keep the transcripts of conversations.", extra={"live": False})
    ] = True
    remote: Annotated[
        str,
        Meta(
            title="Memory server",
            description="Keeps the memories of several machines in step: libsql://NAME or https://NAME of a libSQL "
            'server; "" = they stay here. Its token: VOICE_TUI_SYNC_TOKEN or the key ring.',
            extra={"live": False},
        ),
    ] = ""


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
