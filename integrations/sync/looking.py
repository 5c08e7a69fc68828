"""Look at rows of ours that were just edited, and plan what QuickBooks is to hear of it.

This makes it soon; the night's look at everything changed here finds what was missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from accounts.models import User
from integrations.models import Connection, ConnectionState
from integrations.sync import outbox, sending
from mapping.kinds import kept_in
from mapping.models import Book, Cause, Run, policy_of
from mapping.services.reconciling import reconcile
from mapping.services.runs import run_is_due
from mapping.spec import Entity

AT_A_TIME = 500
FEW = 30
"""So many rows somebody may have edited by hand, and waits to see them in QuickBooks: one batch."""


def look(entity: Entity, local_ids: Sequence[int], *, by: User | None = None) -> int:
    """Compare these rows with their records and plan what is to be sent; return how many are planned.

    Idempotent. Does nothing where nothing of this kind travels to QuickBooks.
    """
    connection = Connection.objects.filter(
        book__isnull=False, state__in=(ConnectionState.CONNECTED, ConnectionState.NEEDS_RECONNECT)
    ).first()
    if connection is None or connection.book is None:
        return 0
    if not policy_of(connection.book.pk, entity.name).direction.pushes:
        return 0
    soon = len(local_ids) <= FEW
    return sum(
        _look(connection.book, entity, local_ids[start : start + AT_A_TIME], by, soon=soon)
        for start in range(0, len(local_ids), AT_A_TIME)
    )


def _look(book: Book, entity: Entity, local_ids: Sequence[int], by: User | None, *, soon: bool) -> int:
    with transaction.atomic():
        run, is_new = sending.open_run(book, cause=Cause.EDIT, by=by)
        outgoing = reconcile(run, entity, local_ids=local_ids)
        planned = outbox.plan(run, entity, outgoing, soon=soon)
        others = [one for one in local_ids if one not in set(outgoing.looked_at)]
        planned += outbox.plan_new(run, entity, others, soon=soon)
        _forget_withdrawn(book, entity, others)
        if is_new:
            _keep_or_forget(run, planned)
    return planned


def _forget_withdrawn(book: Book, entity: Entity, local_ids: Sequence[int]) -> None:
    """Drop what waits for rows that are no longer among the current ones."""
    current = set(entity.local.read(local_ids)) if local_ids else set()
    outbox.drop_creations(book, entity, [one for one in local_ids if one not in current])


def _keep_or_forget(run: Run, planned: int) -> None:
    """Announce a run that has something to do or to tell; one without anything was never there."""
    run.refresh_from_db()
    if planned or run.pulled or run.conflicts or run.skipped:
        run_is_due.send(Run, run=run)
    else:
        run.delete()


def kinds_of(model: type[Any], changed: set[str]) -> list[str]:
    """Return which kinds of record have one of these fields of a model's rows."""
    return [entity.name for entity in kept_in(model) if changed & {field.local for field in entity.fields}]
