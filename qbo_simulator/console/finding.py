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


_STANDING = {
    "active": "active = 1",
    "inactive": "active = 0",
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
        sql, values = _search_of(entity, text.strip())
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


def _search_of(entity: Entity, text: str) -> tuple[str, list[Any]]:
    if entity.is_transaction:
        return _search_transactions(entity, text)
    if "@" in text:
        return "instr(json_extract(body, '$.PrimaryEmailAddr.Address'), ?)", [text]
    if text.isdigit():
        return "(id = ? OR instr(full_name, ?))", [text, text]
    return "instr(full_name, ?)", [fold(text)]


def _search_transactions(entity: Entity, text: str) -> tuple[str, list[Any]]:
    number = "fold(json_extract(body, '$.PaymentRefNum'))" if "PaymentRefNum" in entity.fields else "doc"
    if entity.name != "Payment":
        number = "doc"
    whose = (
        "owner IN (SELECT id FROM objects INDEXED BY objects_by_path "
        "WHERE entity IN ('Customer', 'Vendor', 'Employee') AND instr(full_name, ?))"
    )
    return f"(instr({number}, ?) OR id = ? OR {whose})", [fold(text), text, fold(text)]
