"""Read what changed from a company's file, beside the server's own connection to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from .happenings import Happening


def happened_after(file: Path, realm: str, after: int, *, most: int) -> list[Happening]:
    """Return what changed after a number of the journal, oldest first."""
    with _opened(file) as journal:
        rows = journal.execute(
            "SELECT number, entity, id, operation, at, deleted_id FROM journal "
            "WHERE number > ? ORDER BY number LIMIT ?",
            (after, most),
        ).fetchall()
    return [
        Happening(realm, number, entity, id, operation, datetime.fromtimestamp(at, UTC), deleted_id)
        for number, entity, id, operation, at, deleted_id in rows
    ]


def last_number(file: Path) -> int:
    """Return the number of the latest change; 0 where nothing ever changed."""
    with _opened(file) as journal:
        return int(journal.execute("SELECT coalesce(max(number), 0) FROM journal").fetchone()[0])


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(file, isolation_level=None, timeout=30)
    try:
        yield connection
    finally:
        connection.close()
