"""Every firm at its own night, all spread, once a week whole; and fresh pages in between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Client, Firm, User
from accounts.tenancy import across_firms, working_for
from integrations import tasks_refresh
from integrations.models import Connection, ConnectionState, Cursor, Schedule
from integrations.sync import schedule
from integrations.sync.schedule import moments_after
from mapping.entities import ENTITIES
from mapping.models import Book, EntityPolicy, RemoteRecord, Run, RunKind, RunState
from mapping.policy import PRESETS
from mapping.services import linking
from tests.conftest import SignIn
from tests.importing.conftest import Company, Import
from tests.sync.conftest import Refresh
from tests.sync.test_pull import decide, follow_customers_only

BOISE = ZoneInfo("America/Boise")


class TestWhenItIsDue:
    """Pure: nothing is read or written."""

    def nights(self, zone: str, begin: datetime, number: int, **how: Any) -> list[datetime]:
        one, found, at = Schedule(book_id=77, night_hour=2, **how), [], begin
        for _ in range(number):
            due = moments_after(one, zone, at).nightly_at
            assert due
            found.append(due)
            at = due
        return found

    @pytest.mark.parametrize(("day", "month"), [(6, 3), (30, 10)])
    def test_one_run_a_night_when_clocks_change(self, day: int, month: int) -> None:
        """2:30 does not exist on 8 March 2026 in Boise, and 1:30 comes twice on 1 November."""
        begin = datetime(2026, month, day, 12, tzinfo=BOISE)
        local = [at.astimezone(BOISE) for at in self.nights("America/Boise", begin, 5, is_weekly=False)]
        assert len({at.date() for at in local}) == 5
        assert all(at.hour in (2, 3) for at in local)

    def test_the_weekly_check_takes_its_nights_place(self) -> None:
        begin = datetime(2026, 11, 18, tzinfo=UTC)
        days = {at.astimezone(BOISE).weekday() for at in self.nights("America/Boise", begin, 14, week_day=6)}
        assert days == set(range(6))
        weekly = moments_after(Schedule(book_id=77, week_day=6), "America/Boise", begin).weekly_at
        assert weekly
        assert weekly.astimezone(BOISE).weekday() == 6

    def test_firms_are_spread_over_the_hour_each_at_its_own_place(self) -> None:
        begin = datetime(2026, 11, 18, tzinfo=UTC)
        due = [moments_after(Schedule(book_id=id), "UTC", begin).nightly_at for id in range(1000)]
        assert due == [moments_after(Schedule(book_id=id), "UTC", begin).nightly_at for id in range(1000)]
        by_minute = [at.minute for at in due if at]
        assert max(by_minute.count(minute) for minute in range(60)) < 40

    def test_a_switch_and_a_zone_nobody_knows(self) -> None:
        off = moments_after(Schedule(book_id=1, is_nightly=False, is_weekly=False), "UTC", timezone.now())
        assert off.nightly_at, "our own side is compared all the same"
        assert off.weekly_at is None
        assert moments_after(Schedule(book_id=1), "Mars/Olympus", timezone.now()).nightly_at


@pytest.fixture
def many_firms(db: None) -> Iterator[list[Book]]:
    with across_firms(reason="setting a scene of many firms"):
        firms = Firm.objects.bulk_create(
            [Firm(name=f"Firm {number}", slug=f"firm-{number}") for number in range(40)]
        )
        books = Book.objects.bulk_create(
            [Book(firm=firm, realm_id=str(8000 + firm.pk), company_name="C") for firm in firms]
        )
        Connection.objects.bulk_create(
            [
                Connection(
                    firm=book.firm,
                    book=book,
                    realm_id=book.realm_id,
                    company_name="C",
                    state=ConnectionState.CONNECTED,
                )
                for book in books
            ]
        )
        yield books


def test_many_firms_due_at_once_are_some_statements(
    many_firms: list[Book],
    django_assert_max_num_queries: DjangoAssertNumQueries,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nightly for a thousand firms: no query for each."""
    monkeypatch.setattr(tasks_refresh.refresh, "apply_async", lambda *args, **how: None)
    assert schedule.start_due() == 0, "each gets its schedule first"
    assert Schedule.objects.exclude(next_nightly_at=None).exclude(next_weekly_at=None).count() == 40
    past = timezone.now() - timedelta(minutes=1)
    Schedule.objects.update(next_nightly_at=past)
    lost, deaf, busy = many_firms[:3]
    Connection.objects.filter(book=lost).update(state=ConnectionState.NEEDS_RECONNECT)
    for entity in ENTITIES:
        EntityPolicy.objects.create(firm_id=deaf.firm_id, book=deaf, entity=entity, triggers=["view"])
    Run.objects.create(firm_id=busy.firm_id, book=busy, kind=RunKind.REFRESH, entity="changes")
    with django_assert_max_num_queries(25):
        assert tasks_refresh.start_scheduled() == 37
    started = Run.objects.filter(cause="nightly")
    assert {run.book_id for run in started} == {book.pk for book in many_firms[3:]}
    assert not Schedule.objects.filter(next_nightly_at__lte=timezone.now()).exists()
    assert schedule.start_due() == 0


