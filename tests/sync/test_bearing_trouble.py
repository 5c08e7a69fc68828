"""Imports, refreshes and sending bear the same troubles in the same way."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts.models import User
from integrations.quickbooks import QuickBooks
from integrations.sync import importing, refreshing, sending
from integrations.sync.enduring import More, Over
from integrations.sync.scope import Scope
from mapping.models import Book, Cause, Run, RunState
from mapping.services import runs
from tests.importing.conftest import Company, Import
from tests.sync.pushing import add, decide
from tests.sync.test_pull import follow_customers_only

pytestmark = pytest.mark.django_db(transaction=True)

Work = Callable[..., More | Over]
KINDS: dict[str, tuple[Callable[[Book], Run], Work, str]] = {
    "import": (
        lambda book: importing.begin(book, "customer", scope=Scope.ALL, by=None),
        importing.work,
        "query",
    ),
    "refresh": (lambda book: refreshing.begin(book, cause=Cause.PERSON), refreshing.work, "cdc"),
    "push": (sending.begin, sending.work, "batch"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_token_refused_twice_is_a_delay_and_no_end(
    company: Company, book: Book, quickbooks: QuickBooks, import_all: Import, staff: User, kind: str
) -> None:
    import_all()
    follow_customers_only(book)
    decide(book)
    add(staff, "Amy")
    begin, work, path = KINDS[kind]
    run = runs.claim(begin(book).pk)
    assert run
    company.fail("expired_token", count=2, path=path)
    outcome = work(run, quickbooks, for_s=30)
    run.refresh_from_db()
    assert (run.state, run.problem) == (RunState.RUNNING, "")
    assert isinstance(outcome, More)
    assert outcome.wait_s > 0
    for _ in range(10):
        if not isinstance(work(run, quickbooks, for_s=30), More):
            break
        run.refresh_from_db()
    run.refresh_from_db()
    assert run.state == RunState.DONE
