"""Real processes beside the tests: the simulated QuickBooks and a Celery worker."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import forkserver, get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests
from celery import current_app
from django.db import connection
from pytest_django import Settings

from tests import celery_worker

ROOT = Path(__file__).resolve().parent.parent
START_LIMIT_S = 30
WORKERS_NAME = "a test's worker"
"""What PostgreSQL knows its connections by."""
_forking = get_context("forkserver")


@dataclass
class Simulator:
    """A simulated QuickBooks with the built-in company, one for each xdist worker."""

    url: str
    data: Path
    process: subprocess.Popen[bytes]

    def get(self, path: str, **kwargs: Any) -> requests.Response:
        return requests.get(self.url + path, timeout=10, **kwargs)

    def post(self, path: str, **kwargs: Any) -> requests.Response:
        return requests.post(self.url + path, timeout=10, **kwargs)


@pytest.fixture(scope="session")
def simulator_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    data = tmp_path_factory.mktemp("simulator")
    port = free_port()
    with (data / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "qbo_simulator",
                "serve",
                "--port",
                str(port),
                "--data",
                str(data / "data"),
            ],
            cwd=ROOT,
            stdout=log,
            stderr=log,
        )
    simulator = Simulator(f"http://localhost:{port}", data, process)
    try:
        wait_for_http(simulator.url, process, data / "log")
        yield simulator
    finally:
        stop(process)


@pytest.fixture
def simulator(simulator_process: Simulator, settings: Settings) -> Iterator[Simulator]:
    """The simulated QuickBooks, with the settings pointing at it and a clock that is right afterwards."""
    settings.QBO_SIMULATOR_URL = simulator_process.url
    yield simulator_process
    assert simulator_process.post("/_control/clock", json={"at": "now", "frozen": False}).ok


@dataclass
class Worker:
    """A Celery worker on the test's own database, that a test may kill and start again.

    It is forked from a process that has loaded the product (``tests.celery_seed``).
    """

    log: Path
    process: BaseProcess | None = field(default=None)

    def start(self) -> None:
        ready, says_ready = _forking.Pipe(duplex=False)
        self.process = _forking.Process(target=celery_worker.work, args=(self.log, says_ready), daemon=True)
        self.process.start()
        says_ready.close()
        with suppress(EOFError):
            if ready.poll(START_LIMIT_S) and ready.recv():
                return
        raise AssertionError(f"The worker was not ready within {START_LIMIT_S} s:\n{self.log.read_text()}")

    def answers(self, *, within_s: float) -> bool:
        """Tell whether a worker answers a call to all. It hears calls a moment after it takes messages."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            if current_app.control.ping(timeout=0.1, limit=1):
                return True
        return False

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.is_alive()

    def kill(self) -> None:
        """End the worker and its children at once, as a power cut would."""
        assert self.process
        assert self.process.pid
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.join()

    def stop(self) -> None:
        """End the worker, and see to it that nothing of what it asked PostgreSQL for goes on."""
        if self.is_running:
            self.kill()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name = %s",
                [WORKERS_NAME],
            )


@pytest.fixture(scope="session")
def worker_process(
    django_db_setup: None, simulator_process: Simulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Worker]:
    environment = {
        "DATABASE_URL": test_database_url(),
        # As in production: a connection lives on from task to task.
        "DATABASE_CONN_MAX_AGE": "60",
        "PGAPPNAME": WORKERS_NAME,
        "QBO_SIMULATOR_URL": simulator_process.url,
        "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend",
        "CELERY_SKIP_CHECKS": "1",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        forkserver.set_forkserver_preload(["tests.celery_seed"])
        forkserver.ensure_running()
    worker = Worker(tmp_path_factory.mktemp("worker") / "log")
    yield worker
    if worker.is_running:
        worker.kill()


@pytest.fixture
def worker(transactional_db: None, simulator: Simulator, worker_process: Worker) -> Iterator[Worker]:
    """A running Celery worker that sees what the test commits.

    It ends with the test: the next one may do a worker's work itself, and means to be alone.
    """
    if not worker_process.is_running:
        worker_process.start()
    yield worker_process
    worker_process.stop()


def test_database_url() -> str:
    """Return the address of the database this test process works in."""
    now = connection.settings_dict
    host, port = quote(now["HOST"], safe=""), f":{now['PORT']}" if now["PORT"] else ""
    password = f":{quote(now['PASSWORD'])}" if now["PASSWORD"] else ""
    return f"postgresql://{now['USER']}{password}@{host}{port}/{now['NAME']}"


test_database_url.__test__ = False  # type: ignore[attr-defined]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_http(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when anything answers at the address; fail with the process's log if it ends or is late."""
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            requests.get(url, timeout=2)
        except requests.RequestException:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"{url} did not answer in {START_LIMIT_S} s:\n{log.read_text()}")


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
