"""Start the demo, or with ``--reset`` forget its data."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import requests

from qbo_sync import embedded
from qbo_sync.demo.problems import (
    LOAD,
    PORT,
    SIMULATOR_PORT,
    DemoProblem,
    books_to_load,
    chosen_port,
    claim,
    need_free_port,
)
from qbo_sync.embedded.leash import on_parents_death

DATA = embedded.DEFAULT_DATA
ANSWER_LIMIT_S = 120


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m qbo_sync.demo", description=__doc__)
    arguments.add_argument("--reset", action="store_true", help="forget the demo's data")
    try:
        _go_when_asked()
        if arguments.parse_args().reset:
            reset()
        else:
            run()
    except (DemoProblem, embedded.ServiceProblem) as problem:
        sys.exit(f"\n{problem}\n")
    except OSError as problem:
        if not problem.filename or not Path(problem.filename).is_relative_to(DATA):
            raise
        sys.exit(f"\n{embedded.unusable(DATA, problem)}\n")
    except KeyboardInterrupt:
        sys.exit("\nStopped.")


def _go_when_asked() -> None:
    """End, by way of whatever must be put in order, when make or the terminal goes away."""
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    if os.environ.get("MAKELEVEL"):
        on_parents_death(signal.SIGTERM)()


def _leave(*_: Any) -> NoReturn:
    sys.exit(143)


def reset() -> None:
    embedded.make_folder(DATA)
    with claim(DATA):
        if embedded.is_kept(DATA):
            raise DemoProblem(f"Another program still uses the servers in {DATA}. Stop it first.")
        try:
            shutil.rmtree(DATA)
        except OSError as problem:
            raise DemoProblem(
                f"Cannot remove {problem.filename}: {problem.strerror}. Remove {DATA} as the user who made it."
            ) from problem
    _say("The demo's data is gone. `make demo` starts over.")


def run() -> None:
    port, simulator_port = chosen_port(PORT, 8000), chosen_port(SIMULATOR_PORT, 8010)
    if port == simulator_port:
        raise DemoProblem(f"{PORT} and {SIMULATOR_PORT} are both {port}: choose two different ports.")
    load = books_to_load()
    for folder in (DATA, DATA / "logs", DATA / "mail"):
        embedded.make_folder(folder)
    with claim(DATA):
        need_free_port(PORT, port)
        need_free_port(SIMULATOR_PORT, simulator_port)
        _set_environment(port, simulator_port)
        _say("Starting PostgreSQL and Valkey ...")
        try:
            with _patience(
                "PostgreSQL is not ready yet: the first start sets it up, and one after a hard stop "
                "puts its files in order."
            ):
                embedded.provide(DATA)
            _prepare_database()
            _serve(port, simulator_port, load)
        finally:
            embedded.leave()
    _say("\nStopped. The data is kept; `make demo` goes on from here.")


@contextmanager
def _patience(words: str, *, after_s: float = 5) -> Iterator[None]:
    """Say something where it takes longer than people like to wait without a word."""
    timer = threading.Timer(after_s, _say, [words])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _set_environment(port: int, simulator_port: int) -> None:
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "qbo_sync.settings",
        "DEBUG": "0",
        "DEMO": "1",
        "STYLEGUIDE": "1",
        "SITE_URL": f"http://localhost:{port}",
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "QBO_ENVIRONMENT": "simulator",
        "QBO_SIMULATOR_URL": f"http://localhost:{simulator_port}",
        "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
        "EMAIL_FILE_PATH": str(DATA / "mail"),
        "PYTHONUNBUFFERED": "1",
        # Each of three would check what the tests have checked.
        "CELERY_SKIP_CHECKS": "1",
    }


def _prepare_database() -> None:
    import django
    from django.core.management import call_command
    from django.db import DatabaseError, connections
    from django.db.migrations.exceptions import InconsistentMigrationHistory, NodeNotFoundError

    django.setup()
    from qbo_sync.demo.seed import is_seeded, seed

    _say("Preparing the database ...")
    try:
        call_command("migrate", verbosity=0)
        if not is_seeded():
            _say("Writing the example firms ...")
            seed()
    except (DatabaseError, InconsistentMigrationHistory, NodeNotFoundError) as problem:
        raise DemoProblem(
            f"The database in {DATA} cannot be used: {str(problem).strip().splitlines()[0]}. "
            "It is damaged, or another version of the product made it. Put the folder back from a copy, "
            "or start over with `make demo-reset`."
        ) from problem
    connections.close_all()


def _serve(port: int, simulator_port: int, load: Path | None) -> None:
    from qbo_sync.demo.services import Logs, Services, commands

    _say("Starting QuickBooks (simulated), the web server, the workers and the schedule ...")
    logs = Logs(DATA / "logs")
    services = Services(
        commands(port=port, simulator_port=simulator_port, data=DATA, load=load),
        logs=logs,
        then=lambda: _announce(port, simulator_port),
    )
    try:
        services.loop()
    except OSError:
        # A log that cannot be written. Python would wait for them before it ends.
        services.kill()
        raise
    if services.returncode not in (130, 143):
        culprit = logs.stopped[0]
        raise DemoProblem(f"{_tail(logs.path(culprit))}\n\nThe demo stopped, because {culprit} ended. "
                          f"Its log is {logs.path(culprit)}.")  # fmt: skip


def _announce(port: int, simulator_port: int) -> None:
    """Wait until everything answers, then say where."""
    waiting = {
        "the web server": f"http://127.0.0.1:{port}/accounts/login/",
        "the simulated QuickBooks": f"http://127.0.0.1:{simulator_port}/",
    }
    deadline = time.monotonic() + ANSWER_LIMIT_S
    while time.monotonic() < deadline:
        waiting = {who: url for who, url in waiting.items() if not _answers(url)}
        if not waiting and _workers_answer():
            _say(_welcome(port, simulator_port))
            return
        time.sleep(0.2)
    _say(f"{' and '.join(waiting) or 'A worker'} does not answer yet; the logs are in {DATA / 'logs'}.")


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=10).ok
    except requests.RequestException:
        return False


def _workers_answer() -> bool:
    from celery import current_app

    return len(current_app.control.ping(timeout=0.5) or []) == 2


def _welcome(port: int, simulator_port: int) -> str:
    from qbo_sync.demo.seed import PASSWORD, PLAYERS

    width = max(len(player.email) for player in PLAYERS)
    people = "\n".join(f"    {player.email:<{width}}  {player.part}" for player in PLAYERS)
    return f"""
  QBO Sync is running.

  The product               http://localhost:{port}/
{people}
    Password for all: {PASSWORD}
    Mail it sends: http://localhost:{port}/mail/

  The simulated QuickBooks  http://localhost:{simulator_port}/
{_bookkeepers()}
    Password for all its people: simulated

  Ctrl-C stops everything and keeps the data. Logs: {_short(DATA / "logs")}
"""


def _bookkeepers() -> str:
    """Say who connects which company of the simulated QuickBooks."""
    people = {"owner@craigandholt.example": "Owner of Craig & Holt Landscaping, the company to connect first"}
    if loaded := _loaded_company():
        people = {
            "books@severalshops.example": f"Connects {loaded}, loaded from {os.environ[LOAD]}",
            "owner@craigandholt.example": "Owner of Craig & Holt Landscaping, the built-in company",
        }
    width = max(map(len, people))
    return "\n".join(f"    {email:<{width}}  {part}" for email, part in people.items())


def _loaded_company() -> str | None:
    """Return the name of the company loaded from LOAD, as the simulator said it when it started."""
    said = re.search("^Loaded (.+), company ID ", (DATA / "logs" / "simulator.log").read_text(), re.MULTILINE)
    return said[1] if said else None


def _short(path: Path) -> str:
    return str(path.relative_to(embedded.ROOT)) if path.is_relative_to(embedded.ROOT) else str(path)


def _tail(log: Path) -> str:
    if not log.exists():
        return ""
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:])


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
