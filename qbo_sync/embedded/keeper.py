"""The process that runs PostgreSQL and Valkey for one data folder until nobody uses them."""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NoReturn

from qbo_sync.embedded import ServiceProblem
from qbo_sync.embedded.postgres import Postgres
from qbo_sync.embedded.valkey import Valkey


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("data", type=Path)
    arguments.add_argument("--disposable", action="store_true")
    given = arguments.parse_args()
    signal.signal(signal.SIGTERM, _leave)
    with (given.data / "keeper.lock").open("w") as lock, ExitStack() as running:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            addresses = _start(given.data, running, disposable=given.disposable)
        except ServiceProblem as problem:
            _say({"problem": str(problem)})
            sys.exit(1)
        except OSError as problem:
            _say({"problem": _unusable(given.data, problem)})
            sys.exit(1)
        _note(given.data / "keeper.json", addresses)
        _say(addresses)
        # A server that dies takes the keeper with it, so that the next user gets new ones.
        signal.signal(signal.SIGCHLD, _leave_if_one_died)
        with (given.data / "users.lock").open("w") as users:
            fcntl.flock(users, fcntl.LOCK_EX)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            running.close()


def _start(data: Path, running: ExitStack, *, disposable: bool) -> dict[str, str]:
    postgres = Postgres(data / "postgres", disposable=disposable)
    running.callback(postgres.stop)
    database_url = postgres.start()
    valkey = Valkey(data / "valkey")
    running.callback(valkey.stop)
    return {"DATABASE_URL": database_url, "REDIS_URL": valkey.start()}


def _unusable(data: Path, problem: OSError) -> str:
    return (
        f"Cannot use {problem.filename or data}: {problem.strerror}. "
        f"If another user made it, start as that user, or remove {data}."
    )


def _note(path: Path, addresses: dict[str, str]) -> None:
    """Leave the addresses, of which one holds a password, for this user's other processes."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as note:
        json.dump(addresses, note)


def _say(answer: dict[str, str]) -> None:
    """Answer the process that waits for this one, and let go of its pipe."""
    print(json.dumps(answer), flush=True)  # noqa: T201
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def _leave(*_: Any) -> NoReturn:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    sys.exit(0)


def _leave_if_one_died(*_: Any) -> None:
    """Linux says the same of one that was only suspended, or goes on."""
    if os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        _leave()


if __name__ == "__main__":
    main()
