"""What staying in agreement costs: refreshes, announcements, nights, and small firms beside a large one."""

from __future__ import annotations

import os
import time
from statistics import median
from typing import Any

import psutil
import requests

from benchmarks.cast import Cast, connect
from benchmarks.importing import follow
from benchmarks.screens import sign_in
from benchmarks.stage import Simulator

ROWS = 1_000
"""Customers of the firm that is followed: what a refresh costs does not hang on them."""
CHANGED = 200
ANNOUNCED = 30
NIGHTLY_FIRMS = 1_000
LARGE, SMALL_FIRMS, SMALL = 500_000, 50, 50


def measure(simulator: Simulator, worker: psutil.Process, url: str, *, scale: float) -> dict[str, Any]:
    """Return the figures; ``scale`` shrinks the night and the large firm for a quick run."""
    followed = connect(simulator, rows=ROWS, slug="followed", realm="9341453100000801")
    _import(followed)
    _map_all(followed)
    return {
        "nothing_changed": _refreshed(simulator, followed, changed=0),
        "some_changed": _refreshed(simulator, followed, changed=CHANGED),
        "announced": _announced(simulator, followed, url),
        "night": _night(simulator, worker, firms=max(20, int(NIGHTLY_FIRMS * scale))),
        "fairness": _fairness(simulator, large=max(5_000, int(LARGE * scale))),
    }


def _import(cast: Cast) -> float:
    from benchmarks.importing import import_all

    return import_all(cast)


def _map_all(cast: Cast) -> None:
    from accounts.models import User
    from accounts.tenancy import working_for
    from mapping.models import Book, Choice
    from mapping.services import drafts

    with working_for(cast.firm_id):
        person = User.objects.get(pk=cast.person_id)
        draft = drafts.open_draft(Book.objects.get(pk=cast.book_id), "customer", person=person)
        drafts.set_default(draft, Choice.NEW)
        follow(drafts.save(draft, by=person), time.perf_counter())


def _refresh(cast: Cast) -> float:
    from accounts.tenancy import working_for
    from integrations.sync import refreshing
    from mapping.models import Book, Cause

    with working_for(cast.firm_id):
        begun = time.perf_counter()
        run = refreshing.begin(Book.objects.get(pk=cast.book_id), cause=Cause.PERSON)
        return follow(run, begun)


def _refreshed(simulator: Simulator, cast: Cast, *, changed: int) -> dict[str, Any]:
    """Time a refresh after so many changes on the other side, and count its calls."""
    realm = _realm(cast)
    # The first one has the lists read that no import has read yet.
    _refresh(cast)
    _until_quiet()
    for id in _some_ids(cast, changed):
        simulator.control("POST", f"/companies/{realm}/customers/{id}", Notes=str(time.time()))
    simulator.control("DELETE", "/calls")
    seconds = _refresh(cast)
    return {"seconds": round(seconds, 2), "calls": simulator.calls(realm), "changed": changed}


def _announced(simulator: Simulator, cast: Cast, url: str) -> dict[str, Any]:
    """Time from a change in QuickBooks to its value on the client's page, through webhook, worker and web."""
    realm, page = _realm(cast), requests.Session()
    page.cookies.set("sessionid", sign_in(cast))
    endpoint = simulator.control(
        "POST",
        "/webhooks",
        url=f"{url}/webhooks/quickbooks/",
        verifier=os.environ["QBO_WEBHOOK_VERIFIER_TOKEN"],
    )
    taken = []
    try:
        for number, (id, client_id) in enumerate(_some_ids(cast, ANNOUNCED, with_clients=True)):
            town = f"Newtown {number}"
            simulator.control("POST", f"/companies/{realm}/customers/{id}", BillAddr={"City": town})
            begun = time.perf_counter()
            while town not in page.get(f"{url}/f/followed/clients/{client_id}/", timeout=30).text:
                time.sleep(0.05)
                assert time.perf_counter() - begun < 60, "the announced change does not arrive"
            taken.append(time.perf_counter() - begun)
    finally:
        simulator.control("DELETE", f"/webhooks/{endpoint['id']}")
    taken.sort()
    return {
        "median_s": round(median(taken), 2),
        "p95_s": round(taken[int(0.95 * len(taken))], 2),
        "window_s": 1,
    }


