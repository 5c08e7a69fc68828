"""Carry out saved mapping choices, a stretch of records per transaction.

Each part commits its links, clients, history, outcomes and counters together, and is locked
while somebody is at it: a worker killed anywhere leaves whole parts, and others take the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import sleep
from typing import Any

import orjson
from django.db import connection, transaction
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from accounts.copying import copy_rows
from mapping.entities import ENTITIES
from mapping.models import (
    Change,
    ChangeKind,
    Choice,
    Draft,
    DraftChoice,
    Exclusion,
    Link,
    RemoteRecord,
    Run,
    RunOutcome,
    RunPart,
    RunState,
    Standing,
)
from mapping.plans import CreateLocal, Skip, TieTo, plan_new, plan_tie
from mapping.services import drafts, runs
from mapping.services.linking import before_after
from mapping.spec import Entity, Values

FieldChange = tuple[RemoteRecord, int, ChangeKind, Mapping[str, Any]]
"""Record, key of our row, what happened, and [before, after] by field."""

BATCH = 1000
_BEGUN = "begun"
_LOOK_AGAIN_S = 0.05


def carry_out(run: Run, *, parts: int, is_first: bool = True) -> bool:
    """Work through up to so many parts; return whether there is more to do. Idempotent.

    Several workers may be at one run. The first of them lays out the parts and ends the run,
    waiting for what the others hold.
    """
    if is_first:
        begin(run)
    draft = Draft.objects.select_related("book").get(run=run)
    for _ in range(parts):
        if not runs.beat(run):
            runs.finish(run, RunState.CANCELLED)
            return False
        if not next_part(run, draft):
            return is_first and not _has_ended(run)
    return True


def _has_ended(run: Run) -> bool:
    if RunPart.objects.filter(run=run, done_at=None).exists():
        sleep(_LOOK_AGAIN_S)
        return False
    return runs.finish(run, RunState.DONE) or True


def begin(run: Run) -> bool:
    """Settle the exact matches, count what there is to do and share it out; return whether this call did."""
    if run.options.get(_BEGUN):
        return False
    draft = Draft.objects.select_related("book").get(run=run)
    with transaction.atomic():
        drafts.settle_matches(draft)
        with connection.cursor() as cursor:
            cursor.execute(
                _LAY_OUT,
                {
                    "firm": run.firm_id,
                    "run": run.pk,
                    "book": draft.book_id,
                    "entity": draft.entity,
                    "up_to": run.options["up_to"],
                    "size": BATCH,
                },
            )
        run.expected = _waiting(draft, 0, run.options["up_to"]).count()
        run.options[_BEGUN] = True
        run.save(update_fields=["expected", "options"])
    return True


_LAY_OUT = """
    INSERT INTO mapping_runpart (firm_id, run_id, after_id, up_to_id)
    SELECT %(firm)s, %(run)s, lag(id, 1, 0::bigint) OVER (ORDER BY id), id
    FROM (
        SELECT id, row_number() OVER (ORDER BY id) AS place, count(*) OVER () AS places
        FROM mapping_remoterecord
        WHERE firm_id = %(firm)s AND book_id = %(book)s AND entity = %(entity)s
          AND standing = 'unmapped' AND gone_at IS NULL AND id <= %(up_to)s
    ) AS waiting
    WHERE place %% %(size)s = 0 OR place = places
    ON CONFLICT DO NOTHING
