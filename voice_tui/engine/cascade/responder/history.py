"""What was said so far, trimmed to the window of the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MESSAGE_TOKENS = 4
"""What the frame of a message (role, separators) costs in common chat templates."""

BYTES_PER_TOKEN = 3
"""Of UTF-8. English has about four per token, so that this overestimates by a third; Chinese has about one character,
which is three bytes. No tokenizer is asked: it would differ from model to model, and too small is the safe side."""

Message = dict[str, str]
"""`role` and `content`, as the API takes it."""


def estimate_tokens(text: str) -> int:
    """Return about how many tokens a message with this text costs; rather more than fewer."""
    return MESSAGE_TOKENS + -(-len(text.encode("utf-8", "surrogatepass")) // BYTES_PER_TOKEN)


@dataclass(frozen=True, slots=True)
class Exchange:
    """What the user said and what of the answer was really played ("" = nothing)."""

    user: str
    assistant: str = ""

    @property
    def tokens(self) -> int:
        """About what it costs."""
        return estimate_tokens(self.user) + (estimate_tokens(self.assistant) if self.assistant else 0)


def newest_that_fit(exchanges: Sequence[Exchange], budget: int) -> list[Exchange]:
    """Return the newest exchanges that together cost at most `budget` tokens; the oldest leave first, as pairs."""
    kept: list[Exchange] = []
    for exchange in reversed(exchanges):
        budget -= exchange.tokens
        if budget < 0:
            break
        kept.append(exchange)
    return kept[::-1]


def as_messages(system: str, exchanges: Sequence[Exchange], last: str) -> list[Message]:
    """Return the conversation for the API.

    Roles alternate strictly, as some chat templates demand: user turns that got no answer are joined with the next.

    Args:
        system: Left out when empty.
        exchanges: Oldest first.
        last: The user's turn to answer now.
    """
    messages: list[Message] = [{"role": "system", "content": system}] if system.strip() else []
    pending: list[str] = []
    for exchange in exchanges:
        pending.append(exchange.user)
        if exchange.assistant:
            messages.append({"role": "user", "content": "\n\n".join(pending)})
            messages.append({"role": "assistant", "content": exchange.assistant})
            pending = []
    messages.append({"role": "user", "content": "\n\n".join([*pending, last])})
    return messages


class History:
    """The conversation as the model should see it. Not thread-safe: its owner holds a lock.

    Args:
        budget: Tokens kept at most; what will never fit again is forgotten.
    """

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._exchanges: list[Exchange] = []
        self._open: str | None = None

    def begin(self, user: str) -> list[Exchange]:
        """Open a turn and return what was before it."""
        self._keep(Exchange(self._open) if self._open is not None else None)
        self._open = user
        return list(self._exchanges)

    def answered(self, text: str) -> None:
        """Close the open turn with what was played of the answer."""
        if self._open is not None:
            self._keep(Exchange(self._open, text))
            self._open = None

    def withdraw(self) -> None:
        """Take the last turn out, answered or not."""
        if self._open is not None:
            self._open = None
        elif self._exchanges:
            self._exchanges.pop()

    def drop_open(self) -> None:
        """Take the open turn out; a closed one stays."""
        self._open = None

    def clear(self) -> None:
        """Forget everything."""
        self._exchanges = []
        self._open = None

    def _keep(self, exchange: Exchange | None) -> None:
        if exchange is not None:
            self._exchanges = newest_that_fit([*self._exchanges, exchange], self._budget)
