"""The demo's processes, held together: they start together, and none outlives the others."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from honcho import manager, process

from qbo_sync.embedded import ROOT
from qbo_sync.embedded.leash import on_parents_death

Command = Sequence[str]


def commands(*, port: int, simulator_port: int, data: Path, load: Path | None) -> dict[str, Command]:
    """Return what runs, by name."""
    python, celery = sys.executable, (sys.executable, "-m", "celery", "-A", "qbo_sync")
    quiet = ("--without-gossip", "--without-mingle", "--loglevel", "INFO")
    return {
        "simulator": [
            *(python, "-m", "qbo_simulator", "serve"),
            *("--port", str(simulator_port), "--data", str(data / "simulator")),
            *("--webhook-url", f"http://127.0.0.1:{port}/webhooks/quickbooks/"),
            *(("--load", str(load)) if load else ()),
        ],
        "web": [
            *(python, "-m", "gunicorn", "--config", "python:qbo_sync.gunicorn", "qbo_sync.wsgi"),
            *("--bind", f"127.0.0.1:{port}"),
        ],
        "interactive": [
            *(*celery, "worker", "--hostname", "interactive@%h", "--queues", "interactive"),
            *("--concurrency", "2", *quiet),
        ],
        "bulk": [
            *celery,
            "worker",
            "--hostname",
            "bulk@%h",
            "--queues",
            "bulk",
            "--concurrency",
            "2",
            *quiet,
        ],
        "beat": [*celery, "beat", "--loglevel", "INFO"],
    }


class Child(process.Popen):  # type: ignore[misc]
    """A process of its own session, ended by Linux if the one that watches it dies."""

    def __init__(self, command: Command, **options: Any) -> None:
        options |= {"shell": False, "stdin": subprocess.DEVNULL}
        super().__init__(command, preexec_fn=on_parents_death(signal.SIGTERM), **options)


class Watcher(process.Process):  # type: ignore[misc]
    """Reads what a child says. It goes at once when the manager is killed, and the child with it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._child_ctor = Child

    def run(self, events: Any = None, ignore_signals: bool = False) -> None:
        on_parents_death(signal.SIGKILL)()
        super().run(events, ignore_signals)


@dataclass
class Logs:
    """Writes each process's output to a file of its own (a honcho printer)."""

    folder: Path
    width: int = 0
    stopped: list[str] = field(default_factory=list)
    """Who ended, in the manager's words, first to last."""
    _files: dict[str, IO[bytes]] = field(default_factory=dict)

    def write(self, message: Any) -> None:
        data = message.data if isinstance(message.data, bytes) else message.data.encode()
        if message.name == manager.SYSTEM_PRINTER_NAME and b" stopped (rc=" in data:
            self.stopped.append(data.decode().split()[0])
        self._file(message.name).write(data)

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def _file(self, name: str) -> IO[bytes]:
        if name not in self._files:
            self.folder.mkdir(exist_ok=True)
            self._files[name] = self.path(name).open("wb", buffering=0)
        return self._files[name]


class Services(manager.Manager):  # type: ignore[misc]
    """Runs the commands until one of them ends or a signal asks to stop."""

    def __init__(self, commands: Mapping[str, Command], *, logs: Logs, then: Callable[[], None]) -> None:
        super().__init__(logs)
        self._process_ctor = Watcher
        self._then = then
        for name, command in commands.items():
            self.add_process(name, command, cwd=str(ROOT), env=dict(os.environ))

    def _start(self) -> None:
        super()._start()
        # After the forks above: a thread does not survive one.
        threading.Thread(target=self._then, daemon=True).start()
