"""Opening balances: what accounts, stock and people began with, against Opening Balance Equity."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from ..rules.money import ZERO, cents, exact
from . import store
from .balances import add_to_account
from .chart import CompanyChart
from .keeping import mark, replace_postings
from .posting import OWN, Posting

if TYPE_CHECKING:
    from ..books import Books
    from ..entities.spec import Body

OPENINGS = ("Account", "Item", "Opening", "Adjustment")
"""Sources of postings that are no transactions an app can read."""


def open_account(books: Books, account: Body, balance: Decimal, day: str, *, at: datetime) -> None:
    """Let an account begin with a balance, told as QuickBooks tells balances."""
    chart = CompanyChart(books, at)
    facts = chart.accounts.by_id[account["Id"]]
    amount, equity = balance * facts.side, chart.role("opening")
    if not amount or not facts.has_balance or facts.id == equity:
        return
    rows = [_plain(facts.id, amount), _plain(equity, -amount)]
    replace_postings(books, "Account", account["Id"], day, store.kept(books, "Account", account["Id"]), rows)


def open_stock(books: Books, item: Body, *, at: datetime) -> None:
    """Let an item begin with the pieces it says it has, at its purchase cost."""
    quantity = exact(item.get("QtyOnHand"))
    if not quantity:
        return
    rows = _stocked(CompanyChart(books, at), item, quantity, "opening")
    # The item says itself how many there are; the postings must not count them once more.
    item["QtyOnHand"] = 0
    books.rewrite("Item", item)
    replace_postings(books, "Item", item["Id"], str(item.get("InvStartDate") or ""), [], rows)
    item["QtyOnHand"] = (books.look("Item", item["Id"]) or {})["QtyOnHand"]


def adjust_stock(books: Books, item: Body, change: Decimal, day: str, *, at: datetime) -> None:
    """Note that somebody counted: pieces more or fewer than there should be."""
    number = books.next_number("adjustments of stock")
    rows = _stocked(CompanyChart(books, at), item, change, "shrinkage")
    replace_postings(books, "Adjustment", number, day, [], rows)


def owe_more(books: Books, amount: Decimal) -> None:
    """Raise receivables by what customers owe who were put into the books with a balance.

    A report makes opening balances of it, one by one.
    """
    chart = CompanyChart(books, datetime.now(UTC))
    equity, receivable = chart.role("opening"), chart.role("receivable")
    add_to_account(books, chart.accounts, receivable, amount)
    add_to_account(books, chart.accounts, equity, -amount)
    mark(books, complete=False)


def _stocked(chart: CompanyChart, item: Body, quantity: Decimal, against: str) -> list[Posting]:
    value = cents(quantity * exact(item.get("PurchaseCost")))
    asset = str((item.get("AssetAccountRef") or {}).get("value") or chart.role("inventory"))
    stock = Posting(asset, value, ZERO, item=item["Id"], quantity=quantity, stock=OWN)
    return [stock, _plain(chart.role(against), -value)]


def _plain(account: str, amount: Decimal) -> Posting:
    return Posting(account, amount, amount)
