"""Start, claim, follow and end long work. One run per kind of record works at a time; others wait."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.dispatch import Signal
from django.utils import timezone

from accounts.models import User
from mapping.models import Book, Cause, Run, RunKind, RunOutcome, RunState
from mapping.models.runs import UNFINISHED

log = structlog.get_logger(__name__)

run_is_due = Signal()
"""Sent inside the transaction when a run may start: ``run``. Receivers enqueue its task on commit."""

STALE_AFTER = timedelta(seconds=1.5 * settings.RUN_LEASE_S)
"""A running run without a sign of life for this long has lost its worker."""
MOST_STARTS = 10
"""How often a run is taken up without getting anywhere, before it is given up."""
FRUITLESS_FOR = timedelta(minutes=5)
"""And for how long: messages that piled up while the workers were busy start a run many times at once."""


def start_run(
    book: Book,
    kind: RunKind,
    entity: str,
    *,
    by: User | None,
    cause: Cause = Cause.PERSON,
    options: dict[str, Any] | None = None,
) -> Run:
    """Queue work and announce it. An unfinished import is returned instead of starting a second."""
    with transaction.atomic():
        Book.objects.select_for_update(no_key=True).get(pk=book.pk)
        if kind == RunKind.IMPORT and (going := unfinished(book, entity).filter(kind=kind).first()):
            return going
        run = Run.objects.create(
            firm_id=book.firm_id,
            book=book,
            kind=kind,
            cause=cause,
            entity=entity,
            started_by=by,
            options=options or {},
        )
        run_is_due.send(Run, run=run)
    return run


def resume(run: Run) -> Run:
    """Queue a failed run again; it goes on from what it has stored."""
    with transaction.atomic():
        again = Run.objects.filter(pk=run.pk, state=RunState.FAILED)
        if again.update(
            state=RunState.QUEUED,
            problem="",
            finished_at=None,
            heartbeat_at=None,
            cancel_asked_at=None,
            starts=0,
        ):
            run.refresh_from_db()
            run.options.pop("failures", None)
            run.options["resumed"] = run.options.get("resumed", 0) + 1
            run.save(update_fields=["options"])
            run_is_due.send(Run, run=run)
    return run


def unfinished(book: Book, entity: str) -> QuerySet[Run]:
    return Run.objects.unfinished().filter(book=book, entity=entity).order_by("created_at")


def claim(run_id: int, *, alone: bool = False) -> Run | None:
    """Return the run if it may be worked on now; None where it has ended or another is before it.

    ``alone``: also None where a worker seems to be at it. Whoever goes on with what it began itself
    claims without. A run that breaks its workers time and again is given up, so that others get their turn.
    """
    now = timezone.now()
    try:
        with transaction.atomic():
            run = Run.objects.select_for_update(no_key=True).filter(pk=run_id, state__in=UNFINISHED).first()
            if run is None or (alone and _seems_held(run)):
                return None
            if not run.starts or run.fruitless_since is None:
                run.fruitless_since = now
            if run.starts >= MOST_STARTS:
                # A message may be delivered many times: whoever is at it is left alone.
                if _seems_held(run):
                    return None
                if run.fruitless_since < now - FRUITLESS_FOR:
                    _give_up(run)
                    return None
            if run.state == RunState.QUEUED:
                run.state, run.started_at = RunState.RUNNING, now
            run.heartbeat_at, run.starts = now, run.starts + 1
            run.save(update_fields=["state", "started_at", "heartbeat_at", "starts", "fruitless_since"])
            return run
    except IntegrityError:
        return None


def stand_back(run: Run) -> None:
    """Leave a run to who is at it already: this start counts for nothing."""
    Run.objects.filter(pk=run.pk, starts__gt=0).update(starts=F("starts") - 1)


def _give_up(run: Run) -> None:
    log.error("run given up", run=run.pk, kind=run.kind, entity=run.entity, starts=run.starts)
    finish(run, RunState.FAILED, problem="gave_up")


def _seems_held(run: Run) -> bool:
    last = run.heartbeat_at
    return run.state == RunState.RUNNING and last is not None and last > timezone.now() - STALE_AFTER


def beat(run: Run) -> bool:
    """Show a sign of life; return whether the run is still wanted."""
    alive = Run.objects.filter(pk=run.pk, state=RunState.RUNNING, cancel_asked_at=None)
    return bool(alive.update(heartbeat_at=timezone.now()))


def rest(run: Run, *, seconds: float) -> None:
    """Put off the next sign of life, so that a run that waits on purpose is not taken for stalled.

    A worker that comes to rest got through its turn, whatever it achieved.
    """
    Run.objects.filter(pk=run.pk).update(heartbeat_at=timezone.now() + timedelta(seconds=seconds), starts=0)


def count_up(run: Run, **by: int) -> None:
    """Add to a run's counters, in the transaction that did the work, so that they never disagree."""
    moved: dict[str, Any] = {name: F(name) + amount for name, amount in by.items() if amount}
    if moved.keys() - {"calls"}:
        moved["starts"] = 0
    Run.objects.filter(pk=run.pk).update(heartbeat_at=timezone.now(), **moved)


