"""The cash basis: income and expense on the day they are paid, in the part that is paid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import orjson

from ..rules.money import exact

if TYPE_CHECKING:
    from ..books import Books
    from ..entities.spec import Body

CASH_TABLE = "cash_postings"

_SETTLED = {
    "Invoice": "Payment",
    "CreditMemo": "Payment",
    "Bill": "BillPayment",
    "VendorCredit": "BillPayment",
}
_OWING = ("Accounts Receivable", "Accounts Payable")
_MONEY = ("Bank", "Credit Card", "Other Current Asset")
_ACCOUNT, _AMOUNT, _OWED, _ITEM = 4, 5, 6, 13
"""Where a posting's columns stand."""

Row = tuple[Any, ...]


def make_cash_postings(books: Books) -> None:
    """Lay the postings of the cash basis beside the others, for one request, in the same shape."""
    books.change(f"DROP TABLE IF EXISTS temp.{CASH_TABLE}")
    books.change(f"CREATE TEMP TABLE {CASH_TABLE} AS SELECT * FROM main.postings WHERE 0")
    forms = tuple({*_SETTLED, *_SETTLED.values()})
    marks = ",".join("?" * len(forms))
    books.change(f"INSERT INTO {CASH_TABLE} SELECT * FROM main.postings WHERE entity NOT IN ({marks})", forms)
    for row in _CashBasis(books, forms).rows():
        books.change(f"INSERT INTO {CASH_TABLE} VALUES ({','.join('?' * len(row))})", row)


class _CashBasis:
    def __init__(self, books: Books, kinds: tuple[str, ...]) -> None:
        from ..ledger.chart import accounts_of

        self.books = books
        accounts = accounts_of(books).by_id.values()
        self.owing = {account.id for account in accounts if account.type in _OWING}
        self.drawers = {account.id for account in accounts if account.type in _MONEY}
        self.forms: dict[tuple[str, str], list[Row]] = defaultdict(list)
        marks = ",".join("?" * len(kinds))
        for row in books.rows(
            f"SELECT * FROM postings WHERE entity IN ({marks}) ORDER BY entity, id, line", kinds
        ):
            plain = tuple(part.decode() if isinstance(part, bytes) else part for part in row)
            self.forms[plain[0], plain[1]].append(plain)

    def rows(self) -> Iterator[Row]:
        for settler in ("Payment", "BillPayment"):
            for raw in self.books.rows("SELECT body FROM objects WHERE entity = ? ORDER BY seq", (settler,)):
                body = orjson.loads(raw[0])
                own = self.forms.get((settler, str(body["Id"])))
                if own:
                    yield from self._settling(body, own)
        for (kind, _), form in self.forms.items():
            if kind in _SETTLED:
                yield from self._paid_at_once(form)

    def _settling(self, body: Body, own: list[Row]) -> Iterator[Row]:
        """Yield a payment with the parts of the forms it settles, in the place of what was owed."""
        left = self._owed(own)
        for line in body.get("Line") or []:
            for link in (line.get("LinkedTxn") or [])[:1]:
                form = self.forms.get((str(link.get("TxnType")), str(link.get("TxnId"))), [])
                foreign = abs(sum(row[_OWED] for row in form if row[_ACCOUNT] in self.owing))
                if form and foreign and str(link.get("TxnType")) in _SETTLED:
                    settled = round(self._owed(form) * exact(line.get("Amount")) * 100 / foreign)
                    left += settled
                    yield from self._part(own[0], form, settled)
        yield from (row for row in own if row[_ACCOUNT] not in self.owing)
        if left:
            # What is applied to nothing yet stays where it was.
            template = next(row for row in own if row[_ACCOUNT] in self.owing)
            yield (*template[:_AMOUNT], left, left, *template[_OWED + 1 :])

    def _owed(self, form: list[Row]) -> int:
        return sum(int(row[_AMOUNT]) for row in form if row[_ACCOUNT] in self.owing)

    def _money(self, form: list[Row]) -> list[Row]:
        """Return what was paid with the form itself, such as the deposit on an invoice."""
        return [row for row in form if row[_ACCOUNT] in self.drawers and not row[_ITEM]]

    def _part(self, payment: Row, form: list[Row], settled: int) -> Iterator[Row]:
        """Yield a form's income, expense and tax as far as settled, as posted by its payment."""
        money = self._money(form)
        others = [row for row in form if row[_ACCOUNT] not in self.owing and row not in money]
        whole = self._owed(form) + sum(row[_AMOUNT] for row in money)
        left = -settled
        for position, row in enumerate(others):
            is_last = position == len(others) - 1
            amount = left if is_last else round(Decimal(row[_AMOUNT]) * settled / whole) if whole else 0
            left -= amount
            yield (*payment[:2], 10_000 + position, payment[3], row[_ACCOUNT], amount, amount, "", *row[8:])

    def _paid_at_once(self, form: list[Row]) -> Iterator[Row]:
        """Yield of a form what never was owed: what was paid with it, or all of one that is free."""
        money = self._money(form)
        yield from money
        if money:
            yield from self._part(form[0], form, sum(row[_AMOUNT] for row in money))
        elif not self._owed(form):
            yield from form
