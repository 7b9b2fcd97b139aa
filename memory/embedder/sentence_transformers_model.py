"""Sentence vectors by sentence-transformers, for models that numpy cannot run; only in the embedder's process."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from memory.errors import MemoryStoreError
from memory.installing import install_extra
from memory.retrieval.overlap import Floats

AT_ONCE = 16


class Torch:
    """A model of sentence-transformers on one thread.

    Args:
        model: Its folder, or its name where the library has it on this disk already; nothing is fetched.

    Raises:
        MemoryStoreError: If the library is missing, or has no such model here.
    """

    def __init__(self, model: str) -> None:
        try:
            torch: Any = importlib.import_module("torch")
            library: Any = importlib.import_module("sentence_transformers")
        except ImportError as e:
            raise MemoryStoreError(
                "sentence-transformers is not installed", hint=f"Install it with: {install_extra('memory')}"
            ) from e
        torch.set_num_threads(1)
        try:
            made: Any = library.SentenceTransformer(model, device="cpu", local_files_only=True)
        except (OSError, ValueError, RuntimeError, KeyError) as e:
            raise MemoryStoreError(
                f"sentence-transformers cannot load {model}: {e}", hint="Give the folder of a model that is there"
            ) from e
        self._model: Any = made
        self.dimension = int(made.get_sentence_embedding_dimension())

    def embed(self, texts: Sequence[str]) -> Floats:
        """Return the vectors of texts, shape (texts, dimension), float32, each of length 1."""
        found: Any = self._model.encode(
            list(texts), batch_size=AT_ONCE, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(found, dtype=np.float32)