def _night(simulator: Simulator, worker: psutil.Process, *, firms: int) -> dict[str, Any]:
    """Let the night come over many firms without changes: time, the worker's CPU, reads for each firm."""
    from django.utils import timezone

    from accounts.tenancy import working_for
    from integrations.sync import cursors, refreshing
    from mapping.entities import ENTITIES
    from mapping.models import Book, Cause

    casts = [
        connect(simulator, rows=1, slug=f"night-{number}", realm=str(9341453200000000 + number))
        for number in range(firms)
    ]

    for cast in casts:
        with working_for(cast.firm_id):  # Everything was read just now: this night finds nothing.
            cursors.read_until(
                Book.objects.get(pk=cast.book_id), list(ENTITIES), timezone.now(), counted=True
            )
    simulator.control("DELETE", "/calls")
    cpu, begun = _cpu(worker), time.perf_counter()
    for cast in casts:
        with working_for(cast.firm_id):
            refreshing.begin(Book.objects.get(pk=cast.book_id), cause=Cause.NIGHTLY)
    _until_quiet()
    seconds = time.perf_counter() - begun
    reads = sum(simulator.calls(_realm(cast)) for cast in casts)
    return {
        "firms": firms,
        "seconds": round(seconds, 1),
        "worker_cpu_s": round(_cpu(worker) - cpu, 1),
        "reads_a_firm": round(reads / firms, 2),
    }


def _until_quiet() -> None:
    from accounts.tenancy import across_firms
    from mapping.models import Run
    from mapping.models.runs import UNFINISHED

    with across_firms(reason="a benchmark waits for all work to end"):
        deadline = time.monotonic() + 1800
        while Run.objects.filter(state__in=UNFINISHED).exists():
            assert time.monotonic() < deadline, "the work does not end"
            time.sleep(0.1)


def _fairness(simulator: Simulator, *, large: int) -> dict[str, Any]:
    """Time fifty small imports alone, and again while a large one is under way."""
    small = [
        connect(simulator, rows=SMALL, slug=f"small-{number}", realm=str(9341453300000000 + number))
        for number in range(SMALL_FIRMS)
    ]
    big = connect(simulator, rows=large, slug="large", realm="9341453100000802")
    alone = _all_imported(small)
    run = _begin_import(big)
    time.sleep(3)
    beside = _all_imported(small)
    was_under_way = _is_unfinished(big, run)
    _cancel(big, run)
    return {
        "alone_s": round(alone, 1),
        "beside_s": round(beside, 1),
        "times": round(beside / alone, 2),
        "large": large,
        "large_was_under_way": was_under_way,
    }


def _all_imported(casts: list[Cast]) -> float:
    begun = time.perf_counter()
    going = [(cast, _begin_import(cast)) for cast in casts]
    for cast, run in going:
        while _is_unfinished(cast, run):
            time.sleep(0.05)
            assert time.perf_counter() - begun < 900, "the small imports do not end"
    return time.perf_counter() - begun


def _begin_import(cast: Cast) -> Any:
    from accounts.tenancy import working_for
    from integrations.sync import importing
    from integrations.sync.scope import Scope
    from mapping.models import Book

    with working_for(cast.firm_id):
        return importing.begin(Book.objects.get(pk=cast.book_id), "customer", scope=Scope.ALL, by=None)


def _is_unfinished(cast: Cast, run: Any) -> bool:
    from accounts.tenancy import working_for

    with working_for(cast.firm_id):
        run.refresh_from_db()
    return bool(run.is_unfinished)


def _cancel(cast: Cast, run: Any) -> None:
    from accounts.tenancy import working_for
    from mapping.services import runs

    with working_for(cast.firm_id):
        runs.ask_to_cancel(run)
    while _is_unfinished(cast, run):
        time.sleep(0.1)


def _realm(cast: Cast) -> str:
    from accounts.tenancy import working_for
    from mapping.models import Book

    with working_for(cast.firm_id):
        return Book.objects.get(pk=cast.book_id).realm_id


def _some_ids(cast: Cast, how_many: int, *, with_clients: bool = False) -> list[Any]:
    from accounts.tenancy import working_for
    from mapping.models import Link

    with working_for(cast.firm_id):
        links = Link.objects.filter(book_id=cast.book_id, record__is_active=True).order_by("pk")
        found = list(links.values_list("record__remote_id", "local_id")[:how_many])
    return found if with_clients else [remote_id for remote_id, _ in found]


def _cpu(worker: psutil.Process) -> float:
    total = 0.0
    for one in [worker, *worker.children(recursive=True)]:
        times = one.cpu_times()
        total += times.user + times.system
    return total


def lines(result: dict[str, Any]) -> list[str]:
    """Return the figures as a table's lines."""
    none, some, told = result["nothing_changed"], result["some_changed"], result["announced"]
    night, fair = result["night"], result["fairness"]
    return [
        "",
        f"Refresh, nothing changed    {none['seconds']:6.2f} s   calls {none['calls']}",
        f"Refresh, {some['changed']} changes        {some['seconds']:6.2f} s   calls {some['calls']}",
        f"Announced, until on screen  {told['median_s']:6.2f} s   p95 {told['p95_s']:.2f} s",
        f"A night for {night['firms']} firms      {night['seconds']:6.1f} s   worker CPU {night['worker_cpu_s']} s   "
        f"reads a firm {night['reads_a_firm']}",
        f"{SMALL_FIRMS} firms of {SMALL} customers  {fair['alone_s']:6.1f} s   beside one of {fair['large']:,}: "
        f"{fair['beside_s']} s, {fair['times']} x",
    ]
