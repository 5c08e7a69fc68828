"""Work on saved mapping choices and on undoing runs, in slices that leave room for other firms."""

from __future__ import annotations

from celery import shared_task

from accounts.firm_task import FirmTask
from accounts.tenancy import across_firms
from mapping import tallying
from mapping.services import carrying_out, deciding, runs, undoing

SLICE = 5
"""Parts a task works through before it goes to the back of the queue."""
LANES = 2
"""Workers at one run side by side; more would starve the other firms."""


@shared_task(base=FirmTask)
def carry_out(firm_id: int, run_id: int, lane: int = 1) -> None:
    """Go on with a mapping run. Harmless when it has ended, waits or needs no more hands."""
    run = runs.claim(run_id)
    if run is None:
        return
    if lane == 1 and carrying_out.begin(run):
        for other in range(2, LANES + 1):
            carry_out.delay(firm_id, run_id, other)
    if carrying_out.carry_out(run, parts=SLICE, is_first=lane == 1):
        runs.rest(run, seconds=0)
        carry_out.delay(firm_id, run_id, lane)


@shared_task(base=FirmTask, queue="bulk")
def decide(firm_id: int, run_id: int) -> None:
    """Go on excluding or including very many. Harmless when that has ended or waits for another run."""
    run = runs.claim(run_id)
    if run and deciding.carry_on(run, batches=SLICE):
        decide.delay(firm_id, run_id)


@shared_task(base=FirmTask)
def undo(firm_id: int, run_id: int) -> None:
    """Go on taking back what a run did. Harmless when that has ended or waits for another run."""
    run = runs.claim(run_id)
    if run and undoing.carry_on(run, batches=SLICE):
        runs.rest(run, seconds=0)
        undo.delay(firm_id, run_id)


@shared_task
def fold_tallies() -> None:
    """Keep short what counts the records of every firm."""
    with across_firms(reason="every firm's counts grow with what it does"):
        tallying.fold()
