"""Bring tied rows and their records to agree again, after either side changed.

What travels is derived from base, ours and theirs, never from an event: looking at a row once too
often changes nothing, and what was missed is found whenever it is looked at next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Q
from django.utils import timezone

from accounts.copying import copy_rows, update_rows
from mapping.models import ChangeKind, Conflict, Link, RemoteRecord, Run, policy_of
from mapping.plans import Reconcile, Skip, plan_values, rules_in_force
from mapping.policy import Direction, Policy
from mapping.services import moot, runs
from mapping.services.carrying_out import outcome, write_changes
from mapping.services.linking import before_after
from mapping.spec import Entity, Values
from mapping.transform import to_local


@dataclass(frozen=True)
class ToSend:
    """Values of ours that QuickBooks is to have."""

    local_id: int
    record: RemoteRecord
    values: Values


@dataclass(frozen=True)
class Outgoing:
    """What looking at some tied rows means for QuickBooks."""

    to_send: list[ToSend] = field(default_factory=list)
    looked_at: list[int] = field(default_factory=list)
    """Our rows that were compared; those not among ``to_send`` and ``held`` have nothing to say now."""
    held: dict[str, list[ToSend]] = field(default_factory=dict)
    """What would be sent if not for a reason, by its code: the record is inactive or gone there, or the
    client has no e-mail address where the firm wants one."""


Step = tuple[Link, Reconcile]


def reconcile(
    run: Run, entity: Entity, *, record_ids: Sequence[int] = (), local_ids: Sequence[int] = ()
) -> Outgoing:
    """Compare the tied ones among these and take over, field by field, what the firm's policy lets in.

    Call it in the transaction that stored the records. Unmapped, excluded and paused ones are left alone,
    and nothing is taken from a record that is gone. Idempotent. The caller writes down what is to be sent.
    """
    policy = policy_of(run.book_id, entity.name)
    if policy.direction is Direction.OFF or not (record_ids or local_ids):
        return Outgoing()
    links = list(
        Link.objects.select_related("record__body")
        .filter(Q(record_id__in=record_ids) | Q(local_id__in=local_ids), book=run.book_id, entity=entity.name)
        .filter(is_paused=False)
        .order_by("pk")
        .select_for_update(of=("self",))
    )
    if not links:
        return Outgoing()
    ours = entity.local.read([link.local_id for link in links])
    links = [link for link in links if link.local_id in ours]
    steps, held_back = _plan(entity, policy, links, ours)
    _take(run, entity, steps, ours)
    _agree(steps)
    _note_conflicts(run, steps)
    outgoing = _outgoing(links, steps)
    undecided = runs.note_outcomes(
        run,
        [
            outcome(
                run, link.record, Skip("both_changed", {"fields": sorted(step.conflicts)}), kind="conflict"
            )
            for link, step in steps
            if step.conflicts
        ],
    )
    left = [outcome(run, link.record, step) for link, step in held_back]
    left += [outcome(run, link.record, Skip("no_email")) for link, step in steps if step.alone]
    left += [outcome(run, one.record, Skip(reason)) for reason, them in outgoing.held.items() for one in them]
    runs.count_up(
        run,
        skipped=runs.note_outcomes(run, left),
        pulled=len([step for _, step in steps if step.take]),
        conflicts=undecided,
    )
    return outgoing


def _outgoing(links: Sequence[Link], steps: Sequence[Step]) -> Outgoing:
    found = Outgoing(looked_at=[link.local_id for link in links])
    for link, step in steps:
        if step.waits_for == "no_email":
            held = found.held.setdefault(step.waits_for, [])
            held.append(ToSend(link.local_id, link.record, step.waits))
        elif step.send:
            one = ToSend(link.local_id, link.record, step.send)
            obstacle = _obstacle(link.record)
            (found.held.setdefault(obstacle, []) if obstacle else found.to_send).append(one)
    return found


def _obstacle(record: RemoteRecord) -> str:
    """Return the code of why nothing can be sent to a record, or nothing."""
    if record.gone_at:
        return "gone_there"
    return "" if record.is_active else "inactive_there"


def _plan(
    entity: Entity, policy: Policy, links: Sequence[Link], ours: Mapping[int, Values]
) -> tuple[list[Step], list[tuple[Link, Skip]]]:
    moments = entity.local.edited_at([link.local_id for link in links])
    rules = rules_in_force(entity, policy)
    steps: list[Step] = []
    skips: list[tuple[Link, Skip]] = []
    for link in links:
        changed_there = link.record.changed_there_at
        plan = plan_values(
            entity,
            to_local(entity, link.record.payload),
            policy=policy,
            rules=rules,
            ours=dict(ours[link.local_id]),
            base=link.base,
            kept=link.kept,
            ours_is_newer=changed_there is None or moments[link.local_id] > changed_there,
        )
        if isinstance(plan, Skip):
            skips.append((link, plan))
        else:
            steps.append((link, _of_gone(link, plan) if link.record.gone_at else plan))
    return steps, skips


def _of_gone(link: Link, plan: Reconcile) -> Reconcile:
    """What a record said last is nobody's word once it is gone; only what we would send is of interest."""
    return replace(plan, take={}, alone=[], base=link.base, kept=link.kept, conflicts={})


def _take(run: Run, entity: Entity, steps: Sequence[Step], ours: Mapping[int, Values]) -> None:
    taking = [(link, step) for link, step in steps if step.take]
    if not taking:
        return
    entity.local.update({link.local_id: step.take for link, step in taking})
    write_changes(
        run,
        [
            (link.record, link.local_id, ChangeKind.UPDATED, before_after(ours[link.local_id], step.take))
            for link, step in taking
        ],
        entity=entity,
    )


def _agree(steps: Sequence[Step]) -> None:
    moved = [(link, step) for link, step in steps if (link.base, link.kept) != (step.base, step.kept)]
    if moved:
        update_rows(Link, ("id", "base", "kept"), [(link.pk, step.base, step.kept) for link, step in moved])


def _note_conflicts(run: Run, steps: Sequence[Step]) -> None:
    """Open a conflict, say anew what an open one is about, or settle it where the two agree again."""
    now = timezone.now()
    moot.close("gone_there", link_id__in=[link.pk for link, _ in steps if link.record.gone_at])
    Conflict.objects.filter(
        link_id__in=[link.pk for link, step in steps if not step.conflicts], settled_at=None
    ).update(settled_at=now)
    rows: list[tuple[Any, ...]] = [
        (run.firm_id, link.pk, link.entity, step.conflicts, run.pk, now, {})
        for link, step in steps
        if step.conflicts
    ]
    if rows:
        copy_rows(
            Conflict,
            ("firm_id", "link_id", "entity", "fields", "run_id", "found_at", "answer"),
            rows,
            on_conflict="(link_id) WHERE settled_at IS NULL DO UPDATE SET fields = EXCLUDED.fields",
        )
