"""The settings of the memory; see `settings.py`."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta


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
    bar: Annotated[
        float,
        Meta(
            title="Bar of relevance",
            ge=0.3,
            le=0.95,
            description="Relevance (0-1) from which a memory is handed to the model that talks with you; higher = "
            "fewer and surer. What is no question has a higher bar: halfway from here to 1.",
        ),
    ] = 0.7
    judge: Annotated[
        Literal["built-in", "llm"],
        Meta(
            title="Judge of relevance",
            description='Who says how much a memory bears on your words: "built-in", within a few milliseconds; "llm": '
            "the language model looks once more before every answer, and the built-in judge where it is late.",
        ),
    ] = "built-in"
    judge_seconds: Annotated[
        float,
        Meta(
            title="Patience with that judge",
            ge=0.2,
            le=10.0,
            description='With memory.judge = "llm": seconds that an answer waits for it at most.',
        ),
    ] = 1.5
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
    suggest_by_llm: Annotated[
        bool,
        Meta(
            title="Suggestions by the language model",
            description="Where a language model is set: one short request more after an answer, for what the rules do "
            "not notice. Suggested are your own sentences only.",
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
