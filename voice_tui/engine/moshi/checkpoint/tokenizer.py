"""A SentencePiece model written by hand: unigram with byte fallback, in the layout of the releases' 32k tokenizer.

The format is the protobuf `sentencepiece_model.proto`; so few of its fields are needed that they are encoded here.
Ids: 0 <unk> (Moshi: end of padding), 1 <s>, 2 </s>, 3 <pad> (Moshi: padding), then 256 bytes, then words and letters.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator

_UNKNOWN, _CONTROL, _NORMAL, _BYTE = 2, 3, 1, 6
_UNIGRAM = 1
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,!?'-:;"
_WORDS = (
    "the be to of and a in that have I it for not on with he as you do at this but his by from they we say her she or "
    "an will my one all would there their what so up out if about who get which go me when make can like time no just "
    "him know take people into year your good some could them see other than then now look only come its over "
    "think also back after use two how our work first well way even new want because any these give day most us "
    "is are was were "
    "hello yes sister name remember key where today tomorrow blue red house dog cat tea coffee thanks please allergic"
)
_SYLLABLES = (
    "ba",
    "de",
    "fi",
    "go",
    "lu",
    "ma",
    "ne",
    "pi",
    "ro",
    "su",
    "ta",
    "ve",
    "wi",
    "yo",
    "za",
    "ke",
    "hi",
    "lo",
)


def tokenizer(pieces: int) -> bytes:
    """Return a tokenizer file with exactly this many pieces (at least 400)."""
    if pieces < 400:
        raise ValueError(f"A tokenizer has at least 400 pieces, not {pieces}")
    entries = list(itertools.islice(_pieces(), pieces))
    body = b"".join(_field(1, _piece(text, score, kind)) for text, score, kind in entries)
    trainer = (
        _number(3, _UNIGRAM)
        + _number(4, pieces)
        + _number(35, 1)  # byte_fallback
        + _number(40, 0)
        + _number(41, 1)
        + _number(42, 2)
        + _number(43, 3)  # unk_id, bos_id, eos_id, pad_id
    )
    normalizer = _field(1, b"identity") + _number(3, 1) + _number(4, 1) + _number(5, 1)
    return body + _field(2, trainer) + _field(3, normalizer)


def _pieces() -> Iterator[tuple[str, float, int]]:
    yield "<unk>", 0.0, _UNKNOWN
    for name in ("<s>", "</s>", "<pad>"):
        yield name, 0.0, _CONTROL
    for value in range(256):
        yield f"<0x{value:02X}>", 0.0, _BYTE
    seen = set[str]()
    for rank, text in enumerate(_texts()):
        if text not in seen:
            seen.add(text)
            yield text, -8.0 - min(rank, 2000) / 1000 - (4.0 if len(text) == 1 else 0.0), _NORMAL


def _texts() -> Iterator[str]:
    yield "▁"
    yield from _LETTERS
    for word in _WORDS.split():
        yield f"▁{word}"
    for count in itertools.count(1):  # enough for any size: invented words
        for syllables in itertools.product(_SYLLABLES, repeat=count):
            yield "▁" + "".join(syllables)


def _piece(text: str, score: float, kind: int) -> bytes:
    encoded = _field(1, text.encode()) + _tag(2, 5) + struct.pack("<f", score)
    return encoded if kind == _NORMAL else encoded + _number(3, kind)


def _field(number: int, content: bytes) -> bytes:
    return _tag(number, 2) + _varint(len(content)) + content


def _number(number: int, value: int) -> bytes:
    return _tag(number, 0) + _varint(value)


def _tag(number: int, wire: int) -> bytes:
    return _varint(number << 3 | wire)


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
