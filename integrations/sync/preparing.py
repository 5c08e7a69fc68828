"""Write down the next batch, whole, before anything of it is sent."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.db import transaction

from integrations.models import Operation, Push, PushBatch, PushState
from integrations.quickbooks import MOST_ITEMS, Item, Verb, composed
from integrations.sync import composing, outbox
from mapping.kinds import with_rows
from mapping.models import RemoteRecord, Run, RunOutcome
from mapping.services import runs
from mapping.services.reconciling import reconcile
from mapping.spec import Entity, Values
from mapping.transform import to_local

ALONE = "refused"
"""Reason of a planned push whose batch was refused as a whole: it goes by itself, to find the culprit."""

OVERWRITES = "overwrites"
"""In the detail of a push that is out: what QuickBooks said so far, for the history."""


def next_batch(run: Run, *, soon: bool = False) -> PushBatch | None:
    """Return the next batch with its exact bytes, committed; None where nothing waits.

    What is sent is derived anew from both sides as they stand now: a plan that has grown old is
    brought up to date, held back or dropped here. ``soon``: only of what somebody waits for.
    """
    # Those first that others refer to.
    for entity in with_rows():
        while candidates := _waiting(run, entity, soon=soon):
            with transaction.atomic():
                batch = _written(run, entity, candidates)
            if batch:
                return batch
    return None


def _waiting(run: Run, entity: Entity, *, soon: bool) -> list[Push]:
    planned = Push.objects.filter(book=run.book_id, entity=entity.name, state=PushState.PLANNED)
    if soon:
        planned = planned.filter(reason=outbox.SOON)
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
    items = _items(run, entity, pushes)
    if not items:
        return None
    batch = PushBatch.objects.create(
        firm_id=run.firm_id, book_id=run.book_id, request_id=uuid4(), body=composed(items)
    )
    sent = [(pushes[int(item.id) - 1], item.id) for item in items]
    outbox.mark_sent(
        batch, [(push.pk, item_id, {OVERWRITES: _overwritten(entity, push)}) for push, item_id in sent]
    )
    return batch


def _renew_updates(run: Run, entity: Entity, pushes: list[Push]) -> None:
    if not pushes:
        return
    outgoing = reconcile(run, entity, local_ids=[push.local_id for push in pushes])
    outbox.plan(run, entity, outgoing)
    # Paused, disconnected, archived or switched off, all of which is somebody's word.
    unseen = {push.local_id for push in pushes} - set(outgoing.looked_at)
    outbox.drop_stale(run.book, entity, sorted(unseen))


def _renew_creations(run: Run, entity: Entity, pushes: list[Push]) -> None:
    if not pushes:
        return
    found = outbox.sendable(run.book, entity, [push.local_id for push in pushes])
    values, left = found.values, found.without_email
    hold(run, entity, [(push, push.record, "no_email", {}) for push in pushes if push.local_id in left])
    unwanted = [push.local_id for push in pushes if push.local_id not in {**values, **left}]
    outbox.drop_creations(run.book, entity, unwanted)
    outbox.say_anew(
        {
            push.pk: values[push.local_id]
            for push in pushes
            if push.local_id in values and push.values != values[push.local_id]
        }
    )


def _items(run: Run, entity: Entity, pushes: list[Push]) -> list[Item]:
    """Return what to send, numbered by place; what QuickBooks would not take is held instead."""
    items: list[Item] = []
    held: list[Held] = []
    for number, push in enumerate(pushes, 1):
        verb, body = _body(entity, push)
        if problems := composing.problems(entity, body, push.values):
            held.append(
                (push, push.record, "not_accepted", {"fields": sorted(problems), "problems": problems})
            )
        else:
            items.append(Item(str(number), verb, entity.remote, body))
    hold(run, entity, held)
    return items


def _body(entity: Entity, push: Push) -> tuple[Verb, dict[str, Any]]:
    if push.operation == Operation.CREATE:
        values: Values = push.values
        return Verb.CREATE, composing.creation(entity, values)
    record = push.record
    assert record, "an update is of a record"
    return Verb.UPDATE, composing.change(entity, record.payload, record.sync_token, push.values)


def _overwritten(entity: Entity, push: Push) -> Values:
    # The SyncToken sees to it that QuickBooks still says this when it takes ours.
    theirs = to_local(entity, push.record.payload) if push.record else {}
    return {name: theirs[name] for name in push.values if name in theirs}


Held = tuple[Push, RemoteRecord | None, str, dict[str, Any]]
"""A push that is held back, its record, the reason, and what a person needs to mend it."""


def hold(run: Run, entity: Entity, held: list[Held]) -> None:
    """Hold pushes back, list them among the run's outcomes, and count them."""
    if not held:
        return
    outbox.hold_each([(push.pk, reason, detail) for push, _, reason, detail in held])
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
