"""The hub, through huggingface_hub 0.28: what a repository holds, one file of it, and what went wrong in words.

That version knows no Xet and downloads by plain HTTP: a HEAD for size and checksum, then a GET that continues an
`.incomplete` file with a Range header. HF_ENDPOINT (a mirror), HF_TOKEN, HF_HUB_OFFLINE, HF_HUB_CACHE and
HF_HUB_ENABLE_HF_TRANSFER (parallel parts, which cannot be resumed) count. Loads the library when a `Hub` is made.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from memory.installing import install_extra
from voice_tui.errors import ModelError
from voice_tui.models.hub_cache import hub_cache

DEFAULT_ENDPOINT = "https://huggingface.co"

ANSWER_SECONDS = 10.0
"""Longest wait for the hub to begin an answer."""

CHUNK_BYTES = 1 << 20
"""Read at a time: what is lost at most when a download is broken off."""

_TRUE = ("1", "ON", "YES", "TRUE")

GOES_ON = "the embedded engine goes on meanwhile"


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a repository: its name, bytes, and the checksum that the cache calls it by."""

    name: str
    size: int
    checksum: str


@dataclass(frozen=True, slots=True)
class Listing:
    """What a repository holds now.

    Args:
        commit: Its revision. `licence`: "" = it names none.
    """

    commit: str
    licence: str
    files: dict[str, HubFile]


def endpoint() -> str:
    """Return the address of the hub, or of its mirror."""
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or DEFAULT_ENDPOINT


def refuse_offline(name: str) -> None:
    """Raise a ModelError when downloads are switched off."""
    for variable in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        if os.environ.get(variable, "").upper() in _TRUE:
            raise ModelError(
                f"The model {name} cannot be downloaded: {variable} is set, so nothing is asked of the hub",
                hint=f"Unset {variable}, or put the files into {hub_cache()} by other means; {GOES_ON}",
            )


class BrokenOffError(ModelError):
    """The connection ended in the middle of a file; another try may go on there."""


class Hub:
    """Asks the hub. One thread at a time; each call blocks.

    Raises:
        ModelError: huggingface_hub is not installed.
    """

    def __init__(self) -> None:
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
        os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = os.environ["HF_HUB_DISABLE_XET"] = "1"
        try:
            self._library: Any = import_module("huggingface_hub")
            constants: Any = import_module("huggingface_hub.constants")
            log: Any = import_module("huggingface_hub.utils.logging")
        except ImportError as e:
            raise ModelError(
                f"Downloads need a library that does not load here: {e}",
                hint=f"Install it with: {install_extra('mlx')}; {GOES_ON}",
            ) from e
        log.set_verbosity_error()
        if not constants.HF_HUB_ENABLE_HF_TRANSFER:
            constants.DOWNLOAD_CHUNK_SIZE = CHUNK_BYTES

    def listing(self, name: str) -> Listing:
        """Ask what a repository holds.

        Raises:
            ModelError: The hub is out of reach or refuses.
        """
        with _explaining(name):
            api: Any = self._library.HfApi(endpoint=endpoint())
            info: Any = api.model_info(name, files_metadata=True, timeout=ANSWER_SECONDS)
            files = [_file(entry) for entry in info.siblings or ()]
            card: Any = info.card_data
            licence = str(getattr(card, "license_name", None) or getattr(card, "license", None) or "")
        return Listing(str(info.sha), licence, {file.name: file for file in files})

    def fetch(self, name: str, file: str, commit: str) -> None:
        """Download one file into the cache, or what is missing of it.

        Raises:
            BrokenOffError: The connection ended; what came is there for the next try.
            ModelError: It cannot be had or kept.
        """
        with _explaining(name):
            self._library.hf_hub_download(
                name,
                file,
                revision=commit,
                cache_dir=str(hub_cache()),
                endpoint=endpoint(),
                etag_timeout=ANSWER_SECONDS,
            )


def _file(entry: Any) -> HubFile:
    checksum = entry.lfs.sha256 if entry.lfs else entry.blob_id
    return HubFile(str(entry.rfilename), int(entry.size or 0), str(checksum or ""))


@contextmanager
def _explaining(name: str) -> Generator[None]:
    """Every error of the library becomes one sentence and a hint."""
    try:
        yield
    except (OSError, ValueError, RuntimeError) as e:  # requests' and the hub's errors are OSErrors
        raise _explained(name, e) from e


def _explained(name: str, error: BaseException) -> ModelError:
    errors: Any = import_module("huggingface_hub.errors")
    if isinstance(error, errors.LocalEntryNotFoundError) and error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, errors.GatedRepoError):
        return ModelError(
            f"The licence of {name} must be accepted first",
            hint=f"Accept it at {endpoint()}/{name}, then set HF_TOKEN to a token of that account",
        )
    response: Any = getattr(error, "response", None)
    if response is not None:
        return _refused(name, int(response.status_code), isinstance(error, errors.RepositoryNotFoundError))
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ModelError(
            f"The disk of {hub_cache()} is full", hint="Make room, then pull again: it goes on where it stopped"
        )
    if isinstance(error, OSError) and error.errno is not None:
        return ModelError(f"{hub_cache()} cannot be written: {error.strerror}", hint="Check who may write there")
    requests: Any = import_module("requests.exceptions")
    if isinstance(error, requests.ChunkedEncodingError | requests.ReadTimeout):
        return BrokenOffError(
            f"The hub at {endpoint()} broke off the download of {name}", hint="Pull again: it goes on where it stopped"
        )
    if isinstance(error, requests.ConnectionError | requests.Timeout):
        return ModelError(
            f"The hub at {endpoint()} is out of reach",
            hint=f"Check the network, or set HF_ENDPOINT to a mirror; {GOES_ON}",
        )
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return ModelError(f"The download of {name} failed: {reason}", hint="Pull again: it goes on where it stopped")


def _refused(name: str, status: int, unknown: bool) -> ModelError:
    if unknown or status == 404:
        return ModelError(
            f"The hub at {endpoint()} has no {name}, or shows it to its members only",
            hint="Check the name; a private model needs HF_TOKEN",
        )
    if status == 401:
        return ModelError(
            f"The hub at {endpoint()} shows {name} only to those with a valid token", hint="Set HF_TOKEN to yours"
        )
    if status == 403:
        return ModelError(
            f"The hub at {endpoint()} does not let this token download {name}",
            hint=f"Accept its licence at {endpoint()}/{name}, and give the token the right to read",
        )
    if status == 416:
        return ModelError(f"The hub does not continue the download of {name}", hint="Remove the model and pull again")
    return ModelError(
        f"The hub at {endpoint()} is not well (it answers {status})", hint=f"Try again in a while; {GOES_ON}"
    )
