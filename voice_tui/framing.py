"""Messages between our own processes: a 4-byte little-endian length, then that many bytes of MessagePack.

The peer is ours, but it can die in the middle of a message, and anything may end up on a pipe, so lengths are bounded
and garbage is an error, never a hang or an allocation without limit.
"""

from __future__ import annotations

import struct
from typing import Any, BinaryIO, Generic, TypeVar

import msgspec

from voice_tui.errors import SessionError

MAX_MESSAGE = 4 << 20
"""Bytes in one message at most: events are kilobytes, 80 ms of sound is 8 kB."""

_HEADER = struct.Struct("<I")
_encoder = msgspec.msgpack.Encoder()

T = TypeVar("T")


def framed(message: Any) -> bytes:
    """Return the bytes of a message (a msgspec struct); any thread."""
    body = _encoder.encode(message)
    return _HEADER.pack(len(body)) + body


class FrameReader(Generic[T]):
    """Reads messages of one type from a blocking stream; one thread.

    Args:
        stream: Binary, blocking.
        kind: A msgspec struct, or a union of tagged ones.
    """

    def __init__(self, stream: BinaryIO, kind: Any) -> None:
        self._stream = stream
        self._decoder: msgspec.msgpack.Decoder[T] = msgspec.msgpack.Decoder(kind)

    def read(self) -> T | None:
        """Return the next message, or None at the end of the stream (also in the middle of a message).

        Raises:
            SessionError: What came is no message.
        """
        header = self._exactly(_HEADER.size)
        if header is None:
            return None
        (length,) = _HEADER.unpack(header)
        if length > MAX_MESSAGE:
            raise SessionError(f"A message of {length} bytes came over a pipe of ours")
        body = self._exactly(length)
        if body is None:
            return None
        try:
            return self._decoder.decode(body)
        except msgspec.MsgspecError as e:
            raise SessionError(f"Garbage came over a pipe of ours: {e}") from e

    def _exactly(self, count: int) -> bytes | None:
        data = b""
        while len(data) < count:
            piece = self._stream.read(count - len(data))
            if not piece:
                return None
            data += piece
        return data
