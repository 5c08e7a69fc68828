"""Write down what is to be sent to QuickBooks, in the transaction that found it out.

A row of ours has at most one push that is open: planned, out with a batch, or held. Planning again
brings it up to date, and drops it where nothing is left to say. What was held stays held until the
values change or its cause may have passed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.dispatch import Signal
from django.utils import timezone

from accounts.copying import copy_rows, update_rows
from integrations.models import BatchState, Connection, ConnectionState, Operation, Push, PushBatch, PushState
from mapping.models import Book, EntityPolicy, Link, Run, RunKind, RunState
from mapping.plans import leaves_alone
from mapping.policy import DEFAULT, NewHere
from mapping.services.reconciling import Outgoing, ToSend
from mapping.spec import Entity, Values

pushes_planned = Signal()
"""Sent inside the transaction when something waits to be sent: ``book``, and ``soon`` where somebody waits for it."""

LEFT_HERE = "left_here"
"""Reason of a push that a person said not to send. It is planned again when the row is edited."""
SOON = "soon"
"""Reason of a planned push that somebody waits for: it goes before what was planned by the hundred."""
MAY_PASS = ("inactive_there", "gone_there", "changed_there", "read_only", "no_email")
"""Reasons for holding back that end without an edit here: the next look that wants to send may try."""
ASK_READ_ONLY_AFTER = timedelta(hours=6)
REST_AFTER_FAILURE = timedelta(minutes=10)

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
    "settled_at",
)
# A push that is out with a batch keeps what it says; the next look finds what it does not.
_TAKE_NEWS = """
    (book_id, entity, local_id) WHERE state IN ('planned', 'sent', 'held') DO UPDATE SET
        operation = EXCLUDED.operation, record_id = EXCLUDED.record_id, values = EXCLUDED.values,
        state = EXCLUDED.state, reason = EXCLUDED.reason, detail = '{}', run_id = EXCLUDED.run_id,
        settled_at = EXCLUDED.settled_at,
        tries = CASE WHEN integrations_push.state = 'held' THEN 0 ELSE integrations_push.tries END
    WHERE integrations_push.state = 'planned'
       OR integrations_push.state = 'held' AND integrations_push.values <> EXCLUDED.values
"""
_MAY_PASS = f"""
    integrations_push.state = 'held' AND integrations_push.reason IN ({", ".join(f"'{code}'" for code in MAY_PASS)})
"""
_AGAIN = f"{_TAKE_NEWS} OR {_MAY_PASS}"
_HELD_FOR_ANOTHER_REASON = f"""
    {_TAKE_NEWS} OR {_MAY_PASS} AND integrations_push.reason <> EXCLUDED.reason
