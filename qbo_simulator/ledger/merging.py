"""Let one account, person, item, class or location take over what another had posted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..rules.money import exact
from .balances import add_figures, add_to_account
from .chart import accounts_of
from .stock import recost

if TYPE_CHECKING:
    from ..books import Books

_COLUMNS = {"Class": "class", "Department": "department", "Item": "item", "Account": "account"}


def repoint_postings(books: Books, kind: str, lost: str, into: str) -> None:
    """Move the postings, and what they mean for balances of accounts and for stock, to the survivor.

    Balances of customers and vendors are the caller's to move.
    """
    if kind in ("Customer", "Vendor"):
        books.change("UPDATE postings SET name = ? WHERE name_kind = ? AND name = ?", (into, kind, lost))
        if kind == "Customer":
            books.change("UPDATE postings SET customer = ? WHERE customer = ?", (into, lost))
        return
    column = _COLUMNS[kind]
    books.change(f"UPDATE postings SET {column} = ? WHERE {column} = ?", (into, lost))
    if kind == "Account":
        accounts = accounts_of(books)
        amount = exact((books.look("Account", lost) or {}).get("CurrentBalance")) * accounts.by_id[lost].side
        add_to_account(books, accounts, lost, -amount)
        add_to_account(books, accounts, into, amount)
    elif kind == "Item":
        quantity = exact((books.look("Item", lost) or {}).get("QtyOnHand"))
        if quantity:
            add_figures(books, "Item", into, quantity, ("QtyOnHand",))
        recost(books, into)
