"""Send to QuickBooks what waits for it, each thing exactly once.

A batch is written down with its request id and its exact bytes and committed before it is sent. An
answer is recorded in one transaction. Whoever dies in between leaves a batch without an answer, which
the next worker sends again byte for byte: QuickBooks then does nothing twice and answers as at first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import orjson
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from integrations.models import BatchState, Operation, Push, PushBatch, PushState
from integrations.quickbooks import (
    DuplicateName,
    NotFound,
    QuickBooks,
    QuickBooksError,
    ReadOnlyCompany,
    Refused,
    Results,
    Stale,
)
from integrations.sync import alone, composing, outbox, preparing, recording
from integrations.sync.enduring import More, Over, enduring, fail
from integrations.sync.inquiries import Findings, inquire
from integrations.sync.turns import Every, Turn, nobody_waits
from mapping.entities import ENTITIES
from mapping.matching import fold
from mapping.models import CHANGES, Book, Cause, Run, RunKind, RunState
from mapping.services import runs
from mapping.services.runs import run_is_due
from mapping.spec import Entity, Payload, Values
from mapping.transform import to_local

TRUSTED_FOR = timedelta(hours=23)
"""How long a batch without an answer may be sent again. Intuit does not say how long it remembers a
request id; beyond a day nobody should count on it, and we look first what became of it."""
GIVE_WAY_AFTER = timedelta(seconds=60)
"""How long a run sends while another for the same books waits its turn."""


def open_run(book: Book, *, cause: Cause, by: User | None = None) -> tuple[Run, bool]:
    """Return the book's unfinished push run, or a new one that nobody has been told of, and whether it is new.

    In a transaction: the book is locked, so that a run never ends while something is added to it.
    """
    Book.objects.select_for_update(no_key=True).get(pk=book.pk)
    going = runs.unfinished(book, CHANGES).filter(kind=RunKind.PUSH, cancel_asked_at=None).first()
    if going:
        return going, False
    made = Run.objects.create(
        firm_id=book.firm_id, book=book, kind=RunKind.PUSH, entity=CHANGES, cause=cause, started_by=by
    )
    return made, True


def begin(book: Book, *, cause: Cause = Cause.EDIT, by: User | None = None) -> Run:
    """Have sent what waits; returns the run under way if there is one."""
    with transaction.atomic():
        run, is_new = open_run(book, cause=cause, by=by)
        if is_new:
            run_is_due.send(Run, run=run)
    return run


def work(
    run: Run,
    quickbooks: QuickBooks,
    *,
    for_s: float,
    others_wait: Callable[[], bool] = nobody_waits,
    soon: bool = False,
) -> More | Over:
    """Send for so long, or until others wait. Ends the run where nothing waits, it was cancelled or cannot go on.

    What somebody waits for goes first; with ``soon`` it is all that goes. Idempotent, and harmless
    beside another worker. Throttling and outages put it off; nothing is lost.
    """
    worker = uuid4()
    if not alone.take(run, worker):
        runs.stand_back(run)
        return Over()
    try:
        turn = Turn(for_s, others_wait)
        return enduring(run, lambda: _send_what_may_be(run, quickbooks, worker, turn, soon=soon))
    finally:
        alone.let_go(run, worker)


def _send_what_may_be(
    run: Run, quickbooks: QuickBooks, worker: UUID, turn: Turn, *, soon: bool
) -> More | Over:
    try:
        return _send_all(run, quickbooks, worker, turn, soon=soon)
    except ReadOnlyCompany as refusal:
        outbox.hold_all(run.book, "read_only")
        return fail(run, "read_only", refusal)


_SHOW_EVERY_S = settings.RUN_LEASE_S / 10
_HURRY_EVERY_S = 1.0
"""How often we look whether somebody waits for something: where very much is to be sent, looking costs."""


def _send_all(run: Run, quickbooks: QuickBooks, worker: UUID, turn: Turn, *, soon: bool) -> More | Over:
    to_show, to_hurry = Every(_SHOW_EVERY_S), Every(_HURRY_EVERY_S)
    while not turn.is_over:
        if not runs.beat(run):
            runs.finish(run, RunState.CANCELLED)
            return Over()
        if _gives_way(run):
            return Over()
        if to_show.is_due:
            alone.take(run, worker)
            _expect(run)
        batch = _unanswered(run) or _next(run, hurry=soon or to_hurry.is_due, soon=soon)
        if batch:
            _send(run, quickbooks, worker, batch)
        elif _finish_if_empty(run) or soon:
            return Over()
    return More()


def _next(run: Run, *, hurry: bool, soon: bool) -> PushBatch | None:
    batch = preparing.next_batch(run, soon=True) if hurry else None
    return batch or (None if soon else preparing.next_batch(run))


def _unanswered(run: Run) -> PushBatch | None:
    written = PushBatch.objects.filter(book_id=run.book_id, state=BatchState.WRITTEN)
    return written.order_by("pk").first()


def _finish_if_empty(run: Run) -> bool:
    """End the run unless something came in meanwhile; whoever adds something waits for the same lock."""
    with transaction.atomic():
        Book.objects.select_for_update(no_key=True).get(pk=run.book_id)
        is_empty = outbox.is_empty(run.book)
        if is_empty:
            runs.finish(run, RunState.DONE)
    return is_empty


def _gives_way(run: Run) -> bool:
    """End a long run where another waits for the same books, and queue behind it with the rest."""
    others = runs.unfinished(run.book, CHANGES).filter(state=RunState.QUEUED).exclude(pk=run.pk)
    is_long = run.started_at is not None and run.started_at < timezone.now() - GIVE_WAY_AFTER
    if not (is_long and others.exists()):
        return False
    with transaction.atomic():
        runs.finish(run, RunState.DONE)
        begin(run.book, cause=Cause(run.cause))
    return True


def _send(run: Run, quickbooks: QuickBooks, worker: UUID, batch: PushBatch) -> None:
    pushes = list(Push.objects.select_related("record").filter(batch=batch, state=PushState.SENT))
    if not pushes:
        PushBatch.objects.filter(pk=batch.pk).update(state=BatchState.ANSWERED, answered_at=timezone.now())
        return
    entity = ENTITIES[pushes[0].entity]
    if batch.written_at < timezone.now() - TRUSTED_FOR:
        results, found = _look_first(run, quickbooks, worker, entity, batch, pushes)
    else:
        PushBatch.objects.filter(pk=batch.pk).update(tries=F("tries") + 1)
        body, request_id = bytes(batch.body), str(batch.request_id)
        try:
            results = alone.asking(run, worker, lambda: quickbooks.batch(body, request_id=request_id))
        except Refused as refusal:
            recording.give_up(run, entity, batch, refusal)
            if isinstance(refusal, ReadOnlyCompany):
                raise
            return
        found = _inquire(run, quickbooks, worker, entity, pushes, results)
    if recording.record(run, entity, batch, results, found):
        raise next(error for error in results.refused.values() if isinstance(error, ReadOnlyCompany))


def _expect(run: Run) -> None:
    """Say how many there are to send, as far as is known."""
    planned = Push.objects.filter(book_id=run.book_id, state__in=(PushState.PLANNED, PushState.SENT)).count()
    Run.objects.filter(pk=run.pk).update(expected=F("handled") + planned)


def _inquire(
    run: Run,
    quickbooks: QuickBooks,
    worker: UUID,
    entity: Entity,
    pushes: Sequence[Push],
    results: Results,
) -> Findings:
    names = {_name(entity, push) for push in pushes if _is(results, push, DuplicateName)}
    ids = {
        push.record.remote_id
        for push in pushes
        if push.record and (_is(results, push, Stale) or _is(results, push, NotFound))
    }
    if not (names or ids):
        return Findings()
    return alone.asking(run, worker, lambda: inquire(quickbooks, entity, names=names, ids=ids))


def _is(results: Results, push: Push, kind: type[QuickBooksError]) -> bool:
    return isinstance(results.refused.get(push.item_id), kind)


def _name(entity: Entity, push: Push) -> str:
    # QuickBooks keeps names with single blanks, and finds them only so.
    return " ".join(str(push.values.get(composing.name_field(entity), "")).split())


def _look_first(
    run: Run,
    quickbooks: QuickBooks,
    worker: UUID,
    entity: Entity,
    batch: PushBatch,
    pushes: Sequence[Push],
) -> tuple[Results, Findings]:
    """Find out by reading what became of a batch that was never answered and is too old to be sent again.

    An update arrived if the object has moved on and says all that was sent; any other is compared anew. A
    record to be created is ours if it says all that was sent and came to be since; anybody else of its name is in the way; and if there is nobody, it was not created.
    """
    creations = [push for push in pushes if push.operation == Operation.CREATE]
    names = {_name(entity, push) for push in creations}
    ids = {push.record.remote_id for push in pushes if push.record}
    found = alone.asking(run, worker, lambda: inquire(quickbooks, entity, names=names, ids=ids))
    results = Results()
    sent = {one["bId"]: one for one in orjson.loads(bytes(batch.body))["BatchItemRequest"]}
    for push in pushes:
        namesakes = found.namesakes.get(fold(_name(entity, push)), [])
        if push.operation == Operation.UPDATE:
            there = found.current.get(push.record.remote_id) if push.record else None
            if there and _has_arrived(entity, there, sent[push.item_id], push.values):
                results.written[push.item_id] = dict(there)
                continue
            results.refused[push.item_id] = Stale("It was not known whether this change had arrived.")
        elif own := [
            one.payload for one in namesakes if _is_ours(entity, one.payload, sent[push.item_id], batch)
        ]:
            results.written[push.item_id] = dict(own[0])
        elif namesakes:
            results.refused[push.item_id] = DuplicateName(
                "QuickBooks already has a customer, vendor or employee with this name.",
                advice="Link to that one, change the name, or skip it.",
            )
        else:
            results.refused[push.item_id] = _NotArrived("It was not created.")
    return results, found


class _NotArrived(QuickBooksError):
    retryable = True


def _has_arrived(entity: Entity, theirs: Payload, item: Payload, values: Values) -> bool:
    said = item.get(entity.remote, {})
    if str(theirs.get("SyncToken")) == str(said.get("SyncToken")):
        return False
    wanted, there = to_local(entity, said), to_local(entity, theirs)
    return all(str(there[name]).split() == str(wanted[name]).split() for name in values)


def _is_ours(entity: Entity, theirs: Payload, item: Payload, batch: PushBatch) -> bool:
    made = theirs.get("MetaData")
    made_at = str(made.get("CreateTime", "")) if isinstance(made, dict) else ""
    if not made_at or datetime.fromisoformat(made_at) < batch.written_at - timedelta(minutes=5):
        return False
    wanted, there = to_local(entity, item.get(entity.remote, {})), to_local(entity, theirs)
    return all(fold(str(there[name])) == fold(str(value)) for name, value in wanted.items() if value)
