"""The processes a benchmark runs on: the simulated QuickBooks, a worker, the web server."""

from __future__ import annotations

import base64
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import requests

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("QBO_SYNC_BENCH") or ROOT / ".bench").resolve()
REALM = "9341453100000991"


# Intuit's limits would be all that is measured; the number of connections stays theirs.
UNLIMITED = {
    "QBO_CALLS_PER_MINUTE": "1000000",
    "QBO_CALLS_PER_SECOND": "100000",
    "QBO_CALLS_IN_FLIGHT": "10",
}


def prepare(*, limits: dict[str, str] = UNLIMITED) -> None:
    """Point the settings at servers of the benchmark's own, and start those. Before Django is set up."""
    port = free_port()
    # As in production: DEBUG would write every statement down.
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "qbo_sync.settings",
        "DEBUG": "0",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "FIELD_ENCRYPTION_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "SITE_URL": "http://127.0.0.1",
        "SECURE_SSL_REDIRECT": "0",
        "STATIC_ROOT": str(DATA / "static"),
        "LOG_LEVEL": "WARNING",
        "QBO_ENVIRONMENT": "simulator",
        "QBO_CLIENT_SECRET": "SIMULATED_CLIENT_SECRET",
        "QBO_WEBHOOK_VERIFIER_TOKEN": secrets.token_urlsafe(24),
        "QBO_SIMULATOR_URL": f"http://127.0.0.1:{port}",
        **limits,
    }
    from qbo_sync import embedded

    embedded.provide(DATA)
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Simulator:
    url: str

    def control(self, method: str, path: str, **given: Any) -> Any:
        answer = requests.request(method, f"{self.url}/_control{path}", json=given or None, timeout=600)
        answer.raise_for_status()
        return answer.json()

    def token(self, realm: str) -> dict[str, str]:
        return dict(self.control("POST", "/tokens", realm=realm))

    def calls(self, realm: str) -> int:
        return sum(self.control("GET", "/counters")["by_realm"].get(realm, {}).values())


@contextmanager
def simulator() -> Iterator[Simulator]:
    url = os.environ["QBO_SIMULATOR_URL"]
    command = [
        "-m",
        "qbo_simulator",
        "serve",
        "--port",
        url.rsplit(":", 1)[1],
        "--data",
        str(DATA / "simulator"),
    ]
    with process(command, "simulator.log"):
        wait_until(lambda: requests.get(f"{url}/_control/status", timeout=2).ok)
        yield Simulator(url)


@contextmanager
def worker(*, processes: int = 2) -> Iterator[psutil.Process]:
    command = [
        *("-m", "celery", "-A", "qbo_sync", "worker", "--queues", "interactive,bulk"),
        *("--concurrency", str(processes), "--loglevel", "WARNING", "--without-gossip", "--without-mingle"),
    ]
    with process(command, "worker.log") as started:
        from celery import current_app

        wait_until(lambda: bool(current_app.control.ping(timeout=0.5)))
        yield started


@contextmanager
def web() -> Iterator[str]:
    port = free_port()
    command = [
        "-m",
        "gunicorn",
        "--config",
        "python:qbo_sync.gunicorn",
        "qbo_sync.wsgi",
        "--bind",
        f"127.0.0.1:{port}",
        "--workers",
        "1",
        "--threads",
        "4",
    ]
    with process(command, "web.log"):
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: requests.get(f"{url}/accounts/login/", timeout=5).ok)
        yield url


@contextmanager
def process(arguments: list[str], log: str) -> Iterator[psutil.Process]:
    with (DATA / log).open("ab") as out:
        started = subprocess.Popen(
            [sys.executable, *arguments], cwd=ROOT, stdout=out, stderr=out, start_new_session=True
        )
    try:
        yield psutil.Process(started.pid)
    finally:
        os.killpg(started.pid, signal.SIGTERM)
        try:
            started.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(started.pid, signal.SIGKILL)
            started.wait()


def wait_until(is_so: Any, *, limit_s: float = 60) -> None:
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        try:
            if is_so():
                return
        except requests.RequestException:
            pass
        time.sleep(0.1)
    raise TimeoutError(f"not so within {limit_s} s; see the logs in {DATA}")


class PeakMemory:
    """The largest resident set any single process of a family reached, in MB, sampled ten times a second.

    ``alone`` leaves its children out.
    """

    def __init__(self, parent: psutil.Process, *, alone: bool = False) -> None:
        self.parent, self.alone = parent, alone
        self.peak_mb = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.1):
            children = [] if self.alone else self.parent.children(recursive=True)
            for one in [self.parent, *children]:
                try:
                    self.peak_mb = max(self.peak_mb, one.memory_info().rss / 2**20)
                except psutil.NoSuchProcess:
                    continue
