"""From the name of a model to the files of a checkpoint. Loads no library and touches no network."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voice_tui.engine.moshi.checkpoint.layout import LM_FILES, MIMI_FILE, TEXT_FILE, Config, config
from voice_tui.errors import EngineError, ModelNotFoundError
from voice_tui.models.catalogue import is_hub_name, known
from voice_tui.models.fit import fit_of, results
from voice_tui.models.hub_cache import place_of, snapshot_of
from voice_tui.models.machine import detect_machine
from voice_tui.models.progress import amount

_NEEDED = (
    *("dim", "text_card", "n_q", "dep_q", "card", "num_heads", "num_layers", "causal", "layer_scale", "context"),
    *("max_period", "positional_embedding", "depformer_dim", "depformer_num_heads", "depformer_num_layers"),
    *("depformer_pos_emb", "delays"),
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The files of one model.

    Args:
        name: As the person wrote it.
        lm: Weights of the language model. `mimi`: of the codec. `text`: SentencePiece model.
        config: Shape of the LM; that of Moshi 7B where the release has no config.json.
        bits: Of the quantisation, by the LM's file name; 0 = none.
    """

    name: str
    lm: Path
    mimi: Path
    text: Path
    config: Config
    bits: int


def find(name: str) -> Checkpoint:
    """Find the files of a model.

    Args:
        name: A folder, or a repository such as "kyutai/moshiko-mlx-q4" that lies in the hub's cache.

    Raises:
        ModelNotFoundError: It is not on this machine, or a file of it is missing.
        EngineError: Its config.json cannot be used.
    """
    folder = _folder(name)
    shape = _read_config(folder / "config.json")
    lm = _first(folder, [shape.get("moshi_name", ""), *LM_FILES.values()], f"the language model of {name}")
    return Checkpoint(
        name=name,
        lm=lm,
        mimi=_first(folder, [shape.get("mimi_name", ""), MIMI_FILE], f"the codec of {name}"),
        text=_first(folder, [shape.get("tokenizer_name", ""), TEXT_FILE], f"the text tokenizer of {name}"),
        config=shape,
        bits=next((bits for bits in (4, 8) if lm.name.endswith(f".q{bits}.safetensors")), 0),
    )


def _folder(name: str) -> Path:
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if not is_hub_name(name):
        raise ModelNotFoundError(
            f"There is no folder {name}", hint="Name a folder, or a model such as kyutai/moshiko-mlx-q4"
        )
    snapshot = snapshot_of(name)
    if snapshot is None:
        raise ModelNotFoundError(
            f"The model {name} is not on this machine (looked in {place_of(name)})", hint=_how_to_get(name)
        )
    return snapshot


def _how_to_get(name: str) -> str:
    size = known(name).size
    machine = detect_machine()
    fit = fit_of(size, machine, results(machine).get(name))
    hint = f"Download it{f' ({amount(size)})' if size else ''} with: voice-tui models pull {name}"
    return f"{hint}. Here it does not run: {fit.words.removeprefix('no: ')}" if fit.verdict == "no" else hint


def _first(folder: Path, names: list[str], what: str) -> Path:
    for name in names:
        if name and (folder / name).is_file():
            return folder / name
    wanted = " or ".join(dict.fromkeys(name for name in names if name))
    raise ModelNotFoundError(
        f"The file of {what} is missing in {folder}: {wanted}",
        hint="The download may have been interrupted; download it again",
    )


def _read_config(path: Path) -> Config:
    """The config of a later release; those of 2024 have none and are all of one shape."""
    if not path.is_file():
        return config("full")
    try:
        read: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as e:
        raise EngineError(f"{path} cannot be read: {e}", hint="Download the model again") from e
    if not isinstance(read, dict):
        raise EngineError(f"{path} holds no settings of a model", hint="Download the model again")
    shape: Config = dict(read)  # pyright: ignore[reportUnknownArgumentType]  # from JSON
    missing = [key for key in _NEEDED if key not in shape]
    if missing:
        raise EngineError(
            f"{path} lacks {', '.join(missing)}", hint="This is no model that listens and speaks like Moshi"
        )
    if len(shape["delays"]) != 1 + shape["n_q"]:
        raise EngineError(f"{path} has {len(shape['delays'])} delays for {1 + shape['n_q']} streams")
    if shape.get("depformer_dim_feedforward") is None:
        shape["depformer_dim_feedforward"] = int(shape.get("hidden_scale", 4.125) * shape["depformer_dim"])
    return shape
