"""A list that fits into one page is checked by one call, and its completeness is proved all the same (B-11)."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import User
from integrations.models import Cursor
from integrations.quickbooks import QuickBooks
from integrations.sync import closing, importing, one_answer
from integrations.sync.scope import Scope
from mapping.entities import ENTITIES
from mapping.models import Book, Cause, RemoteRecord, Run, RunKind, RunState
from tests.conftest import SignIn
from tests.importing.conftest import Company, Import, worked_out
from tests.sync.conftest import Refresh
from tests.sync.test_checks import ago, weekly_check
from tests.sync.test_pull import calls, follow_customers_only

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("scope", [Scope.ALL, Scope.ACTIVE])
def test_a_short_list_without_a_difference_is_one_call(
    company: Company,
    book: Book,
    quickbooks: QuickBooks,
    import_all: Import,
    staff: User,
    signed_in: SignIn,
    scope: Scope,
) -> None:
    """Each call is metered, and there are ten kinds of record in each firm every week."""
    follow_customers_only(book)
    company.add("Amy")
    company.inactivate(company.add("Bob")["Id"])
    import_all(scope)
    before, already = Cursor.objects.get(), len(calls(company))
    run = worked_out(weekly_check(book, scope), quickbooks)
    number = 2 if scope is Scope.ALL else 1
    assert (run.state, run.problem, run.calls) == ("done", "", 1)
    assert (run.count_here, run.count_there, run.unchanged) == (number, number, number)
    assert calls(company)[already:] == ["query"]
    after = Cursor.objects.get()
    assert before.counted_at
    assert after.counted_at
    assert after.counted_at > before.counted_at
    page = signed_in(staff).get(reverse("run", kwargs={"slug": "bright-ledger", "pk": run.pk}))
    assert f"Complete: {number} of {number}" in page.content.decode()
    assert "gave all its customers in one answer" in page.content.decode()


def test_what_comes_is_counted_where_it_is_not_what_is_held(
    company: Company, book: Book, quickbooks: QuickBooks, import_all: Import, refresh: Refresh
) -> None:
    follow_customers_only(book)
    with ago(company, days=2):
        gone, heir = company.add("Gone")["Id"], company.add("Heir")["Id"]
    import_all()
    with ago(company, days=1):
        company.add("New")
        company.control(f"/companies/{company.realm}/customer/{gone}/merge", into=heir)
    refresh()
    run = worked_out(weekly_check(book), quickbooks)
    assert (run.problem, run.count_here, run.count_there, run.calls) == ("", 2, 2, 3)
    assert RemoteRecord.objects.get(name="Gone").gone_at
    assert worked_out(weekly_check(book), quickbooks).calls == 1


def test_an_answer_that_leaves_something_out_is_not_believed(
    company: Company,
    book: Book,
    quickbooks: QuickBooks,
    import_all: Import,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """QuickBooks counts more than it sent: said, and nobody is taken for gone."""
    follow_customers_only(book)
    company.add("Amy")
    company.add("Bob")
    import_all()
    whole = QuickBooks.page
    monkeypatch.setattr(QuickBooks, "page", lambda *given, **how: whole(*given, **how)[:1])
    run = worked_out(weekly_check(book), quickbooks)
    assert (run.problem, run.count_here, run.count_there) == ("incomplete", 1, 2)
    assert not RemoteRecord.objects.exclude(gone_at=None).exists()


def test_a_list_that_outgrew_a_page_is_read_page_by_page(
    company: Company,
    book: Book,
    quickbooks: QuickBooks,
    import_all: Import,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    follow_customers_only(book)
    company.add("Amy")
    import_all()
    for number in range(6):
        company.add(f"Customer {number}")
    whole = QuickBooks.page
    monkeypatch.setattr(
        QuickBooks, "page", lambda self, name, start, **how: whole(self, name, start, **{**how, "size": 3})
    )
    for module in (importing, closing, one_answer):
        monkeypatch.setattr(module, "PAGE", 3)
    run = worked_out(weekly_check(book), quickbooks)
    assert (run.problem, run.count_here, run.count_there) == ("", 7, 7)
    assert RemoteRecord.objects.count() == 7


@pytest.mark.timeout(180)
def test_a_weekly_night_of_a_small_firm_is_eleven_calls(
    company: Company, book: Book, quickbooks: QuickBooks, import_all: Import, refresh: Refresh
) -> None:
    """One for what changed, one for each of ten kinds; a night without changes is one."""
    import_all()
    refresh()
    for run in Run.objects.filter(kind=RunKind.IMPORT, state=RunState.QUEUED):
        assert worked_out(run, quickbooks).problem == ""
    assert refresh(Cause.NIGHTLY).calls == 1
    already = len(calls(company))
    assert refresh(Cause.WEEKLY).calls == 1
    checks = list(Run.objects.filter(kind=RunKind.CHECK))
    assert len(checks) == len(ENTITIES) == 10
    ended = [worked_out(check, quickbooks) for check in checks]
    assert [(run.state, run.problem, run.calls, run.missed) for run in ended] == 10 * [("done", "", 1, 0)]
    assert len(calls(company)) - already == 11
