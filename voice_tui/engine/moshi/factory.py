"""The door to this engine: settings in, a loaded and warmed engine out. Loads MLX or PyTorch, as `device.py` finds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from voice_tui.engine.cascade.ports import Stt, Vad
from voice_tui.engine.cascade.turns import TurnPolicy
from voice_tui.engine.moshi.backend import Backend
from voice_tui.engine.moshi.checkpoint.layout import Config
from voice_tui.engine.moshi.codec.mimi import MimiCodec
from voice_tui.engine.moshi.codec.port import CODEBOOKS
from voice_tui.engine.moshi.device import backend_for
from voice_tui.engine.moshi.engine import MoshiEngine, Parts, Turns
from voice_tui.engine.moshi.generate.port import AnyGenerator
from voice_tui.engine.moshi.listener import Listener
from voice_tui.engine.moshi.load.find import Checkpoint, find
from voice_tui.engine.moshi.load.watch import Loading
from voice_tui.engine.moshi.options import sampling_of, seed_of
from voice_tui.engine.moshi.prompt_store import PromptStore
from voice_tui.engine.moshi.trace import Trace
from voice_tui.engine.moshi.traits import traits_of
from voice_tui.engine.moshi.uptake import Examiner
from voice_tui.errors import EngineError
from voice_tui.paths import prompts_dir
from voice_tui.settings import MoshiSettings

Watch = Callable[[str, int, int], None]
"""Phase for a person, bytes done, bytes in all."""

Ears = Callable[[], "tuple[Vad, Stt, TurnPolicy]"]
"""Makes what recognises the user, for the transcript."""


def make_moshi(
    settings: MoshiSettings,
    *,
    inline: bool,
    ears: Ears,
    trace: Path | None = None,
    watch: Watch = lambda phase, done, total: None,
) -> MoshiEngine:
    """Load a model and make the engine.

    Args:
        settings: Which model, and how it samples. `inline`: for files: the same result every time.
        ears: Called when the settings ask for a transcript of the user.
        trace: File that gets every frame when the engine is closed. `watch`: told how far loading is.

    Raises:
        ModelNotFoundError: The model is not on this machine.
        EngineError: It cannot be used, or what the settings want to compute on is not there.
    """
    checkpoint = find(settings.model)
    backend = backend_for(settings.device)
    generator = make_generator(checkpoint, settings, watch, backend)
    watch("loading the codec", 0, 0)
    codec = MimiCodec(checkpoint.mimi, inline=inline)
    turns = Turns()
    listener = Listener(*ears(), turns.next) if settings.transcribe else None
    words = Words(checkpoint.text)
    parts = Parts(
        name=f"{settings.model} on {backend.name}",
        generator=generator,
        codec=codec,
        traits=traits_of(checkpoint.name, checkpoint.config),
        spell=words.spell,
        encode=words.encode,
        turns=turns,
        listener=listener,
        trace=Trace(trace) if trace is not None else None,
        prompts=PromptStore(prompts_dir(), checkpoint, settings.alignment, backend.keeping),
    )
    return MoshiEngine(parts, settings)


def make_generator(
    checkpoint: Checkpoint,
    settings: MoshiSettings,
    watch: Watch = lambda phase, done, total: None,
    backend: Backend | None = None,
) -> AnyGenerator:
    """Load the language model and warm it, so that the first frame of a conversation is like any other.

    Args:
        checkpoint: Its files. `settings`: how it samples. `watch`: told how far it is.
        backend: What computes it; None = what the settings ask for.

    Raises:
        EngineError: It cannot be used.
    """
    backend = backend or backend_for(settings.device)

    def note(loading: Loading) -> bool:
        watch(loading.phase, loading.done, loading.total)
        return True

    if not _converses(checkpoint.config):
        raise EngineError(f"{checkpoint.name} does not converse: it has other voices than two of {CODEBOOKS} codebooks")
    model = backend.load(checkpoint, note)
    watch("warming the model", 0, 0)
    generator = backend.generator(model, sampling_of(settings), seed_of(settings), settings.alignment)
    start = generator.start()
    for _ in range(2):
        generator.step([0] * CODEBOOKS)
    generator.restore(start)
    return generator


def _converses(shape: Config) -> bool:
    """Whether it has two voices: its own, and the user's, which some predict as well."""
    return shape["n_q"] == 2 * CODEBOOKS and shape["dep_q"] >= CODEBOOKS


def make_examiner(settings: MoshiSettings, watch: Watch = lambda phase, done, total: None) -> Examiner:
    """Load a model without its codec, to measure what it takes up.

    Raises:
        ModelNotFoundError: The model is not on this machine.
        EngineError: It cannot be used.
    """
    checkpoint = find(settings.model)
    traits = traits_of(checkpoint.name, checkpoint.config)
    return Examiner(make_generator(checkpoint, settings, watch), Words(checkpoint.text).encode, traits, settings)


class Words:
    """The text tokenizer of a model.

    Args:
        path: A SentencePiece model.

    Raises:
        EngineError: It is none.
    """

    def __init__(self, path: Path) -> None:
        library: Any = import_module("sentencepiece")
        try:
            self._tokenizer: Any = library.SentencePieceProcessor(model_file=str(path))
        except (OSError, RuntimeError) as e:
            raise EngineError(f"{path} is no text tokenizer: {e}", hint="Download the model again") from e

    def spell(self, ids: Sequence[int]) -> str:
        """Token ids to text."""
        return str(self._tokenizer.decode(list(ids)))

    def encode(self, text: str) -> list[int]:
        """Text to token ids."""
        return list(self._tokenizer.encode(text))
