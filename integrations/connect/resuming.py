"""Let work go on where it stopped, once somebody has reconnected (B-24)."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.models import UNSETTLED, Connection, Cursor, Push
from integrations.sync import refreshing
from integrations.sync.outbox import pushes_planned
from mapping.models import Cause, Run, RunState
from mapping.services import runs


@dataclass(frozen=True)
class Resumed:
    runs: int = 0
    pushes: int = 0


def go_on(connection: Connection) -> Resumed:
    """Resume what the lost connection stopped, and announce what waits to be sent. Idempotent.

    Books that were followed before are looked at now. Call inside a transaction. Of several runs that failed at the same thing only the latest goes on:
    it does what the earlier ones left.
    """
    assert connection.book
    stopped = [run for run in _latest_runs(connection) if _was_stopped(run)]
    for run in stopped:
        runs.resume(run)
    if Cursor.objects.filter(book=connection.book).exists():
        refreshing.begin(connection.book, cause=Cause.PERSON, by=connection.connected_by)
    waiting = Push.objects.filter(book=connection.book, state__in=UNSETTLED).count()
    if waiting:
        pushes_planned.send(Push, book=connection.book)
    return Resumed(len(stopped), waiting)


def _latest_runs(connection: Connection) -> list[Run]:
    each = Run.objects.filter(book=connection.book).order_by("kind", "entity", "-created_at", "-pk")
    return list(each.distinct("kind", "entity"))


def _was_stopped(run: Run) -> bool:
    return run.state == RunState.FAILED and run.problem == "needs_reconnect"
