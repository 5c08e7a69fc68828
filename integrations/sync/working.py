"""How every task begins and ends its slice of a run's work with QuickBooks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from integrations.connect import gateway_for
from integrations.models import Connection
from integrations.quickbooks import QuickBooks
from integrations.sync.enduring import More
from mapping.models import UNATTENDED, Run, RunKind, RunState
from mapping.services import runs

SLICE_S = 10.0
"""How long one task works before it goes to the back of the queue and lets other firms in."""


@contextmanager
def working_on(run_id: int, *, alone: bool = False) -> Iterator[tuple[Run, QuickBooks] | None]:
    """Claim a run and give it with the company's gateway.

    None where it has ended, waits, or is in somebody's hands; and where the connection is not there any
    more, which ends it. ``alone`` as in ``runs.claim``.
    """
    run = runs.claim(run_id, alone=alone)
    if run is None:
        yield None
        return
    connection = Connection.objects.filter(book_id=run.book_id).first()
    if connection is None or not connection.is_live:
        problem = "needs_reconnect" if connection and connection.needs_reconnect else "disconnected"
        runs.finish(run, RunState.FAILED, problem=problem)
        yield None
        return
    # What is sent is somebody's edit, whatever began the run.
    leaves_room = run.cause in UNATTENDED and run.kind != RunKind.PUSH
    with gateway_for(connection, leaves_room=leaves_room) as quickbooks:
        yield run, quickbooks


def resting(run: Run, more: More, *, queue: str | None = None) -> dict[str, Any]:
    """Let the run rest and return when and where its task is to go on, as ``apply_async`` takes it."""
    runs.rest(run, seconds=more.wait_s)
    # A countdown of nothing would go through the worker's clock instead of the queue.
    when = {"countdown": more.wait_s} if more.wait_s else {}
    return when | ({"queue": queue} if queue else {})
