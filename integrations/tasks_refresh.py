"""Background looks into QuickBooks: what changed, what was announced, and what is due tonight."""

from __future__ import annotations

from celery import shared_task

from accounts.firm_task import FirmTask
from integrations.connect import gateway_for
from integrations.models import Connection
from integrations.sync import refreshing
from integrations.sync.enduring import More
from mapping.models import Cause, Run, RunState
from mapping.services import runs

SLICE_S = 10.0
"""How long one task works before it goes to the back of the queue and lets other firms in."""
_UNATTENDED = (Cause.NIGHTLY, Cause.WEEKLY)


@shared_task(base=FirmTask)
def refresh(firm_id: int, run_id: int, goes_on: bool = False) -> None:
    """Go on with a look at what changed. Harmless when it has ended, waits or is in somebody's hands."""
    run = runs.claim(run_id, alone=not goes_on)
    if run is None:
        return
    connection = Connection.objects.filter(book_id=run.book_id).first()
    if connection is None or not connection.is_live:
        problem = "needs_reconnect" if connection and connection.needs_reconnect else "disconnected"
        runs.finish(run, RunState.FAILED, problem=problem)
        return
    with gateway_for(connection) as quickbooks:
        outcome = refreshing.work(run, quickbooks, for_s=SLICE_S)
    if isinstance(outcome, More):
        runs.rest(run, seconds=outcome.wait_s)
        refresh.apply_async((firm_id, run_id, True), countdown=outcome.wait_s, queue=queue_of(run))


def queue_of(run: Run) -> str:
    """Return the queue for a run: nobody waits for what the schedule starts."""
    return "bulk" if run.cause in _UNATTENDED else "interactive"
