"""A run that breaks its workers the same way each time is given up and says so; any other is not."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from integrations import tasks, tasks_refresh
from integrations.quickbooks import QuickBooks, Throttled
from integrations.sync import alone, changes, closing, importing, refreshing, sending
from integrations.sync.enduring import Over
from integrations.sync.scope import Scope
from mapping.models import Book, Cause, Run, RunKind, RunState
from mapping.services import runs
from tests.conftest import SignIn
from tests.importing.conftest import Company, Import
from tests.sync.pushing import BOTH_WAYS, add, decide, send, there
from tests.sync.test_pull import calls, follow_customers_only

pytestmark = pytest.mark.django_db(transaction=True)


class Poison(Exception):
    """The same each time."""


def fails(*given: Any, **how: Any) -> Any:
    raise Poison


def start_again(run: Run, task: Any) -> Run:
    """Let the sweep find the run quiet, and a worker take it up."""
    long_ago = timezone.now() - timedelta(minutes=5)
    Run.objects.filter(pk=run.pk).update(
        heartbeat_at=long_ago, created_at=long_ago, fruitless_since=long_ago - runs.FRUITLESS_FOR
    )
    with contextlib.suppress(Poison):
        task(run.firm_id, run.pk)
    return Run.objects.get(pk=run.pk)


def test_a_refresh_that_fails_the_same_way_each_time_is_given_up_and_others_get_their_turn(
    company: Company,
    book: Book,
    import_all: Import,
    monkeypatch: pytest.MonkeyPatch,
    staff: User,
    signed_in: SignIn,
) -> None:
    follow_customers_only(book)
    import_all()
    company.add("Amy")
    already = calls(company).count("cdc")
    monkeypatch.setattr(refreshing, "_take_in", fails)
    run = refreshing.begin(book, cause=Cause.NIGHTLY)
    waiting = sending.begin(book)
    for _ in range(30):
        run = start_again(run, tasks_refresh.refresh)
    assert (run.state, run.problem) == (RunState.FAILED, "gave_up")
    assert calls(company).count("cdc") == already + runs.MOST_STARTS, "each is a metered call"
    page = signed_in(staff).get(reverse("run", kwargs={"slug": "bright-ledger", "pk": run.pk}))
    assert "broke off many times at the same place" in page.content.decode()
    assert runs.claim(waiting.pk), "what waited behind it is next"


def test_an_import_whose_last_step_breaks_is_given_up_and_may_be_continued(
    company: Company, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.add("Amy")
    with monkeypatch.context() as patched:
        patched.setattr(closing, "_move_cursor", fails)
        run = importing.begin(book, "customer", scope=Scope.ALL)
        for _ in range(30):
            run = start_again(run, tasks.read_pages)
    assert (run.state, run.problem) == (RunState.FAILED, "gave_up")
    again = importing.begin(book, "customer", scope=Scope.ALL)
    assert (again.pk, start_again(again, tasks.read_pages).state) == (run.pk, RunState.DONE)


def test_a_run_that_waits_for_quickbooks_is_not_given_up(
    company: Company, book: Book, import_all: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refusal by the limiter is a delay that costs no attempt."""
    follow_customers_only(book)
    import_all()

    def throttled(*given: Any, **how: Any) -> Any:
        raise Throttled("too many", retry_after=1)

    monkeypatch.setattr(changes, "ask", throttled)
    monkeypatch.setattr(tasks_refresh.refresh, "apply_async", lambda *given, **how: None)
    run = refreshing.begin(book, cause=Cause.NIGHTLY)
    for _ in range(2 * runs.MOST_STARTS):
        run = start_again(run, tasks_refresh.refresh)
    assert (run.state, run.starts) == (RunState.RUNNING, 0)


def test_a_message_that_is_delivered_many_times_ends_nothing(book: Book) -> None:
    run = runs.start_run(book, RunKind.PUSH, "changes", by=None)
    for _ in range(3 * runs.MOST_STARTS):
        runs.claim(run.pk)
    assert Run.objects.get(pk=run.pk).state == RunState.RUNNING
    runs.rest(run, seconds=0)
    assert runs.claim(run.pk)


def test_messages_that_piled_up_and_one_death_end_nothing_either(book: Book) -> None:
    """The sweep announces a run every half minute; the workers may be busy for longer."""
    run = runs.start_run(book, RunKind.PUSH, "changes", by=None)
    for _ in range(3 * runs.MOST_STARTS):
        runs.claim(run.pk)
    quiet = timezone.now() - 2 * runs.STALE_AFTER
    Run.objects.filter(pk=run.pk).update(heartbeat_at=quiet)
    taken = runs.claim(run.pk)
    assert taken, "its worker died, and another goes on"
    runs.count_up(taken, handled=1)
    taken = runs.claim(run.pk)
    assert taken
    assert taken.starts == 1


def test_edits_made_after_a_worker_died_do_not_have_the_push_given_up(
    book: Book, quickbooks: QuickBooks, company: Company, staff: User
) -> None:
    """Each has the run taken up, and finds it held by the dead one's lease still."""
    decide(book, BOTH_WAYS)
    add(staff, "Amy")
    run = runs.claim(sending.begin(book).pk)
    assert run
    assert alone.take(run, uuid4())
    for _ in range(2 * runs.MOST_STARTS):
        claimed = runs.claim(run.pk)
        assert claimed
        assert sending.work(claimed, quickbooks, for_s=1) == Over()
    Run.objects.update(options={})
    assert send(book, quickbooks).state == RunState.DONE
    assert [one["DisplayName"] for one in there(quickbooks)] == ["Amy"]
