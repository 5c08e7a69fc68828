"""Finish an import: close the gap that moving pages leave, look for what is gone, and prove completeness."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from django.db import transaction
from django.utils import timezone

from integrations.models import ImportPage
from integrations.quickbooks import PAGE, Payload, QuickBooks
from integrations.sync import cursors, drift, one_answer, pages
from integrations.sync.arriving import lose
from integrations.sync.changes import OLDEST, OVERLAP, ask, by_query
from integrations.sync.scope import Scope, where
from mapping.entities import ENTITIES
from mapping.models import Run, RunState
from mapping.services import runs
from mapping.spec import Entity


class Store(Protocol):
    def __call__(self, run: Run, rows: list[Payload], *, were_met: bool, calls: int = 0) -> None: ...


MOST_READINGS = 2
"""How often all pages are read when the counts disagree, before saying so."""


def close(run: Run, quickbooks: QuickBooks, page: ImportPage, *, store: Store) -> bool:
    """Return whether the run has ended; False where its pages are to be read once more.

    A row that leaves the scope while pages are read moves the rest up by one, and one is missed
    that did not change: no list of changes shows it. Only counting does, hence the second reading.

    Idempotent, and its page stays open until the run has ended: whoever dies here is followed by
    another who closes anew.
    """
    scope = Scope(run.options["scope"])
    without: list[str] | None = []
    if not run.options.get("one_answer"):
        without = _close_gap(run, quickbooks, page, scope, store)
    elif not one_answer.is_all(run, quickbooks):
        return False
    if without is None:
        return True
    there, here = _count(run, quickbooks, scope, without)
    Run.objects.filter(pk=run.pk).update(count_there=there, count_here=here)
    if here != there and _read_once_more(run):
        return False
    if here == there:
        _look_for_missing(run, quickbooks, scope, store)
    with transaction.atomic():
        held = pages.lock(page)
        if held is None:
            return True
        pages.mark_stored(held, [])
        if here == there:
            _move_cursor(run, scope)
        drift.report(run)
        runs.finish(run, RunState.DONE, problem="" if here == there else "incomplete")
    return True


def _close_gap(
    run: Run, quickbooks: QuickBooks, page: ImportPage, scope: Scope, store: Store
) -> list[str] | None:
    """Take in what changed while pages were read; return who is not in the scope (any more).

    None where another worker has ended the run meanwhile.
    """
    entity = ENTITIES[run.entity]
    changed, deleted = changed_since(quickbooks, entity, since=_unread_since(run, scope))
    inside = [str(row["Id"]) for row in changed if scope.covers(is_active=_is_active(row))]
    outside = [str(row["Id"]) for row in changed if not scope.covers(is_active=_is_active(row))]
    with transaction.atomic():
        held = pages.lock(page)
        if held is None:
            return None
        news = _news(run, changed)
        for start in range(0, len(news), PAGE):
            store(run, news[start : start + PAGE], were_met=True)
        pages.note_seen(held, inside)
        lose(run, entity, deleted)
        runs.count_up(run, calls=1)
    return [*outside, *deleted]


def _count(run: Run, quickbooks: QuickBooks, scope: Scope, without: list[str]) -> tuple[int, int]:
    """Return how many records QuickBooks has and how many were read."""
    entity = ENTITIES[run.entity]
    if run.options.get("one_answer") and one_answer.is_as_held(run):
        read = pages.count_seen(run, without=without)
        return read, read
    there = quickbooks.count(entity.remote, where=where(entity, scope))
    runs.count_up(run, calls=1)
    return there, _count_read(run, entity, without, there=there)


def _count_read(run: Run, entity: Entity, without: list[str], *, there: int) -> int:
    """Return how many records were read: with those that QuickBooks adds by itself only where it counts them."""
    here = pages.count_seen(run, without=without)
    if here > there and entity.uncounted:
        own = pages.count_seen(run, without=[*without, *entity.uncounted])
        return own if own == there else here
    return here


def _unread_since(run: Run, scope: Scope) -> datetime:
    """Return since when changes may not be in the mirror, once the pages of the run are.

    The pages hold a scope. What stands outside of it and is followed all the same, as a customer made
    inactive is, was last read where the cursor stands, and the cursor moves to the run's beginning.
    """
    until = cursors.changed_until(run.book, run.entity)
    if until is None or scope is Scope.ALL or not _moves_cursor(run, scope):
        return opened_at(run)
    return min(until - OVERLAP, opened_at(run))


def changed_since(
    quickbooks: QuickBooks, entity: Entity, *, since: datetime
) -> tuple[list[Payload], list[str]]:
    """Return every object changed since, inactive ones too, and the ids of those deleted.

    One call as a rule. What does not fit into one answer, or is not told that way, is read page by page.
    """
    found: dict[str, Payload] = {}
    deleted: list[str] = []
    if entity.is_in_changes and since > timezone.now() - OLDEST:
        news = ask(quickbooks, [entity], since=since)
        deleted = news.deleted[entity.name]
        if not news.to_query:
            return news.rows[entity.name], deleted
    for rows in by_query(quickbooks, entity, since=since):
        found |= {str(row["Id"]): row for row in rows}
    return list(found.values()), deleted


def _moves_cursor(run: Run, scope: Scope) -> bool:
    return cursors.covers_all(scope, known=cursors.scopes(run.book, run.entity))


def _move_cursor(run: Run, scope: Scope) -> None:
    """All that changed before the run began is in the mirror now.

    Of a scope that came in one answer nobody asked what changed beside it.
    """
    if run.options.get("one_answer") and scope is not Scope.ALL:
        cursors.counted(run.book, run.entity)
    elif _moves_cursor(run, scope):
        cursors.read_until(run.book, [run.entity], opened_at(run), counted=True)


def _news(run: Run, changed: Sequence[Payload]) -> list[Payload]:
    """Leave out what the scope never asked for and we do not hold: it was not asked to be imported."""
    scope = Scope(run.options["scope"])
    known = set(pages.known(run.book, run.entity, [str(row["Id"]) for row in changed]))
    return [row for row in changed if scope.covers(is_active=_is_active(row)) or str(row["Id"]) in known]


def _is_active(row: Payload) -> bool:
    return row.get("Active", True) is not False


def opened_at(run: Run) -> datetime:
    return datetime.fromisoformat(run.options["opened_at"])


def _read_once_more(run: Run) -> bool:
    readings = run.options.get("readings", 1)
    if readings >= MOST_READINGS:
        return False
    with transaction.atomic():
        run.options["readings"] = readings + 1
        Run.objects.filter(pk=run.pk).update(options=run.options, handled=0)
        pages.lay_out(run, rows=run.count_there or run.expected or 0, size=PAGE)
        pages.read_again(run)
    return True


def _look_for_missing(run: Run, quickbooks: QuickBooks, scope: Scope, store: Store) -> None:
    """Ask by id for what we hold in this scope and did not meet: inactivated, reactivated, or gone (B-17)."""
    active = [True, False] if _has_lost_its_place(run) else scope.activities
    missing = pages.unseen(run, active=active)
    entity = ENTITIES[run.entity]
    for start in range(0, len(missing), PAGE):
        ids = missing[start : start + PAGE]
        found = quickbooks.by_ids(entity.remote, ids)
        still_there = {str(row["Id"]) for row in found}
        with transaction.atomic():
            store(run, found, were_met=True, calls=1)
            drift.note_gone(run, lose(run, entity, [id for id in ids if id not in still_there]))


def _has_lost_its_place(run: Run) -> bool:
    """Return whether QuickBooks no longer tells all that changed since we last read: all we hold is asked for."""
    until = cursors.changed_until(run.book, run.entity)
    return until is None or until < timezone.now() - OLDEST
