"""Carry what pieces that went out had cost to their postings and accounts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from ..rules.money import exact
from . import store
from .balances import add_to_account
from .chart import accounts_of
from .costing import Layers, Movement

if TYPE_CHECKING:
    from ..books import Books

Row = tuple[Any, ...]

_COLUMNS = "entity, id, line, account, amount, quantity, stock, day"
_ORDER = "day, quantity < 0, CAST(id AS INTEGER), line"
_IS_STOCK = "item = ? AND stock IN ('own', 'fifo')"


@dataclass
class _Reckoned:
    """An item reckoned up to its latest movement, good until somebody else writes."""

    version: tuple[Any, ...]
    layers: Layers
    latest: Row = ("", 0, 0, 0)


_REMEMBERED: WeakKeyDictionary[Books, dict[str, _Reckoned]] = WeakKeyDictionary()


def recost(books: Books, item: str, *, moving: bool = True, added: int | None = None) -> None:
    """Work out what each piece of an item that went out had cost.

    Anew for all movements, unless all that is new is so many that were added after the latest.
    """
    reckoned = _REMEMBERED.setdefault(books, {})
    known = reckoned.pop(item, None)
    rows: list[Row] = []
    usual = exact((books.look("Item", item) or {}).get("PurchaseCost"))
    version = (*books.structure(), usual)
    if known is not None and added is not None and known.version == version:
        rows = _movements(books, item, since=known.latest)
    if known is None or not rows or len(rows) != added:
        known, rows = _Reckoned(version, Layers(usual)), _movements(books, item)
    moved: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        is_open = row[6] == b"fifo"
        value = known.layers.move(Movement(store.pieces(row[5]), None if is_open else store.money(row[4])))
        change = value - store.money(row[4])
        if is_open and change:
            moved[row[3].decode()] += change
            moved[_write(books, row, value)] -= change
        known.latest = row[7].decode(), int(row[5] < 0), int(row[1]) if row[1].isdigit() else 0, row[2]
    reckoned[item] = known
    if moving:
        for account, amount in moved.items():
            add_to_account(books, accounts_of(books), account, amount)


def _movements(books: Books, item: str, *, since: Row | None = None) -> list[Row]:
    later = f"AND day >= ? AND ({_ORDER}) > (?, ?, ?, ?)" if since else ""
    parameters = (item, since[0], *since) if since else (item,)
    sql = f"SELECT {_COLUMNS} FROM postings WHERE {_IS_STOCK} {later} ORDER BY {_ORDER}"
    return books.rows(sql, parameters)


def _write(books: Books, row: Row, value: Decimal) -> str:
    """Write the value of a movement, and the expense behind it; return the expense's account."""
    entity, id, line = row[0].decode(), row[1].decode(), row[2]
    key, amount = "WHERE entity = ? AND id = ? AND line = ?", store.whole(value)
    books.change(f"UPDATE postings SET amount = ?, owed = 0 {key}", (amount, entity, id, line))
    books.change(f"UPDATE postings SET amount = ? {key}", (-amount, entity, id, line + 1))
    found = books.rows(f"SELECT account FROM postings {key}", (entity, id, line + 1))
    return str(found[0][0].decode())
