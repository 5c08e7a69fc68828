"""Keep what was written with all it does elsewhere: postings, balances, versions of what is linked."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ..clock import stamp
from ..ledger.keeping import post

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
    """Store an object and post it."""
    books.put(entity, after)
    post(books, entity, before, after)
    if before is not None and before.get("ExchangeRate") != after.get("ExchangeRate"):
        _settle_anew(books, after)


def _settle_anew(books: Books, body: Body) -> None:
    """Post the payments of a form again whose exchange rate changed: their gain or loss did too."""
    for link in body.get("LinkedTxn") or []:
        payment = books.look(str(link["TxnType"]), str(link["TxnId"]))
        if payment is not None:
            post(books, kind(str(link["TxnType"])), payment, payment)


def erase(books: Books, entity: Entity, body: Body, *, at: datetime) -> None:
    """Take an object out, and its postings with it."""
    inside = next(iter(body.values())) if entity.wrapped else body
    books.remove(entity, inside["Id"], at=at)
    post(books, entity, body, None)


def touch(books: Books, name: str, body: Body, *, at: datetime) -> None:
    """Store another transaction that a write changed along: one version more, told to others."""
    before = books.look(name, body["Id"])
    body["SyncToken"] = str(int(body["SyncToken"]) + 1)
    body["MetaData"] = {**body.get("MetaData", {}), "LastUpdatedTime": stamp(at)}
    keep(books, kind(name), before, body)
    books.announce(name, body["Id"], "Update", at=at)
