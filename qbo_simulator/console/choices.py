"""What can be chosen for a reference: all of a short list, the best of a long one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import orjson

from ..books import Books
from ..entities.spec import Body
from ..query.meaning import fold
from .fields import Entries, Field, name_referred
from .values import name_of

MOST = 250
"""A list longer than this is chosen from by name."""


@dataclass
class Choices:
    """Options for the references of one page, each list read once."""

    books: Books
    _known: dict[tuple[str, object], list[tuple[str, str]] | None] = field(default_factory=dict)

    def name_of(self, one: Field, entries: Entries) -> str:
        """Return what to show where an object is chosen by its name: what was typed, or what is kept."""
        typed, kept = entries.names.get(one.path), entries.texts.get(one.path, "")
        return typed or (name_referred(self.books, one.to, kept) if one.by == "Id" else kept)

    def of(self, one: Field) -> list[tuple[str, str]] | None:
        """Return (Id, name) of all that can be chosen, or None if they are too many to list."""
        key = (one.to, one.among)
        if key not in self._known:
            self._known[key] = self._read(one.to, one.among, one.by)
        return self._known[key]

    def _read(
        self, entity: str, among: Callable[[Body], bool] | None, by: str
    ) -> list[tuple[str, str]] | None:
        count = self.books.rows(
            "SELECT count(*) FROM (SELECT 1 FROM objects WHERE entity = ? AND active = 1 LIMIT ?)",
            (entity, MOST + 1),
        )
        if count[0][0] > MOST:
            return None
        bodies = [b for b in self.books.all_named(entity) if b.get("Active", True)]
        fit = [b for b in bodies if among is None or among(b)]
        return sorted(((str(b[by]), name_of(b)) for b in fit), key=lambda pair: fold(pair[1]))


def suggestions(books: Books, entity: str, text: str, *, most: int = 20) -> list[str]:
    """Return full names that begin with a text, then those that hold it."""
    wanted = fold(text)
    if not wanted:
        return []
    begin = books.rows(
        "SELECT body FROM objects INDEXED BY objects_by_path WHERE entity = ? AND active = 1 "
        "AND full_name >= ? AND full_name < ? ORDER BY full_name LIMIT ?",
        (entity, wanted, wanted + "\U0010ffff", most),
    )
    held = (
        books.rows(
            "SELECT body FROM objects WHERE seq IN (SELECT seq FROM objects INDEXED BY objects_by_path "
            "WHERE entity = ? AND active = 1 AND instr(full_name, ?) > 1 LIMIT ?)",
            (entity, wanted, most - len(begin)),
        )
        if len(begin) < most
        else []
    )
    return list(dict.fromkeys(name_of(orjson.loads(row[0])) for row in [*begin, *held]))
