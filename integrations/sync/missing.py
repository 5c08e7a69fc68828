"""Find what is gone where QuickBooks' answer about changes was cut off.

A record that was deleted or merged into another stands only in that answer, after all that live, and in
no query. Where there were too many changes it is told by counting, and found by asking for what we hold.
"""

from __future__ import annotations

from typing import Any

from integrations.quickbooks import PAGE, QuickBooks
from integrations.sync import cursors
from integrations.sync.arriving import lose
from integrations.sync.scope import Scope, where
from integrations.sync.stepping import note, step
from mapping.entities import ENTITIES
from mapping.models import Book, RecordQuerySet, RemoteRecord, Run
from mapping.services import runs
from mapping.spec import Entity


def look(run: Run, quickbooks: QuickBooks, name: str) -> None:
    """Do the next step for one of the run's ``to_prove``: count, or ask for the next thousand by id.

    Where the counts agree nothing is gone. Idempotent; how far it is stands in the run.
    """
    entity = ENTITIES[name]
    if (after := run.options["to_prove"][name]) is None:
        _count(run, quickbooks, entity)
    else:
        _ask_for_some(run, quickbooks, entity, after)


def _count(run: Run, quickbooks: QuickBooks, entity: Entity) -> None:
    scope = cursors.scope_of(run.book, entity.name)
    there = quickbooks.count(entity.remote, where=where(entity, scope))
    with step(run) as is_here:
        if is_here:
            agree = there == _held(run.book, entity).filter(**_ACTIVE[scope]).count()
            runs.count_up(run, calls=1)
            _note(run, entity, None if agree else 0)


_ACTIVE: dict[Scope, dict[str, bool]] = {
    Scope.ALL: {},
    Scope.ACTIVE: {"is_active": True},
    Scope.INACTIVE: {"is_active": False},
}


def _ask_for_some(run: Run, quickbooks: QuickBooks, entity: Entity, after: int) -> None:
    held = _held(run.book, entity).filter(pk__gt=after).order_by("pk")
    some = dict(held.values_list("pk", "remote_id")[:PAGE])
    found = {str(row["Id"]) for row in quickbooks.by_ids(entity.remote, list(some.values()))}
    with step(run) as is_here:
        if is_here:
            lose(run, entity, [remote_id for remote_id in some.values() if remote_id not in found])
            runs.count_up(run, calls=int(bool(some)))
            _note(run, entity, max(some) if len(some) == PAGE else None)


def _held(book: Book, entity: Entity) -> RecordQuerySet:
    return RemoteRecord.objects.of(book, entity.name).filter(gone_at=None)


def _note(run: Run, entity: Entity, after: int | None) -> None:
    """Write down where to go on; None where this kind of record is done."""
    left: dict[str, Any] = {name: at for name, at in run.options["to_prove"].items() if name != entity.name}
    note(run, to_prove=left if after is None else {entity.name: after} | left)
