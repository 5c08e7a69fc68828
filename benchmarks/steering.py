"""What it costs to steer a large firm: a policy's forecast, and taking back runs that touched every client.

Alone: ``python -m benchmarks.steering [--rows N]``.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import psutil

from benchmarks import stage
from benchmarks.cast import Cast, connect, empty, settle
from benchmarks.importing import follow, import_all

BATCH = 1000
Figures = dict[str, Any]
P = ParamSpec("P")
T = TypeVar("T")


def _inside(deed: Callable[Concatenate[Cast, P], T]) -> Callable[Concatenate[Cast, P], T]:
    """Have it done within the firm's scope."""

    @wraps(deed)
    def scoped(cast: Cast, /, *args: P.args, **kwargs: P.kwargs) -> T:
        from accounts.tenancy import working_for

        with working_for(cast.firm_id):
            return deed(cast, *args, **kwargs)

    return scoped


def measure(simulator: stage.Simulator, worker: psutil.Process, *, rows: int) -> Figures:
    """Return the figures of a firm of its own: all mapped, all changed by one refresh, both taken back.

    All that other measurements left behind is deleted first.
    """
    cast = connect(simulator, rows=rows, slug="steered", realm="9341453100000803")
    empty(cast)
    import_all(cast)
    mapping = _map_all(cast)
    settle()
    found: Figures = {"rows": rows, "forecast": _forecast(cast)}
    found["undo_of_a_mapping"] = _undone(cast, worker, mapping)
    _map_all(cast)
    settle()
    refresh, seconds = _all_changed(cast)
    found["taken_over"] = {"seconds": round(seconds, 2), "clients_a_second": round(rows / seconds)}
    settle()
    found["undo_of_a_refresh"] = _undone(cast, worker, refresh)
    settle()
    # Every client differs from QuickBooks now.
    found["forecast_of_differing"] = _forecast(cast)
    return found


@_inside
def _map_all(cast: Cast) -> Any:
    from accounts.models import User
    from mapping.models import Book, Choice
    from mapping.services import drafts

    person = User.objects.get(pk=cast.person_id)
    draft = drafts.open_draft(Book.objects.get(pk=cast.book_id), "customer", person=person)
    drafts.set_default(draft, Choice.NEW)
    run = drafts.save(draft, by=person)
    follow(run, time.perf_counter())
    return run


@_inside
def _forecast(cast: Cast) -> Figures:
    """Time what a person sees who looks at another policy before choosing it."""
    from mapping.models import Book
    from mapping.policy import PRESETS
    from mapping.services import policies

    book = Book.objects.get(pk=cast.book_id)
    policy = PRESETS["two_way"].policy
    said, seconds, grown_mb = _clocked(lambda: policies.forecast(book, "customer", policy))
    return {
        "seconds": round(seconds, 2),
        "looked_at": said.looked_at,
        "would_be_sent": said.then.send,
        "grown_mb": grown_mb,
    }


@_inside
def _all_changed(cast: Cast) -> tuple[Any, float]:
    """Have every customer's town change in the mirror and taken over by one run, as a refresh does."""
    from django.db import connection, transaction

    from mapping.entities import ENTITIES
    from mapping.models import CHANGES, Book, RemoteRecord, RunKind, RunState
    from mapping.services import runs
    from mapping.services.reconciling import reconcile

    book, customer = Book.objects.get(pk=cast.book_id), ENTITIES["customer"]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE mapping_remotebody body
            SET payload = jsonb_set(payload, '{BillAddr}', jsonb_build_object('City', %s::text))
            FROM mapping_remoterecord record WHERE record.id = body.record_id AND record.book_id = %s
            """,
            [f"Newtown {time.time()}", book.pk],
        )
    run = runs.claim(runs.start_run(book, RunKind.REFRESH, CHANGES, by=None, options={"only": "bench"}).pk)
    assert run
    ids = list(RemoteRecord.objects.of(book, "customer").order_by("pk").values_list("pk", flat=True))
    begun = time.perf_counter()
    for start in range(0, len(ids), BATCH):
        with transaction.atomic():
            reconcile(run, customer, record_ids=ids[start : start + BATCH])
    seconds = time.perf_counter() - begun
    runs.finish(run, RunState.DONE)
    run.refresh_from_db()
    assert run.pulled == len(ids), run.pulled
    return run, seconds


@_inside
def _undone(cast: Cast, worker: psutil.Process, run: Any) -> Figures:
    """Time the preview of an undo and the undo itself, from the click to the finished run."""
    from accounts.models import User
    from mapping.services import undoing

    said, preview_s, grown_mb = _clocked(lambda: undoing.preview(run))
    assert said.does_something
    person = User.objects.get(pk=cast.person_id)
    with stage.PeakMemory(worker) as memory:
        begun = time.perf_counter()
        undo = undoing.begin(run, by=person)
        seconds = follow(undo, begun)
    return {
        "preview_s": round(preview_s, 2),
        "preview_grown_mb": grown_mb,
        "seconds": round(seconds, 2),
        "changes_a_second": round(said.total / seconds),
        "left": undo.skipped,
        "worker_mb": round(memory.peak_mb),
    }


def _clocked(deed: Callable[[], Any]) -> tuple[Any, float, int]:
    """Return what it gives, its seconds, and the MB by which it made this process grow."""
    me = psutil.Process()
    before, begun = me.memory_info().rss, time.perf_counter()
    with stage.PeakMemory(me, alone=True) as memory:
        given = deed()
        seconds = time.perf_counter() - begun
    return given, seconds, max(0, round(memory.peak_mb - before / 2**20))


def lines(result: Figures) -> list[str]:
    rows = result["rows"]
    said = ["", f"Steering a firm of {rows:,} mapped clients"]
    for name, shown in (("forecast", "all agreed"), ("forecast_of_differing", "all differing")):
        one = result[name]
        said.append(
            f"  Forecast of a policy, {shown:<14}{one['seconds']:8.2f} s   "
            f"{one['looked_at']:,} looked at   {one['grown_mb']} MB more"
        )
    taken = result["taken_over"]
    said.append(
        f"  One refresh changes them all        {taken['seconds']:8.2f} s   {taken['clients_a_second']:,}/s"
    )
    for name, shown in (("undo_of_a_refresh", "refresh"), ("undo_of_a_mapping", "mapping")):
        one = result[name]
        said.append(
            f"  Undo of that {shown:<23}{one['seconds']:8.2f} s   {one['changes_a_second']:,}/s   "
            f"worker {one['worker_mb']} MB   its preview {one['preview_s']:.2f} s"
        )
    return said


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m benchmarks.steering", description=__doc__)
    asked.add_argument("--rows", type=int, default=100_000)
    asked.add_argument("--json", action="store_true", help="say the result for a program")
    given = asked.parse_args()
    stage.prepare()
    with stage.simulator() as simulator, stage.worker() as worker:
        result = measure(simulator, worker, rows=given.rows)
    sys.stdout.write(json.dumps(result) if given.json else "\n".join([*lines(result), ""]))


if __name__ == "__main__":
    main()
