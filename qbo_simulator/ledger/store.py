"""Postings in a company's file: amounts as whole cents, so that sums are exact."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .posting import Posting

if TYPE_CHECKING:
    from ..books import Books

_PIECES = Decimal(10_000_000)
_COLUMNS = (
    "day, account, amount, owed, stock, name_kind, name, customer, class, department, item, quantity, memo"
)
_INSERT = f"INSERT INTO postings (entity, id, line, {_COLUMNS}) VALUES ({','.join('?' * 16)})"


def kept(books: Books, entity: str, id: str) -> list[Posting]:
    """Return what a transaction has posted."""
    rows = books.rows(
        f"SELECT {_COLUMNS} FROM postings WHERE entity = ? AND id = ? ORDER BY line", (entity, id)
    )
    return [posting_in(row[1:]) for row in rows]


def posting_in(row: Any) -> Posting:
    account, amount, owed, stock, kind, name, customer, class_, department, item, quantity, memo = row
    return Posting(
        account=account.decode(),
        amount=money(amount),
        foreign=money(owed),
        stock=stock.decode(),
        name=(kind.decode(), name.decode()),
        customer=customer.decode(),
        class_=class_.decode(),
        department=department.decode(),
        item=item.decode(),
        quantity=Decimal(quantity) / _PIECES,
        memo=memo.decode(),
    )


def keep(books: Books, entity: str, id: str, day: str, postings: Iterable[Posting]) -> None:
    """Put these postings in the place of what the transaction posted before."""
    books.change("DELETE FROM postings WHERE entity = ? AND id = ?", (entity, id))
    for line, posting in enumerate(postings):
        books.change(_INSERT, (entity, id, line, day, *_row(posting)))


def _row(p: Posting) -> tuple[Any, ...]:
    return (
        p.account,
        whole(p.amount),
        whole(p.foreign),
        p.stock,
        *p.name,
        p.customer,
        p.class_,
        p.department,
        p.item,
        int(p.quantity * _PIECES),
        p.memo,
    )


def whole(amount: Decimal) -> int:
    return round(amount * 100)


def money(amount: int) -> Decimal:
    return Decimal(amount).scaleb(-2)


def pieces(quantity: int) -> Decimal:
    return Decimal(quantity) / _PIECES
