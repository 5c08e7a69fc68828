"""How many records of each scope QuickBooks has, known shortly and asked for in the background."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from django.core.cache import cache
from django.dispatch import Signal

from accounts.announcing import once_committed
from integrations.models import Connection
from integrations.quickbooks import QuickBooks, QuickBooksError
from integrations.sync.scope import Scope
from mapping.entities import ENTITIES
from mapping.models import Book

KNOWN_FOR_S = 120
_ASKING_FOR_S = 30


@dataclass(frozen=True)
class Counts:
    """What QuickBooks said, or why it did not."""

    active: int = 0
    inactive: int = 0
    problem: str = ""
    advice: str = ""

    @property
    def by_scope(self) -> dict[str, int]:
        return {
            Scope.ACTIVE: self.active,
            Scope.INACTIVE: self.inactive,
            Scope.ALL: self.active + self.inactive,
        }


def known(book: Book, entity: str) -> Counts | None:
    """Return the counts if they were asked for lately; None while nobody has answered."""
    found: dict[str, Any] | None = cache.get(_key(book.pk, entity))
    return Counts(**found) if found else None


counts_wanted = Signal()
"""Sent when somebody waits for counts: ``connection``, ``entity``. A receiver has them asked for."""


def want(connection: Connection, entity: str) -> None:
    """Have the counts asked for in the background, unless that is under way."""
    assert connection.book_id, "only a confirmed company is counted"
    if cache.add(_key(connection.book_id, entity) + ":asking", True, _ASKING_FOR_S):
        # The screen shows without numbers until they come, or for good where nobody takes the message.
        once_committed(partial(counts_wanted.send, Connection, connection=connection, entity=entity))


def ask(quickbooks: QuickBooks, book_id: int, entity: str) -> Counts:
    """Count by two calls and make it known. A refusal is made known as well, in words."""
    remote = ENTITIES[entity].remote
    try:
        found = Counts(
            active=quickbooks.count(remote, where=Scope.ACTIVE.where),
            inactive=quickbooks.count(remote, where=Scope.INACTIVE.where),
        )
    except QuickBooksError as refusal:
        found = Counts(problem=refusal.sentence, advice=refusal.advice)
    cache.set(_key(book_id, entity), asdict(found), KNOWN_FOR_S if not found.problem else 5)
    cache.delete(_key(book_id, entity) + ":asking")
    return found


def forget(book: Book, entity: str) -> None:
    cache.delete(_key(book.pk, entity))


def _key(book_id: int, entity: str) -> str:
    return f"counts:{book_id}:{entity}"
