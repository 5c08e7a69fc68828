"""Pages and counts stay right whatever is written between them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from qbo_simulator.books import Books
from qbo_simulator.clock import stamp
from qbo_simulator.entities import CUSTOMER
from qbo_simulator.query.grammar import parse
from qbo_simulator.query.meaning import Selection, selection_of

START = datetime(2026, 1, 1, tzinfo=UTC)

STATEMENTS = (
    "select * from Customer",
    "select * from Customer where Active = true",
    "select * from Customer where Active = false orderby MetaData.LastUpdatedTime desc",
    "select * from Customer where Active in (true, false) orderby MetaData.CreateTime",
    "select * from Customer where Active in (true, false) orderby MetaData.CreateTime desc",
    "select * from Customer orderby MetaData.LastUpdatedTime",
    "select * from Customer where MetaData.LastUpdatedTime > '2026-01-03' and "
    "MetaData.LastUpdatedTime <= '2026-01-15' orderby MetaData.LastUpdatedTime desc",
    "select * from Customer where Active in (true) and MetaData.CreateTime >= '2026-01-05' "
    "orderby MetaData.CreateTime",
    "select * from Customer where Balance > '50' orderby MetaData.LastUpdatedTime",
    "select * from Customer where Active in (true, false) orderby DisplayName",
    "select * from Customer orderby FamilyName desc",
    "select * from Customer where Id in ('1', '3', '5', '7', '9') orderby MetaData.CreateTime",
)


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    books = Books(tmp_path / "books.sqlite")
    yield books
    books.close()


def write(books: Books, dice: random.Random) -> None:
    """Do something to a customer: make, change, touch, make (in)active, take out."""
    id = str(dice.randint(1, 40))
    known = books.get(CUSTOMER, id)
    if known is not None and dice.random() < 0.15:
        books.remove(CUSTOMER, id, at=START)
        return
    moments = [stamp(START + timedelta(days=dice.randint(0, 20))) for _ in range(2)]
    body = known or {"Id": id, "MetaData": {"CreateTime": moments[0], "LastUpdatedTime": moments[0]}}
    body["DisplayName"] = f"Name {dice.randint(1, 9)} {id}"
    body["FamilyName"] = f"Family {dice.randint(1, 3)}"
    body["Balance"] = dice.randint(0, 100)
    body["Active"] = dice.random() < 0.7
    if dice.random() < 0.5:
        body["MetaData"]["LastUpdatedTime"] = moments[1]
    books.put(CUSTOMER, body)


def plainly(books: Books, selection: Selection, offset: int, rows: int) -> list[str]:
    found = books.rows(
        f"SELECT body FROM objects WHERE {selection.where} ORDER BY {selection.order} LIMIT ? OFFSET ?",
        (*selection.parameters, rows, offset),
    )
    return [orjson.loads(row[0])["Id"] for row in found]


@pytest.mark.parametrize("seed", range(6))
def test_pages_and_counts_are_what_a_plain_look_would_find(books: Books, seed: int) -> None:
    dice = random.Random(seed)
    selections = [selection_of(parse(statement), CUSTOMER, now=START) for statement in STATEMENTS]
    other = Books(books.file)
    for _ in range(250):
        deed = dice.random()
        if deed < 0.3:
            with books.transaction():
                write(books, dice)
        elif deed < 0.35:
            with other.transaction():
                write(other, dice)
        elif deed < 0.4:
            with suppress(ZeroDivisionError), books.transaction():
                write(books, dice)
                books.page(selections[3], start=1, rows=5)
                raise ZeroDivisionError
        selection = dice.choice(selections)
        offset, rows = dice.choice((0, 0, 5, 5, 10, 15, 20, 33)), dice.choice((5, 5, 7, 1))
        found = [orjson.loads(body)["Id"] for body in books.page(selection, start=offset + 1, rows=rows)]
        assert found == plainly(books, selection, offset, rows)
        assert books.count(selection) == len(plainly(books, selection, 0, 1000))
    assert books.counts() == {"Customer": len(books.all_named("Customer"))}
    other.close()


def test_an_older_file_learns_how_many_rows_it_has(tmp_path: Path) -> None:
    file = tmp_path / "old.sqlite"
    books = Books(file)
    for _ in range(20):
        write(books, random.Random(3))
    for sql in ("DROP TRIGGER tally_new", "DROP TRIGGER tally_gone", "DROP TRIGGER tally_changed"):
        books.execute(sql)
    books.execute("DROP TABLE tallies")
    books.close()
    again = Books(file)
    assert again.counts() == {"Customer": len(again.all_named("Customer"))}
    again.close()
