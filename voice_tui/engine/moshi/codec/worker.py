"""The codec's process: `python -m voice_tui.engine.moshi.codec.worker WEIGHTS`, orders in at stdin, answers at stdout.

It ends when its standard input ends, so it never outlives its parent; then the system has all its memory back. It keeps
its priority: the frames of a conversation wait for it.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np

from voice_tui.engine.moshi.codec.library import LocalInstance
from voice_tui.engine.moshi.codec.wire import Answer, Order
from voice_tui.errors import EngineError
from voice_tui.fdguard import take_pipes
from voice_tui.framing import FrameReader, framed


def serve(weights: Path, orders: BinaryIO, answers: BinaryIO) -> int:
    """Obey until the orders end; returns the exit code."""

    def say(answer: Answer) -> None:
        answers.write(framed(answer))
        answers.flush()

    try:
        instance = LocalInstance(weights)
    except EngineError as e:
        say(Answer(error=e.message, hint=e.hint))
        return 1
    say(Answer())
    reader: FrameReader[Order] = FrameReader(orders, Order)
    while (order := reader.read()) is not None:
        say(_obey(instance, order))
    return 0


def _obey(instance: LocalInstance, order: Order) -> Answer:
    try:
        if order.op == "encode":
            return Answer(instance.encode(np.frombuffer(order.data, np.float32)).tobytes())
        if order.op == "decode":
            return Answer(instance.decode(np.frombuffer(order.data, np.int32)).tobytes())
        instance.reset()
        return Answer()
    except EngineError as e:
        return Answer(error=e.message, hint=e.hint)


def main(argv: list[str]) -> int:
    """Serve the pipes of this process; what the library prints is dropped."""
    orders, answers = take_pipes(Path(os.devnull))
    with suppress(BrokenPipeError):  # the parent has gone
        return serve(Path(argv[0]), orders, answers)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
