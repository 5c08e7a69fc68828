"""How long what went wrong is left alone before it is tried again by itself: a quarter of an hour, then longer."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from integrations.sync.cursors import FULL
from mapping.models import CHANGES, Book, Run, RunKind, RunState

FIRST = timedelta(minutes=15)
LONGEST = timedelta(hours=12)
_LOOKED_AT = 10
"""Full reads that are counted; so many doublings are beyond the longest anyway."""
AFTER_FAILED_REFRESH = timedelta(minutes=5)


def rests_until(book: Book, entity: str) -> datetime | None:
    """Return until when a kind of record is not read whole again, after that was in vain; None where it may be.

    Each try in vain doubles the time. What somebody cancelled is left alone for long.
    """
    full = Run.objects.filter(book=book, entity=entity, kind__in=FULL)
    tries, last = 0, None
    for run in full.order_by("-created_at")[:_LOOKED_AT]:
        if not was_in_vain(run):
            break
        tries, last = tries + 1 + run.options.get("resumed", 0), last or run
    if last is None:
        return None
    wait = LONGEST if last.state == RunState.CANCELLED else min(LONGEST, FIRST * 2 ** min(tries - 1, 8))
    until = (last.finished_at or last.created_at) + wait
    return until if until > timezone.now() else None


def was_in_vain(run: Run) -> bool:
    """Return whether a full read ended without the proof that all was read."""
    return run.state == RunState.CANCELLED or (bool(run.problem) and not run.is_unfinished)


def is_no_time_to_look(book: Book, entity: str) -> bool:
    """Return whether a look because somebody opened a page would find nothing, or would most likely fail again."""
    lately = timezone.now() - AFTER_FAILED_REFRESH
    failed = Run.objects.filter(
        book=book, entity=CHANGES, kind=RunKind.REFRESH, state=RunState.FAILED, finished_at__gt=lately
    )
    return failed.exclude(problem="needs_reconnect").exists() or rests_until(book, entity) is not None
