"""What a firm's nights find, whatever was lost by day: with few triggers, and with none."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Client, User
from accounts.tenancy import across_firms
from integrations.models import Connection, Cursor, Push, Schedule
from integrations.quickbooks import QuickBooks
from integrations.sync import refreshing, schedule
from integrations.sync.enduring import More
from mapping.models import Book, Cause, RemoteRecord, Run, RunKind, RunState
from mapping.policy import PRESETS
from mapping.services import linking, runs
from tests.conftest import SignIn
from tests.importing.conftest import Company, Import
from tests.sync.test_pull import calls, decide, follow_customers_only

pytestmark = pytest.mark.django_db(transaction=True)


def due_now(which: str) -> list[Run]:
    """Let what is due begin, as the schedule does each minute; return it."""
    before = set(Run.objects.values_list("pk", flat=True))
    Schedule.objects.update(**{which: timezone.now()})
    with across_firms(reason="as the schedule does"):
        schedule.start_due()
    return list(Run.objects.exclude(pk__in=before).order_by("pk"))


def worked(run: Run, quickbooks: QuickBooks) -> Run:
    claimed = runs.claim(run.pk)
    assert claimed
    assert not isinstance(refreshing.work(claimed, quickbooks, for_s=30), More)
    return Run.objects.get(pk=run.pk)


@pytest.fixture
def amy(company: Company, book: Book, import_all: Import, staff: User) -> Client:
    follow_customers_only(book)
    company.add("Amy")
    import_all()
    return Client.objects.get(pk=linking.link_to_new(RemoteRecord.objects.get(), by=staff).local_id)


@pytest.mark.parametrize("preset", ["push_ours", "two_way"])
def test_an_edit_whose_message_was_lost_is_found_at_night_though_quickbooks_is_not_read(
    company: Company,
    book: Book,
    amy: Client,
    quickbooks: QuickBooks,
    partner: User,
    signed_in: SignIn,
    preset: str,
) -> None:
    """Losing an event loses nothing, whatever triggers a firm has; and a night without reading is no call."""
    web = signed_in(partner)
    web.post(
        reverse("sync_settings_review", kwargs={"slug": "bright-ledger"}),
        {"preset": preset, "reviewed": "yes"},
    )
    Run.objects.unfinished().update(state=RunState.CANCELLED)
    when = {"night_hour": 2, "week_day": 6, "stale_after_min": 15}
    web.post(reverse("sync_settings_when", kwargs={"slug": "bright-ledger"}), when)
    already = len(calls(company))
    Client.objects.update(phone="777", updated_at=timezone.now())
    (begun,) = due_now("next_nightly_at")
    night = worked(begun, quickbooks)
    assert (night.state, night.calls, len(calls(company))) == (RunState.DONE, 0, already)
    assert Push.objects.get().values == {"phone": "777"}
    assert Cursor.objects.get(entity="customer").ours_until
    again = due_now("next_nightly_at")
    assert [worked(run, quickbooks).sent for run in again if run.kind == RunKind.REFRESH] == [0]
    assert Push.objects.count() == 1


def test_a_firm_that_sends_nothing_and_reads_nothing_has_quiet_nights(book: Book, amy: Client) -> None:
    decide(book, replace(PRESETS["new_only"].policy))
    schedule.of(book)
    Schedule.objects.update(is_nightly=False)
    assert due_now("next_nightly_at") == []


def test_the_weekly_check_hangs_on_its_own_switch(
    company: Company, book: Book, amy: Client, quickbooks: QuickBooks
) -> None:
    """Changes are followed first; then all that was imported is read and counted."""
    decide(book, replace(PRESETS["two_way"].policy, triggers=frozenset()))
    schedule.of(book)
    Schedule.objects.update(is_nightly=False)
    (begun,) = due_now("next_weekly_at")
    assert (begun.kind, begun.cause, begun.options) == (RunKind.REFRESH, "weekly", {})
    company.add("Bea")
    refreshed = worked(begun, quickbooks)
    assert (refreshed.created, refreshed.calls) == (1, 1)
    check = Run.objects.get(kind=RunKind.CHECK)
    assert (check.cause, check.entity, check.options) == ("weekly", "customer", {"scope": "all"})
    Run.objects.all().delete()
    Schedule.objects.update(is_weekly=False, next_weekly_at=None)
    assert [run.options for run in due_now("next_nightly_at")] == [{"only": "ours"}]


def test_the_weekly_night_waits_for_a_refresh_under_way_and_no_check_is_lost(
    company: Company, book: Book, amy: Client, quickbooks: QuickBooks
) -> None:
    schedule.of(book)
    first = refreshing.begin(book, cause=Cause.PERSON)
    assert runs.claim(first.pk)
    (begun,) = due_now("next_weekly_at")
    assert runs.claim(begun.pk) is None
    assert due_now("next_weekly_at") == [], "one is enough"
    worked(first, quickbooks)
    worked(begun, quickbooks)
    assert Run.objects.filter(kind=RunKind.CHECK).count() == 1


@pytest.mark.parametrize("why", ["QuickBooks was down", "the connection was lost", "somebody cancelled it"])
def test_a_weekly_check_that_could_not_begin_comes_with_the_next_night(
    company: Company, book: Book, amy: Client, quickbooks: QuickBooks, why: str
) -> None:
    """B-11: also where QuickBooks is not read at night otherwise."""
    decide(book, replace(PRESETS["two_way"].policy, triggers=frozenset()))
    schedule.of(book)
    Schedule.objects.update(is_nightly=False)
    if why == "the connection was lost":
        Connection.objects.update(state="needs_reconnect")
        assert due_now("next_weekly_at") == []
        Connection.objects.update(state="connected")
    else:
        (begun,) = due_now("next_weekly_at")
        ended = {"QuickBooks was down": (RunState.FAILED, "quickbooks_down")}
        state, problem = ended.get(why, (RunState.CANCELLED, ""))
        runs.finish(begun, state, problem=problem)
    assert not Run.objects.filter(kind=RunKind.CHECK).exists()
    (again,) = due_now("next_nightly_at")
    assert (again.kind, again.cause) == (RunKind.REFRESH, "weekly")
    worked(again, quickbooks)
    assert Run.objects.filter(kind=RunKind.CHECK).count() == 1
    Run.objects.all().delete()
    assert [run.options for run in due_now("next_nightly_at")] == [{"only": "ours"}], "once is enough"


def test_a_firm_that_moves_its_clock_has_its_next_night_there(
    book: Book, partner: User, signed_in: SignIn
) -> None:
    before = schedule.of(book)
    assert before.next_nightly_at
    web, where = signed_in(partner), reverse("firm_settings", kwargs={"slug": "bright-ledger"})
    web.post(where, {"name": "Bright Ledger", "time_zone": "Australia/Sydney"})
    after = Schedule.objects.get()
    assert after.next_nightly_at
    assert after.next_weekly_at
    assert after.next_nightly_at != before.next_nightly_at
    assert after.next_nightly_at.astimezone(ZoneInfo("Australia/Sydney")).hour == 2
    assert after.next_weekly_at.astimezone(ZoneInfo("Australia/Sydney")).hour == 2
