"""Word stems, so that "walked" in a question finds "walking" in a memory.

M. F. Porter, "An algorithm for suffix stripping", Program 14(3), 1980; the numbers are the steps of that paper, and
the same algorithm is the tokenizer of the full-text index. Pure functions; any thread.
"""

from __future__ import annotations

from functools import lru_cache
from string import ascii_lowercase

_STEP_2 = (
    ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("bli", "ble"),
    ("alli", "al"), ("entli", "ent"), ("eli", "e"), ("ousli", "ous"), ("ization", "ize"), ("ation", "ate"),
    ("ator", "ate"), ("alism", "al"), ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"),
    ("iviti", "ive"), ("biliti", "ble"), ("logi", "log"),
)  # fmt: skip
_STEP_3 = (
    ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", ""),
)  # fmt: skip
_STEP_4 = (
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ou", "ism", "ate", "iti", "ous",
    "ive", "ize", "ion",
)  # fmt: skip


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Return the stem of a word in lower case; words that are not plain English letters are their own stem."""
    if len(word) < 3 or not (word.isascii() and word.isalpha()):
        return word
    word = _step_1(word)
    word = _replaced(word, _STEP_2)
    word = _replaced(word, _STEP_3)
    word = _step_4(word)
    return _step_5(word)


_LETTERS = str.maketrans(ascii_lowercase, "".join("v" if c in "aeiouy" else "c" for c in ascii_lowercase))


def _shape(part: str) -> str:
    """Return "v" for each vowel and "c" for each consonant; "y" is a vowel after a consonant."""
    shape = part.translate(_LETTERS)
    if "y" not in part:
        return shape
    kinds = list(shape)
    for place, letter in enumerate(part):
        if letter == "y":
            kinds[place] = "v" if place > 0 and kinds[place - 1] == "c" else "c"
    return "".join(kinds)


def _measure(part: str) -> int:
    """Return how many times a vowel is followed by a consonant."""
    return _shape(part).count("vc")


def _is_vowel(word: str, place: int) -> bool:
    return _shape(word)[place] == "v"


def _has_vowel(part: str) -> bool:
    return "v" in _shape(part)


def _ends_short(part: str) -> bool:
    """Return whether it ends consonant, vowel, consonant, the last not w, x or y."""
    return _shape(part).endswith("cvc") and part[-1] not in "wxy"


def _step_1(word: str) -> str:
    if word.endswith(("sses", "ies")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    if word.endswith("eed"):
        word = word[:-1] if _measure(word[:-3]) > 0 else word
    else:
        ending = next((e for e in ("ed", "ing") if word.endswith(e) and _has_vowel(word[: -len(e)])), "")
        word = _repaired(word[: -len(ending)]) if ending else word
    return f"{word[:-1]}i" if word.endswith("y") and _has_vowel(word[:-1]) else word


def _repaired(part: str) -> str:
    """Return what is left of a word without -ed or -ing, as a word again: "hop" of "hopp", "file" of "fil"."""
    if part.endswith(("at", "bl", "iz")):
        return f"{part}e"
    if len(part) > 1 and part[-1] == part[-2] and not _is_vowel(part, len(part) - 1) and part[-1] not in "lsz":
        return part[:-1]
    return f"{part}e" if _measure(part) == 1 and _ends_short(part) else part


def _replaced(word: str, endings: tuple[tuple[str, str], ...]) -> str:
    for ending, other in endings:
        if word.endswith(ending):
            part = word[: -len(ending)]
            return part + other if _measure(part) > 0 else word
    return word


def _step_4(word: str) -> str:
    ending = max((e for e in _STEP_4 if word.endswith(e)), key=len, default="") if word.endswith(_STEP_4) else ""
    part = word[: len(word) - len(ending)]
    if not ending or _measure(part) < 2 or (ending == "ion" and part[-1:] not in ("s", "t")):
        return word
    return part


def _step_5(word: str) -> str:
    if word.endswith("e"):
        part = word[:-1]
        if _measure(part) > 1 or (_measure(part) == 1 and not _ends_short(part)):
            word = part
    return word[:-1] if word.endswith("ll") and _measure(word) > 1 else word
