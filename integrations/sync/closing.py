"""Finish an import: close the gap that moving pages leave, look for what is gone, and prove completeness."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from django.db import transaction

from integrations.models import ImportPage
from integrations.quickbooks import ALL, PAGE, Payload, QuickBooks
from integrations.sync import pages
from integrations.sync.scope import Scope
from mapping.entities import ENTITIES
from mapping.models import Run, RunState
from mapping.services import mirroring, runs


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
    changed = changed_since(quickbooks, ENTITIES[run.entity].remote, since=_opened_at(run))
    inside = [str(row["Id"]) for row in changed if scope.covers(is_active=_is_active(row))]
    outside = [str(row["Id"]) for row in changed if not scope.covers(is_active=_is_active(row))]
    with transaction.atomic():
        held = pages.lock(page)
        if held is None:
            return True
        store(run, _news(run, changed), were_met=True)
        pages.note_seen(held, inside)
    there = quickbooks.count(ENTITIES[run.entity].remote, where=scope.where)
    here = pages.count_seen(run, without=outside)
    runs.count_up(run, calls=2)
    Run.objects.filter(pk=run.pk).update(count_there=there, count_here=here)
    if here != there and _read_once_more(run):
        return False
    if here == there:
        _look_for_missing(run, quickbooks, scope, store)
    with transaction.atomic():
        pages.mark_stored(held, [])
        runs.finish(run, RunState.DONE, problem="" if here == there else "incomplete")
    return True


def changed_since(quickbooks: QuickBooks, remote: str, *, since: datetime) -> list[Payload]:
    """Return every object changed since, inactive ones too.

    One call as a rule. A change-data answer at its limit is incomplete and cannot be continued:
    then by query, page by page.
    """
    changes = quickbooks.changes([remote], since=since)
    if not changes.is_full:
        return changes.rows[remote]
    moment = since.isoformat(timespec="seconds")
    where = f"MetaData.LastUpdatedTime >= '{moment}' AND {ALL}"
    found: list[Payload] = []
    while rows := quickbooks.page(remote, len(found) + 1, where=where, order="MetaData.LastUpdatedTime"):
        found += rows
        if len(rows) < PAGE:
            break
    return found


def _news(run: Run, changed: Sequence[Payload]) -> list[Payload]:
    """Leave out what the scope never asked for and we do not hold: it was not asked to be imported."""
    scope = Scope(run.options["scope"])
    known = set(pages.known(run, [str(row["Id"]) for row in changed]))
    return [row for row in changed if scope.covers(is_active=_is_active(row)) or str(row["Id"]) in known]


def _is_active(row: Payload) -> bool:
    return row.get("Active", True) is not False


def _opened_at(run: Run) -> datetime:
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
    active = [is_active for is_active in (True, False) if scope.covers(is_active=is_active)]
    missing = pages.unseen(run, active=active)
    entity = ENTITIES[run.entity]
    for start in range(0, len(missing), PAGE):
        ids = missing[start : start + PAGE]
        found = quickbooks.by_ids(entity.remote, ids)
        still_there = {str(row["Id"]) for row in found}
        with transaction.atomic():
            store(run, found, were_met=True, calls=1)
            mirroring.mark_gone(run.book, entity, [id for id in ids if id not in still_there])
