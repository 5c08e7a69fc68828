"""What a page shows by itself, and what Sync activity leaves out of sight."""

from __future__ import annotations

import re

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import User
from integrations.models import Connection, ConnectionState, Cursor
from mapping.models import CHANGES, Run, RunKind, RunState
from mapping.services import linking
from tests.conftest import SignIn
from tests.steering.conftest import Desk
from tests.steering.test_screens import at, mail

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection(desk: Desk) -> Connection:
    """The books are connected, and were read a moment ago."""
    Cursor.objects.create(firm=desk.book.firm, book=desk.book, entity="customer", read_at=timezone.now())
    return Connection.objects.create(
        firm=desk.book.firm,
        book=desk.book,
        realm_id=desk.book.realm_id,
        company_name="Craig & Holt Landscaping",
        state=ConnectionState.CONNECTED,
    )


@pytest.fixture
def by_staff(staff: User, signed_in: SignIn) -> Browser:
    return signed_in(staff)


def ended(desk: Desk, kind: RunKind, entity: str, **numbers: int) -> Run:
    run = desk.run(kind, entity)
    Run.objects.filter(pk=run.pk).update(state=RunState.DONE, finished_at=timezone.now(), **numbers)
    return run


@pytest.mark.usefixtures("connection")
def test_a_page_that_is_looked_at_shows_what_came_from_quickbooks(desk: Desk, by_staff: Browser) -> None:
    page = by_staff.get(at("clients")).text
    asks = re.search(r'hx-get="([^"]*/freshness/[^"]*)" hx-trigger="watch"', page)
    assert asks, "it asks as long as somebody looks"
    address = asks[1].replace("&amp;", "&")
    assert by_staff.get(address).status_code == 204, "nothing is new, and nothing moves"
    ended(desk, RunKind.REFRESH, CHANGES)
    assert by_staff.get(address).status_code == 204, "a look that found nothing is no news"
    ended(desk, RunKind.REFRESH, CHANGES, updated=1, pulled=1)
    news = by_staff.get(address).text
    assert 'hx-trigger="load" hx-target="#rows"' in news
    assert 'hx-trigger="watch"' in news, "and it goes on asking"


def test_a_page_says_so_when_quickbooks_lets_nobody_in_any_more(
    connection: Connection, by_staff: Browser
) -> None:
    Connection.objects.filter(pk=connection.pk).update(state=ConnectionState.NEEDS_RECONNECT)
    answer = by_staff.get(at("freshness"))
    assert answer.status_code == 286
    assert "QuickBooks needs to be reconnected" in answer.text


def test_what_is_kept_after_a_disconnection_is_said_to_stand_still(
    connection: Connection, by_staff: Browser
) -> None:
    Connection.objects.filter(pk=connection.pk).update(state=ConnectionState.DISCONNECTED)
    for page in ("manage", "not_sent", "conflicts"):
        assert "You see what was kept" in by_staff.get(at(page)).text
    assert "You see what was kept" not in by_staff.get(at("clients")).text


def test_runs_that_nobody_needs_to_look_at_are_folded(desk: Desk, by_staff: Browser) -> None:
    ended(desk, RunKind.IMPORT, "account", created=72, handled=72)
    ended(desk, RunKind.IMPORT, "term", created=5, handled=5)
    ended(desk, RunKind.REFRESH, CHANGES)
    ended(desk, RunKind.IMPORT, "customer", created=60, handled=60)
    page = by_staff.get(at("runs")).text
    assert "2 lists read: payment terms, accounts; 1 refresh without news" in page
    assert "60 new" in page, "customers have a line of their own"
    assert "Reading payment terms" not in page


def test_a_list_that_failed_is_not_folded(desk: Desk, by_staff: Browser) -> None:
    run = ended(desk, RunKind.IMPORT, "account", failed=1)
    page = by_staff.get(at("runs")).text
    assert "lists read" not in page
    assert f'<a href="{at("run", run.pk)}">Import from QuickBooks</a>' in page


def test_progress_names_the_kind_of_record(desk: Desk, by_staff: Browser) -> None:
    run = desk.run(RunKind.IMPORT, "term")
    Run.objects.filter(pk=run.pk).update(state=RunState.RUNNING, expected=5, handled=1)
    assert "Reading payment terms" in by_staff.get(at("run", run.pk)).text


def test_a_run_is_told_by_the_names_of_the_few_it_touched(desk: Desk, by_staff: Browser) -> None:
    desk.mapped("1", "Amy", **mail("old@example.com"))
    desk.refresh(desk.there("1", "Amy", **mail("new@example.com")))
    assert re.search(r'class="sub">Amy\b', by_staff.get(at("runs")).text)


def test_a_paused_client_is_seen_in_both_lists(desk: Desk, by_staff: Browser) -> None:
    """CV-47."""
    ours = desk.mapped("1", "Amy", **mail("amy@example.com"))
    assert "Paused" not in by_staff.get(at("clients")).text
    linking.pause(desk.link(ours))
    assert "Paused" in by_staff.get(at("clients")).text
    assert "Paused" in by_staff.get(at("manage")).text


def test_what_a_way_of_working_sends_is_named(desk: Desk, partner: User, signed_in: SignIn) -> None:
    """B-7."""
    ours = desk.mapped("1", "Amy", **mail("amy@example.com"))
    ours.phone = "555-0101"
    ours.save(update_fields=["phone"])
    page = signed_in(partner).post(at("sync_settings_review"), {"preset": "two_way"}).text
    assert "Amy: Phone" in page
    assert "What begins" in page


@pytest.mark.usefixtures("connection")
def test_saving_a_way_of_working_has_both_sides_compared(
    partner: User, signed_in: SignIn, desk: Desk
) -> None:
    browser = signed_in(partner)
    browser.post(at("sync_settings_review"), {"preset": "invoices_only", "reviewed": "yes"})
    assert not Run.objects.exists(), "this one looks only when somebody asks"
    browser.post(at("sync_settings_review"), {"preset": "two_way", "reviewed": "yes"})
    assert Run.objects.get(kind=RunKind.REFRESH).started_by == partner
