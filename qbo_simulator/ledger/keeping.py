"""Carry what a write posts to the balances of accounts, customers and vendors, and to the stock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from ..clock import parse_moment
from ..rules.money import ZERO, exact, plain
from . import store
from .chart import Accounts, CompanyChart, accounts_of
from .costing import Movement, values
from .posting import COST, FIFO, Posting

if TYPE_CHECKING:
    from ..books import Books
    from ..entities.spec import Body, Entity

_OWED = {"Accounts Receivable": ("Customer", 1), "Accounts Payable": ("Vendor", -1)}


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
        recost(books, item, moving=not recorded)


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


# Balances


def move(books: Books, changes: Iterable[tuple[Posting, int]]) -> None:
    """Add postings to, or take them out of, the balances and quantities they stand for."""
    accounts, sums = accounts_of(books), _Sums()
    for posting, sign in changes:
        sums.add(accounts, posting, sign)
    for account, amount in sums.accounts.items():
        add_to_account(books, accounts, account, amount)
    for (kind, id), amount in sums.names.items():
        add_to_owner(books, kind, id, amount)
    for item, quantity in sums.stock.items():
        _add_to_stock(books, item, quantity)


class _Sums:
    def __init__(self) -> None:
        self.accounts: dict[str, Decimal] = defaultdict(Decimal)
        self.names: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        self.stock: dict[str, Decimal] = defaultdict(Decimal)

    def add(self, accounts: Accounts, posting: Posting, sign: int) -> None:
        self.accounts[posting.account] += sign * posting.amount
        if posting.stock and posting.item:
            self.stock[posting.item] += sign * posting.quantity
        account = accounts.by_id.get(posting.account)
        kind, side = _OWED.get(account.type if account else "", ("", 0))
        if kind and posting.name[0] == kind:
            self.names[posting.name] += sign * side * posting.foreign


def add_to_account(books: Books, accounts: Accounts, id: str, amount: Decimal) -> None:
    """Move an account's balance, and those of the accounts above it, quietly."""
    account = accounts.by_id.get(id)
    if account is None or not account.has_balance or not amount:
        return
    change = amount * account.side
    add_figures(books, "Account", id, change, ("CurrentBalance", "CurrentBalanceWithSubAccounts"))
    add_above(books, account.parent, change)


def add_above(books: Books, parent: str, amount: Decimal) -> None:
    """Add to CurrentBalanceWithSubAccounts of an account and of those above it, quietly."""
    accounts = accounts_of(books)
    while amount and (account := accounts.by_id.get(parent)) is not None:
        add_figures(books, "Account", account.id, amount, ("CurrentBalanceWithSubAccounts",))
        parent = account.parent


def figures_of(books: Books, account: str) -> Body:
    """Return the balances of an account as they are kept."""
    kept = books.look("Account", account) or {}
    return {name: kept.get(name, 0) for name in ("CurrentBalance", "CurrentBalanceWithSubAccounts")}


def add_to_owner(books: Books, kind: str, id: str, amount: Decimal) -> None:
    """Move what a customer owes or a vendor is owed, and a customer's family with it, quietly."""
    if not amount:
        return
    if kind != "Customer":
        add_figures(books, kind, id, amount, ("Balance",))
        return
    owner = add_figures(books, kind, id, amount, ("Balance", "BalanceWithJobs"))
    add_to_family(books, (owner or {}).get("ParentRef"), amount)


def add_to_family(books: Books, parent: Body | None, amount: Decimal) -> None:
    """Add to BalanceWithJobs of a customer and of everybody above it, quietly."""
    while parent and amount:
        above = add_figures(books, "Customer", parent["value"], amount, ("BalanceWithJobs",))
        parent = (above or {}).get("ParentRef")


def _add_to_stock(books: Books, id: str, quantity: Decimal) -> None:
    if quantity:
        add_figures(books, "Item", id, quantity, ("QtyOnHand",))


def add_figures(books: Books, kind: str, id: str, amount: Decimal, fields: tuple[str, ...]) -> Body | None:
    body = books.look(kind, id)
    if body is not None:
        for field in fields:
            body[field] = plain(exact(body.get(field)) + amount)
        books.rewrite(kind, body)
    return body


# Stock


def recost(books: Books, item: str, *, moving: bool = True) -> None:
    """Work out anew what each piece of an item that went out had cost."""
    rows = books.rows(
        "SELECT entity, id, line, account, amount, quantity, stock FROM postings "
        "WHERE item = ? AND stock IN ('own', 'fifo') "
        "ORDER BY day, quantity < 0, CAST(id AS INTEGER), line",
        (item,),
    )
    movements = [
        Movement(store.pieces(row[5]), None if row[6] == b"fifo" else store.money(row[4])) for row in rows
    ]
    usual = exact((books.look("Item", item) or {}).get("PurchaseCost"))
    moved: dict[str, Decimal] = defaultdict(Decimal)
    for row, value in zip(rows, values(movements, usual_cost=usual), strict=True):
        change = value - store.money(row[4])
        if row[6] == b"fifo" and change:
            moved[row[3].decode()] += change
            moved[_recost_row(books, row, value)] -= change
    if moving:
        for account, amount in moved.items():
            add_to_account(books, accounts_of(books), account, amount)


def _recost_row(books: Books, row: tuple[bytes, bytes, int], value: Decimal) -> str:
    """Write the value of a movement, and the expense behind it; return the expense's account."""
    entity, id, line = row[0].decode(), row[1].decode(), row[2]
    key = "WHERE entity = ? AND id = ? AND line = ?"
    amount = store.whole(value)
    books.change(f"UPDATE postings SET amount = ?, owed = 0 {key}", (amount, entity, id, line))
    books.change(f"UPDATE postings SET amount = ? {key}", (-amount, entity, id, line + 1))
    found = books.rows(f"SELECT account FROM postings {key}", (entity, id, line + 1))
    return str(found[0][0].decode())
