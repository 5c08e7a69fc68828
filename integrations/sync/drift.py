"""What the weekly check finds that following changes had missed, told record by record (B-11).

A refresh comes first, and a cursor says up to when all that changed was read. What the check then finds
to be new, changed or gone, and was so before, had been passed over. What changes on the day itself is
nobody's fault, and does not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Count
from django.dispatch import Signal

from integrations.sync import cursors
from integrations.sync.changes import OVERLAP
from mapping.entities import ENTITIES
from mapping.models import RemoteRecord, Run, RunKind, RunOutcome
from mapping.services import runs
from mapping.services.mirroring import Stored

records_missed = Signal()
"""Sent inside the transaction that ends a check which found something missed: ``run``."""

NEW, CHANGED, GONE = "missed_new", "missed_change", "missed_gone"
"""Reasons; see ``mapping.reasons``."""
_SAID = {NEW: "created", CHANGED: "updated", GONE: "gone"}


def measure(run: Run) -> dict[str, str]:
    """Return what a check is measured by: the moment all changes before which had been read, where one is known.

    QuickBooks tells nothing of some kinds of record; of those nothing can be missed.
    """
    if run.kind != RunKind.CHECK or not ENTITIES[run.entity].is_in_changes:
        return {}
    until = cursors.changed_until(run.book, run.entity)
    return {"followed_until": (until - OVERLAP).isoformat()} if until else {}


def note(run: Run, stored: Stored) -> None:
    """Tell of objects just stored which of them are no news of today. In the transaction that stored them."""
    if "followed_until" not in run.options:
        return
    until = datetime.fromisoformat(run.options["followed_until"])
    for keys, reason in ((stored.created_ids, NEW), (stored.changed_ids, CHANGED)):
        _tell(run, RemoteRecord.objects.filter(pk__in=keys, changed_there_at__lt=until), reason)


def note_gone(run: Run, gone: Sequence[RemoteRecord]) -> None:
    """Tell of records that no list of changes said were deleted or merged."""
    if "followed_until" in run.options:
        _tell(run, gone, GONE)


def _tell(run: Run, records: Iterable[RemoteRecord], reason: str) -> None:
    said = [
        RunOutcome(
            firm_id=run.firm_id,
            run=run,
            record=record,
            remote_id=record.remote_id,
            name=str(record)[:500],
            outcome="missed",
            reason=reason,
        )
        for record in records
    ]
    runs.note_outcomes(run, said)


def report(run: Run) -> None:
    """Write down in numbers what a check found, in the transaction that ends it."""
    if "followed_until" not in run.options:
        return
    missed = RunOutcome.objects.filter(run=run, reason__in=_SAID).values_list("reason")
    found = dict(missed.annotate(number=Count("pk")))
    run.options["drift"] = {name: found.get(reason, 0) for reason, name in _SAID.items()}
    Run.objects.filter(pk=run.pk).update(options=run.options)
    if run.missed:
        records_missed.send(Run, run=run)
