"""A list that comes whole in one answer: what is less than a full page, QuickBooks itself has ended.

Pages that do not exist cannot move, so no gap has to be closed and nothing be counted first. A check of a
short list is one call. Where what came is not just what we hold, QuickBooks' count has to prove it (B-11).
"""

from __future__ import annotations

from django.db import transaction

from integrations.quickbooks import PAGE, QuickBooks
from integrations.sync import pages
from integrations.sync.scope import Scope, where
from mapping.entities import ENTITIES
from mapping.models import RemoteRecord, Run, RunKind
from mapping.services import runs


def expected(run: Run) -> int | None:
    """Return how many records a check will meet in its one answer; None where there are more, or nobody knows."""
    if run.kind != RunKind.CHECK:
        return None
    held = RemoteRecord.objects.of(run.book, run.entity).filter(gone_at=None)
    number = held.filter(is_active__in=Scope(run.options["scope"]).activities).count()
    return number if number < PAGE else None


def is_all(run: Run, quickbooks: QuickBooks) -> bool:
    """Return whether the answer held all; else lay out the pages there are, to be read as usual."""
    if pages.count_seen(run, without=[]) < PAGE:
        return True
    entity = ENTITIES[run.entity]
    there = quickbooks.count(entity.remote, where=where(entity, Scope(run.options["scope"])))
    with transaction.atomic():
        run.options.pop("one_answer")
        Run.objects.filter(pk=run.pk).update(options=run.options, expected=there)
        pages.lay_out(run, rows=there, size=PAGE)
        runs.count_up(run, calls=1)
    return False


def is_as_held(run: Run) -> bool:
    """Return whether the answer held just the records that we hold: then two accounts agree, and none is missed."""
    created = Run.objects.values_list("created", flat=True).get(pk=run.pk)
    return not created and not pages.unseen(run, active=Scope(run.options["scope"]).activities)
