"""A worker may die at any moment; what it leaves is taken up again and ends as if nothing had happened."""

from __future__ import annotations

import random
import time
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Client, Firm, User
from accounts.tenancy import working_for
from integrations.connect import gateway_for
from integrations.models import Connection
from integrations.sync import importing
from integrations.sync.scope import Scope
from integrations.tasks import pick_up_stalled_runs
from mapping.finding import counts_of
from mapping.models import Book, Change, Choice, Link, RemoteRecord, Run, RunOutcome, RunState
from mapping.services import drafts
from tests.importing.conftest import Company, connect, worked_out
from tests.processes import Worker

pytestmark = pytest.mark.django_db(transaction=True)

CUSTOMERS = 4_000


SWEEP_EVERY_S = 0.2
"""Beat does it every fifteen seconds, in production."""


def followed(run: Run, worker: Worker, *, kills: int, seed: int, within_s: float = 0.3) -> Run:
    """Kill the worker so many times while it is at the run, start it again each time, and see the run end.

    Each time it is killed within so many seconds of taking the run up. Fails where the run ended before
    the first kill: then nothing was shown.
    """
    dice = random.Random(seed)
    deadline = time.monotonic() + 120
    killed, next_kill, next_sweep = 0, 0.0, 0.0
    started_at = run.created_at
    while run.is_unfinished:
        now = time.monotonic()
        assert now < deadline, (
            f"{run.state} at {run.handled} of {run.expected}: {worker.log.read_text()[-2000:]}"
        )
        if not next_kill and run.heartbeat_at and run.heartbeat_at > started_at:
            next_kill = now + dice.uniform(0.0, within_s)
        if next_kill and killed < kills and now > next_kill:
            worker.kill()
            worker.start()
            killed, next_kill, started_at = killed + 1, 0.0, timezone.now()
        if now > next_sweep:
            pick_up_stalled_runs()
            next_sweep = now + SWEEP_EVERY_S
        time.sleep(0.02)
        run.refresh_from_db()
    assert killed or not kills, "the run was over before its worker was killed"
    return run


_NUMBERS = ("handled", "created", "updated", "unchanged", "skipped", "failed", "count_here", "count_there")


def contents(book: Book) -> dict[str, dict[str, Any]]:
    """All that is held of each record, by QuickBooks' id, but for our own keys and the time it came."""
    rows = RemoteRecord.objects.filter(book=book).select_related("body")
    ours = {"id", "firm", "book", "first_run_id", "changed_run_id", "first_seen_at"}
    names = [field.name for field in RemoteRecord._meta.concrete_fields if field.name not in ours]
    return {
        row.remote_id: {name: getattr(row, name) for name in names} | {"body": row.body.payload}
        for row in rows
    }


def outcome(run: Run) -> dict[str, Any]:
    """What the run tells of itself: its numbers, each record it left out, and what the screens count."""
    left_out = RunOutcome.objects.filter(run=run).values_list("remote_id", "outcome", "reason")
    return {
        **{name: getattr(run, name) for name in _NUMBERS},
        "state": (run.state, run.problem),
        "left out": sorted(left_out),
        "parts": counts_of(run.book, "customer"),
    }


def undisturbed(company: Company, firm: Firm) -> tuple[Run, Book]:
    """Import the same company for another firm, in this process."""
    connection = connect(firm, company)
    assert connection.book
    begun = importing.begin(connection.book, "customer", scope=Scope.ALL, by=None)
    with gateway_for(connection) as quickbooks:
        return worked_out(begun, quickbooks), connection.book


@pytest.mark.timeout(400)
def test_a_killed_import_ends_as_an_undisturbed_one(
    company: Company, book: Book, worker: Worker, other_firm: Firm
) -> None:
    company.generate(CUSTOMERS)
    company.control("/delay", ms=150)
    run = followed(importing.begin(book, "customer", scope=Scope.ALL, by=None), worker, kills=4, seed=1)
    assert (run.state, run.problem) == (RunState.DONE, "")
    assert run.count_here == run.count_there == run.created == run.handled == CUSTOMERS
    killed, told = contents(book), outcome(run)
    assert len(killed) == RemoteRecord.objects.count() == CUSTOMERS
    company.control("/delay", ms=0)
    worker.stop()
    with working_for(other_firm.pk):
        smooth, its_book = undisturbed(company, other_firm)
        assert outcome(smooth) == told
        assert contents(its_book) == killed


@pytest.mark.timeout(400)
def test_killed_mapping_makes_every_client_once(
    connection: Connection, book: Book, company: Company, worker: Worker, staff: User, firm: Firm
) -> None:
    company.generate(CUSTOMERS)
    followed(importing.begin(book, "customer", scope=Scope.ALL, by=None), worker, kills=0, seed=2)
    draft = drafts.open_draft(book, "customer", person=staff)
    drafts.set_default(draft, Choice.NEW)
    run = followed(drafts.save(draft, by=staff), worker, kills=3, seed=3)
    assert (run.state, run.created, run.handled) == (RunState.DONE, CUSTOMERS, CUSTOMERS)
    assert Client.objects.filter(is_linked=True).count() == CUSTOMERS
    assert Link.objects.count() == Change.objects.count() == CUSTOMERS
    assert not RemoteRecord.objects.unmapped().exists()
