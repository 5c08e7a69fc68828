"""What a written transaction does elsewhere: balances of its owner, versions of what it is linked to."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from ..clock import stamp
from .money import ZERO, exact, plain

if TYPE_CHECKING:
    from ..books import Books
    from ..entities.spec import Body, Entity


def kind(name: str) -> Entity:
    """Return a declaration by its name; here, because the declarations import these rules."""
    from ..entities import entity_named

    found = entity_named(name)
    assert found is not None, name
    return found


def keep(books: Books, entity: Entity, before: Body | None, after: Body) -> None:
    """Store an object and carry what it changes of a balance to the customer or vendor."""
    books.put(entity, after)
    _carry(books, entity, before, after)


def erase(books: Books, entity: Entity, body: Body, *, at: datetime) -> None:
    """Take an object out, and its part out of the balance."""
    inside = next(iter(body.values())) if entity.wrapped else body
    books.remove(entity, inside["Id"], at=at)
    _carry(books, entity, body, None)


def touch(books: Books, name: str, body: Body, *, at: datetime) -> None:
    """Store another transaction that a write changed along: one version more, told to others."""
    before = books.look(name, body["Id"])
    body["SyncToken"] = str(int(body["SyncToken"]) + 1)
    body["MetaData"] = {**body.get("MetaData", {}), "LastUpdatedTime": stamp(at)}
    keep(books, kind(name), before, body)
    books.announce(name, body["Id"], "Update", at=at)


def _carry(books: Books, entity: Entity, before: Body | None, after: Body | None) -> None:
    if not entity.owner_field:
        return
    parts: dict[str, Decimal] = {}
    for body, sign in ((before, -1), (after, 1)):
        if body is not None and (owner := body.get(entity.owner_field)):
            amount = sign * exact(body.get(entity.open_field)) * entity.open_sign
            parts[owner["value"]] = parts.get(owner["value"], ZERO) + amount
    owners = entity.owner_field.removesuffix("Ref")
    for id, amount in parts.items():
        if amount:
            _add_to_balance(books, owners, id, amount)


def _add_to_balance(books: Books, owners: str, id: str, amount: Decimal) -> None:
    owner = books.look(owners, id)
    if owner is None:
        return
    owner["Balance"] = plain(exact(owner.get("Balance")) + amount)
    if owners == "Customer":
        owner["BalanceWithJobs"] = plain(exact(owner.get("BalanceWithJobs")) + amount)
    books.put(kind(owners), owner)
    if owners == "Customer":
        add_to_family(books, owner.get("ParentRef"), amount)


def add_to_family(books: Books, parent: Body | None, amount: Decimal) -> None:
    """Add to BalanceWithJobs of a customer and of everybody above it, quietly."""
    while parent and amount:
        above = books.look("Customer", parent["value"])
        if above is None:
            return
        above["BalanceWithJobs"] = plain(exact(above.get("BalanceWithJobs")) + amount)
        books.put(kind("Customer"), above)
        parent = above.get("ParentRef")
