"""Count the rows of a selection and turn its pages, without walking over what lies before them."""

from __future__ import annotations

import sqlite3
import time
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import orjson

from .query.meaning import Selection

_REMEMBERED = 16
_REMEMBERED_COUNTS = 64
_SLOW_WALK_S = 0.003

_TALLY_NEW = """
CREATE TRIGGER IF NOT EXISTS tally_new AFTER INSERT ON objects BEGIN
    INSERT INTO tallies VALUES (new.entity, new.active, 1)
    ON CONFLICT (entity, active) DO UPDATE SET held = held + 1;
END"""

TALLIES = f"""
CREATE TABLE IF NOT EXISTS tallies (
    entity TEXT NOT NULL, active INTEGER NOT NULL, held INTEGER NOT NULL, PRIMARY KEY (entity, active)
) WITHOUT ROWID;
{_TALLY_NEW};
CREATE TRIGGER IF NOT EXISTS tally_gone AFTER DELETE ON objects BEGIN
    UPDATE tallies SET held = held - 1 WHERE entity = old.entity AND active = old.active;
END;
CREATE TRIGGER IF NOT EXISTS tally_changed AFTER UPDATE OF active ON objects
WHEN old.active != new.active BEGIN
    UPDATE tallies SET held = held - 1 WHERE entity = old.entity AND active = old.active;
    INSERT INTO tallies VALUES (new.entity, new.active, 1)
    ON CONFLICT (entity, active) DO UPDATE SET held = held + 1;
END;
INSERT INTO tallies SELECT entity, active, count(*) FROM objects
WHERE NOT EXISTS (SELECT * FROM tallies) GROUP BY entity, active;
"""
"""How many rows of each entity there are, kept by the database itself."""

Version = tuple[int, ...]
K = TypeVar("K")
V = TypeVar("V")


