"""Asks an OpenAI-compatible endpoint which models it has; only the standard library, so that it costs no import."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import SplitResult, urlsplit

import msgspec

from voice_tui.engine.cascade.responder.failures import Explainer
from voice_tui.errors import ConfigError, VoiceTuiError
from voice_tui.settings import LlmSettings

MAX_BYTES = 4_000_000
"""More than any real list of models."""

LOCAL: Mapping[str, str] = {
    "Ollama": "http://127.0.0.1:11434/v1",
    "LM Studio": "http://127.0.0.1:1234/v1",
    "A local server": "http://127.0.0.1:8080/v1",  # llama.cpp and mlx_lm
}
"""Where servers of language models listen on one's own computer, unless told otherwise."""

LOCAL_SECONDS = 0.5
"""Longest wait for one of them; an address that nobody listens at refuses at once."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server of language models on this computer.

    Args:
        name: Of the program, as far as its port tells.
        models: Their names; empty when it does not list them.
    """

    name: str
    base_url: str
    models: tuple[str, ...]


def local_servers(addresses: Mapping[str, str] | None = None) -> list[Server]:
    """Ask the usual addresses of this computer, all at once; nothing leaves it."""
    addresses = LOCAL if addresses is None else addresses
    with ThreadPoolExecutor(len(addresses)) as pool:
        return [server for server in pool.map(_server, addresses.items()) if server is not None]


def _server(entry: tuple[str, str]) -> Server | None:
    name, url = entry
    try:
        models = models_at(LlmSettings(base_url=url, api_key_env=""), LOCAL_SECONDS)
    except VoiceTuiError:
        return None
    return Server(name, url, models) if models else None


def models_at(llm: LlmSettings, timeout: float) -> tuple[str, ...] | None:
    """Return the names of the endpoint's models, or None if it answers but does not list them.

    Args:
        llm: Address and the variable of the key.
        timeout: Longest wait for a connection, and again for each part of the answer, in seconds.

    Raises:
        ConfigError: The address is no web address.
        EndpointError: It cannot be reached, refuses the key, or fails.
    """
    explain = Explainer(msgspec.structs.replace(llm, timeout=timeout))
    connection = _connection(urlsplit(llm.base_url), timeout)
    try:
        headers = {"Authorization": f"Bearer {explain.key}"} if explain.key else {}
        connection.request("GET", f"{urlsplit(llm.base_url).path.rstrip('/')}/models", headers=headers)
        response = connection.getresponse()
        body = response.read(MAX_BYTES)
    except TimeoutError as e:
        raise explain.stalled() from e
    except (OSError, HTTPException, ValueError) as e:
        raise explain.unreachable() from e
    finally:
        connection.close()
    return _models(response, body, explain)


def _connection(address: SplitResult, timeout: float) -> HTTPConnection:
    try:
        host, port = address.hostname, address.port
    except ValueError:
        host, port = None, None
    if address.scheme not in ("http", "https") or not host:
        raise ConfigError(
            "The setting llm.base_url is no web address", hint='It looks like "http://127.0.0.1:11434/v1"'
        )
    return (HTTPSConnection if address.scheme == "https" else HTTPConnection)(host, port, timeout=timeout)


def _models(response: HTTPResponse, body: bytes, explain: Explainer) -> tuple[str, ...] | None:
    if response.status in (401, 403):
        raise explain.bad_key()
    if response.status >= 500:
        raise explain.unreachable()
    try:
        entries: list[Any] = json.loads(body)["data"]
        return tuple(str(entry["id"]) for entry in entries)
    except (ValueError, KeyError, TypeError):
        return None  # many servers have no such list and still answer
