"""Journal entries that say what customers owe and what vendors are owed, and how much of it is open."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from .money import ZERO, exact

if TYPE_CHECKING:
    from ..books import Books
    from ..entities.spec import Body

JOURNAL = "JournalEntry"
_DETAIL = "JournalEntryLineDetail"
_SIDES = {"CustomerRef": ("Accounts Receivable", "Debit"), "VendorRef": ("Accounts Payable", "Credit")}


def owed_in(body: Body, owner_field: str, owner: str, type_of: Callable[[str], str]) -> Decimal:
    """Return what an entry adds to what a customer owes, or a vendor is owed; a credit is negative."""
    account_type, side = _SIDES[owner_field]
    owed = ZERO
    for line in body.get("Line") or []:
        detail = line.get(_DETAIL) or {}
        whom = (detail.get("Entity") or {}).get("EntityRef") or {}
        account = str((detail.get("AccountRef") or {}).get("value") or "")
        if str(whom.get("value")) == owner and type_of(account) == account_type:
            owed += exact(line.get("Amount")) * (1 if detail.get("PostingType") == side else -1)
    return owed


def account_types(books: Books) -> Callable[[str], str]:
    """Return what tells the type of an account by its Id."""
    from ..ledger.chart import accounts_of

    known = accounts_of(books).by_id
    return lambda id: known[id].type if id in known else ""
