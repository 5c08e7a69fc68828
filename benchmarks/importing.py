"""An import of many customers, and the application of "Add as new client" to all of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

import psutil

from benchmarks.cast import Cast, empty
from benchmarks.stage import REALM, ROOT, PeakMemory, Simulator

CONNECTIONS = 10


@dataclass
class Timing:
    seconds: float
    floor_s: float
    times_the_floor: float
    rows_a_second: float
    worker_mb: float
    calls: int
    least_calls: int


def compare(
    simulator: Simulator, worker: psutil.Process, cast: Cast, *, rows: int, latency_ms: int, rounds: int
) -> dict[str, Any]:
    """Return the median of some imports into nothing, each right after a bare floor of the same pages."""
    simulator.control("POST", "/delay", ms=latency_ms)
    try:
        pairs = []
        for _ in range(rounds):
            floor_s = floor(simulator, rows)
            empty(cast)
            simulator.control("DELETE", "/calls")
            with PeakMemory(worker) as memory:
                seconds = import_all(cast)
            pairs.append((seconds, floor_s, memory.peak_mb, simulator.calls(REALM)))
    finally:
        simulator.control("POST", "/delay", ms=0)
    seconds, floor_s = median(p[0] for p in pairs), median(p[1] for p in pairs)
    timing = Timing(
        seconds=round(seconds, 2),
        floor_s=round(floor_s, 2),
        times_the_floor=round(median(p[0] / p[1] for p in pairs), 2),
        rows_a_second=round(rows / seconds),
        worker_mb=round(max(p[2] for p in pairs)),
        calls=pairs[-1][3],
        # Count, pages, changes since, count again.
        least_calls=-(-rows // 1000) + 3,
    )
    return asdict(timing)


def floor(simulator: Simulator, rows: int) -> float:
    settings = {
        "base": f"{simulator.url}/v3/company/{REALM}",
        "token": simulator.token(REALM)["access_token"],
        "dsn": os.environ["DATABASE_URL"],
        "rows": rows,
        "connections": CONNECTIONS,
    }
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.floor"],
        cwd=ROOT,
        env=os.environ | {"FLOOR": json.dumps(settings)},
        capture_output=True,
        check=True,
    )
    return float(json.loads(done.stdout)["seconds"])


def import_all(cast: Cast) -> float:
    """Return the seconds from the click to the finished run, as the person waits for them."""
    from accounts.tenancy import working_for
    from integrations.sync import importing
    from integrations.sync.scope import Scope
    from mapping.models import Book

    with working_for(cast.firm_id):
        begun = time.perf_counter()
        run = importing.begin(Book.objects.get(pk=cast.book_id), "customer", scope=Scope.ALL, by=None)
        return follow(run, begun)


def follow(run: Any, begun: float, *, limit_s: float = 900) -> float:
    while run.is_unfinished:
        time.sleep(0.05)
        run.refresh_from_db()
        assert time.perf_counter() - begun < limit_s, "the run does not end"
    seconds = time.perf_counter() - begun
    assert run.state == "done", (run.state, run.problem)
    assert not run.problem, run.problem
    return seconds


def import_again(cast: Cast, simulator: Simulator, *, rows: int) -> dict[str, Any]:
    """Time an import in which nothing has changed, and count the rows it rewrote."""
    from accounts.tenancy import working_for
    from mapping.models import Run

    floor_s = floor(simulator, rows)
    seconds = import_all(cast)
    with working_for(cast.firm_id):
        run = Run.objects.order_by("-created_at").first()
        assert run
    return {
        "seconds": round(seconds, 2),
        "floor_s": round(floor_s, 2),
        "times_the_floor": round(seconds / floor_s, 2),
        "rewritten": run.created + run.updated,
    }


def add_all(cast: Cast, worker: psutil.Process, *, rows: int) -> dict[str, Any]:
    """Time "Add as new client" for every customer, from Save to the finished run."""
    from accounts.models import User
    from accounts.tenancy import working_for
    from mapping.models import Book, Choice
    from mapping.services import drafts

    with working_for(cast.firm_id), PeakMemory(worker) as memory:
        person = User.objects.get(pk=cast.person_id)
        draft = drafts.open_draft(Book.objects.get(pk=cast.book_id), "customer", person=person)
        drafts.set_default(draft, Choice.NEW)
        begun = time.perf_counter()
        run = drafts.save(draft, by=person)
        seconds = follow(run, begun)
        assert run.created == rows, run.created
    return {
        "seconds": round(seconds, 2),
        "clients_a_second": round(rows / seconds),
        "worker_mb": round(memory.peak_mb),
    }
