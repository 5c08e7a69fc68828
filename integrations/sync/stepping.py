"""Do each step of a run once: what it writes and how far the run is are one transaction.

Whoever dies within leaves the run where it was. Should two workers be at one run, after a message was
delivered twice, the second to come finds it further on and goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from accounts.copying import redoable
from mapping.models import Run
from mapping.models.runs import UNFINISHED


class Ended(Exception):
    """The run has ended meanwhile, at somebody else's hands."""


@contextmanager
def step(run: Run) -> Iterator[bool]:
    """Open a step's transaction, and give whether the run stands where this worker believes.

    Where it does not, its options say afterwards where it stands, and the step is not to be done.
    Call QuickBooks before, not within: the run's row is locked. Raises Ended.
    """
    with redoable():
        held = (
            Run.objects.select_for_update(no_key=True, of=("self",)).only("state", "options").get(pk=run.pk)
        )
        if held.state not in UNFINISHED:
            raise Ended
        is_here = held.options == run.options
        run.options = held.options
        yield is_here


def note(run: Run, **facts: Any) -> None:
    """Write down how far the run is, within its step."""
    run.options = run.options | facts
    Run.objects.filter(pk=run.pk).update(options=run.options)
