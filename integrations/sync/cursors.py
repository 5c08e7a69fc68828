"""Which kinds of record are followed, and how far each has been read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts.copying import copy_rows
from integrations.models import Cursor
from integrations.sync.scope import Scope
from mapping.entities import ENTITIES
from mapping.models import Book, EntityPolicy, Run, RunKind, RunState
from mapping.policy import DEFAULT, Direction, Policy, Trigger
from mapping.spec import Entity

FULL = (RunKind.IMPORT, RunKind.CHECK)
"""Runs that read all records there are."""
ASKED_BY = {"nightly": Trigger.NIGHTLY, "view": Trigger.VIEW}
"""Causes that a firm's policy may switch off. A person's word is always heard, and the week has a switch of its own."""


def policies(book: Book) -> dict[str, Policy]:
    """Return what holds for every kind of record, those first that others refer to. One query."""
    stored = {row.entity: row.policy for row in EntityPolicy.objects.filter(book=book)}
    return {name: stored.get(name, DEFAULT) for name in ENTITIES}


def followed(held: Mapping[str, Policy], *, cause: str) -> list[Entity]:
    """Return what a look into QuickBooks for this cause is to read."""
    trigger = ASKED_BY.get(cause)
    return [
        ENTITIES[name]
        for name, policy in held.items()
        if policy.direction is not Direction.OFF and (trigger is None or trigger in policy.triggers)
    ]


def cursors(book: Book) -> dict[str, Cursor]:
    return {cursor.entity: cursor for cursor in Cursor.objects.filter(book=book)}


def changed_until(book: Book, entity: str) -> datetime | None:
    """Return how far all that changed is in the mirror, by QuickBooks' clock; None where that is not known."""
    return Cursor.objects.filter(book=book, entity=entity).values_list("changed_until", flat=True).first()


def were_read(book: Book) -> set[str]:
    """Return of which kinds all records were ever read to the end, whether or not the counts agreed."""
    ended = Run.objects.filter(book=book, kind__in=FULL, state=RunState.DONE)
    return set(ended.values_list("entity", flat=True).distinct())


def scopes(book: Book, entity: str) -> set[Scope]:
    """Return which scopes were ever imported to the end."""
    ended = Run.objects.filter(book=book, entity=entity, kind__in=FULL, state=RunState.DONE)
    return {Scope(scope) for scope in ended.values_list("options__scope", flat=True).distinct() if scope}


def scope_of(book: Book, entity: str) -> Scope:
    """Return which records the firm asked for: all of the scopes imported so far together."""
    known = scopes(book, entity)
    if not known and not ENTITIES[entity].is_mirror_only:
        return Scope.ACTIVE
    return known.pop() if len(known) == 1 else Scope.ALL


def read_until(book: Book, entities: Iterable[str], moment: datetime, *, counted: bool = False) -> None:
    """Note that all that changed before a moment is in the mirror.

    The moment is of QuickBooks' clock, or safely before it. ``counted`` says that all was read and the
    counts agreed.
    """
    now = timezone.now()
    _move(book, [(entity, moment, None, now, now if counted else None) for entity in entities])


def counted(book: Book, entity: str) -> None:
    """Note that all of a kind was read and the counts agreed, which says nothing of what else changed."""
    _move(book, [(entity, None, None, None, timezone.now())])


def compared_until(book: Book, moments: Mapping[str, datetime]) -> None:
    """Note that all rows of ours changed before these moments have been compared with their base."""
    _move(book, [(entity, None, moment, None, None) for entity, moment in moments.items()])


def _move(book: Book, rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        copy_rows(Cursor, _COLUMNS, [(book.firm_id, book.pk, *row) for row in rows], on_conflict=_FORWARD)


_COLUMNS = ("firm_id", "book_id", "entity", "changed_until", "ours_until", "read_at", "counted_at")
_FORWARD = "(book_id, entity) DO UPDATE SET " + ", ".join(
    # Nothing moves back; greatest() passes over what is null.
    f"{column} = greatest(integrations_cursor.{column}, EXCLUDED.{column})"
    for column in _COLUMNS[3:]
)


def covers_all(scope: Scope, *, known: Collection[Scope]) -> bool:
    """Return whether a complete read of this scope leaves nothing out that the firm asked for."""
    return scope is Scope.ALL or not set(known) - {scope}
