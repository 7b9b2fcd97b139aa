"""The embedder's process: `python -m memory.embedder.worker PROVIDER MODEL [SPACE]`.

Texts in at stdin, vectors out at stdout, and with SPACE what the texts' words mean.

It ends when its standard input ends, so it never outlives who started it. A model is loaded from files that are there:
nothing is ever fetched.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from memory.embedder.wire import FAILED, TEXTS, Frame, WireError, read_frame, reading_frame, ready_frame, texts_of
from memory.errors import MemoryStoreError
from memory.retrieval.words import Reading

NICENESS = 5
"""It yields to sound."""

Read = Callable[[Sequence[str]], Reading]


def load(provider: str, model: str, space: str = "") -> tuple[Read, int]:
    """Return what turns texts into vectors, and words where it has a space for them; and the numbers of a vector.

    Raises:
        MemoryStoreError: If the model or the space cannot be used.
    """
    if provider == "numpy":
        from memory.embedder.bert import Bert
        from memory.embedder.words import WordReader, load_space

        bert = Bert(Path(model))
        if space:
            return WordReader(bert, load_space(Path(space))).read, bert.dimension
        return lambda texts: Reading(bert.embed(texts)), bert.dimension
    from memory.embedder.sentence_transformers_model import Torch

    torch = Torch(model)
    return lambda texts: Reading(torch.embed(texts)), torch.dimension


def serve(source: BinaryIO, sink: BinaryIO, provider: str, model: str, space: str = "") -> int:
    """Answer requests until the source ends; returns the exit code."""

    def say(frame: Frame) -> None:
        sink.write(frame.to_bytes())
        sink.flush()

    def read(count: int) -> bytes:
        data = source.read(count)
        if len(data) < count:
            raise EOFError
        return data

    try:
        read_texts, dimension = load(provider, model, space)
    except MemoryStoreError as e:
        say(Frame(FAILED, 0, str(e).encode()))
        return 1
    say(ready_frame(dimension))
    with suppress(EOFError):
        while True:
            say(_answer(read_frame(read), read_texts))
    return 0


def _answer(frame: Frame, read: Read) -> Frame:
    if frame.kind != TEXTS:
        raise WireError(f"kind {frame.kind} is no request")
    try:
        return reading_frame(frame.number, read(texts_of(frame)))
    except (ValueError, RuntimeError, MemoryError) as e:  # of this text; the next may do
        return Frame(FAILED, frame.number, str(e).encode())


def main() -> int:
    """Serve the pipes of this process; whatever a library prints goes to stderr."""
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with suppress(OSError):
        os.nice(NICENESS)
    with suppress(BrokenPipeError, KeyboardInterrupt):
        return serve(sys.stdin.buffer, sink, *sys.argv[1:4])
    return 0


if __name__ == "__main__":
    sys.exit(main())
