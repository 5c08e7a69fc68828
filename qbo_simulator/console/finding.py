"""Find the rows of a list: by words, by how they stand, a page at a time, also among a million."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from ..books import Books
from ..entities.spec import Body, Entity
from ..query.meaning import fold


@dataclass(frozen=True)
class Found:
    total: int
    rows: list[Body]


MOST_BY_EMAIL = 1000

_STANDING = {
    # The sign keeps the order along the index: with a constant in its middle SQLite would sort.
    "active": "+active = 1",
    "inactive": "+active = 0",
    "open": "json_extract(body, '$.Balance') > 0",
    "overdue": "json_extract(body, '$.Balance') > 0 AND json_extract(body, '$.DueDate') < ?",
    "paid": "json_extract(body, '$.Balance') = 0",
    "unapplied": "json_extract(body, '$.UnappliedAmt') > 0",
}


def find(
    books: Books,
    entity: Entity,
    *,
    text: str = "",
    standing: str = "",
    today: str = "",
    offset: int,
    rows: int,
) -> Found:
    """Return a page of a list in its usual order, and how many there are in all.

    Lists are in the order of their names, transactions from the newest on.
    """
    by_day = entity.is_transaction
    index = "objects_by_day" if by_day else "objects_by_path"
    order = "day DESC, seq DESC" if by_day else "full_name, active, seq"
    clauses, given = ["entity = ?"], [entity.name]
    if by_day:
        clauses.append("day IS NOT NULL")
    if standing in _STANDING:
        clauses.append(_STANDING[standing])
        given += [today] if standing == "overdue" else []
    if text.strip():
        sql, values = _search_of(books, entity, text.strip())
        clauses.append(sql)
        given += values
    chosen = f"FROM objects INDEXED BY {index} WHERE {' AND '.join(clauses)}"
    total = int(books.rows(f"SELECT count(*) {chosen}", given)[0][0])
    # The numbers first, from the index alone: only the rows that are shown are read.
    numbers = books.rows(f"SELECT seq {chosen} ORDER BY {order} LIMIT ? OFFSET ?", (*given, rows, offset))
    return Found(total, _bodies(books, [row[0] for row in numbers]))


def _bodies(books: Books, numbers: list[int]) -> list[Body]:
    marks = ",".join("?" * len(numbers))
    kept = dict(books.rows(f"SELECT seq, body FROM objects WHERE seq IN ({marks})", numbers))
    return [orjson.loads(kept[number]) for number in numbers]


def _search_of(books: Books, entity: Entity, text: str) -> tuple[str, list[Any]]:
    if entity.is_transaction:
        return _search_transactions(entity, text)
    if "@" in text:
        numbers = _with_email(books, entity, text)
        return f"seq IN ({','.join('?' * len(numbers))})", list(numbers)
    if text.isdigit():
        by_id = "seq = (SELECT seq FROM objects WHERE entity = ? AND id = ?)"
        return f"({by_id} OR instr(full_name, ?))", [entity.name, text, text]
    return "instr(full_name, ?)", [fold(text)]


def _with_email(books: Books, entity: Entity, text: str) -> list[int]:
    """Return the numbers of rows with this e-mail address, read in the order they lie in."""
    rows = books.rows(
        "SELECT seq FROM objects INDEXED BY objects_by_age WHERE entity = ? AND instr(body, ?) "
        "AND instr(json_extract(body, '$.PrimaryEmailAddr.Address'), ?) ORDER BY seq LIMIT ?",
        (entity.name, text, text, MOST_BY_EMAIL),
    )
    return [row[0] for row in rows]


def _search_transactions(entity: Entity, text: str) -> tuple[str, list[Any]]:
    number = "fold(json_extract(body, '$.PaymentRefNum'))" if "PaymentRefNum" in entity.fields else "doc"
    if entity.name != "Payment":
        number = "doc"
    whose = (
        "owner IN (SELECT id FROM objects INDEXED BY objects_by_path "
        "WHERE entity IN ('Customer', 'Vendor', 'Employee') AND instr(full_name, ?))"
    )
    return f"(instr({number}, ?) OR id = ? OR {whose})", [fold(text), text, fold(text)]
