"""Carry what a write posts to the balances of accounts, customers and vendors, and to the stock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ..clock import parse_moment
from ..rules.money import ZERO
from . import store
from .balances import move
from .chart import CompanyChart
from .posting import COST, FIFO, OWN, Posting
from .stock import recost

if TYPE_CHECKING:
    from ..books import Books
    from ..entities.spec import Body, Entity


def post(books: Books, entity: Entity, before: Body | None, after: Body | None) -> None:
    """Put the postings of a transaction in the place of those it had, and move all balances along."""
    if entity.posts is None:
        return
    body = after or before
    assert body is not None
    chart = CompanyChart(books, _when(body))
    old = store.kept(books, entity.name, body["Id"])
    recorded = not old and before is not None and not is_complete(books)
    if recorded and before is not None:
        # It has posted nothing here, but the balances that were recorded with it hold it.
        old = entity.posts(before, chart)
    new = entity.posts(after, chart) if after is not None else []
    day = str(body.get("TxnDate") or "")
    replace_postings(books, entity.name, body["Id"], day, old, new, recorded=recorded)


def replace_postings(
    books: Books,
    source: str,
    id: str,
    day: str,
    old: list[Posting],
    new: list[Posting],
    *,
    recorded: bool = False,
) -> None:
    """Keep postings under their source, and move balances by what differs from the old ones.

    What stock of a recorded transaction had cost is in the recorded balances already.
    """
    if _shapes(old) == _shapes(new) and (not new or _day_of(books, source, id) == day):
        return
    store.keep(books, source, id, day, new)
    move(books, [(posting, -1) for posting in old] + [(posting, 1) for posting in new])
    for item in dict.fromkeys(p.item for p in (*old, *new) if p.stock and p.item):
        recost(books, item, moving=not recorded, added=None if old else _count(new, item))


def _count(postings: list[Posting], item: str) -> int:
    return sum(p.item == item and p.stock in (OWN, FIFO) for p in postings)


def _shapes(postings: list[Posting]) -> list[Posting]:
    """Return postings without the amounts that are worked out later."""
    return [replace(p, amount=ZERO) if p.stock in (FIFO, COST) else p for p in postings]


def _day_of(books: Books, source: str, id: str) -> str:
    rows = books.rows("SELECT day FROM postings WHERE entity = ? AND id = ? LIMIT 1", (source, id))
    return rows[0][0].decode() if rows else ""


def _when(body: Body) -> datetime:
    text = (body.get("MetaData") or {}).get("LastUpdatedTime")
    return parse_moment(text) if text else datetime.now(UTC)


def is_complete(books: Books) -> bool:
    """Tell whether everything in the books has posted; what was loaded has not until a report is asked for."""
    return bool(books.rows("SELECT 1 FROM ledger_state WHERE name = 'complete'"))


def mark(books: Books, *, complete: bool) -> None:
    books.change("DELETE FROM ledger_state WHERE name = 'complete'")
    if complete:
        books.change("INSERT INTO ledger_state VALUES ('complete')")
