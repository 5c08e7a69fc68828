"""What a bookkeeper does on screen in one go, where the API would take several calls."""

from __future__ import annotations

from datetime import datetime

from .books import Books
from .entities import CUSTOMER
from .entities.names import without_mark
from .entities.spec import Body
from .writing import amend


def make_inactive(books: Books, id: str, *, at: datetime) -> Body:
    """Make a customer inactive, and its sub-customers before it, as QuickBooks' screens do.

    Raises Fault for an unknown customer.
    """
    with books.transaction():
        for child in books.children(CUSTOMER, id):
            if child.get("Active", True):
                make_inactive(books, child["Id"], at=at)
        return amend(CUSTOMER, books, id, {"Active": False}, at=at)


def make_active(books: Books, id: str, *, at: datetime) -> Body:
    """Make a customer active again under the name it had. Raises Fault."""
    fields: Body = {"Active": True}
    kept = books.get(CUSTOMER, id)
    if kept is not None:
        fields["DisplayName"] = without_mark(kept["DisplayName"])
    return amend(CUSTOMER, books, id, fields, at=at)
