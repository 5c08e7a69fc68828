"""Bring tied rows up to date with records that changed in QuickBooks."""

from __future__ import annotations

from collections.abc import Sequence

from accounts.copying import update_rows
from mapping.entities import ENTITIES
from mapping.models import ChangeKind, Link, RemoteRecord, Run, RunOutcome
from mapping.plans import CatchUp, Skip, plan_catch_up
from mapping.services import runs
from mapping.services.carrying_out import outcome, write_changes
from mapping.services.linking import before_after
from mapping.spec import Entity


def catch_up(run: Run, record_ids: Sequence[int]) -> None:
    """Take over what moved there in these mirror rows, field by field, unless we moved it too.

    Call it in the transaction that stored them. Unmapped and excluded records are left alone.
    """
    if not record_ids:
        return
    entity = ENTITIES[run.entity]
    links = list(Link.objects.select_related("record__body").filter(record_id__in=record_ids).order_by("pk"))
    ours = entity.local.read([link.local_id for link in links]) if links else {}
    steps = [
        (link, plan_catch_up(entity, link.record.payload, ours=dict(ours[link.local_id]), base=link.base))
        for link in links
        if link.local_id in ours
    ]
    agreed = [(link, step) for link, step in steps if isinstance(step, CatchUp)]
    _take(run, entity, [(link, step) for link, step in agreed if step.take], dict(ours))
    update_rows(Link, ("id", "base"), [(link.pk, step.base) for link, step in agreed])
    held_back = [outcome(run, link.record, step) for link, step in steps if isinstance(step, Skip)]
    held_back += [_conflict(run, link.record, step) for link, step in agreed if step.conflicts]
    runs.note_outcomes(run, held_back)
    runs.count_up(run, skipped=len(held_back), pulled=len([step for _, step in agreed if step.take]))


def _take(
    run: Run, entity: Entity, steps: Sequence[tuple[Link, CatchUp]], ours: dict[int, dict[str, object]]
) -> None:
    if not steps:
        return
    entity.local.update({link.local_id: step.take for link, step in steps})
    write_changes(
        run,
        [
            (link.record, link.local_id, ChangeKind.UPDATED, before_after(ours[link.local_id], step.take))
            for link, step in steps
        ],
    )


def _conflict(run: Run, record: RemoteRecord, step: CatchUp) -> RunOutcome:
    return outcome(run, record, Skip("both_changed", {"fields": step.conflicts}))
