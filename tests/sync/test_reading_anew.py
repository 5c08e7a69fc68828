"""After a reset everything is read anew, and the connection's page says in numbers how far that is (KP-33)."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import Firm, User
from integrations.connect import resetting
from integrations.models import Connection
from integrations.quickbooks import QuickBooks
from integrations.sync import reading, refreshing
from mapping.models import Book, Cause, Run, RunKind, RunState
from mapping.services import runs
from tests.conftest import SignIn
from tests.importing.conftest import Company, Import, worked_out
from tests.sync.test_pull import follow_customers_only

pytestmark = pytest.mark.django_db(transaction=True)


def refreshed(quickbooks: QuickBooks) -> Run:
    run = runs.claim(Run.objects.unfinished().get(kind=RunKind.REFRESH).pk)
    assert run
    refreshing.work(run, quickbooks)
    return run


def test_the_connections_page_counts_until_all_is_read_anew(
    company: Company,
    book: Book,
    in_firm: Firm,
    import_all: Import,
    quickbooks: QuickBooks,
    partner: User,
    signed_in: SignIn,
) -> None:
    follow_customers_only(book)
    for name in ("Amy", "Ben", "Cleo"):
        company.add(name)
    import_all()
    web = signed_in(partner)

    def seen(name: str, **query: int) -> str:
        return str(web.get(reverse(name, kwargs={"slug": in_firm.slug}), query).content.decode())

    assert "hx-trigger" not in seen("quickbooks_reading"), "nobody asks where nothing is read"
    resetting.reset(Connection.objects.get(), by=partner)
    assert 'hx-trigger="watch"' in seen("quickbooks_reading"), "it may begin any moment"
    begun_by = refreshed(quickbooks)
    assert "0 of 3" in seen("quickbooks")
    assert "Still to come: customers." in seen("quickbooks_reading")
    importing = Run.objects.unfinished().get(kind=RunKind.IMPORT)
    Run.objects.filter(pk=importing.pk).update(expected=4, handled=2)
    assert "2 of 4" in seen("quickbooks_reading")
    Run.objects.filter(pk=importing.pk).update(expected=None, handled=0)
    worked_out(importing, quickbooks)
    ended = seen("quickbooks_reading", since=begun_by.pk)
    assert "Everything was read anew: 3 records." in ended
    assert "hx-trigger" not in ended
    assert "read anew:" not in seen("quickbooks"), "who did not wait for it is not told"


def test_what_could_not_be_read_to_the_end_is_said(
    company: Company,
    book: Book,
    in_firm: Firm,
    import_all: Import,
    quickbooks: QuickBooks,
    partner: User,
    signed_in: SignIn,
) -> None:
    follow_customers_only(book)
    company.add("Amy")
    import_all()
    resetting.reset(Connection.objects.get(), by=partner)
    begun_by = refreshed(quickbooks)
    runs.finish(Run.objects.unfinished().get(kind=RunKind.IMPORT), RunState.FAILED, problem="quickbooks_down")
    address = reverse("quickbooks_reading", kwargs={"slug": in_firm.slug})
    page = signed_in(partner).get(address, {"since": begun_by.pk}).content.decode()
    assert "customers could not be read to the end." in page


def test_an_ordinary_refresh_is_no_reading_of_everything(
    company: Company, book: Book, in_firm: Firm, import_all: Import, quickbooks: QuickBooks
) -> None:
    follow_customers_only(book)
    import_all()
    refreshing.begin(book, cause=Cause.PERSON)
    refreshed(quickbooks)
    assert reading.latest(book) is None
