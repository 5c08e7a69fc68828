"""Work on saved mapping choices, in slices that leave room for other firms."""

from __future__ import annotations

from celery import shared_task

from accounts.firm_task import FirmTask
from mapping.services import carrying_out, runs

SLICE = 5
"""Batches a task works through before it goes to the back of the queue."""


@shared_task(base=FirmTask)
def carry_out(firm_id: int, run_id: int) -> None:
    """Go on with a mapping run. Harmless when it has ended, waits or is worked on already."""
    run = runs.claim(run_id)
    if run and carrying_out.carry_out(run, batches=SLICE):
        carry_out.delay(firm_id, run_id)
