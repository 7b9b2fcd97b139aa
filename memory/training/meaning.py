"""The carried model in this process, every text embedded once: training puts the same turns into many stores."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from memory.embedder.bert import Bert
from memory.embedder.choice import CARRIED_NAME, how_to_install
from memory.embedder.weights import carried_model
from memory.errors import MemoryStoreError
from memory.retrieval.overlap import Floats


class CarriedModel:
    """Meets `memory.retrieval.meaning.Embeds`; answers whatever the time limit. One thread at a time.

    Raises:
        MemoryStoreError: If the model is not installed.
    """

    name = CARRIED_NAME
    problem = ""

    def __init__(self) -> None:
        folder = carried_model()
        if folder is None:
            raise MemoryStoreError("Training needs the embedding model", hint=how_to_install())
        self._bert = Bert(folder)
        self._known: dict[str, Floats] = {}

    def vectors(self, texts: Sequence[str], *, timeout: float, urgent: bool = False) -> Floats | None:
        """Return the vectors of texts; shape (texts, 384)."""
        del timeout, urgent
        new = list(dict.fromkeys(text for text in texts if text not in self._known))
        if new:
            self._known.update(zip(new, self._bert.embed(new), strict=True))
        return np.stack([self._known[text] for text in texts])

    def warm(self) -> None:
        """It is."""

    def close(self) -> None:
        """What is known stays for the next store."""
