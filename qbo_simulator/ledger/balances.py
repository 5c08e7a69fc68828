"""Balances of accounts, customers and vendors, and quantities in stock: moved, never reckoned anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from ..rules.money import exact, plain
from .chart import Accounts, accounts_of
from .posting import Posting

if TYPE_CHECKING:
    from ..books import Books
    from ..entities.spec import Body

_OWED = {"Accounts Receivable": ("Customer", 1), "Accounts Payable": ("Vendor", -1)}


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
