"""The models that listen while they speak: names, files, sizes, licences. Pure; loads no library."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Bits = Literal[0, 4, 8]

MIMI_FILE = "tokenizer-e351c8d8-checkpoint125.safetensors"
TEXT_FILE = "tokenizer_spm_32k_3.model"
LM_FILES: dict[Bits, str] = {0: "model.safetensors", 4: "model.q4.safetensors", 8: "model.q8.safetensors"}
CONFIG_FILE = "config.json"

HUB_NAME = re.compile(r"\w[\w.-]*/\w[\w.-]*")
"""What a repository on the hub is called."""

CC_BY = "CC-BY 4.0"

_MIMI_BYTES = 384_644_884
_TEXT_BYTES = 553_000
_LM_BYTES: dict[Bits, int] = {4: 4_805_545_072, 8: 8_170_000_000, 0: 15_400_000_000}
"""Of Moshi 7B: q4 to the byte, the others as the hub lists them, in three digits."""


@dataclass(frozen=True, slots=True)
class Model:
    """One model that can be downloaded.

    Args:
        name: Repository on the hub. `title`: for a person.
        licence: "" = the hub tells. `gated`: it must be accepted on the hub's page first, and a token be shown.
        files: Names and bytes, in the order they are downloaded; empty = the hub tells.
        remark: What else a person should know.
    """

    name: str
    title: str
    licence: str = ""
    gated: bool = False
    files: tuple[tuple[str, int], ...] = ()
    remark: str = ""

    @property
    def size(self) -> int:
        """Bytes of all files; 0 = unknown until the hub tells."""
        return sum(size for _, size in self.files)

    @property
    def weights(self) -> int:
        """Bytes of the language model; 0 = unknown."""
        return next((size for name, size in self.files if name in LM_FILES.values()), 0)


def _moshi(voice: str, sex: str, bits: Bits) -> Model:
    kind = f"q{bits}" if bits else "bf16"
    return Model(
        name=f"kyutai/{voice}-mlx-{kind}",
        title=f"{voice.capitalize()} {kind}",
        licence=CC_BY,
        files=((TEXT_FILE, _TEXT_BYTES), (MIMI_FILE, _MIMI_BYTES), (LM_FILES[bits], _LM_BYTES[bits])),
        remark=f"Moshi 7B, {sex} voice",
    )


_BITS: tuple[Bits, ...] = (4, 8, 0)

MODELS: tuple[Model, ...] = (
    *(_moshi("moshiko", "male", bits) for bits in _BITS),
    *(_moshi("moshika", "female", bits) for bits in _BITS),
    Model(
        name="nvidia/personaplex-7b-v1",
        title="PersonaPlex 7B",
        licence="NVIDIA Open Model License",
        gated=True,
        remark="Moshi 7B that takes a persona and a voice; not tried with its published weights",
    ),
)


def known(name: str) -> Model:
    """Return what is known of a model; of another one only its name."""
    return next((model for model in MODELS if model.name == name), Model(name, name.rpartition("/")[2]))


def is_hub_name(name: str) -> bool:
    """Whether a name is one of a repository, such as "kyutai/moshiko-mlx-q4"."""
    return HUB_NAME.fullmatch(name) is not None and ".." not in name
