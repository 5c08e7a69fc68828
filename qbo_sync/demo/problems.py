"""What keeps the demo from starting, each said in a sentence a person can act on."""

from __future__ import annotations

import fcntl
import os
import socket
from pathlib import Path
from typing import IO

PORT, SIMULATOR_PORT = "PORT", "SIMULATOR_PORT"


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


def claim(data: Path) -> IO[str]:
    """Keep others from running or resetting the demo in this folder while the result lives."""
    lock = (data / "demo.lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as problem:
        lock.close()
        raise DemoProblem(
            f"The demo already runs on {data}. Stop it first, with Ctrl-C where it was started."
        ) from problem
    return lock