@pytest.mark.django_db(transaction=True)
def test_looking_at_stale_clients_refreshes_them_without_keeping_anybody_waiting(
    company: Company,
    book: Book,
    import_all: Import,
    refresh: Refresh,
    staff: User,
    viewer: User,
    signed_in: SignIn,
) -> None:
    """CV-11..13: client list, client record and Manage; once, however many look; the page shows it by itself."""
    follow_customers_only(book)
    id = company.add("Amy")["Id"]
    web = signed_in(viewer)
    pages = [reverse(name, kwargs={"slug": "bright-ledger"}) for name in ("clients", "manage")]
    assert b'id="freshness"' not in web.get(pages[0]).content, "nothing was imported"
    import_all()
    linking.link_to_new(RemoteRecord.objects.get(), by=staff)
    pages.append(reverse("client", kwargs={"slug": "bright-ledger", "pk": Client.objects.get().pk}))
    for page in pages:
        assert "QuickBooks read <time" in web.get(page).content.decode()
    assert not Run.objects.filter(kind=RunKind.REFRESH).exists(), "fresh enough"
    Cursor.objects.update(read_at=timezone.now() - timedelta(minutes=16))
    for page in pages:
        assert "Reading QuickBooks…" in web.get(page).content.decode()
    queued = Run.objects.get(kind=RunKind.REFRESH)
    assert (queued.cause, queued.state, queued.calls) == ("view", RunState.QUEUED, 0)
    company.change(id, CompanyName="Amy's Birds")
    assert refresh() == queued
    polled = web.get(
        f"/f/bright-ledger/quickbooks/freshness/?region=%23rows&run={queued.pk}",
        headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{pages[0]}?q=amy"},
    ).content.decode()
    assert "QuickBooks read <time" in polled
    assert f'hx-get="{pages[0]}?q=amy" hx-trigger="load" hx-target="#rows"' in polled
    assert "Refresh</button>" not in polled, "a viewer may look"
    with working_for(book.firm_id):
        decide(book, PRESETS["new_only"].policy, preset="new_only")
    Cursor.objects.update(read_at=timezone.now() - timedelta(days=2))
    assert "QuickBooks read <time" in web.get(pages[0]).content.decode(), "the firm wants no look by itself"
    pressed = signed_in(staff).post("/f/bright-ledger/quickbooks/refresh/", {"next": "//evil.example/"})
    assert pressed.headers["Location"] == pages[0]
    assert Run.objects.filter(kind=RunKind.REFRESH, cause="person", started_by=staff).count() == 1
    Run.objects.all().delete()
    assert "Brings in new customers; mapped clients stay" in signed_in(staff).get(pages[0]).content.decode()
    assert signed_in(viewer).post("/f/bright-ledger/quickbooks/refresh/").status_code == 403