"""


def _waiting(draft: Draft, after_id: int, up_to_id: int) -> QuerySet[RemoteRecord]:
    unmapped = RemoteRecord.objects.of(draft.book, draft.entity).unmapped()
    return unmapped.filter(gone_at=None, pk__gt=after_id, pk__lte=up_to_id)


@dataclass
class Batch:
    """What one batch will write."""

    create: list[tuple[RemoteRecord, CreateLocal]] = field(default_factory=list)
    tie: list[tuple[RemoteRecord, TieTo]] = field(default_factory=list)
    exclude: list[RemoteRecord] = field(default_factory=list)
    skip: list[tuple[RemoteRecord, Skip]] = field(default_factory=list)


def next_part(run: Run, draft: Draft) -> bool:
    """Carry out a part nobody is at; return whether there was one."""
    entity = ENTITIES[draft.entity]
    with transaction.atomic():
        free = RunPart.objects.select_for_update(skip_locked=True, of=("self",)).filter(run=run, done_at=None)
        part = free.order_by("after_id").first()
        if part is None:
            return False
        waiting = _waiting(draft, part.after_id, part.up_to_id).order_by("pk")
        records = list(
            waiting.only("pk", "remote_id", "full_name", "standing").select_for_update(of=("self",))
        )
        batch = _plan(entity, draft, records)
        _write(run, entity, batch)
        part.done_at = timezone.now()
        part.save(update_fields=["done_at"])
        runs.count_up(
            run,
            handled=len(records),
            created=len(batch.create),
            linked=len(batch.tie),
            excluded=len(batch.exclude),
            skipped=len(batch.skip),
        )
    return True


def _plan(entity: Entity, draft: Draft, records: Sequence[RemoteRecord]) -> Batch:
    own = {
        choice.record_id: choice
        for choice in DraftChoice.objects.filter(draft=draft, record_id__in=[record.pk for record in records])
    }
    decided = [(record, _decision(draft, own.get(record.pk))) for record in records]
    payloads = _payloads(
        [record for record, (choice, _) in decided if choice in (Choice.NEW, Choice.EXISTING)]
    )
    wanted = sorted({local_id for _, (_, local_id) in decided if local_id})
    ours = entity.local.read(wanted) if wanted else {}
    taken = _taken(draft, wanted)
    batch = Batch()
    for record, (choice, local_id) in decided:
        step: CreateLocal | TieTo | Skip
        if choice == Choice.EXCLUDE:
            batch.exclude.append(record)
            continue
        if choice == Choice.LATER:
            continue
        if local_id is None:
            step = plan_new(entity, payloads[record.pk])
        else:
            is_taken = local_id in taken
            step = plan_tie(entity, payloads[record.pk], local_id, ours=ours.get(local_id), is_taken=is_taken)
            taken.add(local_id)
        _sort_in(batch, record, step)
    return batch


def _sort_in(batch: Batch, record: RemoteRecord, step: CreateLocal | TieTo | Skip) -> None:
    match step:
        case CreateLocal():
            batch.create.append((record, step))
        case TieTo():
            batch.tie.append((record, step))
        case Skip():
            batch.skip.append((record, step))


def _decision(draft: Draft, own: DraftChoice | None) -> tuple[Choice, int | None]:
    return (Choice(own.choice), own.local_id) if own else (Choice(draft.default), None)


def _payloads(records: Sequence[RemoteRecord]) -> dict[int, Any]:
    # As text: orjson parses several times faster than the driver does.
    whole = RemoteRecord.objects.filter(pk__in=[record.pk for record in records])
    texts = whole.annotate(text=Cast("payload", TextField())).values_list("pk", "text")
    return {pk: orjson.loads(text) for pk, text in texts}


def _taken(draft: Draft, local_ids: Sequence[int]) -> set[int]:
    if not local_ids:
        return set()
    links = Link.objects.filter(book=draft.book, entity=draft.entity, local_id__in=local_ids)
    return set(links.values_list("local_id", flat=True))


def _write(run: Run, entity: Entity, batch: Batch) -> None:
    new_ids = (
        entity.local.create(run.firm_id, [step.values for _, step in batch.create]) if batch.create else []
    )
    born = [
        (record, local_id, step.base) for (record, step), local_id in zip(batch.create, new_ids, strict=True)
    ]
    tied = [(record, step.local_id, step.base) for record, step in batch.tie]
    before = entity.local.read([step.local_id for _, step in batch.tie]) if batch.tie else {}
    if updates := {step.local_id: step.take for _, step in batch.tie if step.take}:
        entity.local.update(updates)
    if tied:
        entity.local.mark_linked([local_id for _, local_id, _ in tied], linked=True)
    write_links(run, [*born, *tied])
    changes: list[FieldChange] = [(record, local_id, ChangeKind.CREATED, {}) for record, local_id, _ in born]
    changes += [
        (record, step.local_id, ChangeKind.LINKED, before_after(dict(before[step.local_id]), step.take))
        for record, step in batch.tie
    ]
    write_changes(run, changes)
    _exclude(run, batch.exclude)
    runs.note_outcomes(run, [outcome(run, record, step) for record, step in batch.skip])


def write_links(run: Run, ties: Sequence[tuple[RemoteRecord, int, Values]]) -> None:
    now = timezone.now()
    copy_rows(
        Link,
        (
            "firm_id",
            "book_id",
            "entity",
            "record_id",
            "local_id",
            "base",
            "run_id",
            "linked_by_id",
            "linked_at",
        ),
        (
            (run.firm_id, run.book_id, run.entity, record.pk, local_id, base, run.pk, run.started_by_id, now)
            for record, local_id, base in ties
        ),
    )
    _stand([record.pk for record, _, _ in ties], Standing.MAPPED)


def write_changes(run: Run, changes: Sequence[FieldChange]) -> None:
    now = timezone.now()
    copy_rows(
        Change,
        ("firm_id", "entity", "local_id", "kind", "fields", "record_id", "run_id", "by_id", "at"),
        (
            (run.firm_id, run.entity, local_id, kind.value, fields, record.pk, run.pk, run.started_by_id, now)
            for record, local_id, kind, fields in changes
        ),
    )


def _exclude(run: Run, records: Sequence[RemoteRecord]) -> None:
    if not records:
        return
    now = timezone.now()
    copy_rows(
        Exclusion,
        ("firm_id", "record_id", "reason", "run_id", "excluded_by_id", "excluded_at"),
        ((run.firm_id, record.pk, "", run.pk, run.started_by_id, now) for record in records),
    )
    _stand([record.pk for record in records], Standing.EXCLUDED)


def _stand(record_ids: Sequence[int], standing: Standing) -> None:
    if record_ids:
        RemoteRecord.objects.filter(pk__in=record_ids).update(standing=standing)


def outcome(run: Run, record: RemoteRecord, skip: Skip) -> RunOutcome:
    return RunOutcome(
        firm_id=run.firm_id,
        run=run,
        record_id=record.pk,
        remote_id=record.remote_id,
        name=record.full_name[:500],
        outcome="skipped",
        reason=skip.reason,
        detail=skip.detail,
    )
