"""What goes over the pipe between the session and an instance of the codec."""

from __future__ import annotations

from typing import Literal

import msgspec

Op = Literal["encode", "decode", "reset"]


class Order(msgspec.Struct, frozen=True):
    """What the worker is to do; `data`: a frame as float32, or codes as int32."""

    op: Op
    data: bytes = b""


class Answer(msgspec.Struct, frozen=True):
    """What came of an order, `data` likewise; the first says whether it has loaded. `error` where it failed."""

    data: bytes = b""
    error: str = ""
    hint: str = ""
