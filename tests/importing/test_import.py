"""Importing customers from QuickBooks over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Client, User
from integrations.models import ImportPage, PageState
from integrations.quickbooks import QuickBooks
from integrations.sync import closing, importing, pages
from integrations.sync.scope import Scope
from mapping.models import Book, Change, Link, RemoteRecord, Run, RunOutcome, RunState
from mapping.services import linking, runs
from tests.importing.conftest import Company, Import, worked_out

# Pages are fetched by threads with connections of their own.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many pages of few rows, to meet what large companies meet."""
    monkeypatch.setattr(importing, "PAGE", 10)
    monkeypatch.setattr(closing, "PAGE", 10)
    whole = QuickBooks.page

    def page(self: QuickBooks, entity: str, start: int, **how: Any) -> Any:
        return whole(self, entity, start, **{"size": 10, **how})

    monkeypatch.setattr(QuickBooks, "page", page)


def test_every_customer_arrives_whole_and_is_proven_complete(
    company: Company, book: Book, quickbooks: QuickBooks, import_all: Import
) -> None:
    """JR-14, JR-17, B-11, B-20."""
    company.generate(95)
    run = import_all()
    assert (run.state, run.problem, run.created, run.failed) == (RunState.DONE, "", 95, 0)
    assert run.count_here == run.count_there == 95
    there = {
        row["Id"]: row
        for row in quickbooks.query("SELECT * FROM Customer WHERE Active IN (true,false) MAXRESULTS 1000")[
            "QueryResponse"
        ]["Customer"]
    }
    here = dict(RemoteRecord.objects.values_list("remote_id", "body__payload"))
    assert here == there


def test_an_empty_company_is_an_import_that_ends_well(import_all: Import) -> None:
    run = import_all()
    assert (run.state, run.expected, run.count_here, run.count_there) == (RunState.DONE, 0, 0, 0)


def test_active_only_is_a_choice(company: Company, import_all: Import) -> None:
    """JR-16."""
    company.add("Cool Cars")
    company.inactivate(company.add("Old Friend")["Id"])
    assert import_all(Scope.ACTIVE).created == 1
    assert RemoteRecord.objects.get().name == "Cool Cars"
    assert import_all(Scope.INACTIVE).created == 1
    run = import_all(Scope.ALL)
    assert (run.created, run.unchanged, run.count_there) == (0, 2, 2)


def test_importing_again_writes_only_what_changed(company: Company, import_all: Import) -> None:
    amy = company.add("Amy")["Id"]
    company.generate(20)
    import_all()
    company.change(amy, DisplayName="Amy's Birds")
    run = import_all()
    assert (run.created, run.updated, run.unchanged >= 20) == (0, 1, True)


def test_a_mapped_client_takes_over_what_changed_in_quickbooks(
    company: Company, import_all: Import, staff: User
) -> None:
    """JR-51: QuickBooks' updates come with the next import."""
    id = company.add("Amy", PrimaryEmailAddr={"Address": "amy@example.com"})["Id"]
    import_all()
    made = linking.link_to_new(RemoteRecord.objects.get(), by=staff)
    company.change(id, PrimaryEmailAddr={"Address": "new@example.com"})
    run = import_all()
    assert Client.objects.get().email == "new@example.com"
    assert (run.pulled, Link.objects.get().base["email"]) == (1, "new@example.com")
    told = Change.objects.get(run_id=run.pk)
    assert (told.local_id, told.fields) == (made.local_id, {"email": ["amy@example.com", "new@example.com"]})


def test_a_field_edited_on_both_sides_is_left_on_both_and_said(
    company: Company, import_all: Import, staff: User
) -> None:
    id = company.add("Amy", PrimaryEmailAddr={"Address": "amy@example.com"})["Id"]
    import_all()
    linking.link_to_new(RemoteRecord.objects.get(), by=staff)
    Client.objects.update(email="ours@example.com")
    company.change(
        id, PrimaryEmailAddr={"Address": "theirs@example.com"}, PrimaryPhone={"FreeFormNumber": "1"}
    )
    run = import_all()
    client = Client.objects.get()
    assert (client.email, client.phone) == ("ours@example.com", "1")
    told = RunOutcome.objects.get(run=run)
    assert (told.reason, told.detail) == ("both_changed", {"fields": ["email"]})
    assert Link.objects.get().base["email"] == "amy@example.com", "nothing was agreed about it"


def test_an_excluded_record_stays_excluded(company: Company, import_all: Import, staff: User) -> None:
    id = company.add("Walk-in")["Id"]
    import_all()
    linking.exclude(RemoteRecord.objects.get(), by=staff)
    company.change(id, DisplayName="Walk-in customer")
    import_all()
    record = RemoteRecord.objects.get()
    assert (record.name, record.standing) == ("Walk-in customer", "excluded")


def test_a_customer_inactivated_there_is_followed_by_an_import_of_active_ones(
    company: Company, import_all: Import
) -> None:
    """B-17."""
    id = company.add("Amy")["Id"]
    import_all(Scope.ACTIVE)
    company.inactivate(id)
    run = import_all(Scope.ACTIVE)
    record = RemoteRecord.objects.get()
    assert (run.state, record.is_active, record.gone_at) == (RunState.DONE, False, None)


