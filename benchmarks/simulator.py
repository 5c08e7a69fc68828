"""What the simulated QuickBooks costs by itself, each beside bare SQLite doing the least of it.

Alone: ``python -m benchmarks.simulator [--rows N]``.
"""

from __future__ import annotations

import argparse
import json
import re
import sqlite3
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import psutil
import requests

from benchmarks import stage

REALM = "9341453100000108"
"""The company that `generate` fills."""
PAGE = 1000
BATCH = 30
BATCHES = 10
ROUNDS = 15

Figures = dict[str, dict[str, float]]


def measure(rows: int) -> Figures:
    """Return seconds, milliseconds or rows a second of each thing, and of its floor."""
    data = stage.DATA / f"simulator-{rows}"
    file = data / "companies" / f"{REALM}.sqlite"
    found: Figures = {}
    noted = data / "generate.json"
    if not noted.exists():
        noted.write_text(json.dumps(generate(data, file, rows)))
    # A company of this size is kept for later runs, and what it took to make it.
    found["generate"] = json.loads(noted.read_text())
    found["open"] = opening(data, file)
    with served(data) as (here, _), requests.Session() as http:
        asking = Asking(here, http)
        everybody = "select * from Customer where Active in (true, false) orderby MetaData.CreateTime"
        last = f"{everybody} startposition {rows - PAGE + 1} maxresults {PAGE}"
        found["page"] = {
            **asking.time(f"{everybody} maxresults {PAGE}"),
            "floor_ms": floor(file, f"SELECT body FROM objects WHERE entity = 'Customer' LIMIT {PAGE}"),
        }
        found["last page"] = {
            **asking.time(last),
            "floor_ms": floor(
                file, f"SELECT body FROM objects WHERE entity = 'Customer' ORDER BY seq DESC LIMIT {PAGE}"
            ),
        }
        found["count"] = {
            **asking.time("select count(*) from Customer"),
            "floor_ms": floor(file, "SELECT count(*) FROM objects WHERE entity = 'Customer' AND active = 1"),
        }
        found["batch"] = batches(asking, data / "floor.sqlite")
        found["last page"]["after_a_write_ms"] = asking.time(last, times=1)["ms"]
    return found


def lines(rows: int, found: Figures) -> list[str]:
    """Return the figures as rows of the table."""
    said = ["", f"Simulator by itself, {rows:,} customers"]
    for name, shown in (("generate", "Inventing them"), ("open", "Start to first page")):
        one = found[name]
        said.append(
            f"  {shown:<24}{one['seconds']:8.2f} s   floor {one['floor_s']:6.2f} s   peak {one['mb']:.0f} MB"
        )
    for name in ("page", "last page", "count"):
        one = found[name]
        said.append(
            f"  {_SHOWN[name]:<24}{one['ms']:8.1f} ms  floor {one['floor_ms']:6.1f} ms  "
            f"the first time {one['first_ms']:.1f} ms, seen by the client {one['seen_ms']:.1f} ms"
        )
    said.append(f"  Last page after a write {found['last page']['after_a_write_ms']:8.1f} ms")
    batch = found["batch"]
    said.append(
        f"  Invoices in batches     {batch['a_second']:8.0f} /s  floor {batch['floor_a_second']:6.0f} /s  "
        "balances kept"
    )
    return said


_SHOWN = {"page": "First page of 1000", "last page": "Last page of 1000", "count": "COUNT(*)"}