class _Memory(Generic[K, V]):
    """What was found out, each with the version of the books for which it holds."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: OrderedDict[K, tuple[Version, V]] = OrderedDict()

    def get(self, key: K, version: Version, make: Callable[[], V]) -> V:
        held = self._held.get(key)
        if held is None or held[0] != version:
            held = self._held[key] = version, make()
        self._held.move_to_end(key)
        while len(self._held) > self._most:
            self._held.popitem(last=False)
        return held[1]


@dataclass
class _Trail:
    """Places along a selection where pages ended: how many rows lie before, and the key of the last of them."""

    offsets: list[int] = field(default_factory=lambda: [0])
    keys: list[tuple[int, ...]] = field(default_factory=lambda: [()])

    def nearest(self, offset: int) -> tuple[int, tuple[int, ...]]:
        at = bisect_right(self.offsets, offset) - 1
        return self.offsets[at], self.keys[at]

    def mark(self, offset: int, key: tuple[int, ...]) -> None:
        at = bisect_left(self.offsets, offset)
        if at == len(self.offsets) or self.offsets[at] != offset:
            self.offsets.insert(at, offset)
            self.keys.insert(at, key)


class Finder:
    """Knows its way through one company's objects; told of each write, so that it knows what still holds."""

    def __init__(self, db: sqlite3.Connection, version: Callable[[str], Version]) -> None:
        self._db = db
        self._version = version
        self._moves: Counter[tuple[str, str]] = Counter()
        self._trails: _Memory[Selection, _Trail] = _Memory(_REMEMBERED)
        self._orders: _Memory[Selection, array[int]] = _Memory(_REMEMBERED)
        self._counts: _Memory[tuple[str, tuple[Any, ...]], int] = _Memory(_REMEMBERED_COUNTS)
        self._slow: OrderedDict[Selection, None] = OrderedDict()
        self.undone = 0

    # What writes tell

    def note_put(self, entity: str, id: str, *, active: int, created: int, updated: int) -> None:
        """Note before a row is written which orders of its entity the write disturbs."""
        was = self._db.execute(
            "SELECT active, created, updated FROM objects WHERE entity = ? AND id = ?", (entity, id)
        ).fetchone()
        now = {"active": active, "created": created, "updated": updated}
        if was is not None:
            self._note(entity, *(name for name, old in zip(now, was, strict=True) if old != now[name]))
            return
        # A new row comes last in the order of making; in others only if nothing is newer.
        for name in ("created", "updated"):
            newest = self._db.execute(
                f"SELECT {name} FROM objects WHERE entity = ? ORDER BY {name} DESC LIMIT 1", (entity,)
            ).fetchone()
            if newest is not None and newest[0] > now[name]:
                self._note(entity, name)

    def note_gone(self, entity: str) -> None:
        self._note(entity, "active")

    @contextmanager
    def many_new(self, entity: str) -> Iterator[None]:
        """Count what is added meanwhile at the end and not one by one. In a transaction."""
        self._db.execute("DROP TRIGGER tally_new")
        yield
        self._db.execute(_TALLY_NEW)
        self._db.execute(
            "INSERT OR REPLACE INTO tallies SELECT entity, active, count(*) FROM objects "
            "WHERE entity = ? GROUP BY active",
            (entity,),
        )
        self._note(entity, "active")

    def note_undone(self) -> None:
        """Note that a transaction was rolled back: what was learned in it does not hold."""
        self.undone += 1

    def _note(self, entity: str, *names: str) -> None:
        for name in names:
            self._moves[entity, name] += 1

    # Counting

    def count(self, selection: Selection) -> int:
        if selection.is_whole:
            return self.tally(selection.entity, selection.active)
        key = selection.where, selection.parameters
        return self._counts.get(key, self._version(selection.entity), lambda: self._counted(selection))

    def _counted(self, selection: Selection) -> int:
        sql = f"SELECT count(*) FROM objects WHERE {selection.where}"
        return int(self._db.execute(sql, selection.parameters).fetchone()[0])

    def tally(self, entity: str, active: int | None = None) -> int:
        """Return how many rows an entity has, with one value of `active` or in all."""
        rows = self._db.execute(
            "SELECT total(held) FROM tallies WHERE entity = ? AND (? IS NULL OR active = ?)",
            (entity, active, active),
        )
        return int(rows.fetchone()[0])

    def tallies(self) -> dict[str, int]:
        rows = self._db.execute("SELECT entity, sum(held) FROM tallies GROUP BY entity HAVING sum(held) > 0")
        return {entity.decode(): count for entity, count in rows}

    # Pages

    def page(self, selection: Selection, *, offset: int, rows: int) -> list[bytes]:
        if selection.along:
            return self._bodies(self._along(selection, offset, rows))
        if selection in self._slow or _must_sort(selection):
            return self._bodies(self._whole_order(selection)[offset : offset + rows])
        began = time.perf_counter()
        found = self._in_order(selection, f"LIMIT {rows} OFFSET {offset}")
        if time.perf_counter() - began > _SLOW_WALK_S:
            self._slow[selection] = None
            while len(self._slow) > _REMEMBERED:
                self._slow.popitem(last=False)
        return self._bodies(found)

    def _along(self, selection: Selection, offset: int, rows: int) -> array[int]:
        """Go on from the last known place before a page, and remember where the page begins and ends."""
        columns = ("seq",) if selection.along == "seq" else (selection.along, "seq")
        trail = self._trails.get(selection, self._steadiness(selection), _Trail)
        passed, key = trail.nearest(offset)
        where, parameters = selection.where, selection.parameters
        if key:
            sign = "<" if selection.descending else ">"
            where += f" AND ({', '.join(columns)}) {sign} ({', '.join('?' * len(key))})"
            parameters = (*parameters, *key)
        # The row before the page is read too, where it is not known yet.
        before = int(offset > passed)
        found = self._db.execute(
            f"SELECT {', '.join(columns)} FROM objects WHERE {where} ORDER BY {selection.order} "
            f"LIMIT {rows + before} OFFSET {offset - passed - before}",
            parameters,
        ).fetchall()
        if before and found:
            trail.mark(offset, found[0])
        if rows and len(found) == rows + before:
            trail.mark(offset + rows, found[-1])
        return array("q", [row[-1] for row in found[before:]])

    def _steadiness(self, selection: Selection) -> Version:
        """Return what changes when a row before another one in this selection comes, goes or moves."""
        others = self._version(selection.entity)[1:]
        moved = self._moves[selection.entity, "active"], self._moves[selection.entity, selection.along]
        return (*moved, self.undone, *others)

    def _whole_order(self, selection: Selection) -> array[int]:
        """Return the row numbers of a whole selection in its order, remembered until a write.

        For selections that no index answers.
        """
        version = self._version(selection.entity)
        return self._orders.get(selection, version, lambda: self._in_order(selection))

    def _in_order(self, selection: Selection, limit: str = "") -> array[int]:
        # One text made by SQLite and one parse: fetching the numbers row by row takes
        # five times as long.
        ordered = f"SELECT seq FROM objects WHERE {selection.where} ORDER BY {selection.order} {limit}"
        row = self._db.execute(f"SELECT group_concat(seq) FROM ({ordered})", selection.parameters).fetchone()
        return array("q", orjson.loads(b"[%s]" % (row[0] or b"")))

    def _bodies(self, positions: array[int]) -> list[bytes]:
        if not positions:
            return []
        marks = ",".join("?" * len(positions))
        sql = f"SELECT seq, body FROM objects WHERE seq IN ({marks})"
        bodies = dict(self._db.execute(sql, positions.tolist()))
        return [bodies[seq] for seq in positions]


def _must_sort(selection: Selection) -> bool:
    """Tell whether even a first page needs every row, because no index has this order."""
    return "json_extract" in selection.order
