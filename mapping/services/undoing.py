"""Take back what a run did to the firm's own records, for 30 days (B-3, X3).

Changes are taken back newest first, a thousand per transaction. A value goes back where it is still
what the run wrote; whatever was changed since is left and listed. The base of a tied record stays
what QuickBooks says: a value put back then differs from the base, which is an edit of ours. So the
sync does not take it over again, and sends it where the firm's policy lets it travel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from accounts.copying import copy_rows, redoable, update_rows
from accounts.models import User
from mapping.models import (
    Change,
    ChangeKind,
    Exclusion,
    Link,
    RemoteRecord,
    Run,
    RunKind,
    RunOutcome,
    RunState,
    Standing,
    policy_of,
)
from mapping.models.runs import UNDOES_DECISION
from mapping.policy import NewThere
from mapping.reasons import REASONS, Reason
from mapping.services import deciding, edits, runs, taking_back
from mapping.services.linking import Refused
from mapping.services.taking_back import Step
from mapping.spec import Entity, Values

FOR = timedelta(days=30)
UNDOABLE = (RunKind.MAP, RunKind.IMPORT, RunKind.REFRESH)
LOOK_AT = 20_000
"""Changes a preview looks at; of a greater run it says how many that are."""
AT_ONCE = 1_000
"""Changes a page previews before it shows; of a greater run it shows first and says so a moment later."""
SHOWN = 50


@dataclass(frozen=True)
class Left:
    """A record that stays as it is, wholly or in some fields, and why."""

    name: str
    fields: tuple[str, ...]
    reason: Reason


@dataclass
class Preview:
    """What undoing a run would do, said before it is done."""

    total: int = 0
    """Changes the run made here."""
    looked_at: int = 0
    put_back: int = 0
    withdrawn: int = 0
    unlinked: int = 0
    included: int = 0
    """Exclusions taken back."""
    excluded_again: int = 0
    """Records it included that are excluded again."""
    sent: int = 0
    """Of those put back: will be sent to QuickBooks."""
    stays: int = 0
    """Of those put back: will differ from QuickBooks, because nothing is sent there."""
    excluded: int = 0
    """Customers of those withdrawn and unlinked: excluded where new ones are added by themselves."""
    left_count: int = 0
    left: list[Left] = field(default_factory=list)

    @property
    def is_partial(self) -> bool:
        return self.looked_at < self.total

    @property
    def does_something(self) -> bool:
        return bool(self.put_back or self.withdrawn or self.unlinked or self.included or self.excluded_again)


def refusal(run: Run) -> Reason | None:
    """Return why a run cannot be undone, or None where it can."""
    each = (taking_back.changes_of(run), taking_back.exclusions_of(run), taking_back.inclusions_of(run))
    if not run.book.is_current:
        return REASONS["undo_of_left_books"]
    if run.kind not in UNDOABLE or not any(found.exists() for found in each):
        return REASONS["nothing_to_undo"]
    if run.is_unfinished:
        return REASONS["undo_too_early"]
    if run.undone_by and not _is_broken_off(run.undone_by):
        return REASONS["undone_already"]
    if (run.finished_at or run.created_at) < timezone.now() - FOR:
        return REASONS["undo_too_late"]
    return None


def until(run: Run) -> datetime:
    return (run.finished_at or run.created_at) + FOR


def begin(run: Run, *, by: User | None) -> Run:
    """Start the undo of a run, or go on with one that was cancelled or stopped. Raises Refused."""
    with transaction.atomic():
        run = Run.objects.select_for_update(no_key=True, of=("self",)).select_related("book").get(pk=run.pk)
        if reason := refusal(run):
            raise Refused(reason.code)
        if run.undone_by:
            return _go_on(run.undone_by)
        options = {
            "undoes": run.pk,
            "expected": taking_back.size(run),
            UNDOES_DECISION: run.decision,
        }
        undo = runs.start_run(run.book, RunKind.UNDO, run.entity, by=by, options=options)
        Run.objects.filter(pk=undo.pk).update(expected=options["expected"])
        run.undone_by = undo
        run.save(update_fields=["undone_by"])
    return undo


def _is_broken_off(undo: Run) -> bool:
    return undo.state in (RunState.FAILED, RunState.CANCELLED)


def _go_on(undo: Run) -> Run:
    Run.objects.filter(pk=undo.pk).update(
        state=RunState.QUEUED, problem="", finished_at=None, heartbeat_at=None, cancel_asked_at=None
    )
    undo.refresh_from_db()
    runs.run_is_due.send(Run, run=undo)
    return undo


def is_quick(run: Run) -> bool:
    """Return whether a preview takes no longer than somebody waits for a page."""
    return taking_back.changes_of(run)[: AT_ONCE + 1].count() <= AT_ONCE


def preview(run: Run) -> Preview:
    """Say what undoing a run would do now. Reads only; looks at the newest ``LOOK_AT`` changes."""
    found = Preview(
        total=taking_back.changes_of(run).count(),
        included=taking_back.exclusions_of(run).count(),
        excluded_again=taking_back.inclusions_of(run).count(),
    )
    below: int | None = None
    while found.looked_at < LOOK_AT and (batch := taking_back.following(run, below)):
        for entity, changes in taking_back.by_entity(batch):
            _count(found, run, entity, taking_back.plan(run, None, entity, changes))
        found.looked_at += len(batch)
        below = batch[-1].pk
    return found


def _count(found: Preview, run: Run, entity: Entity, steps: Sequence[Step]) -> None:
    policy = policy_of(run.book_id, entity.name)
    rules = policy.rules(entity)
    for step in steps:
        found.withdrawn += step.withdraws
        found.unlinked += step.unlinks and not step.withdraws
        found.put_back += bool(step.back)
        found.excluded += step.unlinks and policy.new_there is NewThere.CREATE
        if step.back and step.link and not step.unlinks and not step.link.is_paused:
            travels = any(rules[name].direction.pushes for name in step.back)
            found.sent += travels
            found.stays += not travels
        if step.reason:
            found.left_count += 1
            if len(found.left) < SHOWN:
                found.left.append(
                    Left(step.name, taking_back.labels(entity, step.left), REASONS[step.reason])
                )


def carry_on(undo: Run, *, batches: int) -> bool:
    """Take back up to so many thousands; return whether there is more to do. Idempotent."""
    return runs.in_batches(undo, _take_back_some, batches=batches)


def _take_back_some(undo: Run) -> bool:
    with redoable():
        # The row is the mark of how far it is: whoever holds it is at it.
        undo = Run.objects.select_for_update(no_key=True, of=("self",)).select_related("book").get(pk=undo.pk)
        run = Run.objects.get(pk=undo.options["undoes"])
        batch = taking_back.following(run, undo.options.get("below"))
        if not batch:
            return _include_some(undo, run) or _exclude_some(undo, run)
        for entity, changes in taking_back.by_entity(batch):
            _write(undo, entity, taking_back.plan(run, undo, entity, changes))
        undo.options["below"] = batch[-1].pk
        undo.save(update_fields=["options"])
        runs.count_up(undo, handled=len(batch))
    return True


def _write(undo: Run, entity: Entity, steps: Sequence[Step]) -> None:
    back: dict[int, Values] = {}
    for step in steps:
        if step.back:
            back.setdefault(step.change.local_id, {}).update(step.back)
    if back:
        entity.local.update(back, is_edit=True)
    _remember_what_is_agreed(steps)
    _unlink(undo, entity, [step for step in steps if step.unlinks])
    if withdrawn := [step.change.local_id for step in steps if step.withdraws]:
        entity.local.withdraw(withdrawn)
    _note(undo, entity, [step for step in steps if not step.does_nothing])
    _list_left(undo, entity, [step for step in steps if step.reason])
    gone = set(withdrawn)
    edits.announce(undo.book, entity.name, [local_id for local_id in back if local_id not in gone])
    runs.count_up(
        undo,
        updated=len(back),
        created=len(withdrawn),
        linked=len([step for step in steps if step.unlinks and not step.withdraws]),
        skipped=len([step for step in steps if step.reason]),
    )


def _remember_what_is_agreed(steps: Sequence[Step]) -> None:
    """See that the base knows each field put back: to one it does not know, QuickBooks would be believed."""
    bases: dict[int, Values] = {}
    for step in steps:
        if step.link and not step.unlinks and (unknown := step.back.keys() - step.link.base.keys()):
            base = bases.setdefault(step.link.pk, dict(step.link.base))
            base.update({name: step.change.fields[name][1] for name in unknown if name not in base})
    if bases:
        update_rows(Link, ("id", "base"), list(bases.items()))


def _unlink(undo: Run, entity: Entity, steps: Sequence[Step]) -> None:
    links = {step.link.pk: step.link for step in steps if step.link}
    if not links:
        return
    entity.local.mark_linked([link.local_id for link in links.values()], linked=False)
    _delete(sorted(links))
    edits.fall_silent(undo.book, entity.name, [link.local_id for link in links.values()])
    record_ids = sorted(link.record_id for link in links.values())
    # Where new records become clients by themselves, these would be back with the next refresh.
    if policy_of(undo.book_id, entity.name).new_there is NewThere.CREATE:
        _exclude(undo, record_ids)
    else:
        _stand(record_ids, Standing.UNMAPPED)


def _delete(link_ids: Sequence[int]) -> None:
    """Delete links and what was asked about them. Django would read each of them first."""
    with connection.cursor() as cursor:
        for table, column in (("mapping_conflict", "link_id"), ("mapping_link", "id")):
            cursor.execute(f"DELETE FROM {table} WHERE {column} = ANY(%s)", [list(link_ids)])  # noqa: S608


def _exclude(undo: Run, record_ids: Sequence[int]) -> None:
    _stand(record_ids, Standing.EXCLUDED)
    now, why = timezone.now(), f"Taken back with run {undo.options['undoes']}"
    copy_rows(
        Exclusion,
        ("firm_id", "record_id", "reason", "run_id", "excluded_by_id", "excluded_at"),
        ((undo.firm_id, record_id, why, undo.pk, undo.started_by_id, now) for record_id in record_ids),
    )


def _note(undo: Run, entity: Entity, steps: Sequence[Step]) -> None:
    now = timezone.now()
    copy_rows(
        Change,
        ("firm_id", "entity", "local_id", "kind", "fields", "record_id", "run_id", "by_id", "at"),
        (
            (
                undo.firm_id,
                entity.name,
                step.change.local_id,
                ChangeKind.UNDONE.value,
                step.moved,
                step.change.record_id,
                undo.pk,
                undo.started_by_id,
                now,
            )
            for step in steps
        ),
    )


def _list_left(undo: Run, entity: Entity, steps: Sequence[Step]) -> None:
    # Several changes of one record may be left, each in fields of its own.
    RunOutcome.objects.bulk_create(
        [
            RunOutcome(
                firm_id=undo.firm_id,
                run=undo,
                record_id=step.change.record_id,
                name=step.name[:500],
                outcome="skipped",
                reason=step.reason,
                detail={"fields": list(taking_back.labels(entity, step.left))},
            )
            for step in steps
        ],
        batch_size=1000,
    )


def _include_some(undo: Run, run: Run) -> bool:
    """Take back some of the exclusions the run made; return whether there were any."""
    record_ids = list(
        taking_back.exclusions_of(run)
        .order_by("record_id")
        .values_list("record_id", flat=True)[: taking_back.BATCH]
    )
    if not record_ids:
        return False
    held = RemoteRecord.objects.filter(pk__in=record_ids).order_by("pk").select_for_update(of=("self",))
    list(held.values_list("pk", flat=True))
    still = set(
        taking_back.exclusions_of(run).filter(record_id__in=record_ids).values_list("record_id", flat=True)
    )
    Exclusion.objects.filter(record_id__in=still, run_id=run.pk).delete()
    _stand(sorted(still), Standing.UNMAPPED)
    runs.count_up(undo, handled=len(record_ids), excluded=len(still))
    return True


def _exclude_some(undo: Run, run: Run) -> bool:
    """Exclude some of the records again that the run included; return whether there were any."""
    found = taking_back.inclusions_of(run).order_by("record_id").values_list("record_id", flat=True)
    record_ids = list(found[: taking_back.BATCH])
    if not record_ids:
        return False
    excluded = deciding.exclude_again(RemoteRecord.objects.filter(pk__in=record_ids), run)
    runs.count_up(undo, handled=len(record_ids), excluded=excluded)
    return True


def _stand(record_ids: Sequence[int], standing: Standing) -> None:
    if record_ids:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE mapping_remoterecord SET standing = %s WHERE id = ANY(%s)",
                [standing.value, list(record_ids)],
            )


def undone(undo: Run) -> Run | None:
    """Return the run that an undo takes back."""
    return Run.objects.filter(pk=undo.options["undoes"]).first() if undo.kind == RunKind.UNDO else None
