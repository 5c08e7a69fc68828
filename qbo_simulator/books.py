"""One company's books: every object as JSON text in one SQLite file, generic over entities."""

from __future__ import annotations

import sqlite3
import time
from array import array
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from .clock import parse_moment
from .entities.spec import Body, Entity
from .query.meaning import Selection, fold

_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY,
    entity TEXT NOT NULL,
    id TEXT NOT NULL,
    active INTEGER NOT NULL,
    name TEXT,
    full_name TEXT,
    parent TEXT,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    body TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS objects_by_id ON objects (entity, id);
CREATE INDEX IF NOT EXISTS objects_by_created ON objects (entity, created, seq, active);
CREATE INDEX IF NOT EXISTS objects_by_updated ON objects (entity, updated, seq, active);
CREATE INDEX IF NOT EXISTS objects_by_name ON objects (entity, name, seq, active);
CREATE INDEX IF NOT EXISTS objects_by_age ON objects (entity, seq, active);
CREATE INDEX IF NOT EXISTS objects_by_full_name ON objects (entity, full_name);
CREATE INDEX IF NOT EXISTS objects_by_parent ON objects (entity, parent)
    WHERE parent IS NOT NULL;
CREATE TABLE IF NOT EXISTS numbering (sequence TEXT PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS replays (
    request_id TEXT PRIMARY KEY, status INTEGER NOT NULL, answer BLOB NOT NULL
);
"""

_INSERT = """
INSERT INTO objects (entity, id, active, name, full_name, parent, created, updated, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

_REMEMBERED_ORDERS = 16
_SLOW_WALK_S = 0.003


@dataclass
class _Remembered:
    version: tuple[int, int]
    rows: array[int]


class Books:
    """The objects of one company. One instance per thread; writes are one transaction each."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._db = sqlite3.connect(file, isolation_level=None, timeout=30)
        self._db.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536;"
            "PRAGMA mmap_size=1073741824;"
        )
        self._db.executescript(_SCHEMA)
        # Bodies are sent on as they are stored; decoding them would be wasted work.
        self._db.text_factory = bytes
        self._db.create_function("fold", 1, _fold_bytes, deterministic=True)
        self._orders: OrderedDict[Selection, _Remembered] = OrderedDict()
        self._slow: set[Selection] = set()
        self._changes: Counter[str] = Counter()

    def checkpoint(self) -> None:
        """Bring everything into the one file, so that it can be moved."""
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        self._db.close()

    # Reading

    def get(self, entity: Entity, id: str) -> Body | None:
        raw = self.get_raw(entity, id)
        return None if raw is None else orjson.loads(raw)

    def get_raw(self, entity: Entity, id: str) -> bytes | None:
        row = self._db.execute(
            "SELECT body FROM objects WHERE entity = ? AND id = ?", (entity.name, id)
        ).fetchone()
        return None if row is None else row[0]

    def count(self, selection: Selection) -> int:
        sql = f"SELECT count(*) FROM objects WHERE {selection.where}"
        return int(self._db.execute(sql, selection.parameters).fetchone()[0])

    def page(self, selection: Selection, *, start: int, rows: int) -> list[bytes]:
        """Return the bodies of the rows from `start` (1-based) on."""
        offset = start - 1
        if selection in self._slow:
            return self._bodies(self._positions(selection)[offset : offset + rows])
        began = time.perf_counter()
        positions = self._in_order(selection, f"LIMIT {rows} OFFSET {offset}")
        if time.perf_counter() - began > _SLOW_WALK_S:
            self._slow.add(selection)
        return self._bodies(positions)

    def _positions(self, selection: Selection) -> array[int]:
        """Return the row numbers of a whole selection in its order, remembered until a write.

        For selections where walking to a page takes long: deep ones, and those that no
        index answers.
        """
        version = self._version(selection.entity)
        known = self._orders.get(selection)
        if known is None or known.version != version:
            known = _Remembered(version, self._in_order(selection))
            self._orders[selection] = known
        self._orders.move_to_end(selection)
        while len(self._orders) > _REMEMBERED_ORDERS:
            forgotten, _ = self._orders.popitem(last=False)
            self._slow.discard(forgotten)
        return known.rows

    def _in_order(self, selection: Selection, limit: str = "") -> array[int]:
        # One text made by SQLite and one parse: fetching the numbers row by row takes
        # five times as long.
        ordered = f"SELECT seq FROM objects WHERE {selection.where} ORDER BY {selection.order} {limit}"
        row = self._db.execute(f"SELECT group_concat(seq) FROM ({ordered})", selection.parameters).fetchone()
        return array("q", orjson.loads(b"[%s]" % (row[0] or b"")))

    def _version(self, entity: str) -> tuple[int, int]:
        """Return a pair that changes when this or another connection writes the entity."""
        others = self._db.execute("PRAGMA data_version").fetchone()[0]
        return self._changes[entity], others

    def _bodies(self, positions: array[int]) -> list[bytes]:
        if not positions:
            return []
        marks = ",".join("?" * len(positions))
        sql = f"SELECT seq, body FROM objects WHERE seq IN ({marks})"
        bodies = dict(self._db.execute(sql, positions.tolist()))
        return [bodies[seq] for seq in positions]

    def everything(self, entity: Entity) -> Iterator[Body]:
        rows = self._db.execute("SELECT body FROM objects WHERE entity = ? ORDER BY seq", (entity.name,))
        return (orjson.loads(row[0]) for row in rows.fetchall())

    def search(self, entity: Entity, text: str, *, offset: int = 0, rows: int = 50) -> tuple[int, list[Body]]:
        """Find rows, inactive ones included, whose name holds a text; for the console."""
        where = "entity = ? AND instr(coalesce(full_name, name, ''), ?)"
        given = (entity.name, fold(text))
        if not text:
            where, given = "entity = ?", (entity.name,)  # type: ignore[assignment]
        total = self._db.execute(f"SELECT count(*) FROM objects WHERE {where}", given)
        found = self._db.execute(
            f"SELECT body FROM objects WHERE {where} ORDER BY full_name, seq LIMIT ? OFFSET ?",
            (*given, rows, offset),
        )
        return int(total.fetchone()[0]), [orjson.loads(row[0]) for row in found]

    def who_is_named(
        self, entities: Iterable[str], full_name: str, *, besides: tuple[str, str | None]
    ) -> tuple[str, str] | None:
        """Return (entity, id) of another object with this full name, inactive ones included."""
        names = list(entities)
        sql = (
            f"SELECT entity, id FROM objects WHERE entity IN ({','.join('?' * len(names))}) "
            "AND full_name = ? AND NOT (entity = ? AND id = ?)"
        )
        entity, own_id = besides
        row = self._db.execute(sql, (*names, fold(full_name), entity, own_id or "")).fetchone()
        return None if row is None else (row[0].decode(), row[1].decode())

    def children(self, entity: Entity, id: str) -> list[Body]:
        rows = self._db.execute(
            "SELECT body FROM objects WHERE entity = ? AND parent = ? ORDER BY seq",
            (entity.name, id),
        )
        return [orjson.loads(row[0]) for row in rows.fetchall()]

    def changed_since(self, entity: Entity, since: datetime, *, most: int) -> list[bytes]:
        rows = self._db.execute(
            "SELECT body FROM objects WHERE entity = ? AND updated >= ? ORDER BY updated, seq LIMIT ?",
            (entity.name, int(since.timestamp()), most),
        )
        return [row[0] for row in rows]

    def counts(self) -> dict[str, int]:
        rows = self._db.execute("SELECT entity, count(*) FROM objects GROUP BY entity")
        return {name.decode(): count for name, count in rows}

    # Writing

    def transaction(self) -> _Transaction:
        return _Transaction(self._db)

    def next_id(self, entity: Entity) -> str:
        return self.next_number(entity.numbering or entity.name)

    def next_number(self, sequence: str) -> str:
        row = self._db.execute(
            "INSERT INTO numbering VALUES (?, 1) "
            "ON CONFLICT (sequence) DO UPDATE SET last = last + 1 RETURNING last",
            (sequence,),
        ).fetchone()
        return str(row[0])

    def skip_ids(self, entity: Entity, last: int) -> None:
        """Let the sequence go on after `last`."""
        self._db.execute(
            "INSERT INTO numbering VALUES (?, ?) "
            "ON CONFLICT (sequence) DO UPDATE SET last = max(last, excluded.last)",
            (entity.numbering or entity.name, last),
        )

    def put(self, entity: Entity, body: Body) -> None:
        """Keep an object under its Id, new or in the place of what was there."""
        row = _row(entity, body)
        self._changes[entity.name] += 1
        changed = self._db.execute(
            "UPDATE objects SET active = ?, name = ?, full_name = ?, parent = ?, "
            "created = ?, updated = ?, body = ? WHERE entity = ? AND id = ?",
            (*row[2:], row[0], row[1]),
        )
        if not changed.rowcount:
            self._db.execute(_INSERT, row)

    def add_many(self, entity: Entity, bodies: Iterable[Body]) -> None:
        """Add many objects known to be new, in the caller's transaction."""
        self._changes[entity.name] += 1
        indexes = self._db.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        ).fetchall()
        # Building the indexes once is faster than keeping them up row by row.
        for name, _ in indexes:
            self._db.execute(f"DROP INDEX {name.decode()}")
        self._db.executemany(_INSERT, (_row(entity, body) for body in bodies))
        for _, sql in indexes:
            self._db.execute(sql.decode())

    # Requests already answered

    def replay(self, request_id: str) -> tuple[int, bytes] | None:
        row = self._db.execute(
            "SELECT status, answer FROM replays WHERE request_id = ?", (request_id,)
        ).fetchone()
        return None if row is None else (row[0], row[1])

    def remember(self, request_id: str, status: int, answer: bytes) -> None:
        self._db.execute("INSERT OR IGNORE INTO replays VALUES (?, ?, ?)", (request_id, status, answer))


class _Transaction:
    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._outermost = False

    def __enter__(self) -> None:
        self._outermost = not self._db.in_transaction
        if self._outermost:
            self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._outermost:
            self._db.execute("COMMIT" if kind is None else "ROLLBACK")


def _fold_bytes(value: Any) -> Any:
    if isinstance(value, bytes):
        value = value.decode()
    return fold(value) if isinstance(value, str) else value


def _row(entity: Entity, body: Body) -> tuple[Any, ...]:
    meta = body.get("MetaData") or {}
    name = body.get(entity.name_field)
    full_name = body.get("FullyQualifiedName") or name
    parent = (body.get("ParentRef") or {}).get("value")
    return (
        entity.name,
        str(body["Id"]),
        int(body.get("Active", True) is not False),
        None if name is None else fold(str(name)),
        None if full_name is None else fold(str(full_name)),
        parent,
        _epoch(meta.get("CreateTime")),
        _epoch(meta.get("LastUpdatedTime") or meta.get("CreateTime")),
        orjson.dumps(body).decode(),
    )


def _epoch(text: str | None) -> int:
    if not text:
        return int(datetime(2000, 1, 1, tzinfo=UTC).timestamp())
    return int(parse_moment(text).timestamp())
