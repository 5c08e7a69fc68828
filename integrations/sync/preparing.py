"""Write down the next batch, whole, before anything of it is sent."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.db import transaction

from integrations.models import Operation, Push, PushBatch, PushState
from integrations.quickbooks import MOST_ITEMS, Item, Verb, composed
from integrations.sync import composing, outbox
from mapping.entities import ENTITIES
from mapping.models import Link, RemoteRecord, Run, RunOutcome
from mapping.services import runs
from mapping.services.reconciling import reconcile
from mapping.spec import Entity, Values

ALONE = "refused"
"""Reason of a planned push whose batch was refused as a whole: it goes by itself, to find the culprit."""


def next_batch(run: Run) -> PushBatch | None:
    """Return the next batch with its exact bytes, committed; None where nothing waits.

    What is sent is derived anew from both sides as they stand now: a plan that has grown old is
    brought up to date, held back or dropped here.
    """
    for entity in ENTITIES.values():
        while candidates := _waiting(run, entity):
            with transaction.atomic():
                batch = _written(run, entity, candidates)
            if batch:
                return batch
    return None


def _waiting(run: Run, entity: Entity) -> list[Push]:
    planned = Push.objects.filter(book=run.book_id, entity=entity.name, state=PushState.PLANNED)
    first = list(planned.order_by("pk")[:MOST_ITEMS])
    alone = [push for push in first if push.reason == ALONE]
    return alone[:1] or first


def _written(run: Run, entity: Entity, candidates: list[Push]) -> PushBatch | None:
    _renew_updates(run, entity, [push for push in candidates if push.operation == Operation.UPDATE])
    _renew_creations(run, entity, [push for push in candidates if push.operation == Operation.CREATE])
    pushes = list(
        Push.objects.select_for_update(of=("self",))
        .select_related("record__body")
        .filter(pk__in=[push.pk for push in candidates], state=PushState.PLANNED)
        .order_by("pk")
    )
    items = [item for number, push in enumerate(pushes, 1) if (item := _item(run, entity, push, number))]
    if not items:
        return None
    batch = PushBatch.objects.create(
        firm_id=run.firm_id, book_id=run.book_id, request_id=uuid4(), body=composed(items)
    )
    sent = {item.id for item in items}
    for number, push in enumerate(pushes, 1):
        push.item_id = str(number)
        push.batch, push.state, push.reason = batch, PushState.SENT, ""
    Push.objects.bulk_update(
        [push for push in pushes if push.item_id in sent], ["batch", "state", "reason", "item_id"]
    )
    return batch


def _renew_updates(run: Run, entity: Entity, pushes: list[Push]) -> None:
    if not pushes:
        return
    outgoing = reconcile(run, entity, local_ids=[push.local_id for push in pushes])
    outbox.plan(run, entity, outgoing)
    unseen = {push.local_id for push in pushes} - set(outgoing.looked_at)
    # Paused, disconnected, archived or switched off, all of which is somebody's word; or gone there.
    gone = set(
        Link.objects.filter(book=run.book_id, entity=entity.name, local_id__in=unseen)
        .exclude(record__gone_at=None)
        .values_list("local_id", flat=True)
    )
    _hold(run, entity, [push for push in pushes if push.local_id in gone], "gone_there")
    outbox.drop_stale(run.book, entity, sorted(unseen - gone))


def _renew_creations(run: Run, entity: Entity, pushes: list[Push]) -> None:
    if not pushes:
        return
    values = outbox.sendable(run.book, entity, [push.local_id for push in pushes])
    unwanted = [push.local_id for push in pushes if push.local_id not in values]
    outbox.drop_creations(run.book, entity, unwanted)
    for push in pushes:
        if push.local_id in values and push.values != values[push.local_id]:
            Push.objects.filter(pk=push.pk, state=PushState.PLANNED).update(values=values[push.local_id])


def _item(run: Run, entity: Entity, push: Push, number: int) -> Item | None:
    """Return what to send, or None where QuickBooks would not take it: then the push is held."""
    verb, body = _body(entity, push)
    if problems := composing.problems(entity, body, push.values):
        _hold(run, entity, [push], "not_accepted", problems)
        return None
    return Item(str(number), verb, entity.remote, body)


def _body(entity: Entity, push: Push) -> tuple[Verb, dict[str, Any]]:
    if push.operation == Operation.CREATE:
        values: Values = push.values
        return Verb.CREATE, composing.creation(entity, values)
    record = push.record
    assert record, "an update is of a record"
    return Verb.UPDATE, composing.change(entity, record.payload, record.sync_token, push.values)


def _hold(
    run: Run, entity: Entity, pushes: list[Push], reason: str, problems: dict[str, str] | None = None
) -> None:
    detail: dict[str, Any] = {"fields": sorted(problems), "problems": problems} if problems else {}
    outbox.hold([push.pk for push in pushes], reason, detail)
    note_held(run, entity, [(push, push.record, reason, detail) for push in pushes])


def note_held(
    run: Run, entity: Entity, held: list[tuple[Push, RemoteRecord | None, str, dict[str, Any]]]
) -> None:
    """List what was held back among the run's outcomes, and count it."""
    name = composing.name_field(entity)
    outcomes = [
        RunOutcome(
            firm_id=run.firm_id,
            run=run,
            record=record,
            remote_id=record.remote_id if record else "",
            name=(record.full_name if record else str(push.values.get(name, "")))[:500],
            outcome="failed",
            reason=reason,
            detail={"fields": detail["fields"]} if "fields" in detail else {},
        )
        for push, record, reason, detail in held
    ]
    runs.count_up(run, failed=runs.note_outcomes(run, outcomes), handled=len(held))
