"""The process that runs PostgreSQL and Valkey for one data folder until nobody uses them.

It inherits ``keeper.lock``, held, from the process that starts it, and so holds it from birth to death.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import signal
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, NoReturn

from qbo_sync.embedded import NOTE, ServiceProblem, unusable
from qbo_sync.embedded.postgres import Postgres
from qbo_sync.embedded.valkey import Valkey


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("data", type=Path)
    arguments.add_argument("--disposable", action="store_true")
    given = arguments.parse_args()
    signal.signal(signal.SIGTERM, _leave)
    with ExitStack() as running:
        try:
            addresses = _start(given.data, running, disposable=given.disposable)
        except ServiceProblem as problem:
            _say({"problem": str(problem)})
            sys.exit(1)
        except OSError as problem:
            _say({"problem": str(unusable(given.data, problem))})
            sys.exit(1)
        running.callback((given.data / NOTE).unlink, missing_ok=True)
        _note(given.data / NOTE, addresses)
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


def _note(path: Path, addresses: dict[str, str]) -> None:
    """Leave the addresses, of which one holds a password, for this user's other processes."""
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT, 0o600), "w") as note:
        json.dump(addresses, note)
    unfinished.rename(path)


def _say(answer: dict[str, str]) -> None:
    """Answer the process that waits for this one, if it still does, and let go of its pipe."""
    with suppress(BrokenPipeError):
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
