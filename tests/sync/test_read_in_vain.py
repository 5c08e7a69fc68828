"""After a full read without proof: it is tried again before long, the runs say so, and announcements are read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from integrations.models import Connection, Cursor
from integrations.quickbooks import QuickBooks
from integrations.sync import announced, freshness, importing, patience
from integrations.sync.enduring import More
from integrations.sync.scope import Scope
from mapping.models import Book, Cause, RemoteRecord, Run, RunKind, RunState
from mapping.services import runs
from tests.conftest import SignIn
from tests.importing.conftest import Company, Import
from tests.sync.conftest import Refresh
from tests.sync.test_pull import follow_customers_only
from tests.sync.test_webhooks import deliver, event

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def incomplete(company: Company, book: Book, import_all: Import, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The first import, whose counts did not agree."""
    follow_customers_only(book)
    company.add("Amy")
    whole = QuickBooks.count
    with monkeypatch.context() as patched:
        patched.setattr(QuickBooks, "count", lambda *given, **how: whole(*given, **how) + 1)
        run = import_all()
    assert (run.state, run.problem) == (RunState.DONE, "incomplete")
    return run


def ended(minutes: float) -> None:
    """Let all that has ended have ended some time ago."""
    at = timezone.now() - timedelta(minutes=minutes)
    Run.objects.filter(finished_at__isnull=False).update(finished_at=at)


def test_a_refresh_that_finds_nothing_to_follow_says_so_and_the_next_tries_again(
    incomplete: Run, refresh: Refresh, staff: User, signed_in: SignIn
) -> None:
    """A run never says success when it did nothing."""
    run = refresh(Cause.NIGHTLY)
    assert (run.state, run.problem, run.calls) == (RunState.DONE, "not_read_yet", 0)
    page = signed_in(staff).get(reverse("run", kwargs={"slug": "bright-ledger", "pk": run.pk}))
    assert "Not all records could be read from QuickBooks yet" in page.content.decode()
    assert Run.objects.filter(kind=RunKind.IMPORT).count() == 1
    ended(minutes=16)
    assert refresh(Cause.NIGHTLY).problem == ""
    again = Run.objects.filter(kind=RunKind.IMPORT).latest("created_at")
    assert (again.state, again.options["scope"]) == (RunState.QUEUED, "all")


def test_a_person_is_heard_at_once(incomplete: Run, refresh: Refresh) -> None:
    refresh(Cause.PERSON)
    assert Run.objects.filter(kind=RunKind.IMPORT, state=RunState.QUEUED).exists()


def test_each_try_in_vain_doubles_the_time(incomplete: Run, book: Book) -> None:
    waits = []
    for _ in range(9):
        at = timezone.now()
        Run.objects.update(finished_at=at)
        until = patience.rests_until(book, "customer")
        assert until
        waits.append((until - at).total_seconds() / 60)
        Run.objects.create(
            firm_id=book.firm_id,
            book=book,
            kind=RunKind.IMPORT,
            entity="customer",
            state=RunState.FAILED,
            problem="quickbooks_down",
            finished_at=at,
        )
    assert waits == [15, 30, 60, 120, 240, 480, 720, 720, 720]
    Run.objects.update(finished_at=timezone.now() - timedelta(hours=13))
    assert patience.rests_until(book, "customer") is None


def test_an_import_that_was_taken_up_again_in_vain_counts_as_two(book: Book) -> None:
    run = importing.begin(book, "customer", scope=Scope.ALL)
    runs.finish(run, RunState.FAILED, problem="quickbooks_down")
    resumed = importing.begin(book, "customer", scope=Scope.ALL)
    assert resumed == run
    runs.finish(resumed, RunState.FAILED, problem="quickbooks_down")
    until = patience.rests_until(book, "customer")
    assert until
    assert until > timezone.now() + timedelta(minutes=29)


def test_what_is_announced_meanwhile_is_read(
    incomplete: Run, company: Company, book: Book, connection: Connection, quickbooks: QuickBooks
) -> None:
    """Also of a customer that was not among those read."""
    new = company.add("Bea")["Id"]
    deliver(event(connection.realm_id, new))
    run = announced.begin(book)
    assert run
    claimed = runs.claim(run.pk)
    assert claimed
    assert not isinstance(announced.work(claimed, quickbooks), More)
    assert RemoteRecord.objects.filter(name="Bea").exists()


def test_looking_begins_no_refresh_that_would_find_nothing(
    incomplete: Run, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a reset whose import failed the page stays as old as it is."""
    long_ago = timezone.now() - timedelta(hours=5)
    Cursor.objects.create(firm_id=book.firm_id, book=book, entity="customer", read_at=long_ago)

    def look() -> Any:
        cache.clear()
        found = freshness.look()
        assert found
        return found.going

    assert [look() for _ in range(3)] == [None, None, None]
    ended(minutes=16)
    begun = look()
    assert begun
    runs.finish(Run.objects.get(pk=begun), RunState.FAILED, problem="quickbooks_down")
    assert look() is None, "it would most likely fail again"
    ended(minutes=6)
    Run.objects.filter(kind=RunKind.IMPORT).update(finished_at=long_ago)
    assert look()
