"""Say what becomes of each change of a run that is taken back: back to what it was, or left, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from mapping.entities import ENTITIES
from mapping.models import Change, ChangeKind, Exclusion, Inclusion, Link, RemoteRecord, Run, Standing
from mapping.spec import Entity, Values

BATCH = 1000
_KINDS = (ChangeKind.CREATED, ChangeKind.LINKED, ChangeKind.UPDATED)


@dataclass(frozen=True)
class Step:
    """What becomes of one change."""

    change: Change
    name: str
    link: Link | None = None
    back: Values = field(default_factory=dict)
    """Values to be written here again."""
    moved: dict[str, list[Any]] = field(default_factory=dict)
    """Field to [before, after] of this step, for the history."""
    withdraws: bool = False
    unlinks: bool = False
    left: tuple[str, ...] = ()
    """Fields that were changed since."""
    reason: str = ""

    @property
    def does_nothing(self) -> bool:
        return not (self.back or self.withdraws or self.unlinks)


def changes_of(run: Run) -> QuerySet[Change]:
    return Change.objects.filter(run_id=run.pk, kind__in=_KINDS)


def exclusions_of(run: Run) -> QuerySet[Exclusion]:
    return Exclusion.objects.filter(run_id=run.pk, record__book=run.book_id)


def inclusions_of(run: Run) -> QuerySet[Inclusion]:
    """Records the run included again that nobody has decided otherwise since."""
    return Inclusion.objects.filter(
        run_id=run.pk, record__book=run.book_id, record__standing=Standing.UNMAPPED
    )


def size(run: Run) -> int:
    """Return how much there is to take back."""
    each = (changes_of(run), exclusions_of(run), inclusions_of(run))
    return sum(found.count() for found in each)


def following(run: Run, below: int | None) -> list[Change]:
    older = changes_of(run) if below is None else changes_of(run).filter(pk__lt=below)
    return list(older.order_by("-pk")[:BATCH])


def by_entity(changes: Sequence[Change]) -> Iterable[tuple[Entity, list[Change]]]:
    names = dict.fromkeys(change.entity for change in changes)
    return [(ENTITIES[name], [change for change in changes if change.entity == name]) for name in names]


def plan(run: Run, undo: Run | None, entity: Entity, changes: Sequence[Change]) -> list[Step]:
    """Plan for changes in the order given, newest first; locks records, links and rows when it is for good."""
    if undo:
        record_ids = {change.record_id for change in changes if change.record_id}
        records = RemoteRecord.objects.filter(pk__in=record_ids).order_by("pk")
        list(records.select_for_update(of=("self",), no_key=True).values_list("pk"))
    local_ids = sorted({change.local_id for change in changes})
    links = Link.objects.filter(book=run.book_id, entity=entity.name, local_id__in=local_ids).order_by("pk")
    linked = {link.local_id: link for link in (links.select_for_update(of=("self",)) if undo else links)}
    read = entity.local.read if undo else entity.local.glance
    ours = {local_id: dict(values) for local_id, values in read(local_ids).items()}
    touched = _touched(run, undo, entity, changes, local_ids)
    names = _names(changes)
    steps = []
    for change in changes:
        step = _step(
            change,
            names.get(change.record_id or 0, ""),
            ours=ours.get(change.local_id),
            link=linked.get(change.local_id),
            is_touched=change.local_id in touched,
        )
        if step.back:
            ours[change.local_id].update(step.back)
        steps.append(step)
    return steps


def _touched(
    run: Run, undo: Run | None, entity: Entity, changes: Sequence[Change], local_ids: Sequence[int]
) -> set[int]:
    """Return the rows somebody or something else has changed since the run made them."""
    own = {run.pk, undo.pk if undo else run.pk}
    made = {change.local_id: change.pk for change in changes if change.kind == ChangeKind.CREATED}
    since = Change.objects.filter(entity=entity.name, local_id__in=list(made)).order_by("pk")
    last: dict[int, datetime] = {}
    touched = set()
    for local_id, pk, run_id, at in since.values_list("local_id", "pk", "run_id", "at"):
        if run_id in own:
            last[local_id] = max(at, last.get(local_id, at))
        elif pk > made[local_id]:
            touched.add(local_id)
    for local_id, changed_at in entity.local.changed_at(list(made)).items():
        if changed_at > last[local_id]:
            touched.add(local_id)
    return touched


def _names(changes: Sequence[Change]) -> dict[int, str]:
    record_ids = {change.record_id for change in changes if change.record_id}
    return dict(RemoteRecord.objects.filter(pk__in=record_ids).values_list("pk", "full_name"))


def _step(
    change: Change, record_name: str, *, ours: Values | None, link: Link | None, is_touched: bool
) -> Step:
    name = str((ours or {}).get("name") or record_name)
    if ours is None:
        return Step(change, name, reason="archived_since")
    if link and link.record_id != change.record_id:
        return Step(change, name, reason="mapped_anew")
    if change.kind == ChangeKind.CREATED:
        if is_touched:
            return Step(change, name, reason="changed_since")
        return Step(change, name, link, withdraws=True, unlinks=link is not None)
    back: Values = {}
    left = []
    for local, (before, after) in change.fields.items():
        if local in ours and ours[local] == after:
            back[local] = before
        elif ours.get(local) != before:
            left.append(local)
    return Step(
        change,
        name,
        link,
        back=back,
        moved={local: [ours[local], value] for local, value in back.items()},
        unlinks=change.kind == ChangeKind.LINKED and link is not None,
        left=tuple(left),
        reason="changed_since" if left else "",
    )


def labels(entity: Entity, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(each.label for each in entity.fields if each.local in set(names))
