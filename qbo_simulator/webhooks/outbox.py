"""Endpoints, how far each was told, and the deliveries made and to be made. One SQLite file.

One instance per thread. What is in here survives a restart: nothing is lost and nothing is told again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from .happenings import Happening

ACTIVE, STOPPED = "active", "stopped"
WAITING, DELIVERED, GIVEN_UP, LOST = "waiting", "delivered", "given_up", "lost"
OUTBOX = "webhooks.sqlite"
KEPT_DELIVERIES = 500

_SCHEMA = """
CREATE TABLE IF NOT EXISTS endpoints (
    id INTEGER PRIMARY KEY AUTOINCREMENT, url TEXT NOT NULL UNIQUE, verifier TEXT NOT NULL, format TEXT NOT NULL,
    entities TEXT NOT NULL, content_type TEXT NOT NULL, verify_tls INTEGER NOT NULL,
    state TEXT NOT NULL, why TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS starts (realm TEXT PRIMARY KEY, number INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS positions (
    endpoint INTEGER NOT NULL, realm TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (endpoint, realm)
);
CREATE TABLE IF NOT EXISTS deliveries (
    number INTEGER PRIMARY KEY AUTOINCREMENT, endpoint INTEGER NOT NULL, made REAL NOT NULL,
    due REAL NOT NULL, state TEXT NOT NULL, failures INTEGER NOT NULL, body BLOB NOT NULL,
    events BLOB NOT NULL, attempts BLOB NOT NULL, signature TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS deliveries_waiting ON deliveries (endpoint, due) WHERE state = 'waiting';
"""


@dataclass(frozen=True)
class Endpoint:
    id: int
    url: str
    verifier: str
    format: str
    entities: tuple[str, ...]
    """What it wants to be told of; empty for everything."""
    content_type: str
    verify_tls: bool
    state: str
    why: str
    """Why it was stopped."""

    def wants(self, happening: Happening) -> bool:
        return not self.entities or happening.entity in self.entities

    def as_json(self) -> dict[str, Any]:
        return dict(self.__dict__)


@dataclass(frozen=True)
class Waiting:
    """A delivery that is still to be made."""

    number: int
    due: float
    failures: int
    body: bytes


class Outbox:
    def __init__(self, file: Path) -> None:
        self._db = sqlite3.connect(file, isolation_level=None, timeout=30)
        self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Write all of what follows or nothing."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # Endpoints

    def add_endpoint(self, url: str, settings: Mapping[str, Any]) -> Endpoint:
        """Register an endpoint, or change the one at this address; it is active again."""
        columns = _columns(settings)
        row = self._db.execute(
            f"INSERT INTO endpoints (url, state, why, {', '.join(columns)}) "
            f"VALUES (?, '{ACTIVE}', '', {', '.join('?' * len(columns))}) "
            f"ON CONFLICT (url) DO UPDATE SET state = excluded.state, why = '', "
            + ", ".join(f"{name} = excluded.{name}" for name in columns)
            + " RETURNING *",
            (url, *columns.values()),
        ).fetchone()
        return _endpoint(row)

    def change_endpoint(self, id: int, settings: Mapping[str, Any]) -> None:
        for name, value in _columns(settings).items():
            self._db.execute(f"UPDATE endpoints SET {name} = ? WHERE id = ?", (value, id))

    def endpoints(self) -> list[Endpoint]:
        return [_endpoint(row) for row in self._db.execute("SELECT * FROM endpoints ORDER BY id")]

    def endpoint(self, id: int) -> Endpoint | None:
        row = self._db.execute("SELECT * FROM endpoints WHERE id = ?", (id,)).fetchone()
        return None if row is None else _endpoint(row)

    def endpoint_at(self, url: str) -> Endpoint | None:
        row = self._db.execute("SELECT * FROM endpoints WHERE url = ?", (url,)).fetchone()
        return None if row is None else _endpoint(row)

    def remove_endpoint(self, id: int) -> None:
        with self.whole():
            for table, column in (("endpoints", "id"), ("positions", "endpoint"), ("deliveries", "endpoint")):
                self._db.execute(f"DELETE FROM {table} WHERE {column} = ?", (id,))

    def stop(self, endpoint: int, why: str) -> None:
        """Send no more to an endpoint; what waits for it is given up."""
        with self.whole():
            self._db.execute("UPDATE endpoints SET state = ?, why = ? WHERE id = ?", (STOPPED, why, endpoint))
            self._db.execute(
                "UPDATE deliveries SET state = ? WHERE endpoint = ? AND state = ?",
                (GIVEN_UP, endpoint, WAITING),
            )

    def activate(self, endpoint: int) -> None:
        self._db.execute("UPDATE endpoints SET state = ?, why = '' WHERE id = ?", (ACTIVE, endpoint))

    # How far each endpoint was told

    def start_at(self, realm: str, number: int) -> None:
        """A company was connected: whoever is told of it is told of what comes after this change."""
        with self.whole():
            self._db.execute("INSERT OR REPLACE INTO starts VALUES (?, ?)", (realm, number))
            self._db.execute("DELETE FROM positions WHERE realm = ?", (realm,))

    def position(self, endpoint: int, realm: str) -> int | None:
        row = self._db.execute(
            "SELECT number FROM positions WHERE endpoint = ? AND realm = ? "
            "UNION ALL SELECT number FROM starts WHERE realm = ? LIMIT 1",
            (endpoint, realm, realm),
        ).fetchone()
        return None if row is None else int(row[0])

    def put_position(self, endpoint: int, realm: str, number: int) -> None:
        self._db.execute("INSERT OR REPLACE INTO positions VALUES (?, ?, ?)", (endpoint, realm, number))

    # Deliveries

    def add_delivery(
        self,
        endpoint: int,
        body: bytes,
        happenings: Iterable[Happening],
        *,
        made: float,
        due: float,
        state: str,
    ) -> None:
        events = orjson.dumps([h.as_json() for h in happenings])
        self._db.execute(
            "INSERT INTO deliveries (endpoint, made, due, state, failures, body, events, attempts, signature) "
            "VALUES (?, ?, ?, ?, 0, ?, ?, '[]', '')",
            (endpoint, made, due, state, body, events),
        )

    def next_waiting(self, endpoint: int) -> Waiting | None:
        """Return what goes next. While something fails nothing else goes."""
        row = self._db.execute(
            "SELECT number, due, failures, body FROM deliveries WHERE endpoint = ? AND state = 'waiting' "
            "ORDER BY failures > 0 DESC, due, number LIMIT 1",
            (endpoint,),
        ).fetchone()
        return None if row is None else Waiting(*row)

    def note_attempt(
        self, number: int, attempt: Mapping[str, Any], *, signature: str, state: str, due: float
    ) -> None:
        with self.whole():
            row = self._db.execute("SELECT attempts FROM deliveries WHERE number = ?", (number,)).fetchone()
            if row is None:
                return
            attempts = [*orjson.loads(row[0]), attempt]
            self._db.execute(
                "UPDATE deliveries SET state = ?, due = ?, failures = ?, attempts = ?, signature = ? "
                "WHERE number = ? AND state = 'waiting'",
                (state, due, len(attempts), orjson.dumps(attempts), signature, number),
            )
            self._db.execute(
                "DELETE FROM deliveries WHERE number <= ? AND state != 'waiting'", (number - KEPT_DELIVERIES,)
            )

    def hurry(self, endpoint: int, now: float) -> None:
        """Let what failed be tried again now."""
        self._db.execute(
            "UPDATE deliveries SET due = ? WHERE endpoint = ? AND state = 'waiting' AND failures > 0",
            (now, endpoint),
        )

    def count_waiting(self) -> int:
        row = self._db.execute(
            "SELECT count(*) FROM deliveries WHERE state = 'waiting' AND endpoint IN (SELECT id FROM endpoints)"
        ).fetchone()
        return int(row[0])

    def deliveries(
        self, *, since: int, limit: int, state: str | None, endpoint: int | None
    ) -> list[dict[str, Any]]:
        """Return deliveries after a number, oldest first; `due` as the clock counts waiting."""
        rows = self._db.execute(
            "SELECT number, endpoint, made, due, state, body, events, attempts, signature FROM deliveries "
            "WHERE number > ? AND (? IS NULL OR state = ?) AND (? IS NULL OR endpoint = ?) ORDER BY number LIMIT ?",
            (since, state, state, endpoint, endpoint, limit),
        )
        return [_delivery(*row) for row in rows]

    def forget_deliveries(self) -> None:
        self._db.execute("DELETE FROM deliveries WHERE state != 'waiting'")


def _columns(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: orjson.dumps(list(value)).decode() if name == "entities" else value
        for name, value in settings.items()
    }


def _endpoint(row: tuple[Any, ...]) -> Endpoint:
    id, url, verifier, format, entities, content_type, verify_tls, state, why = row
    wanted = tuple(orjson.loads(entities))
    return Endpoint(id, url, verifier, format, wanted, content_type, bool(verify_tls), state, why)


def _delivery(
    number: int,
    endpoint: int,
    made: float,
    due: float,
    state: str,
    body: bytes,
    events: bytes,
    attempts: bytes,
    signature: str,
) -> dict[str, Any]:
    tried = orjson.loads(attempts)
    return {
        "number": number,
        "webhook": endpoint,
        "state": state,
        "status": tried[-1]["status"] if tried else None,
        "attempts": tried,
        "made": datetime.fromtimestamp(made, UTC).isoformat(timespec="milliseconds"),
        "due": due if state == WAITING else None,
        "signature": signature,
        "body": body.decode(),
        "events": orjson.loads(events),
    }
