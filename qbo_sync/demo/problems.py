"""What keeps the demo from starting, each said in a sentence a person can act on."""

from __future__ import annotations

import fcntl
import os
import socket
from pathlib import Path
from typing import IO

from qbo_sync.embedded import open_lock

PORT, SIMULATOR_PORT, LOAD = "PORT", "SIMULATOR_PORT", "LOAD"


class DemoProblem(Exception):
    """The demo cannot start; the message says why and what to do."""


def chosen_port(name: str, default: int) -> int:
    """Return the port the environment names, or the default. Raises DemoProblem for nonsense."""
    said = os.environ.get(name) or str(default)
    if not (said.isascii() and said.isdigit() and 1 <= int(said) <= 65535):
        raise DemoProblem(f"{name}={said} is not a port: choose a number from 1 to 65535.")
    return int(said)


def need_free_port(name: str, port: int) -> None:
    """Raise DemoProblem where another program listens on the port, or this user may not."""
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with socket.socket(family) as probe:
            probe.settimeout(0.5)
            if probe.connect_ex((host, port)) == 0:
                raise DemoProblem(
                    f"Port {port} is in use by another program. Stop that program, or choose another port: "
                    f"make demo {name}={port + 100 if port < 65435 else 8100}"
                )
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as problem:
            raise DemoProblem(
                f"Port {port} cannot be used ({problem.strerror}). Choose another: make demo {name}=8100"
            ) from problem


def books_to_load() -> Path | None:
    """Return the folder that LOAD names, if any. Raises DemoProblem where nothing is to be had from it."""
    said = os.environ.get(LOAD)
    if not said:
        return None
    folder = Path(said).expanduser().resolve()
    if not folder.is_dir():
        raise DemoProblem(f"{LOAD}={said}: there is no folder {folder}. {BOOKS}")
    try:
        if any(folder.glob("*.ndjson")):
            return folder
    except OSError as problem:
        raise DemoProblem(f"{LOAD}={said}: {folder} cannot be read ({problem.strerror}).") from problem
    raise DemoProblem(f"{LOAD}={said}: there is no .ndjson file in {folder}. {BOOKS}")


BOOKS = "Name a folder that holds QuickBooks objects in Customer.ndjson and the like, one to a line."


def claim(data: Path) -> IO[str]:
    """Keep others from running or resetting the demo in this folder while the result lives."""
    lock = open_lock(data / "demo.lock")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as problem:
        lock.close()
        raise DemoProblem(
            f"The demo already runs on {data}. Stop it first, with Ctrl-C where it was started."
        ) from problem
    return lock