def ask_to_cancel(run: Run) -> None:
    """Stop a run at its next step. What it did stays done. Does nothing to a finished run."""
    now = timezone.now()
    Run.objects.filter(pk=run.pk, state__in=UNFINISHED, cancel_asked_at=None).update(cancel_asked_at=now)
    if Run.objects.filter(pk=run.pk, state=RunState.QUEUED).exists():
        finish(run, RunState.CANCELLED)


def finish(run: Run, state: RunState, *, problem: str = "") -> bool:
    """End a run once; return whether this call did. The next one waiting is announced."""
    with transaction.atomic():
        ended = Run.objects.filter(pk=run.pk, state__in=UNFINISHED).update(
            state=state, problem=problem, finished_at=timezone.now()
        )
        waiting = Run.objects.filter(book_id=run.book_id, entity=run.entity, state=RunState.QUEUED)
        if ended and (following := waiting.order_by("created_at").first()):
            run_is_due.send(Run, run=following)
    return bool(ended)


def stalled() -> list[tuple[int, Run]]:
    """Return (firm id, run) of unfinished runs nobody works on. Call inside ``across_firms``."""
    quiet_since = timezone.now() - STALE_AFTER
    quiet = Run.objects.unfinished().filter(created_at__lt=quiet_since)
    return [
        (run.firm_id, run)
        for run in quiet.order_by("created_at")
        if run.heartbeat_at is None or run.heartbeat_at < quiet_since
    ]


def note_outcomes(run: Run, outcomes: Sequence[RunOutcome]) -> int:
    """Keep what became of records, each once for a reason; return how many of these are new to the run.

    A record may be met again, in another step or by another worker: what is said last then stands.
    Call it in the transaction that did the work.
    """
    if not outcomes:
        return 0
    said = {_about(outcome) or (number, ""): outcome for number, outcome in enumerate(outcomes)}
    records = [outcome.record_id for outcome in said.values() if outcome.record_id]
    others = [outcome.remote_id for outcome in said.values() if not outcome.record_id and outcome.remote_id]
    # Whoever else has something to say waits for the run's row, and then sees this.
    Run.objects.select_for_update(no_key=True, of=("self",)).only("pk").get(pk=run.pk)
    known = RunOutcome.objects.filter(run=run)
    met = known.filter(
        Q(record__in=records) | Q(record=None, remote_id__in=others) if others else Q(record__in=records)
    )
    told = [outcome.pk for outcome in met.defer("name", "detail") if _about(outcome) in said]
    if told:
        known.filter(pk__in=told).delete()
    RunOutcome.objects.bulk_create(said.values(), batch_size=1000)
    return len(said) - len(told)


def _about(outcome: RunOutcome) -> tuple[int | str, str] | None:
    """Return record and reason; nothing where QuickBooks does not know the record yet."""
    what = outcome.record_id or outcome.remote_id
    return (what, outcome.reason) if what else None


@dataclass(frozen=True)
class Progress:
    """How far a run is, for a progress bar."""

    handled: int
    expected: int | None
    percent: int | None
    per_second: float | None
    seconds_left: int | None


def progress(run: Run, *, now: datetime | None = None) -> Progress:
    """Derive rate and time left from the counters; None where nothing can be said yet."""
    if not run.expected or not run.started_at:
        return Progress(run.handled, run.expected, None, None, None)
    end = run.finished_at or now or timezone.now()
    seconds = max((end - run.started_at).total_seconds(), 0.001)
    handled = min(run.handled, run.expected)
    rate = handled / seconds if handled else None
    left = round((run.expected - handled) / rate) if rate and run.is_unfinished else None
    return Progress(handled, run.expected, 100 * handled // run.expected, rate, left)


def in_batches(run: Run, do_some: Callable[[Run], bool], *, batches: int) -> bool:
    """Do up to so many batches of a run, and end it after the last or when it is cancelled.

    ``do_some`` says whether there was anything to do. Returns whether there may be more.
    """
    for _ in range(batches):
        if not beat(run):
            finish(run, RunState.CANCELLED)
            return False
        if not do_some(run):
            finish(run, RunState.DONE)
            return False
    return True
