"""Take in what QuickBooks answered to a batch: one transaction, and once.

What it wrote goes into the mirror and into what both sides agree on. What it refused is held back
with what a person needs, or compared anew where the other side moved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.copying import update_rows
from integrations.models import BatchState, Operation, Push, PushBatch, PushState
from integrations.quickbooks import (
    DuplicateName,
    NotFound,
    QuickBooksError,
    ReadOnlyCompany,
    Results,
    Stale,
)
from integrations.sync import composing, outbox, preparing
from integrations.sync.inquiries import Findings, Namesake
from mapping.entities import ENTITIES
from mapping.matching import fold
from mapping.merge import confirmed
from mapping.models import ChangeKind, Link, RemoteRecord, Run, Standing
from mapping.services import mirroring, runs
from mapping.services.bringing_in import bring_in
from mapping.services.carrying_out import FieldChange, write_changes
from mapping.services.reconciling import reconcile
from mapping.spec import Entity, Payload, Values
from mapping.transform import at, to_local

MOST_TRIES = 3
"""How often a record that keeps changing there is sent before it is held back until the next refresh."""


@dataclass
class Ledger:
    """What is to be noted of a batch's pushes once all are gone through."""

    changes: list[FieldChange] = field(default_factory=list)
    confirmed: list[Push] = field(default_factory=list)
    again: list[Push] = field(default_factory=list)
    """To be compared and planned anew."""
    held: list[preparing.Held] = field(default_factory=list)
    last_words: dict[int, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    """Why a push is held if trying it again has come to its end."""


def record(run: Run, entity: Entity, batch: PushBatch, results: Results, found: Findings) -> bool:
    """Record an answer; return whether QuickBooks said that the company is read-only.

    Idempotent: a batch that was recorded meanwhile is left alone.
    """
    with transaction.atomic():
        held = PushBatch.objects.select_for_update(no_key=True).get(pk=batch.pk)
        if held.state == BatchState.ANSWERED:
            return False
        pushes = list(Push.objects.filter(batch=batch, state=PushState.SENT).order_by("pk"))
        records = _mirror(run, entity, results, found)
        ledger = Ledger()
        _confirm_updates(entity, pushes, results, records, ledger, _held_links(entity, records))
        _confirm_creations(run, entity, pushes, results, records, ledger)
        for push in pushes:
            if push.item_id in results.refused:
                _refuse(run, entity, push, results.refused[push.item_id], found, records, ledger)
        _settle(run, entity, ledger)
        # Who was met in the way is new to us, and no refresh tells of it a second time.
        bring_in(run, entity, [row.pk for id, row in records.items() if id not in _ids(results)])
        _compare(run, entity, [record.pk for record in records.values()], ledger)
        held.state, held.answered_at = BatchState.ANSWERED, timezone.now()
        held.save(update_fields=["state", "answered_at"])
        runs.count_up(run, calls=1 + found.calls)
    return any(isinstance(error, ReadOnlyCompany) for error in results.refused.values())


def _mirror(run: Run, entity: Entity, results: Results, found: Findings) -> dict[str, RemoteRecord]:
    """Keep all objects that came; return those of this entity by id."""
    theirs = [*results.written.values(), *found.current.values()]
    others: dict[str, list[Payload]] = {}
    for namesake in _all_of(found):
        others.setdefault(namesake.remote, []).append(namesake.payload)
    theirs += others.pop(entity.remote, [])
    for declared in ENTITIES.values():
        if declared.remote in others:
            mirroring.store(run.book, declared, others[declared.remote], run_id=run.pk)
    mirroring.store(run.book, entity, theirs, run_id=run.pk)
    mirroring.mark_gone(run.book, entity, sorted(found.missing))
    ids = {str(one["Id"]) for one in theirs} | found.missing
    rows = RemoteRecord.objects.of(run.book, entity.name).filter(remote_id__in=ids)
    return {row.remote_id: row for row in rows.select_for_update(of=("self",)).order_by("pk")}


def _held_links(entity: Entity, records: dict[str, RemoteRecord]) -> dict[tuple[int, int], Link]:
    """Lock all links that this answer is about before any row of ours, as everybody does; return them."""
    about = Link.objects.filter(record_id__in=[row.pk for row in records.values()], entity=entity.name)
    held = about.order_by("pk").select_for_update(of=("self",))
    return {(link.local_id, link.record_id): link for link in held}


def _ids(results: Results) -> set[str]:
    return {str(one["Id"]) for one in results.written.values()}


def _all_of(found: Findings) -> Iterable[Namesake]:
    return (namesake for namesakes in found.namesakes.values() for namesake in namesakes)


def _confirm_updates(
    entity: Entity,
    pushes: Sequence[Push],
    results: Results,
    records: dict[str, RemoteRecord],
    ledger: Ledger,
    links: Mapping[tuple[int, int], Link],
) -> None:
    done = [
        (push, results.written[push.item_id])
        for push in pushes
        if push.operation == Operation.UPDATE and push.item_id in results.written
    ]
    agreed: list[tuple[int, Values, Values]] = []
    for push, payload in done:
        ledger.confirmed.append(push)
        # Whoever disconnected the two meanwhile did not take back what was sent.
        link = links.get((push.local_id, push.record_id or 0))
        before = {**(link.base if link else {}), **push.detail.get(preparing.OVERWRITES, {})}
        if link:
            answer = to_local(entity, payload)
            agreed.append((link.pk, *confirmed(link.base, link.kept, sent=push.values, answer=answer)))
        if record := records.get(str(payload["Id"])):
            said = _before_after(before, push.values)
            ledger.changes.append((record, push.local_id, ChangeKind.SENT, said))
    if agreed:
        update_rows(Link, ("id", "base", "kept"), agreed)


def _confirm_creations(
    run: Run,
    entity: Entity,
    pushes: Sequence[Push],
    results: Results,
    records: dict[str, RemoteRecord],
    ledger: Ledger,
) -> None:
    """Tie what was created to its rows, all at once."""
    made = [
        (push, results.written[push.item_id])
        for push in pushes
        if push.operation == Operation.CREATE and push.item_id in results.written
    ]
    local_ids = [push.local_id for push, _ in made]
    # Whoever would tie one of these rows waits for us.
    ours = entity.local.read(local_ids) if made else {}
    taken = _tied(run, entity, local_ids)
    links: list[Link] = []
    for push, payload in made:
        record = records.get(str(payload["Id"]))
        if obstacle := _obstacle(push, record, taken):
            ledger.held.append((push, record, obstacle, {}))
            continue
        assert record
        answer = to_local(entity, payload)
        links.append(_link(run, entity, push, record, ours.get(push.local_id, {}), answer))
        ledger.confirmed.append(push)
        ledger.changes.append((record, push.local_id, ChangeKind.SENT, _before_after({}, push.values)))
    if links:
        Link.objects.bulk_create(links)
        RemoteRecord.objects.filter(pk__in=[link.record_id for link in links]).update(
            standing=Standing.MAPPED
        )
        entity.local.mark_linked([link.local_id for link in links], linked=True)


def _tied(run: Run, entity: Entity, local_ids: Sequence[int]) -> set[int]:
    if not local_ids:
        return set()
    links = Link.objects.filter(book=run.book_id, entity=entity.name, local_id__in=local_ids)
    return set(links.values_list("local_id", flat=True))


def _obstacle(push: Push, record: RemoteRecord | None, taken: set[int]) -> str:
    """Return the code of what prevents tying a new record to its row, or nothing."""
    if record is None:
        return "unreadable"
    if record.standing != Standing.UNMAPPED:
        return "claimed"
    return "client_taken" if push.local_id in taken else ""


def _link(run: Run, entity: Entity, push: Push, record: RemoteRecord, ours: Values, answer: Values) -> Link:
    # What was sent is agreed, and what is the same anyway; the rest is compared like anything new.
    base, kept = confirmed({}, {}, sent=push.values, answer=answer)
    same = {name: value for name, value in answer.items() if name in ours and ours[name] == value}
    return Link(
        firm_id=run.firm_id,
        book_id=run.book_id,
        entity=entity.name,
        record=record,
        local_id=push.local_id,
        base={**same, **base},
        kept=kept,
        run_id=run.pk,
    )


def _before_after(before: Values, sent: Values) -> dict[str, list[object]]:
    return {name: [before.get(name, ""), value] for name, value in sent.items()}


def _refuse(
    run: Run,
    entity: Entity,
    push: Push,
    error: QuickBooksError,
    found: Findings,
    records: dict[str, RemoteRecord],
    ledger: Ledger,
) -> None:
    words = {"says": error.sentence, "do": error.advice, "words": error.detail, "code": error.code}
    mirrored = next((record for record in records.values() if record.pk == push.record_id), push.record)
    if isinstance(error, DuplicateName):
        name = str(push.values.get(composing.name_field(entity), ""))
        namesakes = found.namesakes.get(fold(name), [])
        in_the_way = [
            _described(entity, each, records)
            for each in namesakes
            if not (
                mirrored and each.remote == entity.remote and str(each.payload["Id"]) == mirrored.remote_id
            )
        ]
        ledger.held.append((push, mirrored, "duplicate_name", {**words, "in_the_way": in_the_way}))
    elif isinstance(error, ReadOnlyCompany):
        ledger.held.append((push, mirrored, "read_only", {}))
    elif isinstance(error, NotFound) and mirrored and mirrored.remote_id in found.missing:
        ledger.held.append((push, mirrored, "gone_there", {}))
    elif isinstance(error, NotFound) and mirrored and not mirrored.is_active:
        ledger.again.append(push)  # Comparing finds the record inactive, and holds it for that.
    elif isinstance(error, Stale):
        if mirrored and mirrored.remote_id in found.missing:
            ledger.held.append((push, mirrored, "gone_there", {}))
        else:
            ledger.again.append(push)
            ledger.last_words[push.pk] = ("changed_there", {})
    elif error.retryable:
        ledger.again.append(push)
        ledger.last_words[push.pk] = ("refused", words)
    else:
        fields = composing.fields_at(entity, error.element)
        ledger.held.append((push, mirrored, "not_accepted", {**words, "fields": fields}))


def _described(entity: Entity, namesake: Namesake, records: dict[str, RemoteRecord]) -> dict[str, Any]:
    payload = namesake.payload
    ours = records.get(str(payload["Id"])) if namesake.remote == entity.remote else None
    return {
        "remote": namesake.remote,
        "remote_id": str(payload["Id"]),
        "name": str(at(payload, entity.title) or ""),
        "is_active": payload.get("Active", True) is not False,
        "record_id": ours.pk if ours else None,
    }


def _settle(run: Run, entity: Entity, ledger: Ledger) -> None:
    now = timezone.now()
    done = Push.objects.filter(pk__in=[push.pk for push in ledger.confirmed])
    done.update(state=PushState.CONFIRMED, settled_at=now, reason="", detail={})
    preparing.hold(run, entity, ledger.held)
    for push in ledger.again:
        push.state, push.tries = PushState.PLANNED, push.tries + 1
    Push.objects.bulk_update(ledger.again, ["state", "tries"])
    if ledger.changes:
        write_changes(run, ledger.changes, entity=entity)
    runs.count_up(run, sent=len(ledger.confirmed), handled=len(ledger.confirmed))


def _compare(run: Run, entity: Entity, record_ids: Sequence[int], ledger: Ledger) -> None:
    """Look at the records as they stand now, and give up on what was tried too often."""
    outbox.plan(run, entity, reconcile(run, entity, record_ids=record_ids))
    spent = [push for push in ledger.again if push.tries >= MOST_TRIES and push.pk in ledger.last_words]
    still = Push.objects.filter(pk__in=[push.pk for push in spent], state=PushState.PLANNED)
    waiting = set(still.values_list("pk", flat=True))
    preparing.hold(
        run,
        entity,
        [(push, push.record, *ledger.last_words[push.pk]) for push in spent if push.pk in waiting],
    )


def give_up(run: Run, entity: Entity, batch: PushBatch, error: QuickBooksError) -> None:
    """Take in that QuickBooks refused a batch as a whole: nothing of it was done.

    Its pushes go one by one from then on; what is refused alone too often is held.
    """
    words = {"says": error.sentence, "do": error.advice, "words": error.detail, "code": error.code}
    with transaction.atomic():
        held = PushBatch.objects.select_for_update(no_key=True).get(pk=batch.pk)
        if held.state == BatchState.ANSWERED:
            return
        pushes = list(Push.objects.select_related("record").filter(batch=batch, state=PushState.SENT))
        if isinstance(error, ReadOnlyCompany):
            outbox.hold([push.pk for push in pushes], "read_only")
            pushes = []
        for push in pushes:
            push.state, push.tries, push.reason = PushState.PLANNED, push.tries + 1, preparing.ALONE
        Push.objects.bulk_update(pushes, ["state", "tries", "reason"])
        spent = [push for push in pushes if push.tries >= MOST_TRIES]
        preparing.hold(run, entity, [(push, push.record, "refused", words) for push in spent])
        held.state, held.answered_at = BatchState.ANSWERED, timezone.now()
        held.save(update_fields=["state", "answered_at"])
        runs.count_up(run, calls=1)
