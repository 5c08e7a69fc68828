"""Write down what is to be sent to QuickBooks, in the transaction that found it out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.dispatch import Signal
from django.utils import timezone

from accounts.copying import copy_rows
from integrations.models import Operation, Push, PushState
from mapping.models import Book, Run
from mapping.services.reconciling import Outgoing
from mapping.spec import Entity

pushes_planned = Signal()
"""Sent inside the transaction when something waits to be sent: ``book``."""

# A push that is out with a batch keeps what it says; the next look finds what it does not.
_AGAIN = """
    (book_id, entity, local_id) WHERE state IN ('planned', 'sent', 'held') DO UPDATE SET
        values = EXCLUDED.values,
        state = 'planned', reason = '', detail = '{}', run_id = EXCLUDED.run_id
    WHERE integrations_push.state = 'planned'
       OR integrations_push.state = 'held' AND integrations_push.values <> EXCLUDED.values
"""


def plan(run: Run, entity: Entity, outgoing: Outgoing) -> int:
    """Plan updates for what is to be sent, and drop what no longer is; return how many are planned."""
    now = timezone.now()
    wanted = {one.local_id for one in outgoing.to_send}
    drop_stale(run.book, entity, [one for one in outgoing.looked_at if one not in wanted])
    rows: list[tuple[Any, ...]] = [
        (
            run.firm_id,
            run.book_id,
            entity.name,
            one.local_id,
            one.record.pk,
            Operation.UPDATE.value,
            PushState.PLANNED.value,
            one.values,
            "",
            0,
            "",
            {},
            run.pk,
            now,
        )
        for one in outgoing.to_send
    ]
    if rows:
        copy_rows(Push, _COLUMNS, rows, on_conflict=_AGAIN)
        pushes_planned.send(Push, book=run.book)
    return len(rows)


_COLUMNS = (
    "firm_id",
    "book_id",
    "entity",
    "local_id",
    "record_id",
    "operation",
    "state",
    "values",
    "item_id",
    "tries",
    "reason",
    "detail",
    "run_id",
    "planned_at",
)


def drop_stale(book: Book, entity: Entity, local_ids: Sequence[int]) -> None:
    """Drop updates that wait for rows which have nothing left to say."""
    waiting = Push.objects.filter(
        book=book,
        entity=entity.name,
        local_id__in=local_ids,
        operation=Operation.UPDATE,
        state__in=(PushState.PLANNED, PushState.HELD),
    )
    waiting.update(state=PushState.DROPPED, settled_at=timezone.now())
