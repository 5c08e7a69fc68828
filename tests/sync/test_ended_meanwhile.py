"""Disconnect and Reset in the middle of a call to QuickBooks, whatever the work (KP-33..38, X9)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Client, User
from integrations.connect import clearing, disconnecting, gateway_for, resetting, resuming, vault
from integrations.models import Announcement, Connection, Cursor, Push, PushBatch, PushState
from integrations.quickbooks.transport import Transport
from integrations.sync import announced, importing, refreshing, sending
from integrations.sync.scope import Scope
from integrations.tasks import read_pages, send_changes
from integrations.tasks_refresh import refresh as refresh_task
from integrations.webhooks import Event
from mapping.models import Book, Cause, Clearing, Link, RemoteRecord, Run, RunKind, RunState
from tests.importing.conftest import Company, Import
from tests.sync.pushing import customer_of, decide, edit, mapped, there
from tests.sync.test_pull import follow_customers_only

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def amy(book: Book, company: Company, import_all: Import) -> Client:
    """A firm that follows its books both ways, with one mapped client."""
    follow_customers_only(book)
    decide(book)
    customer = company.add("Amy")
    import_all()
    client = mapped(book, customer)
    company.simulator.post("/_control/reset")
    return client


def import_anew(book: Book, amy: Client, staff: User) -> None:
    read_pages(book.firm_id, importing.begin(book, "customer", scope=Scope.ALL, by=None).pk)


def follow(book: Book, amy: Client, staff: User) -> None:
    refresh_task(book.firm_id, refreshing.begin(book, cause=Cause.PERSON).pk)


def read_what_was_announced(book: Book, amy: Client, staff: User) -> None:
    id = Link.objects.get(local_id=amy.pk).record.remote_id
    announced.write_down([Event(book.realm_id, "customer", id, "updated", timezone.now())])
    run = announced.begin(book)
    assert run
    refresh_task(book.firm_id, run.pk)


def send_an_edit(book: Book, amy: Client, staff: User) -> None:
    edit(amy, staff, phone="1")
    send_changes(book.firm_id, sending.begin(book).pk)


WORK = (import_anew, follow, read_what_was_announced, send_an_edit)


def keep(connection: Connection, by: User) -> None:
    disconnecting.disconnect(connection)


def purge(connection: Connection, by: User) -> None:
    disconnecting.disconnect(connection, then=Clearing.DELETE)


def reset(connection: Connection, by: User) -> None:
    resetting.reset(connection, by=by)


def in_the_middle(monkeypatch: pytest.MonkeyPatch, deed: Callable[[], Any], *, after: bool) -> list[str]:
    """Have something done once, just before or just after QuickBooks takes a call; return the calls made since."""
    really, calls = Transport._send, list[str]()

    def sent(transport: Transport, *of: Any) -> Any:
        calls.append("call")
        if len(calls) == 1 and not after:
            deed()
        answer = really(transport, *of)
        if len(calls) == 1 and after:
            deed()
        return answer

    monkeypatch.setattr(Transport, "_send", sent)
    return calls


def reconnected(connection: Connection, company: Company) -> None:
    tokens = company.control("/tokens", realm=company.realm)
    Connection.objects.update(
        state="connected",
        access_token=vault.lock(tokens["access_token"]),
        refresh_token=vault.lock(tokens["refresh_token"]),
        access_expires_at=timezone.now() + timedelta(days=1),
        refresh_expires_at=timezone.now() + timedelta(days=1),
    )
    resuming.go_on(Connection.objects.get())


def work_all(book: Book) -> None:
    """Do what workers do until nothing is left."""
    tasks = {RunKind.IMPORT: read_pages, RunKind.CHECK: read_pages, RunKind.PUSH: send_changes}
    for _ in range(10):
        for run in Run.objects.unfinished().order_by("created_at"):
            tasks.get(RunKind(run.kind), refresh_task)(book.firm_id, run.pk)
    assert not Run.objects.unfinished().exists()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("work", WORK)
def test_a_disconnection_stops_work_and_a_reconnection_loses_nothing(
    work: Callable[[Book, Client, User], None],
    after: bool,
    book: Book,
    amy: Client,
    company: Company,
    connection: Connection,
    staff: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        calls = in_the_middle(patch, lambda: keep(connection, staff), after=after)
        work(book, amy, staff)
    assert calls == ["call"], "no other call over a connection that was ended"
    assert not Run.objects.unfinished().exists()
    # Done where that call was its last.
    is_last = work is read_what_was_announced
    assert Run.objects.latest("pk").state == (RunState.DONE if is_last else RunState.CANCELLED)
    assert not Push.objects.filter(state=PushState.PLANNED).exists()
    Client.objects.filter(pk=amy.pk).update(city="Bayshore", updated_at=timezone.now())
    company.add("Bea")
    reconnected(connection, company)
    work_all(book)
    assert set(RemoteRecord.objects.values_list("name", flat=True)) == {"Amy", "Bea"}
    amy.refresh_from_db()
    with gateway_for(Connection.objects.get()) as quickbooks:
        customer = customer_of(amy, quickbooks)
        assert len(there(quickbooks)) == 2
    assert customer.get("BillAddr", {}).get("City") == "Bayshore"
    assert customer.get("PrimaryPhone", {}).get("FreeFormNumber", "") == amy.phone


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("work", WORK)
def test_nothing_comes_back_into_books_that_are_being_emptied(
    work: Callable[[Book, Client, User], None],
    after: bool,
    book: Book,
    amy: Client,
    connection: Connection,
    staff: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left: list[bool] = []

    def end() -> None:
        purge(connection, staff)
        left.append(clearing.clear_some(Connection.objects.get()))

    with monkeypatch.context() as patch:
        in_the_middle(patch, end, after=after)
        work(book, amy, staff)
    assert left == [True], "who still writes is waited for"
    while clearing.clear_some(Connection.objects.get()):
        pass
    for model in (RemoteRecord, Link, Cursor, Push, PushBatch, Announcement):
        assert not model._default_manager.exists(), model.__name__
    assert Client.objects.get().is_linked is False


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("work", WORK)
def test_a_reset_reads_all_anew_and_sends_nothing_twice(
    work: Callable[[Book, Client, User], None],
    after: bool,
    book: Book,
    amy: Client,
    company: Company,
    connection: Connection,
    staff: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        in_the_middle(patch, lambda: reset(connection, staff), after=after)
        work(book, amy, staff)
    work_all(book)
    cursor = Cursor.objects.get(entity="customer")
    assert cursor.changed_until
    assert cursor.counted_at, "all of it was counted again"
    assert not Run.objects.filter(state=RunState.FAILED).exists()
    assert not Push.objects.filter(state__in=(PushState.PLANNED, PushState.SENT)).exists()
    amy.refresh_from_db()
    record = RemoteRecord.objects.get()
    assert record.sync_token == ("1" if amy.phone else "0")
