"""What goes over the pipe between the memory and its embedder: small frames of plain bytes.

    kind (1 byte), number of the request (4), length of the body (4), body; all little-endian

    TEXTS     to the child: for each text its length (4) and UTF-8
    READ      back: how many numbers a vector has (4), how many texts (4), the vectors as float32; and where the model
              tells words, how many each text has (4), then DIMENSION numbers of a byte for each
    READY     back, once: how many numbers a vector has (4)
    FAILED    back: why it cannot, UTF-8; for request 0 the child ends

The peer is ours, but it can die in the middle of a frame: lengths are bounded, and a frame that is none is an error.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from memory.retrieval.words import DIMENSION, Reading, Small

TEXTS, READ, READY, FAILED = 1, 2, 3, 4

MAX_BODY = 16 << 20
"""Bytes of a body at most: 64 texts of 8,000 letters, or 10,000 vectors."""

_HEAD = struct.Struct("<BII")
_COUNT = struct.Struct("<I")

Read = Callable[[int], bytes]
"""Returns exactly so many bytes.

Raises:
    EOFError: The stream ended before.
"""


class WireError(Exception):
    """What came over the pipe is no frame."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message; see the module for its kinds."""

    kind: int
    number: int
    body: bytes

    def to_bytes(self) -> bytes:
        """Return it as it goes over the pipe."""
        return _HEAD.pack(self.kind, self.number, len(self.body)) + self.body


def read_frame(read: Read) -> Frame:
    """Read one frame.

    Raises:
        EOFError: The stream ended.
        WireError: What came is none.
    """
    kind, number, length = _HEAD.unpack(read(_HEAD.size))
    if not TEXTS <= kind <= FAILED or length > MAX_BODY:
        raise WireError(f"kind {kind}, {length} bytes")
    return Frame(kind, number, read(length))


def texts_frame(number: int, texts: Sequence[str]) -> Frame:
    """Return a request."""
    encoded = [text.encode("utf-8", "replace") for text in texts]
    return Frame(TEXTS, number, b"".join(_COUNT.pack(len(text)) + text for text in encoded))


def texts_of(frame: Frame) -> list[str]:
    """Return the texts of a request.

    Raises:
        WireError: They are cut off.
    """
    found: list[str] = []
    at = 0
    while at < len(frame.body):
        if at + _COUNT.size > len(frame.body):
            raise WireError("a text is cut off")
        (length,) = _COUNT.unpack_from(frame.body, at)
        at += _COUNT.size
        if at + length > len(frame.body):
            raise WireError("a text is cut off")
        found.append(frame.body[at : at + length].decode("utf-8", "replace"))
        at += length
    return found


def reading_frame(number: int, reading: Reading) -> Frame:
    """Return an answer."""
    texts, dimension = reading.vectors.shape
    parts = [_COUNT.pack(dimension), _COUNT.pack(texts), np.ascontiguousarray(reading.vectors, dtype="<f4").tobytes()]
    parts += [_COUNT.pack(len(words)) for words in reading.words]
    parts += [words.tobytes() for words in reading.words]
    return Frame(READ, number, b"".join(parts))


def reading_of(frame: Frame) -> Reading:
    """Return what an answer holds.

    Raises:
        WireError: It is cut off.
    """
    dimension, head = dimension_of(frame), 2 * _COUNT.size
    if not dimension or len(frame.body) < head:
        raise WireError("no vectors")
    (texts,) = _COUNT.unpack_from(frame.body, _COUNT.size)
    end = head + 4 * dimension * texts
    if len(frame.body) < end:
        raise WireError("vectors are cut off")
    vectors = np.frombuffer(frame.body[head:end], dtype="<f4").reshape(texts, dimension)
    return Reading(vectors, _words_of(frame.body[end:], texts))


def _words_of(body: bytes, texts: int) -> list[Small]:
    if not body:
        return []
    if len(body) < texts * _COUNT.size:
        raise WireError("words are cut off")
    counts = np.frombuffer(body, dtype="<u4", count=texts).astype(np.int64)
    numbers = np.frombuffer(body, dtype=np.int8, offset=texts * _COUNT.size)
    if len(numbers) != DIMENSION * int(counts.sum()):
        raise WireError("words are cut off")
    return np.split(numbers.reshape(-1, DIMENSION), np.cumsum(counts)[:-1])


def ready_frame(dimension: int) -> Frame:
    """Return what the child says when it has loaded."""
    return Frame(READY, 0, _COUNT.pack(dimension))


def dimension_of(frame: Frame) -> int:
    """Return how many numbers a vector has.

    Raises:
        WireError: It is not said.
    """
    if len(frame.body) < _COUNT.size:
        raise WireError("no dimension")
    return _COUNT.unpack_from(frame.body)[0]
