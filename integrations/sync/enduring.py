"""How a run bears QuickBooks' refusals: put off what passes by itself, end it with a reason where it does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from integrations.quickbooks import NeedsReconnect, QuickBooksError, Throttled
from integrations.sync import alone
from mapping.models import Run, RunState
from mapping.services import runs

log = structlog.get_logger(__name__)

MOST_FAILURES = 5


@dataclass(frozen=True)
class More:
    """There is more to do, after so many seconds."""

    wait_s: float = 0.0


@dataclass(frozen=True)
class Over:
    """Nothing is left for this worker: the run has ended, or others hold what is left of it."""


def enduring(run: Run, work: Callable[[], More | Over], *, most_failures: int = MOST_FAILURES) -> More | Over:
    """Do a slice of a run's work. A refusal by the limiter costs no attempt; an outage that stays ends it.

    So does a token that QuickBooks does not accept, though a moment ago it gave it out itself.
    """
    try:
        outcome = work()
        _note_failures(run, 0)
        return outcome
    except Throttled as refusal:
        return More(wait_s=refusal.retry_after)
    except NeedsReconnect as refusal:
        return fail(run, "needs_reconnect", refusal)
    except QuickBooksError as refusal:
        return _put_off(run, refusal, most_failures) if refusal.retryable else fail(run, "refused", refusal)


def _put_off(run: Run, refusal: QuickBooksError, most_failures: int) -> More | Over:
    failures = run.options.get("failures", 0) + 1
    if failures >= most_failures:
        return fail(run, "quickbooks_down", refusal)
    _note_failures(run, failures)
    return More(wait_s=5.0 * 2**failures)


def _note_failures(run: Run, failures: int) -> None:
    if run.options.get("failures", 0) != failures:
        alone.note(run, failures=failures or None)


def fail(run: Run, problem: str, refusal: QuickBooksError) -> Over:
    """End a run that cannot go on."""
    log.warning("run stopped", run=run.pk, problem=problem, status=refusal.status, tid=refusal.intuit_tid)
    runs.finish(run, RunState.FAILED, problem=problem)
    return Over()
