"""Carry out saved mapping choices, a stretch of records per transaction.

Each part commits its links, clients, history, outcomes and counters together, and is locked
while somebody is at it: a worker killed anywhere leaves whole parts, and others take the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import sleep
from typing import Any, NamedTuple

import orjson
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.copying import copy_rows, redoable
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
    policy_of,
)
from mapping.plans import CreateLocal, Skip, TieTo, plan_new, plan_tie
from mapping.services import drafts, runs
from mapping.services.linking import before_after
from mapping.spec import Entity

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


class Waiting(NamedTuple):
    """What a plan and its outcome need of a mirror row beside its payload."""

    pk: int
    remote_id: str
    full_name: str


FieldChange = tuple[Waiting | RemoteRecord, int, ChangeKind, Mapping[str, Any]]
"""Record, key of our row, what happened, and [before, after] by field."""


@dataclass
class Batch:
    """What one batch will write."""

    create: list[tuple[Waiting, CreateLocal]] = field(default_factory=list)
    tie: list[tuple[Waiting, TieTo]] = field(default_factory=list)
    exclude: list[Waiting] = field(default_factory=list)
    skip: list[tuple[Waiting, Skip]] = field(default_factory=list)


def next_part(run: Run, draft: Draft) -> bool:
    """Carry out a part nobody is at; return whether there was one."""
    entity = ENTITIES[draft.entity]
    with redoable():
        free = RunPart.objects.select_for_update(skip_locked=True, of=("self",)).filter(run=run, done_at=None)
        part = free.order_by("after_id").first()
        if part is None:
            return False
        batch, handled = _plan(entity, draft, part)
        skipped = write(run, entity, batch)
        part.done_at = timezone.now()
        part.save(update_fields=["done_at"])
        runs.count_up(
            run,
            handled=handled,
            created=len(batch.create),
            linked=len(batch.tie),
            excluded=len(batch.exclude),
            skipped=skipped,
        )
    return True


def _plan(entity: Entity, draft: Draft, part: RunPart) -> tuple[Batch, int]:
    """Return what to write for a part, and how many records it decides; takes the records' locks."""
    waiting = _waiting(draft, part.after_id, part.up_to_id).order_by("pk").select_for_update()
    records = [Waiting(*row) for row in waiting.values_list("pk", "remote_id", "full_name")]
    own = _own_choices(draft, part)
    decided = [(record, *own.get(record.pk, (draft.default, None))) for record in records]
    payloads = payloads_of(
        [record.pk for record, choice, _ in decided if choice in (Choice.NEW, Choice.EXISTING)]
    )
    wanted = sorted({local_id for _, _, local_id in decided if local_id})
    ours = entity.local.read(wanted) if wanted else {}
    taken = _taken(draft, wanted)
    batch, lets_in = Batch(), policy_of(draft.book_id, entity.name).lets_in(entity)
    for record, choice, local_id in decided:
        step: CreateLocal | TieTo | Skip
        if choice == Choice.EXCLUDE:
            batch.exclude.append(record)
            continue
        if choice == Choice.LATER:
            continue
        if local_id is None:
            step = plan_new(entity, payloads[record.pk], lets_in=lets_in)
        else:
            step = plan_tie(
                entity,
                payloads[record.pk],
                local_id,
                lets_in=lets_in,
                ours=ours.get(local_id),
                is_taken=local_id in taken,
            )
            taken.add(local_id)
        _sort_in(batch, record, step)
    return batch, len(records)


def _own_choices(draft: Draft, part: RunPart) -> dict[int, tuple[str, int | None]]:
    chosen = DraftChoice.objects.filter(
        draft=draft, record_id__gt=part.after_id, record_id__lte=part.up_to_id
    ).values_list("record_id", "choice", "local_id")
    return {record_id: (choice, local_id) for record_id, choice, local_id in chosen}


def _sort_in(batch: Batch, record: Waiting, step: CreateLocal | TieTo | Skip) -> None:
    match step:
        case CreateLocal():
            batch.create.append((record, step))
        case TieTo():
            batch.tie.append((record, step))
        case Skip():
            batch.skip.append((record, step))


def payloads_of(record_ids: list[int]) -> dict[int, Any]:
    # As text: orjson parses several times faster than the driver does.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT record_id, payload::text FROM mapping_remotebody WHERE record_id = ANY(%s)", [record_ids]
        )
        return {pk: orjson.loads(text) for pk, text in cursor.fetchall()}