"""


def plan(run: Run, entity: Entity, outgoing: Outgoing, *, soon: bool = False) -> int:
    """Plan updates for what is to be sent, and drop what no longer is; return how many are planned.

    What would go to a record that is inactive or gone is held, so that it is seen. ``soon``: somebody
    waits for these.
    """
    held = [(one, reason) for reason, them in outgoing.held.items() for one in them]
    said = {one.local_id for one in (*outgoing.to_send, *(one for one, _ in held))}
    drop_stale(run.book, entity, [one for one in outgoing.looked_at if one not in said])
    now = timezone.now()
    if held:
        rows = [_update(run, entity, one, now, held=reason) for one, reason in held]
        copy_rows(Push, _COLUMNS, rows, on_conflict=_HELD_FOR_ANOTHER_REASON)
    if outgoing.to_send:
        rows = [_update(run, entity, one, now, soon=soon) for one in outgoing.to_send]
        copy_rows(Push, _COLUMNS, rows, on_conflict=_AGAIN)
        pushes_planned.send(Push, book=run.book, soon=soon)
    return len(outgoing.to_send)


def _update(
    run: Run, entity: Entity, one: ToSend, now: datetime, *, held: str = "", soon: bool = False
) -> tuple[Any, ...]:
    about = (one.local_id, one.record.pk, Operation.UPDATE, one.values)
    return _row(run, entity, *about, now, held=held, soon=soon)


def _row(
    run: Run,
    entity: Entity,
    local_id: int,
    record_id: int | None,
    operation: Operation,
    values: Values,
    now: datetime,
    *,
    held: str = "",
    soon: bool = False,
) -> tuple[Any, ...]:
    state, settled_at = (PushState.HELD, now) if held else (PushState.PLANNED, None)
    about = (run.firm_id, run.book_id, entity.name, local_id, record_id, operation.value, state.value, values)
    return (*about, "", 0, held or (SOON if soon else ""), {}, run.pk, now, settled_at)


def plan_new(run: Run, entity: Entity, local_ids: Sequence[int], *, soon: bool = False) -> int:
    """Plan to create those of these rows that the firm's policy sends by itself when they are new (JR-47).

    Rows from before the firm decided so stay here, and so do those that are tied or archived.
    """
    stored = EntityPolicy.objects.filter(book_id=run.book_id, entity=entity.name).first()
    if stored is None or stored.policy.new_here is not NewHere.CREATE:
        return 0
    return plan_creations(run, entity, _made_since(entity, stored.since, local_ids), soon=soon)


def _made_since(entity: Entity, moment: datetime, local_ids: Sequence[int]) -> list[int]:
    """Return which of these rows are tied to nothing and were made since."""
    wanted, found, after_id = set(local_ids), [], min(local_ids, default=0) - 1
    while wanted and after_id < max(wanted):
        some = entity.local.new_since(moment, after_id=after_id, limit=1000)
        if not some:
            break
        found += [one for one in some if one in wanted]
        after_id = some[-1]
    return found


def plan_creations(run: Run, entity: Entity, local_ids: Sequence[int], *, soon: bool = False) -> int:
    """Plan to create these rows in QuickBooks; tied, archived and empty ones are passed over.

    Those without an e-mail address are held where the firm leaves such alone. Returns how many are planned.
    """
    found, now = sendable(run.book, entity, local_ids), timezone.now()
    held = [
        _row(run, entity, local_id, None, Operation.CREATE, said, now, held="no_email")
        for local_id, said in found.without_email.items()
    ]
    if held:
        copy_rows(Push, _COLUMNS, held, on_conflict=_HELD_FOR_ANOTHER_REASON)
    rows = [
        _row(run, entity, local_id, None, Operation.CREATE, said, now, soon=soon)
        for local_id, said in found.values.items()
    ]
    if rows:
        copy_rows(Push, _COLUMNS, rows, on_conflict=_AGAIN)
        pushes_planned.send(Push, book=run.book, soon=soon)
    return len(rows)


@dataclass(frozen=True)
class Creations:
    """What creating rows of ours would say."""

    values: dict[int, Values] = field(default_factory=dict)
    without_email: dict[int, Values] = field(default_factory=dict)
    """Of those that the firm leaves alone for want of an e-mail address (KP-4)."""


def sendable(book: Book, entity: Entity, local_ids: Sequence[int]) -> Creations:
    """Return what creating each of these rows would say, of those that may be created; locks them."""
    stored = EntityPolicy.objects.filter(book=book, entity=entity.name).first()
    policy = stored.policy if stored else DEFAULT
    if not policy.direction.pushes or policy.waits_for_invoice or not local_ids:
        return Creations()
    rules = policy.rules(entity)
    ours = entity.local.read(local_ids)
    tied = Link.objects.filter(book=book, entity=entity.name, local_id__in=list(ours))
    taken = set(tied.values_list("local_id", flat=True))
    said = {
        local_id: {name: row[name] for name, rule in rules.items() if rule.direction.pushes and row.get(name)}
        for local_id, row in ours.items()
        if local_id not in taken
    }
    found = Creations()
    for local_id, values in said.items():
        if values:
            is_left = leaves_alone(entity, policy, ours[local_id])
            (found.without_email if is_left else found.values)[local_id] = values
    return found


def drop_stale(book: Book, entity: Entity, local_ids: Sequence[int]) -> None:
    """Drop what waits for rows that are tied and have nothing left to say."""
    _drop(_open(book, entity, local_ids))


def drop_creations(book: Book, entity: Entity, local_ids: Sequence[int]) -> None:
    """Drop the creation of rows that were archived or tied meanwhile."""
    _drop(_open(book, entity, local_ids).filter(operation=Operation.CREATE))


def drop_withdrawn(entity: str, local_ids: Sequence[int]) -> None:
    """Drop what waits, for whichever book, of rows that are no longer among the current ones."""
    _drop(Push.objects.filter(entity=entity, local_id__in=list(local_ids), state__in=_WAITING))


_WAITING = (PushState.PLANNED, PushState.HELD)


def _open(book: Book, entity: Entity, local_ids: Sequence[int]) -> QuerySet[Push]:
    return Push.objects.filter(
        book=book,
        entity=entity.name,
        local_id__in=list(local_ids),
        state__in=_WAITING,
    )


def _drop(pushes: QuerySet[Push]) -> None:
    pushes.update(state=PushState.DROPPED, settled_at=timezone.now())


def hold(push_ids: Iterable[int], reason: str, detail: dict[str, Any] | None = None) -> None:
    """Hold pushes back until somebody does something about it."""
    hold_each([(push_id, reason, detail or {}) for push_id in push_ids])


def hold_each(held: Sequence[tuple[int, str, dict[str, Any]]]) -> None:
    """Hold pushes back, each for (its key, a reason, what a person needs): one statement."""
    if not held:
        return
    ids, reasons, details = zip(*held, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE integrations_push push
            SET state = %s, reason = held.reason, detail = held.detail, settled_at = %s
            FROM unnest(%s::bigint[], %s::text[], %s::jsonb[]) AS held(id, reason, detail)
            WHERE push.id = held.id
            """,
            [
                PushState.HELD.value,
                timezone.now(),
                list(ids),
                list(reasons),
                _jsons(details),
            ],
        )


