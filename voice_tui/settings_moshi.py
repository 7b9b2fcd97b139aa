"""The settings of the engine Moshi; see `settings.py`."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Device = Literal["auto", "mlx", "cuda", "cpu"]


class MoshiSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The model that listens while it speaks (engine "moshi"); needs its weights on this machine."""

    model: Annotated[
        str, Meta(description="A folder with weights, or the name of a model in the cache of the Hugging Face hub.")
    ] = "kyutai/moshiko-mlx-q4"
    device: Annotated[
        Device,
        Meta(
            title="What computes it",
            description='"auto": what is there; "mlx": MLX, on the graphics processor of Apple silicon; '
            '"cuda": PyTorch, on an NVIDIA card; "cpu": the processor, too slow for the released models.',
        ),
    ] = "auto"
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