def _taken(draft: Draft, local_ids: Sequence[int]) -> set[int]:
    if not local_ids:
        return set()
    links = Link.objects.filter(book=draft.book, entity=draft.entity, local_id__in=local_ids)
    return set(links.values_list("local_id", flat=True))


def write(run: Run, entity: Entity, batch: Batch) -> int:
    """Write what a batch says: rows of ours, links, standings, history and outcomes. Counts nothing.

    Returns how many of those skipped the run had not told of yet.
    """
    new_ids = (
        entity.local.create(run.firm_id, [step.values for _, step in batch.create]) if batch.create else []
    )
    born: list[Tie] = [
        (record, local_id, step) for (record, step), local_id in zip(batch.create, new_ids, strict=True)
    ]
    tied: list[Tie] = [(record, step.local_id, step) for record, step in batch.tie]
    before = entity.local.read([step.local_id for _, step in batch.tie]) if batch.tie else {}
    if updates := {step.local_id: step.take for _, step in batch.tie if step.take}:
        entity.local.update(updates)
    if tied:
        entity.local.mark_linked([local_id for _, local_id, _ in tied], linked=True)
    write_links(run, [*born, *tied], entity=entity)
    changes: list[FieldChange] = [(record, local_id, ChangeKind.CREATED, {}) for record, local_id, _ in born]
    changes += [
        (record, step.local_id, ChangeKind.LINKED, before_after(dict(before[step.local_id]), step.take))
        for record, step in batch.tie
    ]
    write_changes(run, changes, entity=entity)
    _exclude(run, batch.exclude)
    return runs.note_outcomes(run, [outcome(run, record, step) for record, step in batch.skip])


Tie = tuple[Waiting, int, CreateLocal | TieTo]
"""A record, the key of our row, and what was decided about the two."""


def write_links(run: Run, ties: Sequence[Tie], *, entity: Entity | None = None) -> None:
    """Tie records to rows of ours. Runs that look after all kinds of record at once say which one this is."""
    now = timezone.now()
    kind_of_record = entity.name if entity else run.entity
    copy_rows(
        Link,
        (
            "firm_id",
            "book_id",
            "entity",
            "record_id",
            "local_id",
            "base",
            "kept",
            "run_id",
            "linked_by_id",
            "linked_at",
        ),
        (
            (
                run.firm_id,
                run.book_id,
                kind_of_record,
                record.pk,
                local_id,
                step.base,
                step.kept,
                run.pk,
                run.started_by_id,
                now,
            )
            for record, local_id, step in ties
        ),
    )
    _stand([record.pk for record, _, _ in ties], Standing.MAPPED)


def write_changes(run: Run, changes: Sequence[FieldChange], *, entity: Entity | None = None) -> None:
    """Write history. Runs that look after all kinds of record at once say which one this is."""
    now = timezone.now()
    kind_of_record = entity.name if entity else run.entity
    copy_rows(
        Change,
        ("firm_id", "entity", "local_id", "kind", "fields", "record_id", "run_id", "by_id", "at"),
        (
            (
                run.firm_id,
                kind_of_record,
                local_id,
                kind.value,
                fields,
                record.pk,
                run.pk,
                run.started_by_id,
                now,
            )
            for record, local_id, kind, fields in changes
        ),
    )


def _exclude(run: Run, records: Sequence[Waiting]) -> None:
    if not records:
        return
    now = timezone.now()
    copy_rows(
        Exclusion,
        ("firm_id", "record_id", "reason", "run_id", "excluded_by_id", "excluded_at"),
        ((run.firm_id, record.pk, "", run.pk, run.started_by_id, now) for record in records),
    )
    _stand([record.pk for record in records], Standing.EXCLUDED)


def _stand(record_ids: list[int], standing: Standing) -> None:
    if record_ids:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE mapping_remoterecord SET standing = %s WHERE id = ANY(%s)",
                [standing.value, record_ids],
            )


def outcome(run: Run, record: Waiting | RemoteRecord, skip: Skip, *, kind: str = "skipped") -> RunOutcome:
    return RunOutcome(
        firm_id=run.firm_id,
        run=run,
        record_id=record.pk,
        remote_id=record.remote_id,
        name=record.full_name[:500],
        outcome=kind,
        reason=skip.reason,
        detail=skip.detail,
    )
