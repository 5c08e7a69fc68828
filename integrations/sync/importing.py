"""Read all of one kind of record from QuickBooks into the mirror, several pages at a time.

A run is pages in PostgreSQL. Workers claim, fetch in threads and store, one transaction a page;
whoever is killed leaves whole pages, and the rest is claimed anew. No HTTP inside a transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from uuid import uuid4

from django.conf import settings
from django.db import connections, transaction
from django.utils import timezone

from accounts.copying import redoable
from accounts.models import User
from integrations.models import ImportPage
from integrations.quickbooks import PAGE, Payload, QuickBooks
from integrations.sync import closing, drift, one_answer, pages
from integrations.sync.arriving import take_in
from integrations.sync.changes import OVERLAP
from integrations.sync.enduring import MOST_FAILURES, More, Over, enduring
from integrations.sync.scope import Scope, where
from integrations.sync.turns import Turn, nobody_waits
from mapping.entities import ENTITIES
from mapping.models import Book, Cause, Run, RunKind, RunState
from mapping.services import runs

__all__ = ["More", "Over", "begin", "open_run", "store_page", "work"]

THREADS = 5
"""Pages one worker has under way; two workers stay within QuickBooks' ten at once."""
# Creation time does not move while reading, unlike the time of the last change.
ORDER = "MetaData.CreateTime"
_SHOW_EVERY_S = settings.RUN_LEASE_S / 10
"""How often a worker shows that it lives and asks whether the run is still wanted."""


def begin(
    book: Book, entity: str, *, scope: Scope, by: User | None = None, cause: Cause = Cause.PERSON
) -> Run:
    """Queue an import; returns the one under way if there is one.

    An import that failed half-way, of the same scope and not a day old, goes on from its pages.
    """
    broken = Run.objects.filter(book=book, entity=entity, kind=RunKind.IMPORT).order_by("-created_at").first()
    if broken and _can_go_on(broken, scope):
        return runs.resume(broken)
    return runs.start_run(book, RunKind.IMPORT, entity, by=by, cause=cause, options={"scope": scope.value})


def _can_go_on(run: Run, scope: Scope) -> bool:
    is_young = run.created_at > timezone.now() - timedelta(days=1)
    return run.state == RunState.FAILED and is_young and run.options.get("scope") == scope


def work(
    run: Run, quickbooks: QuickBooks, *, for_s: float, others_wait: Callable[[], bool] = nobody_waits
) -> More | Over:
    """Work on an import for so long, or until others wait. Ends the run where it is finished, cancelled or cannot go on.

    Idempotent: stored pages are not read again. Throttling and outages put it off instead.
    """

    def read() -> More | Over:
        if run.expected is None:
            open_run(run, quickbooks)
        return _read_pages(run, quickbooks, Turn(for_s, others_wait))

    return enduring(run, read, most_failures=MOST_FAILURES)


def lanes(run: Run, *, at_most: int) -> int:
    """Return how many workers an import can keep busy: one, where one has all its pages under way at once."""
    return min(at_most, max(1, -(-(run.expected or 0) // (PAGE * THREADS))))


def open_run(run: Run, quickbooks: QuickBooks) -> None:
    """Count where that is not known, and lay out the pages."""
    opened_at = timezone.now() - OVERLAP
    entity = ENTITIES[run.entity]
    known = one_answer.expected(run)
    if known is None:
        expected = quickbooks.count(entity.remote, where=where(entity, Scope(run.options["scope"])))
    else:
        expected = known
    with transaction.atomic():
        held = Run.objects.select_for_update(no_key=True, of=("self",)).get(pk=run.pk)
        if held.expected is None:
            pages.lay_out(held, rows=expected if known is None else 1, size=PAGE)
            held.expected = expected
            held.options |= {"opened_at": opened_at.isoformat(), **drift.measure(held)}
            if known is not None:
                held.options["one_answer"] = True
            held.save(update_fields=["expected", "options"])
            runs.count_up(run, calls=int(known is None))
    run.refresh_from_db()


@dataclass
class Fetched:
    page: ImportPage
    rows: list[Payload]


class Fetchers:
    """A few threads that read pages from QuickBooks while the caller stores others."""

    def __init__(self, run: Run, quickbooks: QuickBooks) -> None:
        self.run = run
        self.quickbooks = quickbooks
        self.remote = ENTITIES[run.entity].remote
        self.where = where(ENTITIES[run.entity], Scope(run.options["scope"]))
        self.pool = ThreadPoolExecutor(THREADS, thread_name_prefix="page")
        self.under_way: set[Future[Fetched]] = set()

    @property
    def is_supplied(self) -> bool:
        """Whether every thread has a page, and one more waits for each that gets done."""
        return len(self.under_way) > THREADS

    def start(self, page: ImportPage) -> None:
        """Fetch a page as soon as a thread is free."""
        self.under_way.add(self.pool.submit(copy_context().run, self._fetch, page))

    def _fetch(self, page: ImportPage) -> Fetched:
        try:
            rows = self.quickbooks.page(self.remote, page.start_position, where=self.where, order=ORDER)
            return Fetched(page, rows)
        finally:
            # A thread that had to look up a token has a database connection of its own.
            connections.close_all()

    def finished(self, *, within_s: float) -> list[Fetched]:
        """Return pages that have arrived; raises what a fetch raised."""
        done, self.under_way = wait(self.under_way, timeout=within_s, return_when=FIRST_COMPLETED)
        return [future.result() for future in done]

    def close(self) -> None:
        self.pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _fetching(run: Run, quickbooks: QuickBooks) -> Iterator[Fetchers]:
    fetchers = Fetchers(run, quickbooks)
    try:
        yield fetchers
    finally:
        fetchers.close()


def _read_pages(run: Run, quickbooks: QuickBooks, turn: Turn) -> More | Over:
    worker = uuid4()
    shown_at = 0.0
    try:
        with _fetching(run, quickbooks) as fetchers:
            while True:
                if monotonic() - shown_at > _SHOW_EVERY_S:
                    if not runs.beat(run):
                        runs.finish(run, RunState.CANCELLED)
                        return Over()
                    pages.renew(run, worker)
                    shown_at = monotonic()
                is_time_up = turn.is_over
                if not is_time_up and not fetchers.is_supplied:
                    for page in pages.claim(run, worker, most=THREADS):
                        if page.start_position == pages.CLOSING:
                            return _close(run, quickbooks, page)
                        fetchers.start(page)
                if not fetchers.under_way:
                    return More() if is_time_up else Over()
                for fetched in fetchers.finished(within_s=_SHOW_EVERY_S):
                    store_page(run, fetched.page, fetched.rows)
    finally:
        pages.give_back(run, worker)


def _close(run: Run, quickbooks: QuickBooks, page: ImportPage) -> More | Over:
    if closing.close(run, quickbooks, page, store=store):
        return Over()
    return More()


def store_page(run: Run, page: ImportPage, rows: list[Payload]) -> None:
    """Keep one page: mirror, tied rows, counters and the page itself in one transaction."""
    with redoable():
        held = pages.lock(page)
        if held is None:
            return
        store(run, rows, handled=len(rows), calls=1)
        pages.mark_stored(held, [str(row.get("Id", "")) for row in rows])


def store(run: Run, rows: list[Payload], *, were_met: bool = False, **counted: int) -> None:
    """Take in objects of the run's own kind, inside the caller's transaction; see ``arriving.take_in``.

    A check also tells what of it had been missed.
    """
    stored = take_in(run, ENTITIES[run.entity], rows, were_met=were_met, **counted)
    drift.note(run, stored)
