"""A Celery worker in a process of its own. ``tests.processes`` starts it and may kill it."""

from __future__ import annotations

import os
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from celery import signals

from qbo_sync.celery import app

OPTIONS = [
    *("worker", "--queues", "interactive,bulk", "--concurrency", "2", "--loglevel", "INFO"),
    *("--without-gossip", "--without-mingle"),
]


def work(log: Path, says_ready: Connection) -> None:
    """Be a worker that writes to this log, in a process group of its own; say once that it takes messages."""
    os.setsid()
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)

    def say_it(**_: Any) -> None:
        says_ready.send("ready")

    signals.worker_ready.connect(say_it, weak=False)
    app.worker_main(OPTIONS)
