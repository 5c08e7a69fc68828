"""Background looks into QuickBooks: what changed, what was announced, and what is due tonight."""

from __future__ import annotations

from celery import shared_task
from django.core.cache import cache

from accounts.firm_task import FirmTask
from accounts.tenancy import across_firms
from integrations.sync import announced, refreshing, schedule
from integrations.sync.enduring import More
from integrations.sync.turns import anybody_waits
from integrations.sync.working import SLICE_S, resting, working_on
from mapping.models import UNATTENDED, Book, Run


@shared_task(base=FirmTask)
def refresh(firm_id: int, run_id: int, goes_on: bool = False) -> None:
    """Go on with a look at what changed. Harmless when it has ended, waits or is in somebody's hands."""
    with working_on(run_id, alone=not goes_on) as at_hand:
        if at_hand is None:
            return
        run, quickbooks = at_hand
        work = announced.work if run.options.get("only") == refreshing.ANNOUNCED else refreshing.work
        outcome = work(run, quickbooks, for_s=SLICE_S, others_wait=anybody_waits)
    if isinstance(outcome, More):
        refresh.apply_async((firm_id, run_id, True), **resting(run, outcome, queue=queue_of(run)))


def queue_of(run: Run) -> str:
    """Return the queue for a run: nobody waits for what the schedule starts."""
    return "bulk" if run.cause in UNATTENDED else "interactive"


ANNOUNCED_KEY = "announced:{}"
"""Held while the reading of a book's announcements is queued: it reads all there are by then."""
ANNOUNCED_KEPT_S = 20


@shared_task(base=FirmTask)
def read_announced(firm_id: int, book_id: int) -> None:
    """Begin to read what QuickBooks announced about a book. Harmless when nothing of it is news."""
    cache.delete(ANNOUNCED_KEY.format(book_id))
    announced.begin(Book.objects.get(pk=book_id))


@shared_task
def pick_up_forgotten_announcements() -> int:
    """Queue the reading of announcements whose message was lost; return for how many books."""
    with across_firms(reason="announcements of any firm may have been left lying"):
        lying = announced.forgotten()
    for firm_id, book_id in lying:
        read_announced.delay(firm_id, book_id)
    return len(lying)


@shared_task
def start_scheduled() -> int:
    """Begin the nightly refreshes and weekly checks that are due in any firm; return how many."""
    with across_firms(reason="the schedule of every firm is looked through each minute"):
        return schedule.start_due()