def test_what_changes_while_pages_are_read_is_read_too(
    company: Company, book: Book, quickbooks: QuickBooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.generate(40)
    store_page, meanwhile = importing.store_page, iter(["once"])

    def store_and_add(*args: Any) -> None:
        store_page(*args)
        if next(meanwhile, None):
            company.add("Late Arrival")

    monkeypatch.setattr(importing, "store_page", store_and_add)
    run = worked_out(importing.begin(book, "customer", scope=Scope.ALL, by=None), quickbooks)
    assert RemoteRecord.objects.filter(name="Late Arrival").exists()
    assert run.count_here == run.count_there == 41


def test_a_row_missed_because_others_left_the_page_is_found_by_counting(
    company: Company, book: Book, quickbooks: QuickBooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows move up when one is inactivated: one is skipped that did not change, and no CDC shows it."""
    monkeypatch.setattr(importing, "THREADS", 1)
    first = company.add("First")["Id"]
    company.generate(39)
    store_page, meanwhile = importing.store_page, iter(["once"])

    def store_and_inactivate(*args: Any) -> None:
        if next(meanwhile, None):
            company.inactivate(first)
        store_page(*args)

    monkeypatch.setattr(importing, "store_page", store_and_inactivate)
    run = worked_out(importing.begin(book, "customer", scope=Scope.ACTIVE, by=None), quickbooks)
    assert (run.problem, run.count_here, run.count_there) == ("", 39, 39)
    assert RemoteRecord.objects.filter(is_active=True).count() == 39


def test_a_second_press_of_the_button_joins_the_import_under_way(book: Book) -> None:
    first = importing.begin(book, "customer", scope=Scope.ALL, by=None)
    assert importing.begin(book, "customer", scope=Scope.ALL, by=None) == first


def test_a_cancelled_import_keeps_what_it_read(
    company: Company, book: Book, quickbooks: QuickBooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.generate(200)
    store_page = importing.store_page

    def store_and_cancel(run: Run, *args: Any) -> None:
        store_page(run, *args)
        runs.ask_to_cancel(run)

    monkeypatch.setattr(importing, "store_page", store_and_cancel)
    monkeypatch.setattr(importing, "_SHOW_EVERY_S", 0.0)
    run = worked_out(importing.begin(book, "customer", scope=Scope.ALL, by=None), quickbooks)
    assert run.state == RunState.CANCELLED
    assert 10 <= RemoteRecord.objects.count() < 200


def test_quickbooks_being_down_stops_the_import_with_a_reason_and_it_goes_on_from_there(
    company: Company, book: Book, quickbooks: QuickBooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.generate(60)
    monkeypatch.setattr(importing, "MOST_FAILURES", 1)
    run = runs.claim(importing.begin(book, "customer", scope=Scope.ALL, by=None).pk)
    assert run
    importing.open_run(run, quickbooks)
    company.fail("500", fraction=1.0, path="query")
    importing.work(run, quickbooks, for_s=10)
    run.refresh_from_db()
    assert (run.state, run.problem) == (RunState.FAILED, "quickbooks_down")
    company.simulator.post("/_control/reset")
    again = importing.begin(book, "customer", scope=Scope.ALL, by=None)
    assert again == run, "its pages are kept and gone on with"
    assert worked_out(again, quickbooks).count_here == 60


def test_an_import_interrupted_in_its_last_step_takes_that_step_again(
    company: Company, book: Book, quickbooks: QuickBooks
) -> None:
    company.generate(30)
    run = runs.claim(importing.begin(book, "customer", scope=Scope.ALL, by=None).pk)
    assert run
    importing.open_run(run, quickbooks)
    company.fail("500", count=2, path="COUNT")
    assert isinstance(importing.work(run, quickbooks, for_s=10), importing.More)
    assert (
        not ImportPage.objects.exclude(start_position=pages.CLOSING).exclude(state=PageState.STORED).exists()
    )
    run.refresh_from_db()
    assert worked_out(run, quickbooks).state == RunState.DONE
    assert (run.count_here, run.count_there, run.created) == (30, 30, 30)


def test_a_throttled_import_waits_and_completes(company: Company, import_all: Import) -> None:
    company.generate(60)
    company.fail("500", fraction=0.3, path="query")
    run = import_all()
    assert (run.state, run.count_here) == (RunState.DONE, 60)


def test_an_expired_access_token_is_renewed_on_the_way(company: Company, import_all: Import) -> None:
    company.generate(30)
    company.control("/tokens/expire", realm=company.realm)
    assert import_all().count_here == 30


def test_a_connection_taken_away_in_quickbooks_is_said(company: Company, import_all: Import) -> None:
    company.generate(30)
    company.control("/tokens/revoke", realm=company.realm)
    run = import_all()
    assert (run.state, run.problem) == (RunState.FAILED, "needs_reconnect")


def test_a_page_whose_reader_died_is_read_by_another(
    company: Company, book: Book, quickbooks: QuickBooks
) -> None:
    from datetime import timedelta
    from uuid import uuid4

    from django.utils import timezone

    company.generate(30)
    run = runs.claim(importing.begin(book, "customer", scope=Scope.ALL, by=None).pk)
    assert run
    importing.open_run(run, quickbooks)
    (dead,) = pages.claim(run, uuid4(), most=1)
    assert isinstance(importing.work(run, quickbooks, for_s=10), importing.Over)
    run.refresh_from_db()
    assert run.state == RunState.RUNNING, "the dead reader's lease still runs"
    ImportPage.objects.filter(pk=dead.pk).update(claimed_until=timezone.now() - timedelta(seconds=1))
    importing.work(run, quickbooks, for_s=10)
    run.refresh_from_db()
    assert (run.state, run.count_here) == (RunState.DONE, 30)
    assert not ImportPage.objects.exclude(state=PageState.STORED).exists()


def test_no_more_calls_than_needed(company: Company, import_all: Import) -> None:
    company.generate(40)
    before = len(company.queries())
    import_all()
    # One count, four pages, changes since, the count again.
    assert len(company.queries()) - before == 7
