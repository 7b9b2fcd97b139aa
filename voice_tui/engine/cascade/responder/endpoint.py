"""One OpenAI-compatible endpoint: requests run on an event loop of their own, so that cancelling closes the socket.

A blocking read in a thread could not be ended from outside: closing its socket wakes nobody, and the server would go on
generating. A cancelled task closes its connection within milliseconds, while connecting and while waiting alike.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import Future
from datetime import UTC, datetime
from ipaddress import ip_address
from threading import Event as CancelFlag
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from voice_tui.engine.cascade.responder.failures import EndpointError, Explainer
from voice_tui.engine.cascade.responder.history import Message
from voice_tui.settings import LlmSettings

if TYPE_CHECKING:
    from openai import AsyncOpenAI

log = logging.getLogger(__name__)

MAILBOX_SIZE = 256
"""Pieces between the network and the responder. Full: the network waits, and so the server; nothing is lost."""

POLL_SECONDS = 0.02
"""How often a waiting responder looks whether it was cancelled."""

CLOSE_SECONDS = 0.4
"""How long the connections may take to close."""

DRAIN_SECONDS = 0.5
"""After the last word: time for the server to end its reply in order, so that the connection can be used again."""

CONNECT_SECONDS = 5.0
"""Longest wait for a connection."""

_Item = str | EndpointError | None


class Endpoint:
    """Streams chat completions. `attempt` in one thread at a time; `close` from any.

    Args:
        llm: Address, model, limits.
    """

    def __init__(self, llm: LlmSettings) -> None:
        self._llm = llm
        self.explain = Explainer(llm)
        self._client: AsyncOpenAI | None = None
        self._adapted: set[str] = set()
        self._closed = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="llm", daemon=True)
        self._thread.start()

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def attempt(self, messages: list[Message], cancel: CancelFlag) -> Iterator[str]:
        """Ask once and yield the pieces of the answer as they come; "" is progress without text (reasoning).

        Ends soon after `cancel` is set; ending in any way but the natural one closes the connection.

        Raises:
            EndpointError: With `retry` where another attempt may help.
        """
        mailbox: queue.Queue[_Item] = queue.Queue(MAILBOX_SIZE)
        request = self._submit(self._produce(messages, mailbox))
        natural = False
        try:
            yield from self._receive(mailbox, cancel)
            natural = not cancel.is_set()
        finally:
            if not natural and request is not None:
                request.cancel()

    def close(self) -> None:
        """Cancel what runs and release the connections; within 1 s. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        self._loop.call_soon_threadsafe(self._begin_to_shut_down)
        self._thread.join(CLOSE_SECONDS + 0.1)
        if self._thread.is_alive():  # busy with an import: the loop ends by itself after it
            log.info("the connection to the language model closes later")

    def _serve(self) -> None:
        self._loop.call_soon(self._warm_up)
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()

    def _warm_up(self) -> None:
        """Import the client and make it, 0.4-1 s, before the first question rather than in it."""
        try:
            self._connected()
        except EndpointError as e:
            log.info("%s", e.message)  # the first question says it

    def _submit(self, coroutine: Coroutine[Any, Any, None]) -> Future[None] | None:
        if self._closed:
            coroutine.close()
            return None
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def _receive(self, mailbox: queue.Queue[_Item], cancel: CancelFlag) -> Iterator[str]:
        deadline = time.monotonic() + self._llm.timeout
        while not cancel.is_set() and not self._closed:
            try:
                item = mailbox.get(timeout=POLL_SECONDS)
            except queue.Empty:
                if time.monotonic() > deadline:
                    raise self.explain.stalled() from None
                continue
            if item is None:
                return
            if isinstance(item, EndpointError):
                raise item
            yield item
            deadline = time.monotonic() + self._llm.timeout  # after the yield: time spent speaking is not the server's

    # --- on the loop's thread ---

    async def _produce(self, messages: list[Message], mailbox: queue.Queue[_Item]) -> None:
        """Top of a task: put every piece and at last None or the failure into the mailbox."""
        outcome: _Item = None
        try:
            await self._stream(messages, mailbox)
        except EndpointError as e:
            outcome = e
        except Exception as e:  # whatever a server can provoke in the libraries becomes one clear sentence
            outcome = self._explained(e)
        await _put(mailbox, outcome)

    async def _stream(self, messages: list[Message], mailbox: queue.Queue[_Item]) -> None:
        completions: Any = self._connected().chat.completions
        stream: Any = await completions.create(
            messages=[],
            model=self._llm.model or "default_model",
            stream=True,
            extra_headers=self._headers(),
            # The client walks through every message that is given as an argument, 10 ms for a long history, with the
            # interpreter locked; what is given here is sent as it is.
            extra_body={"messages": messages, **self._options()},
        )
        async with stream:
            bytes_seen = _Bounded(stream.response.aiter_bytes, self._max_bytes())
            stream.response.aiter_bytes = bytes_seen
            finished = valid = False
            async for chunk in stream:
                piece, ended = _read(chunk)
                valid = valid or piece is not None
                await _put(mailbox, piece or "")
                if ended:
                    finished = True
                    break
            if finished:
                await _put(mailbox, None)  # the answer is complete: do not let it wait for the connection's end
                await _drain(stream)
        if not valid:
            raise self.explain.garbage()
        if not finished and not bytes_seen.done:
            raise self.explain.broken()

    def _connected(self) -> AsyncOpenAI:
        if self._client is None:
            import openai

            for name in ("openai", "httpx", "httpx2", "httpcore", "httpcore2"):
                logging.getLogger(name).setLevel(logging.WARNING)  # their debug logs show requests and headers
            key = self.explain.key
            if not all("!" <= char <= "~" for char in key):
                raise self.explain.bad_key()
            self._client = openai.AsyncOpenAI(
                api_key=key or "none",
                base_url=self._llm.base_url,
                max_retries=0,
                timeout=openai.Timeout(self._llm.timeout + 1, connect=min(CONNECT_SECONDS, self._llm.timeout)),
                http_client=openai.DefaultAsyncHttpxClient(trust_env=not _is_loopback(self._llm.base_url)),
            )
        return self._client

    def _headers(self) -> dict[str, Any]:
        """Headers to add or leave out: nothing about this machine is told, and no compressed bomb is invited."""
        from openai import Omit

        told = ("Lang", "Package-Version", "OS", "Arch", "Runtime", "Runtime-Version", "Async", "Retry-Count")
        headers: dict[str, Any] = {f"X-Stainless-{name}": Omit() for name in (*told, "Read-Timeout")}
        headers |= {"OpenAI-Organization": Omit(), "OpenAI-Project": Omit(), "User-Agent": "voice-tui"}
        headers["Accept-Encoding"] = "identity"
        if not self.explain.key:
            headers["Authorization"] = Omit()
        return headers

    def _options(self) -> dict[str, Any]:
        """Sampling options, less what this endpoint said it does not take."""
        limit = "max_completion_tokens" if "max_tokens" in self._adapted else "max_tokens"
        options: dict[str, Any] = {limit: self._llm.max_tokens, "temperature": self._llm.temperature}
        if "temperature" in self._adapted:
            del options["temperature"]
        return options

    def _max_bytes(self) -> int:
        """Bytes of one reply: a token's event takes 0.2-1 kB."""
        return 1_000_000 + 4_096 * self._llm.max_tokens

    def _explained(self, error: Exception) -> EndpointError:
        import openai

        if isinstance(error, openai.APIStatusError):
            return self._status(error)
        names = {cls.__name__ for e in (error, error.__cause__) for cls in type(e).__mro__}
        if names & {"ConnectError", "ConnectTimeout", "UnsupportedProtocol"}:
            return self.explain.unreachable()
        if names & {"APITimeoutError", "TimeoutException"}:
            return self.explain.stalled()
        if names & {"APIConnectionError", "TransportError", "RequestError"}:
            return self.explain.broken()
        if isinstance(error, openai.APIError):
            return self.explain.error_event(error.message)
        if isinstance(error, _FloodError):
            return self.explain.flood()
        if not isinstance(error, (ValueError, TypeError, AttributeError)):
            log.warning("unexpected %s from the language model's endpoint", type(error).__name__)
        return self.explain.garbage()

    def _status(self, error: Any) -> EndpointError:
        detail = _detail(error.body)
        if error.status_code == 400 and self._adapt(detail):
            return EndpointError(f"{self.explain.where} takes other options", retry=True, retry_after=0.0)
        headers = {str(name).lower(): str(value) for name, value in error.response.headers.items()}
        return self.explain.status(error.status_code, detail, headers, datetime.now(UTC))

    def _adapt(self, detail: str) -> bool:
        """Learn from a refusal which option this endpoint does not take; whether something new was learnt."""
        named = {"max_tokens"} if "max_completion_tokens" in detail else set[str]()
        if "temperature" in detail and "support" in detail:
            named.add("temperature")
        new = named - self._adapted
        self._adapted |= new
        return bool(new)

    def _begin_to_shut_down(self) -> None:
        self._closing = self._loop.create_task(self._shut_down())
        self._closing.add_done_callback(lambda _: self._loop.stop())

    async def _shut_down(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await asyncio.gather(*tasks, return_exceptions=True)
                if self._client is not None:
                    await self._client.close()
        except TimeoutError:
            log.warning("the connection to the language model did not close in time")


class _FloodError(Exception):
    """More bytes than any answer of the asked length takes."""


class _Bounded:
    """Counts the bytes of a reply as the client reads them, so that one endless line cannot fill the memory.

    It stands in for `response.aiter_bytes`: the one place through which every byte passes, whatever HTTP library the
    client uses. It also notes the protocol's end mark, which the client swallows.
    """

    def __init__(self, read: Callable[[], AsyncIterator[bytes]], most: int) -> None:
        self._read = read
        self._left = most
        self._tail = b""

    @property
    def done(self) -> bool:
        """Whether the end mark was seen."""
        return b"[DONE]" in self._tail

    async def __call__(self) -> AsyncIterator[bytes]:
        async for data in self._read():
            self._left -= len(data)
            if self._left < 0:
                raise _FloodError
            self._tail = (self._tail + data)[-64:]
            yield data


def _read(chunk: object) -> tuple[str | None, bool]:
    """Return the text of one event (None when it is none of a chat) and whether the answer ends with it."""
    choices: Any = getattr(chunk, "choices", None)
    if not isinstance(choices, list):
        return None, False
    listed: list[Any] = choices  # pyright: ignore[reportUnknownVariableType]  # JSON
    choice: Any = listed[0] if listed else None
    text: Any = getattr(getattr(choice, "delta", None), "content", None)
    return text if isinstance(text, str) else "", bool(getattr(choice, "finish_reason", None))


async def _put(mailbox: queue.Queue[_Item], item: _Item) -> None:
    while True:
        try:
            mailbox.put_nowait(item)
            return
        except queue.Full:
            await asyncio.sleep(POLL_SECONDS)


async def _drain(stream: AsyncIterator[object]) -> None:
    """Read what follows the last word, for a short while."""
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            async for _ in stream:
                pass
    except Exception:  # the answer is complete: nothing that comes now matters
        log.debug("the language model's reply did not end in order")


def _detail(body: object) -> str:
    """Return the endpoint's own words out of an error body; "" for a page of HTML and the like."""
    if isinstance(body, dict):
        fields: dict[str, Any] = body  # pyright: ignore[reportUnknownVariableType]  # JSON
        inner: Any = fields.get("message") or fields.get("error") or fields.get("detail") or ""
        return inner if isinstance(inner, str) else _detail(inner)
    return body if isinstance(body, str) and "<" not in body else ""


def _is_loopback(url: str) -> bool:
    """Whether an address is on this machine, where no proxy of the environment may come between."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
