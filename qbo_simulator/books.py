"""One company's books: every object as JSON text in one SQLite file, generic over entities."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from .entities.spec import Body, Entity
from .finding import TALLIES, Finder
from .query.meaning import Selection, fold
from .schema import ADDED_COLUMNS, INSERT, SCHEMA, fold_bytes, row_of

_LARGE = 20_000


@dataclass(frozen=True)
class Event:
    """A change as webhooks tell it."""

    number: int
    entity: str
    id: str
    operation: str
    """Create, Update, Delete, Merge, Void or Emailed."""
    at: datetime
    deleted_id: str | None


class Books:
    """The objects of one company. One instance per thread; writes are one transaction each."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._db = sqlite3.connect(file, isolation_level=None, timeout=30)
        self._db.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536;"
        )
        is_new = self._widen()
        self._db.executescript(SCHEMA + TALLIES)
        if is_new:
            # Nothing is there that has not posted.
            self._db.execute("INSERT OR IGNORE INTO ledger_state VALUES ('complete')")
        # Bodies are sent on as they are stored; decoding them would be wasted work.
        self._db.text_factory = bytes
        self._db.create_function("fold", 1, fold_bytes, deterministic=True)
        self._finder = Finder(self._db, self._version)
        self._changes: Counter[str] = Counter()
        self._figures: Counter[str] = Counter()
        self.depth = 0
        self.on_change: Callable[[], None] | None = None
        """Called after what was announced is committed."""
        self._has_news = False

    def _widen(self) -> bool:
        """Give a file of an earlier version the columns it lacks; tell whether the file is new."""
        known = [row[1] for row in self._db.execute("PRAGMA table_info(objects)")]
        for column in ADDED_COLUMNS:
            if known and column not in known:
                self._db.execute(f"ALTER TABLE objects ADD COLUMN {column} TEXT")
        return not known

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

    def look(self, entity: str, id: str) -> Body | None:
        """Return an object by its entity's name."""
        row = self._db.execute(
            "SELECT body FROM objects WHERE entity = ? AND id = ?", (entity, id)
        ).fetchone()
        return None if row is None else orjson.loads(row[0])

    def all_named(self, entity: str) -> list[Body]:
        rows = self._db.execute("SELECT body FROM objects WHERE entity = ? ORDER BY seq", (entity,))
        return [orjson.loads(row[0]) for row in rows.fetchall()]

    def owned(self, owner: str, entities: Iterable[str]) -> list[tuple[str, Body]]:
        """Return (entity, object) of what belongs to a customer, vendor or employee."""
        names = list(entities)
        rows = self._db.execute(
            "SELECT entity, body FROM objects WHERE owner = ? "
            f"AND entity IN ({','.join('?' * len(names))}) ORDER BY seq",
            (owner, *names),
        )
        return [(row[0].decode(), orjson.loads(row[1])) for row in rows.fetchall()]

    def id_numbered(self, entity: str, doc: str, *, besides: str | None) -> str | None:
        """Return the Id of another transaction of this kind with this DocNumber."""
        row = self._db.execute(
            "SELECT id FROM objects WHERE entity = ? AND doc = ? AND id != ?",
            (entity, fold(doc), besides or ""),
        ).fetchone()
        return None if row is None else row[0].decode()

    def count(self, selection: Selection) -> int:
        return self._finder.count(selection)

    def page(self, selection: Selection, *, start: int, rows: int) -> list[bytes]:
        """Return the bodies of the rows from `start` (1-based) on."""
        return self._finder.page(selection, offset=start - 1, rows=rows)

    def _version(self, entity: str) -> tuple[int, int]:
        """Return a pair that changes when this or another connection writes the entity."""
        others = self._db.execute("PRAGMA data_version").fetchone()[0]
        return self._changes[entity] + self._figures[entity] + self._finder.undone, others

    def note_undone(self) -> None:
        self._finder.note_undone()

    def everything(self, entity: Entity) -> Iterator[Body]:
        rows = self._db.execute("SELECT body FROM objects WHERE entity = ? ORDER BY seq", (entity.name,))
        return (orjson.loads(row[0]) for row in rows.fetchall())

    def search(self, entity: Entity, text: str, *, offset: int = 0, rows: int = 50) -> tuple[int, list[Body]]:
        """Find rows, inactive ones included, whose name holds a text; for the console."""
        where = "entity = ? AND instr(coalesce(full_name, name, doc, ''), ?)"
        given = (entity.name, fold(text))
        if not text:
            where, given = "entity = ?", (entity.name,)  # type: ignore[assignment]
        total = self._db.execute(f"SELECT count(*) FROM objects WHERE {where}", given) if text else None
        found = self._db.execute(
            f"SELECT body FROM objects WHERE {where} ORDER BY full_name, day DESC, seq LIMIT ? OFFSET ?",
            (*given, rows, offset),
        )
        bodies = [orjson.loads(row[0]) for row in found]
        return (total.fetchone()[0] if total else self._finder.tally(entity.name)), bodies

    def rows(self, sql: str, parameters: Iterable[Any] = ()) -> list[Any]:
        """Return what a statement selects, for questions that only one caller has."""
        return self._db.execute(sql, tuple(parameters)).fetchall()

    def mentioning(self, entity: str, id: str) -> list[Body]:
        """Return the objects of an entity in which any reference has this Id."""
        rows = self._db.execute(
            "SELECT body FROM objects WHERE entity = ? AND instr(body, ?) ORDER BY seq",
            (entity, f'"value":{orjson.dumps(id).decode()}'),
        )
        return [orjson.loads(row[0]) for row in rows.fetchall()]

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

    def deleted_since(self, entity: Entity, since: datetime, *, most: int) -> list[tuple[str, datetime]]:
        rows = self._db.execute(
            "SELECT id, deleted FROM graves WHERE entity = ? AND deleted >= ? ORDER BY deleted LIMIT ?",
            (entity.name, int(since.timestamp()), most),
        )
        return [(id.decode(), datetime.fromtimestamp(at, UTC)) for id, at in rows]

    def events(self, after: int = 0, *, most: int = 1000) -> list[Event]:
        """Return what changed after an event's number, oldest first."""
        rows = self._db.execute(
            "SELECT number, entity, id, operation, at, deleted_id FROM journal "
            "WHERE number > ? ORDER BY number LIMIT ?",
            (after, most),
        )
        return [
            Event(
                number,
                entity.decode(),
                id.decode(),
                operation.decode(),
                datetime.fromtimestamp(at, UTC),
                deleted_id.decode() if deleted_id else None,
            )
            for number, entity, id, operation, at, deleted_id in rows
        ]

    def counts(self) -> dict[str, int]:
        return self._finder.tallies()

    @property
    def is_large(self) -> bool:
        """So many objects of one kind that looking at each of them takes noticeable time."""
        return max(self.counts().values(), default=0) > _LARGE

    # Writing

    def transaction(self) -> _Transaction:
        return _Transaction(self)

    def execute(self, sql: str) -> None:
        self._db.execute(sql)

    def change(self, sql: str, parameters: Iterable[Any] = ()) -> None:
        """Write what only one caller has to write, in its transaction."""
        self._db.execute(sql, tuple(parameters))

    def rewrite(self, entity: str, body: Body) -> None:
        """Keep an object of which only figures changed: nothing that is found by, and no date."""
        self._figures[entity] += 1
        self._db.execute(
            "UPDATE objects SET body = ? WHERE entity = ? AND id = ?",
            (orjson.dumps(body).decode(), entity, str(body["Id"])),
        )

    def structure(self, *entities: str) -> tuple[int, ...]:
        """Return what changes when an object of these is put, or another connection writes at all."""
        others = self._db.execute("PRAGMA data_version").fetchone()[0]
        return (*(self._changes[name] for name in entities), self._finder.undone, others)

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
        self.number_at_least(entity.numbering or entity.name, last)

    def number_at_least(self, sequence: str, last: int) -> None:
        self._db.execute(
            "INSERT INTO numbering VALUES (?, ?) "
            "ON CONFLICT (sequence) DO UPDATE SET last = max(last, excluded.last)",
            (sequence, last),
        )

    def remove(self, entity: Entity, id: str, *, at: datetime) -> None:
        """Take an object out for good, leaving a grave that change data capture tells of."""
        self._changes[entity.name] += 1
        self._finder.note_gone(entity.name)
        self._db.execute("DELETE FROM objects WHERE entity = ? AND id = ?", (entity.name, id))
        self._db.execute(
            "INSERT OR REPLACE INTO graves VALUES (?, ?, ?)", (entity.name, id, int(at.timestamp()))
        )

    def announce(
        self, entity: str, id: str, operation: str, *, at: datetime, deleted_id: str | None = None
    ) -> None:
        """Note a change for whoever tells others of it."""
        self._db.execute(
            "INSERT INTO journal (entity, id, operation, at, deleted_id) VALUES (?, ?, ?, ?, ?)",
            (entity, id, operation, int(at.timestamp()), deleted_id),
        )
        self._has_news = True

    def finish(self, *, failed: bool) -> None:
        """End the transaction, and tell who listens if it changed what others hear of."""
        self.execute("ROLLBACK" if failed else "COMMIT")
        has_news, self._has_news = self._has_news and not failed, False
        if has_news and self.on_change is not None:
            self.on_change()

    def keep_file(self, id: str, name: str, media_type: str, content: bytes) -> None:
        self._db.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", (id, name, media_type, content))

    def file_kept(self, id: str) -> tuple[str, str, bytes] | None:
        """Return (name, media type, content) of an attached file."""
        row = self._db.execute("SELECT name, media_type, content FROM files WHERE id = ?", (id,)).fetchone()
        return None if row is None else (row[0].decode(), row[1].decode(), bytes(row[2]))

    def put(self, entity: Entity, body: Body) -> None:
        """Keep an object under its Id, new or in the place of what was there."""
        row = row_of(entity, body)
        self._changes[entity.name] += 1
        self._finder.note_put(entity.name, row[1], active=row[2], created=row[6], updated=row[7])
        changed = self._db.execute(
            "UPDATE objects SET active = ?, name = ?, full_name = ?, parent = ?, "
            "created = ?, updated = ?, body = ?, owner = ?, doc = ?, day = ? "
            "WHERE entity = ? AND id = ?",
            (*row[2:], row[0], row[1]),
        )
        if not changed.rowcount:
            self._db.execute(INSERT, row)

    def add_many(self, entity: Entity, bodies: Iterable[Body]) -> None:
        """Add many objects known to be new, in the caller's transaction."""
        self._changes[entity.name] += 1
        with self._finder.many_new(entity.name), self._without_indexes():
            self._db.executemany(INSERT, (row_of(entity, body) for body in bodies))

    @contextmanager
    def _without_indexes(self) -> Iterator[None]:
        """Build the indexes once at the end, which is faster than keeping them up row by row."""
        indexes = self._db.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL "
            "AND tbl_name = 'objects'"
        ).fetchall()
        for name, _ in indexes:
            self._db.execute(f"DROP INDEX {name.decode()}")
        yield
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
    """A transaction, or within one a savepoint: what fails is undone, no more and no less."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def __enter__(self) -> None:
        depth = self._books.depth
        self._books.execute("BEGIN IMMEDIATE" if depth == 0 else f"SAVEPOINT s{depth}")
        self._books.depth += 1

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._books.depth -= 1
        depth, failed = self._books.depth, kind is not None
        if failed:
            self._books.note_undone()
        if depth == 0:
            self._books.finish(failed=failed)
            return
        if failed:
            self._books.execute(f"ROLLBACK TO s{depth}")
        self._books.execute(f"RELEASE s{depth}")
