"""What a look at everything must not pass over, and what it tells of what following had missed (B-11)."""

from __future__ import annotations

import html
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import cast

import pytest
from django.core.mail import EmailMessage
from django.http import StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone

from accounts.models import Client, User
from integrations.models import Cursor
from integrations.quickbooks import QuickBooks
from integrations.sync.scope import Scope
from mapping.models import Book, Cause, RemoteRecord, Run, RunKind, RunOutcome
from mapping.services import linking
from tests.conftest import SignIn
from tests.importing.conftest import Company, Import, worked_out
from tests.sync.conftest import Refresh
from tests.sync.test_pull import follow_customers_only

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def ago(company: Company, **back: float) -> Iterator[None]:
    """Do things in QuickBooks that happened some time ago."""
    company.control("/clock", at=(timezone.now() - timedelta(**back)).isoformat())
    try:
        yield
    finally:
        company.control("/clock", at="now")


def weekly_check(book: Book, scope: Scope = Scope.ALL) -> Run:
    return Run.objects.create(
        firm_id=book.firm_id,
        book=book,
        kind=RunKind.CHECK,
        entity="customer",
        cause=Cause.WEEKLY,
        options={"scope": scope.value},
    )


@pytest.mark.parametrize(
    ("kind", "cursor_days"), [("check", 0.2), ("import", 0.2), ("import", 40), ("import", None)]
)
def test_reading_the_active_ones_passes_over_no_change_of_an_inactive_one(
    company: Company,
    book: Book,
    quickbooks: QuickBooks,
    import_all: Import,
    refresh: Refresh,
    staff: User,
    kind: str,
    cursor_days: float | None,
) -> None:
    """A cursor moves only past what was read: a mapped customer made inactive is still followed."""
    follow_customers_only(book)
    amy = company.add("Amy", PrimaryPhone={"FreeFormNumber": "111"})["Id"]
    company.add("Bea")
    import_all(Scope.ACTIVE)
    linking.link_to_new(RemoteRecord.objects.get(remote_id=amy), by=staff)
    company.inactivate(amy)
    refresh()
    assert not RemoteRecord.objects.get(remote_id=amy).is_active
    with ago(company, hours=3):
        company.change(amy, PrimaryPhone={"FreeFormNumber": "222"})
    until = timezone.now() - timedelta(days=cursor_days) if cursor_days else None
    Cursor.objects.update(changed_until=until)
    if kind == "check":
        worked_out(weekly_check(book, Scope.ACTIVE), quickbooks)
    else:
        import_all(Scope.ACTIVE)
        now = Cursor.objects.get().changed_until
        assert now
        assert now > timezone.now() - timedelta(minutes=10)
    refresh()
    assert Client.objects.get().phone == "222"


def test_the_check_tells_by_name_what_following_had_missed(
    company: Company, book: Book, quickbooks: QuickBooks, import_all: Import, refresh: Refresh
) -> None:
    """B-11: new, changed and gone; what changes on the day itself is read all the same and told nowhere."""
    follow_customers_only(book)
    with ago(company, days=2):
        ids = {name: company.add(name)["Id"] for name in ("Changed", "Gone", "Heir", "Today")}
    import_all()
    with ago(company, days=1):
        company.change(ids["Changed"], CompanyName="Changed there")
        company.add("New")
        company.control(f"/companies/{company.realm}/customer/{ids['Gone']}/merge", into=ids["Heir"])
    refresh()
    assert RemoteRecord.objects.filter(name__in=["New"]).count() == 0, "no list of changes tells it any more"
    company.change(ids["Today"], CompanyName="Changed today")
    company.add("New today")
    run = worked_out(weekly_check(book), quickbooks)
    assert (run.state, run.problem, run.count_here, run.count_there) == ("done", "", 5, 5)
    assert run.options["drift"] == {"created": 1, "updated": 2, "gone": 1}
    missed = RunOutcome.objects.filter(run=run, outcome="missed")
    assert dict(missed.values_list("name", "reason")) == {
        "New": "missed_new",
        "Changed": "missed_change",
        "Heir": "missed_change",
        "Gone": "missed_gone",
    }
    assert RemoteRecord.objects.filter(name__in=["New", "New today"]).count() == 2
    assert Cursor.objects.get().counted_at


def test_a_check_after_a_day_of_ordinary_changes_has_nothing_to_tell(
    company: Company, book: Book, quickbooks: QuickBooks, import_all: Import, staff: User
) -> None:
    follow_customers_only(book)
    amy = company.add("Amy")["Id"]
    import_all()
    linking.link_to_new(RemoteRecord.objects.get(), by=staff)
    company.change(amy, CompanyName="Edited today")
    company.add("New today")
    run = worked_out(weekly_check(book), quickbooks)
    assert (run.created, run.updated) == (1, 1)
    assert run.options["drift"] == {"created": 0, "updated": 0, "gone": 0}
    assert not RunOutcome.objects.exists()


def test_what_was_missed_stands_on_the_runs_page_in_its_csv_and_in_a_mail(
    company: Company,
    book: Book,
    quickbooks: QuickBooks,
    import_all: Import,
    partner: User,
    staff: User,
    signed_in: SignIn,
    mailoutbox: list[EmailMessage],
) -> None:
    follow_customers_only(book)
    import_all()
    with ago(company, days=1):
        company.add("O'Brien & Daughters")
    run = worked_out(weekly_check(book), quickbooks)
    where = {"slug": "bright-ledger", "pk": run.pk}
    web = signed_in(staff)
    page = html.unescape(web.get(reverse("run", kwargs=where)).content.decode())
    assert "1 record had been missed" in page
    assert "New: 1. Changed: 0. Gone: 0." in page
    assert "O'Brien & Daughters" in page
    assert "1 missed before" in web.get(reverse("runs", kwargs={"slug": "bright-ledger"})).content.decode()
    answer = cast(StreamingHttpResponse, web.get(reverse("run_outcomes", kwargs=where)))
    lines = b"".join(cast(Iterator[bytes], answer.streaming_content)).decode()
    assert "Missed,O'Brien & Daughters" in lines
    written = len(mailoutbox)
    (mail,) = [one for one in mailoutbox if one.to == [partner.email]]
    assert mail.subject == "The weekly check of Craig's Design found 1 missed record"
    assert "- O'Brien & Daughters: It was added in QuickBooks earlier" in mail.body
    assert reverse("run", kwargs=where) in mail.body
    assert not any(one.to == [staff.email] for one in mailoutbox), "who may connect can see to it"
    quiet = worked_out(weekly_check(book), quickbooks)
    page = web.get(reverse("run", kwargs={**where, "pk": quiet.pk})).content.decode()
    assert "Nothing had been missed" in page
    assert len(mailoutbox) == written