def mark_sent(batch: PushBatch, sent: Sequence[tuple[int, str, dict[str, Any]]]) -> None:
    """Note that pushes go out with a batch, each as (its key, the item's id, what to remember): one statement."""
    ids, items, details = zip(*sent, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE integrations_push push
            SET batch_id = %s, state = %s, reason = '', item_id = sent.item_id, detail = sent.detail
            FROM unnest(%s::bigint[], %s::text[], %s::jsonb[]) AS sent(id, item_id, detail)
            WHERE push.id = sent.id
            """,
            [batch.pk, PushState.SENT.value, list(ids), list(items), _jsons(details)],
        )


def _jsons(documents: Iterable[dict[str, Any]]) -> list[str]:
    return [orjson.dumps(document).decode() for document in documents]


def say_anew(values: Mapping[int, Values]) -> None:
    """Bring what planned pushes say up to date, by their keys."""
    if values:
        update_rows(Push, ("id", "values"), list(values.items()))


def hold_all(book: Book, reason: str) -> int:
    """Hold back all that waits for a book."""
    waiting = Push.objects.filter(book=book, state=PushState.PLANNED)
    return waiting.update(state=PushState.HELD, reason=reason, settled_at=timezone.now())


def not_sent(book: Book) -> QuerySet[Push]:
    """Return what is held back and waits for somebody, newest first; what was left here on purpose is not."""
    held = Push.objects.filter(book=book, state=PushState.HELD).exclude(reason=LEFT_HERE)
    return held.order_by("-settled_at", "-pk")


def is_empty(book: Book) -> bool:
    """Return whether nothing waits to be sent and no answer is outstanding."""
    return not (
        Push.objects.filter(book=book, state=PushState.PLANNED).exists()
        or PushBatch.objects.filter(book=book, state=BatchState.WRITTEN).exists()
    )


def neglected() -> list[Book]:
    """Return connected books that have something to send and no run that sends it. Call inside ``across_firms``.

    After a failure it rests for some minutes; a connection that was mended goes on at once.
    """
    now = timezone.now()
    planned = Push.objects.filter(book=OuterRef("book"), state=PushState.PLANNED)
    unanswered = PushBatch.objects.filter(book=OuterRef("book"), state=BatchState.WRITTEN)
    sending = Run.objects.unfinished().filter(book=OuterRef("book"), kind=RunKind.PUSH)
    stopped = Run.objects.filter(
        book=OuterRef("book"),
        kind=RunKind.PUSH,
        state__in=(RunState.FAILED, RunState.CANCELLED),
        finished_at__gt=now - REST_AFTER_FAILURE,
    ).exclude(problem="needs_reconnect")
    ready = Connection.objects.filter(state=ConnectionState.CONNECTED, book__isnull=False)
    waiting = ready.filter(Q(Exists(planned)) | Q(Exists(unanswered)))
    found = waiting.exclude(Exists(sending)).exclude(Exists(stopped)).select_related("book")
    return [connection.book for connection in found if connection.book]


def ask_read_only_again() -> None:
    """Plan anew what was held for a subscription that ended some hours ago. Call inside ``across_firms``."""
    held = Push.objects.filter(
        state=PushState.HELD, reason="read_only", settled_at__lt=timezone.now() - ASK_READ_ONLY_AFTER
    )
    held.update(state=PushState.PLANNED, reason="", settled_at=None)