class Asking:
    """A client of the generated company."""

    def __init__(self, here: str, http: requests.Session) -> None:
        self.here, self.http = here, http
        token = self._control("POST", "/tokens", realm=REALM)["access_token"]
        http.headers.update({"Authorization": f"Bearer {token}", "Accept": "application/json"})

    def time(self, statement: str, *, times: int = ROUNDS) -> dict[str, float]:
        """Return milliseconds: the simulator's own, those a client sees, and its own the first time."""
        seen = [_clocked(lambda: self.query(statement)) for _ in range(times)]
        calls = self._control("GET", f"/calls?realm={REALM}&limit={times}")["calls"]
        own = [call["duration_ms"] for call in calls]
        return {
            "ms": round(statistics.median(own), 2),
            "seen_ms": round(statistics.median(seen), 2),
            "first_ms": own[0],
        }

    def query(self, statement: str) -> Any:
        return self._said(
            self.http.get(f"{self.here}/v3/company/{REALM}/query", params={"query": statement}, timeout=600)
        )["QueryResponse"]

    def batch(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        address = f"{self.here}/v3/company/{REALM}/batch"
        numbered = [{"bId": str(n), "operation": "create", **item} for n, item in enumerate(items)]
        answered = self._said(self.http.post(address, json={"BatchItemRequest": numbered}, timeout=600))
        return [self._made(item) for item in answered["BatchItemResponse"]]

    def _made(self, item: dict[str, Any]) -> dict[str, Any]:
        assert "Fault" not in item, item
        (made,) = (value for key, value in item.items() if key != "bId")
        return dict(made)

    def _said(self, answer: requests.Response) -> Any:
        answer.raise_for_status()
        return answer.json()

    def _control(self, method: str, path: str, **given: Any) -> Any:
        return self._said(self.http.request(method, f"{self.here}/_control{path}", json=given, timeout=600))


def _clocked(deed: Callable[[], Any]) -> float:
    begun = perf_counter()
    deed()
    return (perf_counter() - begun) * 1000


def generate(data: Path, file: Path, rows: int) -> dict[str, float]:
    command = ["-m", "qbo_simulator", "generate", "--data", str(data), "--customers", str(rows)]
    begun = perf_counter()
    process = subprocess.Popen([sys.executable, *command], cwd=stage.ROOT, stdout=subprocess.DEVNULL)
    with stage.PeakMemory(psutil.Process(process.pid)) as memory:
        assert process.wait() == 0
    seconds = perf_counter() - begun
    bare = data / "floor.sqlite"
    with closing(_bare(bare)) as floor_db, closing(sqlite3.connect(file)) as source:
        begun = perf_counter()
        floor_db.execute("BEGIN")
        bodies = source.execute("SELECT id, body FROM objects WHERE entity = 'Customer'")
        floor_db.executemany("INSERT INTO bare VALUES (?, ?)", bodies)
        floor_db.execute("COMMIT")
        floor_s = perf_counter() - begun
    bare.unlink()
    return {"seconds": round(seconds, 2), "floor_s": round(floor_s, 2), "mb": round(memory.peak_mb)}


def opening(data: Path, file: Path) -> dict[str, float]:
    """Measure from the start of the process to the first page in the client's hands."""
    begun = perf_counter()
    with served(data) as (here, process), requests.Session() as http:
        asking = Asking(here, http)
        with stage.PeakMemory(process) as memory:
            rows = asking.query(f"select * from Customer maxresults {PAGE}")["Customer"]
            seconds = perf_counter() - begun
            assert len(rows) == PAGE
            asking.time(f"select * from Customer maxresults {PAGE}")
    script = (
        "import sqlite3, sys; "
        f"sqlite3.connect(sys.argv[1]).execute('SELECT body FROM objects LIMIT {PAGE}').fetchall()"
    )
    bare = _clocked(lambda: subprocess.run([sys.executable, "-c", script, str(file)], check=True)) / 1000
    return {"seconds": round(seconds, 2), "floor_s": round(bare, 2), "mb": round(memory.peak_mb)}


@contextmanager
def served(data: Path) -> Iterator[tuple[str, psutil.Process]]:
    """Serve a data folder; give the address and the process."""
    command = [sys.executable, "-m", "qbo_simulator", "serve", "--port", "0", "--data", str(data)]
    process = subprocess.Popen(command, cwd=stage.ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if found := re.search(r"ready: (http://[\d.:]+)/", line):
                yield found.group(1), psutil.Process(process.pid)
                return
        raise RuntimeError("the simulator ended before it was ready")
    finally:
        process.terminate()
        process.communicate(timeout=30)


def floor(file: Path, sql: str) -> float:
    """Return milliseconds SQLite needs to hand out the same rows."""
    with closing(sqlite3.connect(file)) as db:
        db.text_factory = bytes
        times = [_clocked(lambda: db.execute(sql).fetchall()) for _ in range(ROUNDS)]
    return round(statistics.median(times), 2)


def batches(asking: Asking, bare: Path) -> dict[str, float]:
    """Measure invoices made thirty at a time, for customers of their own, and look at what those owe."""
    said = str(perf_counter())
    customers = asking.batch([{"Customer": {"DisplayName": f"Batch {said} {n}"}} for n in range(BATCH)])
    detail = {"DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {}}
    items = [
        {"Invoice": {"CustomerRef": {"value": customer["Id"]}, "Line": [{"Amount": 5, **detail}]}}
        for customer in customers
    ]
    asking.batch(items)
    begun = perf_counter()
    for _ in range(BATCHES):
        made = asking.batch(items)
    seconds = perf_counter() - begun
    owed = asking.query(f"select * from Customer where DisplayName like 'Batch {said} %' maxresults {PAGE}")
    assert {customer["Balance"] for customer in owed["Customer"]} == {5 * (BATCHES + 1)}
    with closing(_bare(bare)) as db:
        begun = perf_counter()
        for number in range(BATCHES):
            db.execute("BEGIN")
            db.executemany(
                "INSERT INTO bare VALUES (?, ?)", [(f"{number}/{one['Id']}", str(one)) for one in made]
            )
            db.execute("COMMIT")
        floor_s = perf_counter() - begun
    bare.unlink()
    written = BATCHES * BATCH
    return {"a_second": round(written / seconds), "floor_a_second": round(written / floor_s)}


def _bare(file: Path) -> sqlite3.Connection:
    file.unlink(missing_ok=True)
    db = sqlite3.connect(file, isolation_level=None)
    db.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; CREATE TABLE bare (id TEXT PRIMARY KEY, body TEXT)"
    )
    return db


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m benchmarks.simulator", description=__doc__)
    asked.add_argument("--rows", type=int, default=1_000_000)
    rows = asked.parse_args().rows
    sys.stdout.write("\n".join([*lines(rows, measure(rows)), ""]))


if __name__ == "__main__":
    main()
