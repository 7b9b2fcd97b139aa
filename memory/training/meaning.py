"""The carried model in this process, every text read once: training puts the same turns into many stores."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from memory.embedder.bert import Bert
from memory.embedder.choice import CARRIED_NAME, how_to_install
from memory.embedder.weights import carried_model
from memory.embedder.words import Space, WordReader, fit_space, word_states
from memory.errors import MemoryStoreError
from memory.retrieval.overlap import Floats
from memory.retrieval.words import Reading, Small, lead, spelled
from memory.types import Memory


class CarriedModel:
    """Meets `memory.retrieval.ports.Embeds`; answers whatever the time limit. One thread at a time.

    Args:
        space: That its words are told in.

    Raises:
        MemoryStoreError: If the model is not installed.
    """

    name = CARRIED_NAME
    problem = ""

    def __init__(self, space: Space) -> None:
        self.space = space.name
        self._reader = WordReader(_carried(), space)
        self._known: dict[str, tuple[Floats, Small]] = {}

    def read(self, texts: Sequence[str], *, timeout: float, urgent: bool = False) -> Reading:
        """Return vectors and words of texts."""
        del timeout, urgent
        new = list(dict.fromkeys(text for text in texts if text not in self._known))
        if new:
            found = self._reader.read(new)
            self._known.update(zip(new, zip(found.vectors, found.words, strict=True), strict=True))
        known = [self._known[text] for text in texts]
        return Reading(np.stack([vector for vector, _ in known]), [words for _, words in known])

    def warm(self) -> None:
        """It is."""

    def close(self) -> None:
        """What is known stays for the next store."""


def space_of(memories: Iterable[Memory]) -> Space:
    """Return the space of the carried model's words in memories, without the names of who says them.

    Raises:
        MemoryStoreError: If the model is not installed.
    """
    bert = _carried()
    leads = {lead(memory.speaker) + memory.text: len(spelled(lead(memory.speaker))) for memory in memories}
    texts = sorted(leads)
    return fit_space(
        word_states(bert, texts[place], own)[leads[texts[place]] :]
        for some, _, states in bert.passes(texts)
        for place, own in zip(some, states, strict=True)
    )


def _carried() -> Bert:
    folder = carried_model()
    if folder is None:
        raise MemoryStoreError("Training needs the embedding model", hint=how_to_install())
    return Bert(folder)
