"""The bare floor of an import: fetch the pages, parse the JSON, COPY it into one table. Nothing else.

No mirror, no matching, no history, no tenancy, no resuming: what any import must at least do.
Run as its own process: ``python -m benchmarks.floor`` with what it needs in the environment.
"""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from time import perf_counter
from typing import Any

import orjson
import psycopg2
import requests
from requests.adapters import HTTPAdapter

PAGE = 1000


def fetch(session: requests.Session, base: str, start: int) -> list[dict[str, Any]]:
    select = (
        "SELECT * FROM Customer WHERE Active IN (true, false) "
        f"ORDERBY MetaData.CreateTime STARTPOSITION {start} MAXRESULTS {PAGE}"
    )
    answer = session.get(f"{base}/query", params={"query": select}, timeout=60)
    answer.raise_for_status()
    rows: list[dict[str, Any]] = orjson.loads(answer.content)["QueryResponse"]["Customer"]
    return rows


def run(*, base: str, token: str, dsn: str, rows: int, connections: int) -> float:
    """Return the seconds from the first request to the last commit."""
    session = requests.Session()
    session.mount("http://", HTTPAdapter(pool_maxsize=connections))
    session.headers.update({"Authorization": f"Bearer {token}", "Accept": "application/json"})
    database = psycopg2.connect(dsn)
    with database, database.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_floor; CREATE TABLE bench_floor (id text, payload jsonb)")
    begun = perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        for page in pool.map(lambda start: fetch(session, base, start), range(1, rows + 1, PAGE)):
            copy(database, page)
    seconds = perf_counter() - begun
    with database, database.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM bench_floor")
        (stored,) = cursor.fetchone() or (0,)
        cursor.execute("DROP TABLE bench_floor")
    assert stored == rows, f"the floor stored {stored} of {rows}"
    return seconds


def copy(database: Any, page: list[dict[str, Any]]) -> None:
    lines = StringIO()
    for row in page:
        text = orjson.dumps(row).decode().replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
        lines.write(f"{row['Id']}\t{text}\n")
    lines.seek(0)
    with database, database.cursor() as cursor:
        cursor.copy_expert("COPY bench_floor (id, payload) FROM STDIN", lines)


if __name__ == "__main__":
    settings = json.loads(os.environ["FLOOR"])
    sys.stdout.write(json.dumps({"seconds": run(**settings)}))
