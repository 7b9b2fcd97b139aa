"""What can go wrong with a language model's endpoint, in words for the person. Pure; never shows the key."""

from __future__ import annotations

import email.utils
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from voice_tui.errors import ProviderError
from voice_tui.settings import LlmSettings

MAX_DETAIL = 200
"""Characters of the endpoint's own words that are shown."""


class EndpointError(ProviderError):
    """One failed attempt.

    Args:
        retry: Whether trying again may help.
        retry_after: Seconds that the endpoint asks to wait; None when it does not say.
    """

    def __init__(self, message: str, *, hint: str = "", retry: bool = False, retry_after: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry = retry
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Explainer:
    """Puts failures into words for one endpoint.

    Args:
        llm: The settings of the endpoint; messages name its address, its model and the variable of its key.
    """

    llm: LlmSettings

    @property
    def key(self) -> str:
        """The key out of the environment, or ""."""
        return os.environ.get(self.llm.api_key_env, "").strip() if self.llm.api_key_env else ""

    @property
    def where(self) -> str:
        """The address without anything secret in it."""
        parts = urlsplit(self.llm.base_url)
        host = parts.hostname or ""
        host = f"[{host}]" if ":" in host else host
        return f"{parts.scheme}://{host}{f':{parts.port}' if parts.port else ''}{parts.path}".rstrip("/")

    def unreachable(self) -> EndpointError:
        """No connection."""
        return EndpointError(
            f"The language model at {self.where} cannot be reached",
            hint="Start its server, or change llm.base_url in the settings; notes, time and timers work without it",
            retry=True,
        )

    def broken(self) -> EndpointError:
        """The connection was lost under way."""
        return EndpointError(
            f"The connection to the language model at {self.where} broke off", hint="See its server's log", retry=True
        )

    def stalled(self) -> EndpointError:
        """Nothing came for too long."""
        return EndpointError(
            f"The language model at {self.where} sent nothing for {self.llm.timeout:g} s",
            hint="It may be loading or overloaded; the setting llm.timeout says how long to wait",
        )

    def garbage(self) -> EndpointError:
        """Not the protocol."""
        return EndpointError(
            f"What {self.where} sends is not the stream of a language model",
            hint="llm.base_url must be an OpenAI-compatible address, most often ending in /v1",
        )

    def empty(self) -> EndpointError:
        """A well-formed answer without a word."""
        return EndpointError(
            f"The language model “{self.llm.model}” gave an empty answer", hint="Ask again, or raise llm.max_tokens"
        )

    def flood(self) -> EndpointError:
        """Far more than was asked for."""
        return EndpointError(
            "The answer was cut: the language model did not stop",
            hint=f"It sent far more than llm.max_tokens = {self.llm.max_tokens}",
        )

    def bad_key(self) -> EndpointError:
        """The key cannot be sent at all."""
        return EndpointError(
            f"The key in {self.llm.api_key_env} holds characters that no key has",
            hint=f"Set the environment variable {self.llm.api_key_env} again",
        )

    def error_event(self, detail: str) -> EndpointError:
        """The endpoint reported an error inside the stream."""
        return EndpointError(
            f"The language model at {self.where} failed{self._quoted(detail)}", hint="See its server's log"
        )

    def status(self, code: int, detail: str, headers: Mapping[str, str], now: datetime) -> EndpointError:
        """An HTTP status that is no success.

        Args:
            code: 300-599. `detail`: the endpoint's own words.
            headers: With lower-case names. `now`: for a Retry-After that is a date.
        """
        if code in (401, 403):
            return self._refused(code)
        if code == 404:
            return EndpointError(
                f"{self.where} does not know the model “{self.llm.model}” (404){self._quoted(detail)}",
                hint="Check the settings llm.model and llm.base_url",
            )
        if code in (408, 409, 429) or code >= 500:
            return self._busy(code, detail, retry_after(headers, now))
        return EndpointError(
            f"The language model at {self.where} refused the request ({code}){self._quoted(detail)}",
            hint="Check the settings llm.model and llm.context_tokens",
        )

    def _refused(self, code: int) -> EndpointError:
        variable = self.llm.api_key_env
        state = "holds a key that it does not accept" if self.key else "is not set"
        return EndpointError(
            f"The language model at {self.where} refused access ({code})",
            hint=f"The environment variable {variable} {state}; the setting llm.api_key_env names another",
        )

    def _busy(self, code: int, detail: str, wait: float | None) -> EndpointError:
        what = "is busy or its quota is used up" if code == 429 else "failed"
        hint = f"It asks to wait {wait:.0f} seconds" if wait else "Try again later, or choose another in llm.base_url"
        return EndpointError(
            f"The language model at {self.where} {what} ({code}){self._quoted(detail)}",
            hint=hint,
            retry=True,
            retry_after=wait,
        )

    def _quoted(self, detail: str) -> str:
        """Return the endpoint's words, one short line, without the key."""
        text = detail.replace(self.key, "…") if self.key else detail
        line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
        line = line if len(line) <= MAX_DETAIL else f"{line[:MAX_DETAIL]}…"
        return f": “{line}”" if line else ""


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds of a Retry-After header (RFC 9110 §10.2.3: seconds or a date), None without a usable one.

    Args:
        headers: With lower-case names. `now`: aware.
    """
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (email.utils.parsedate_to_datetime(value) - now).total_seconds()
        except (ValueError, TypeError):
            return None
    return seconds if 0 <= seconds < float("inf") else None
