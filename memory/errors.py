"""Errors of the memory; the app shows `message` and `hint` like those of its own errors."""


class MemoryStoreError(Exception):
    """The store cannot do it.

    Args:
        message: What failed.
        hint: What the person can do.
    """

    title = "Memory"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message
