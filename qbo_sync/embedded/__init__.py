"""PostgreSQL and Valkey from wheels, for demo, tests and ``manage.py`` on a machine that has neither.

Nothing here runs where ``DATABASE_URL`` and ``REDIS_URL`` are set.

One *keeper* process per data folder runs both servers. Whoever uses them holds a shared lock on
``users.lock``; the keeper waits for the exclusive one, which it gets when the last user is gone,
however that user ended, and then stops the servers. So nothing is left behind, even by ``kill -9``.

The keeper is born holding ``keeper.lock``. It leaves the servers' addresses in ``keeper.json`` when
they answer, and takes them away before it stops them: what stands there while the lock is held is true.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent.parent
NOTE = "keeper.json"
DEFAULT_DATA = Path(os.environ.get("QBO_SYNC_DATA") or ROOT / ".demo").resolve()


class ServiceProblem(Exception):
    """An embedded service could not be started; the message says why and what to do."""


def provide(data: Path = DEFAULT_DATA, *, disposable: bool = False) -> None:
    """Set DATABASE_URL and REDIS_URL where unset, starting the embedded servers if they do not run.

    They run until the last process that asked for them has ended. Disposable servers trade safety
    for speed: what they hold may be lost with the machine. Raises ServiceProblem.
    """
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        return
    data = data.resolve()
    try:
        addresses = _join(data, disposable=disposable)
    except OSError as problem:
        raise unusable(data, problem) from problem
    for name, address in addresses.items():
        if not os.environ.get(name):
            os.environ[name] = address


_held: list[IO[str]] = []
"""The locks that tell keepers this process is a user; released by the system when it ends."""


def _join(data: Path, *, disposable: bool) -> dict[str, str]:
    make_folder(data)
    with open_lock(data / "gate.lock") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        user = open_lock(data / "users.lock")
        # Waits here while a keeper that has lost its last user is closing down.
        fcntl.flock(user, fcntl.LOCK_SH)
        _held.append(user)
        while (keepers_lock := _claim_keeping(data)) is None:
            if addresses := _noted(data):
                return addresses
            # Whoever started this keeper was killed before the servers answered, or it is leaving.
            time.sleep(0.05)
        with keepers_lock:
            return _start_keeper(data, keepers_lock, disposable=disposable)


def _noted(data: Path) -> dict[str, str] | None:
    try:
        return dict(json.loads((data / NOTE).read_text()))
    except FileNotFoundError:
        return None


def leave(*, limit_s: float = 20) -> None:
    """Stop using the servers, and wait for those started here to stop if nobody else uses them."""
    while _held:
        _held.pop().close()
    deadline = time.monotonic() + limit_s
    while any(keeper.poll() is None for keeper in _keepers) and time.monotonic() < deadline:
        time.sleep(0.05)


def make_folder(data: Path) -> None:
    """Create the data folder, or raise ServiceProblem where this user cannot work in it."""
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise ServiceProblem(
            f"Cannot create the data folder {data}: {problem.strerror}. "
            "Move away what is there in its place, or start as a user who may create it."
        ) from problem
    if not os.access(data, os.W_OK | os.X_OK):
        raise ServiceProblem(
            f"Cannot write to the data folder {data}: it belongs to another user, or is read-only. "
            "Start as that user, or remove the folder."
        )


def open_lock(path: Path) -> IO[str]:
    """Open a lock file, or raise ServiceProblem where this user cannot."""
    try:
        return path.open("a")
    except OSError as problem:
        raise unusable(path.parent, problem) from problem


def unusable(data: Path, problem: OSError) -> ServiceProblem:
    """Return what to tell a person of a file in the data folder that this user cannot work with."""
    what = problem.filename or data
    return ServiceProblem(
        f"Cannot use {what}: {problem.strerror}. "
        f"If another user made it, start as that user; else remove it, or all of {data} to start over."
    )


def is_kept(data: Path) -> bool:
    """Tell whether a keeper runs for this folder."""
    lock = _claim_keeping(data)
    if lock:
        lock.close()
    return lock is None


def _claim_keeping(data: Path) -> IO[str] | None:
    """Return the lock of the folder's keeper, or None where a keeper has it."""
    lock = open_lock(data / "keeper.lock")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def _start_keeper(data: Path, lock: IO[str], *, disposable: bool) -> dict[str, str]:
    """Start a keeper that inherits its lock, and return the servers' addresses when they answer."""
    (data / NOTE).unlink(missing_ok=True)
    with (data / "keeper.log").open("w") as log:
        keeper = subprocess.Popen(
            [
                *(sys.executable, "-m", "qbo_sync.embedded.keeper", str(data)),
                *(["--disposable"] if disposable else []),
            ],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            pass_fds=[lock.fileno()],
            start_new_session=True,
        )
    _keepers.append(keeper)
    try:
        return _answer(keeper, data)
    except (KeyboardInterrupt, SystemExit):
        # Nobody else has come in yet, and it may be minutes until it would look for users itself.
        keeper.terminate()
        raise


def _answer(keeper: subprocess.Popen[bytes], data: Path) -> dict[str, str]:
    assert keeper.stdout
    said = keeper.stdout.readline()
    if not said:
        raise ServiceProblem(f"PostgreSQL and Valkey could not start; see {data / 'keeper.log'}.")
    answer: dict[str, str] = json.loads(said)
    if "problem" in answer:
        raise ServiceProblem(answer["problem"])
    return answer


_keepers: list[subprocess.Popen[bytes]] = []
"""Keepers started here. They outlive this process where others still use them."""
