"""Start `mlx_lm.server` on a free loopback port, wait until it answers, and stop it."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType

from tests.llm_server.environment import Environment, UnavailableError

START_SECONDS = 60


class LlmServer:
    """A real OpenAI-compatible server with a tiny random model; use in a `with` block.

    Args:
        environment: See `prepare`.
        log: File for what it prints.
    """

    model = "default_model"

    def __init__(self, environment: Environment, log: Path) -> None:
        self._environment = environment
        self._log = log
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The base address of its API."""
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def cpu_seconds(self) -> float:
        """Processor time it has used so far (Linux)."""
        assert self._process is not None
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def __enter__(self) -> LlmServer:
        offline = {"HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(self._environment.hub)}
        command = [str(self._environment.python), "-m", "mlx_lm", "server"]
        command += ["--model", str(self._environment.model), "--port", str(self._port)]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | offline)
        self._wait_until_ready()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)

    def _wait_until_ready(self) -> None:
        assert self._process is not None
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            try:
                with opener.open(f"http://127.0.0.1:{self._port}/health", timeout=1):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        self._process.kill()
        self._process.wait(5)
        raise UnavailableError(f"mlx_lm.server did not start: {self._log.read_text(errors='replace')[-500:]}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
