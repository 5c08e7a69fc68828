"""What open pages cost while work goes on: the web processes' own time for each time a page asks.

By itself: ``python -m benchmarks.polling [--rows N]``.
"""

from __future__ import annotations

import argparse
import json
import re
import sys

import psutil
import requests

from benchmarks import stage
from benchmarks.cast import Cast, connect, empty
from benchmarks.importing import import_all
from benchmarks.screens import sign_in

WARM_UP, TIMES = 20, 300
HTMX = {"HX-Request": "true", "HX-Target": "rows"}
Figures = dict[str, dict[str, float]]


def measure(cast: Cast, url: str) -> Figures:
    """Return milliseconds of the web processes' time for each answer: in full, and where nothing has moved."""
    run, seen = _work_under_way(cast)
    home, session = f"{url}/f/bench/quickbooks", requests.Session()
    session.cookies.set("sessionid", sign_in(cast))
    strip = f"{home}/freshness/?region=%23rows&next=/f/bench/clients/"
    found: Figures = {
        "strip": {
            "in full": _cost_ms(f"{strip}&seen=1", session, {}),
            "nothing new": _cost_ms(f"{strip}&seen={seen}", session, {}),
        }
    }
    asked = {
        "banner": f"{home}/runs/{run}/status/?as=banner",
        "page of the run": f"{home}/runs/{run}/status/",
        "list of runs": f"{home}/runs/",
    }
    for what, address in asked.items():
        (mark,) = re.findall(r'"Seen": "(\w+)"', session.get(address, headers=HTMX, timeout=60).text)
        found[what] = {
            "in full": _cost_ms(address, session, {}),
            "nothing new": _cost_ms(address, session, {"Seen": mark}),
        }
    return found


def _work_under_way(cast: Cast) -> tuple[int, int]:
    from accounts.tenancy import working_for
    from integrations.sync import freshness
    from mapping.models import Run, RunKind, RunState

    with working_for(cast.firm_id):
        run = Run.objects.create(
            firm_id=cast.firm_id,
            book_id=cast.book_id,
            kind=RunKind.MAP,
            entity="customer",
            state=RunState.RUNNING,
            expected=1000,
            handled=400,
        )
        found = freshness.standing()
        assert found
        return run.pk, found.seen


def _cost_ms(address: str, session: requests.Session, headers: dict[str, str]) -> float:
    """Ask so many times, and divide the time that the web processes took."""
    for _ in range(WARM_UP):
        session.get(address, headers=HTMX | headers, timeout=60).raise_for_status()
    before = _web_s()
    for _ in range(TIMES):
        session.get(address, headers=HTMX | headers, timeout=60)
    return round(1000 * (_web_s() - before) / TIMES, 1)


def _web_s() -> float:
    web = [one for one in psutil.Process().children(recursive=True) if "gunicorn" in " ".join(one.cmdline())]
    return sum(one.cpu_times().user + one.cpu_times().system for one in web)


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m benchmarks.polling", description=__doc__)
    asked.add_argument("--rows", type=int, default=1_000)
    rows = asked.parse_args().rows
    stage.prepare()
    with stage.simulator() as simulator, stage.worker():
        cast = connect(simulator, rows=rows)
        empty(cast)
        import_all(cast)
        with stage.web() as url:
            figures = measure(cast, url)
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
