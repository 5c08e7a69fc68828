"""The servers the tests run on, ready before Django's settings are read (``-p tests.services``).

Embedded PostgreSQL and Valkey in ``.test/`` (or ``QBO_SYNC_DATA``), unless DATABASE_URL and REDIS_URL
name others. Several runs may share them: each run has its own test databases, and each xdist worker
of a run its own PostgreSQL database and Valkey database number.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from qbo_sync import embedded

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("QBO_SYNC_DATA") or ROOT / ".test").resolve()

SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "tests.settings",
    "DEBUG": "1",
    # As in production. The tests that look at it put it among the addresses themselves.
    "STYLEGUIDE": "0",
    "SITE_URL": "http://localhost:8000",
    "LOG_LEVEL": "WARNING",
    # Tests kill workers and do not want to wait long for others to notice.
    "RUN_LEASE_S": "2",
    "QBO_ENVIRONMENT": "simulator",
    # A live server's threads would hold a test database open past its end.
    "DATABASE_CONN_MAX_AGE": "0",
    # Playwright's loop lives in the tests' thread, which makes Django fear for its connections.
    "DJANGO_ALLOW_ASYNC_UNSAFE": "1",
    # All that tests talk to is on this machine; requests then need not look for proxies at each call.
    "no_proxy": "localhost,127.0.0.1",
}


def _prepare() -> None:
    os.environ |= SETTINGS
    is_embedded = not os.environ.get("DATABASE_URL")
    try:
        embedded.provide(DATA, disposable=True)
    except embedded.ServiceProblem as problem:
        raise pytest.UsageError(str(problem)) from problem
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if is_embedded:
        os.environ["DATABASE_URL"] = _with_path(os.environ["DATABASE_URL"], f"/run_{os.getpid()}")
    if worker:
        os.environ["REDIS_URL"] = _with_path(os.environ["REDIS_URL"], f"/{int(worker[2:]) + 1}")


def _with_path(url: str, path: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=path))


_prepare()
