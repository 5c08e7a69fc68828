"""Nothing is lost and nothing is done twice, whatever becomes of a call or of the worker that makes it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from accounts.models import Client, User
from accounts.services.clients import save_client
from integrations.connect import gateway_for
from integrations.models import BatchState, Connection, Operation, Push, PushBatch, PushState
from integrations.quickbooks import NoLimits, Patience, QuickBooks
from integrations.sync import alone, looking, preparing, recording, sending
from integrations.sync.importing import More
from integrations.tasks import look_at_ours, pick_up_stalled_runs
from mapping.models import Book, Change, ChangeKind, Link, RemoteRecord, Run, RunKind, RunState
from mapping.services import runs
from tests.importing.conftest import Company
from tests.importing.test_killed_worker import followed
from tests.processes import Worker
from tests.sync.pushing import (
    CUSTOMER,
    add,
    customer_of,
    decide,
    edit,
    mapped,
    push_of,
    send,
    there,
)

pytestmark = pytest.mark.django_db(transaction=True)


class Death(BaseException):
    """The worker is gone: nothing after this line runs, no handler and no clean-up of ours."""


@pytest.fixture(autouse=True)
def two_ways(book: Book) -> None:
    decide(book)


@pytest.fixture
def untiring(connection: Connection) -> Iterator[QuickBooks]:
    """A client that does not wait a minute after each 429, as nobody else uses the company, nor long for an answer."""
    patience = Patience(tries=3, first_pause_s=0.0, answer_s=0.3, wait_s=1)
    with gateway_for(connection, patience=patience) as client:
        client.transport._limiter = NoLimits()
        yield client


def new_clients(book: Book, number: int) -> list[Client]:
    clients = Client.objects.bulk_create(
        [
            Client(name=f"Client {each:03}", phone=f"555-{each}", firm_id=book.firm_id)
            for each in range(number)
        ]
    )
    looking.look(CUSTOMER, [client.pk for client in clients])
    return clients


def assert_all_there_once(quickbooks: QuickBooks, clients: list[Client]) -> None:
    names = Counter(one["DisplayName"] for one in there(quickbooks))
    assert names == Counter(client.name for client in clients)
    assert Link.objects.count() == len(clients)
    assert set(Push.objects.values_list("state", flat=True)) == {PushState.CONFIRMED}
    assert Push.objects.count() == Change.objects.filter(kind=ChangeKind.SENT).count() == len(clients)
    assert Client.objects.filter(is_linked=True).count() == len(clients)


# The worker dies.


def dies(monkeypatch: pytest.MonkeyPatch, where: Any, name: str, *, after: bool) -> None:
    """Have the worker die once, just before or just after it does this."""
    whole: Callable[..., Any] = getattr(where, name)

    def fatal(*args: Any, **kwargs: Any) -> Any:
        monkeypatch.setattr(where, name, whole)
        if after:
            whole(*args, **kwargs)
        raise Death

    monkeypatch.setattr(where, name, fatal)


MOMENTS = {
    "before the batch is written": (preparing, "composed", False),
    "while the batch is written": (preparing, "composed", True),
    "after the batch is written": (sending, "_send", False),
    "before the call": (QuickBooks, "batch", False),
    "after the call": (QuickBooks, "batch", True),
    "before the answer is recorded": (recording, "record", False),
    "while the answer is recorded": (recording, "_confirm_creations", True),
    "before the answer is committed": (recording, "_compare", True),
    "after the answer is recorded": (recording, "record", True),
    "before the run is ended": (sending, "_finish_if_empty", False),
    "after the run is ended": (sending, "_finish_if_empty", True),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_worker_that_dies_at_any_moment_leaves_nothing_lost_and_nothing_twice(
    moment: str,
    book: Book,
    quickbooks: QuickBooks,
    company: Company,
    staff: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    amy = mapped(book, company.add("Amy"))
    edit(amy, staff, phone="555-1", city="Bayshore")
    clients = new_clients(book, 3)
    where, name, after = MOMENTS[moment]
    dies(monkeypatch, where, name, after=after)
    monkeypatch.setattr(alone, "let_go", lambda run, worker: None)
    with pytest.raises(Death):
        send(book, quickbooks)
    Run.objects.update(options={})  # The dead worker's claim has run out.
    run = Run.objects.get(kind=RunKind.PUSH)
    if run.is_unfinished:
        claimed = runs.claim(run.pk)
        assert claimed
        sending.work(claimed, quickbooks, for_s=30)
    run.refresh_from_db()
    assert (run.state, run.sent) == (RunState.DONE, 4)
    after_all = customer_of(amy, quickbooks)
    assert (after_all["PrimaryPhone"]["FreeFormNumber"], after_all["SyncToken"]) == ("555-1", "1")
    assert_all_there_once(quickbooks, [*clients, amy])


def test_a_batch_without_an_answer_is_sent_again_byte_for_byte(
    book: Book, quickbooks: QuickBooks, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    (client,) = new_clients(book, 1)
    dies(monkeypatch, QuickBooks, "batch", after=True)
    with pytest.raises(Death):
        send(book, quickbooks)
    # Whatever happens here meanwhile is not mixed into what was written down.
    Client.objects.filter(pk=client.pk).update(name="Renamed since", phone="2")
    send(book, quickbooks)
    first, again, correction = [call for call in company.queries() if call["kind"] == "batch"]
    assert again["request_body"] == first["request_body"]
    assert again["path"] == first["path"]
    assert "Renamed since" in correction["request_body"]
    assert [one["DisplayName"] for one in there(quickbooks)] == ["Renamed since"]


def test_another_worker_waits_for_one_that_lives_and_follows_one_that_died(
    book: Book, quickbooks: QuickBooks
) -> None:
    new_clients(book, 1)
    run = runs.claim(sending.begin(book).pk)
    assert run
    living = uuid4()
    assert alone.take(run, living)
    sending.work(run, quickbooks, for_s=5)
    assert not there(quickbooks)
    alone.note(run, held_until=(timezone.now() - timedelta(seconds=1)).isoformat())
    sending.work(run, quickbooks, for_s=5)
    assert len(there(quickbooks)) == 1


def test_an_answer_recorded_twice_counts_once(
    book: Book, quickbooks: QuickBooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_clients(book, 2)
    whole = recording.record

    def twice(*args: Any) -> bool:
        whole(*args)
        return whole(*args)

    monkeypatch.setattr(recording, "record", twice)
    assert send(book, quickbooks).sent == 2
    assert Link.objects.count() == Change.objects.count() == 2


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [2])
def test_a_killed_worker_sends_everything_once(
    seed: int, book: Book, company: Company, connection: Connection, worker: Worker, staff: User
) -> None:
    """SIGKILL at seeded moments between writing down, calling and recording."""
    company.control("/delay", ms=120)
    clients = new_clients(book, 150)
    run = followed(sending.begin(book), worker, kills=3, seed=seed, within_s=0.2)
    assert (run.state, run.problem) == (RunState.DONE, "")
    company.control("/delay", ms=0)
    with gateway_for(connection) as quickbooks:
        assert_all_there_once(quickbooks, clients)


def test_saving_a_client_is_all_a_person_does(
    book: Book, company: Company, connection: Connection, worker: Worker, staff: User
) -> None:
    """CV-14, JR-47, JR-50: a real worker hears of it, compares, plans and sends."""
    client = save_client(client=Client(name="Amy", phone="1"), by=staff)
    with gateway_for(connection) as quickbooks:
        _wait_until(lambda: bool(there(quickbooks, "Amy")), worker)
        _wait_until(lambda: Link.objects.filter(local_id=client.pk).exists(), worker)
        client.refresh_from_db()
        client.phone = "2"
        save_client(client=client, by=staff, fields=["phone"])
        _wait_until(lambda: customer_of(client, quickbooks)["PrimaryPhone"]["FreeFormNumber"] == "2", worker)
        assert len(there(quickbooks)) == 1


def _wait_until(is_so: Callable[[], bool], worker: Worker) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline, worker.log.read_text()[-2000:]
        time.sleep(0.2)


def test_an_edit_is_compared_once_more_where_postgresql_refused_it(
    book: Book, quickbooks: QuickBooks, company: Company, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deadlock's loser, or a restart of PostgreSQL: the message would be spent, and the edit wait for the night."""
    amy = mapped(book, company.add("Amy"))
    Client.objects.filter(pk=amy.pk).update(phone="1")
    really, failures = looking.look, iter([OperationalError("deadlock detected"), InterfaceError("closed")])

    def look(*of: Any) -> int:
        for failure in failures:
            raise failure
        return really(*of)

    monkeypatch.setattr(looking, "look", look)
    look_at_ours.apply((book.firm_id, "customer", [amy.pk])).get()
    assert push_of(amy).values == {"phone": "1"}


# Calls go wrong.


def test_thirty_in_a_hundred_calls_fail_and_all_arrive_once(
    book: Book, untiring: QuickBooks, company: Company, staff: User
) -> None:
    customers = [company.add(f"Mapped {number}") for number in range(10)]
    old = [mapped(book, customer) for customer in customers]
    for number, client in enumerate(old):
        edit(client, staff, phone=f"555-{number}")
    company.add("Taken")
    taken = add(staff, "Taken")
    clients = new_clients(book, 160)
    for number, kind in enumerate(("429", "429_json", "500", "502", "cut", "500", "hang", "late")):
        when = "after" if number >= 4 else "before"
        # What hangs or is late answers after the client has given up, and was carried out.
        company.fail(kind, fraction=0.05, when=when, hang_s=0.6)
    run = runs.claim(sending.begin(book).pk)
    assert run
    for _ in range(60):
        if not isinstance(sending.work(run, untiring, for_s=30), More):
            run.refresh_from_db()
            if run.state == RunState.DONE:
                break
            again = runs.claim(sending.begin(book).pk)
            assert again
            run = again
    company.simulator.post("/_control/reset")
    assert run.state == RunState.DONE
    names = Counter(one["DisplayName"] for one in there(untiring))
    assert names == Counter(client.name for client in [*clients, *old, taken])
    assert [customer_of(client, untiring)["PrimaryPhone"]["FreeFormNumber"] for client in old] == [
        f"555-{number}" for number in range(10)
    ]
    assert {customer_of(client, untiring)["SyncToken"] for client in old} == {"1"}
    assert push_of(taken).reason == "duplicate_name"
    assert Push.objects.exclude(pk=push_of(taken).pk).filter(state=PushState.CONFIRMED).count() == 170


@pytest.mark.parametrize("kind", ["500", "502", "cut", "hang"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_outage_puts_the_run_off_and_costs_nothing(
    kind: str, when: str, book: Book, untiring: QuickBooks, company: Company
) -> None:
    clients = new_clients(book, 2)
    company.fail(kind, count=4, when=when)
    run = runs.claim(sending.begin(book).pk)
    assert run
    assert isinstance(sending.work(run, untiring, for_s=30), More)
    assert set(Push.objects.values_list("state", flat=True)) == {PushState.SENT}
    run.refresh_from_db()
    assert run.state == RunState.RUNNING
    send(book, untiring)
    assert_all_there_once(untiring, clients)


def test_an_outage_that_stays_ends_the_run_and_a_later_one_goes_on(
    book: Book, untiring: QuickBooks, company: Company
) -> None:
    clients = new_clients(book, 2)
    company.fail("500", count=1000, when="after")
    run = send(book, untiring)
    assert (run.state, run.problem) == (RunState.FAILED, "quickbooks_down")
    company.simulator.post("/_control/reset")
    pick_up_stalled_runs()
    assert Run.objects.filter(kind=RunKind.PUSH).count() == 1, "it rests for some minutes"
    Run.objects.update(finished_at=timezone.now() - timedelta(hours=1))
    pick_up_stalled_runs()
    assert Run.objects.filter(kind=RunKind.PUSH, state=RunState.QUEUED).count() == 1
    send(book, untiring)
    assert_all_there_once(untiring, clients)


def test_a_throttle_is_a_delay_and_no_failure(book: Book, quickbooks: QuickBooks, company: Company) -> None:
    new_clients(book, 1)
    company.fail("429", count=2)
    run = runs.claim(sending.begin(book).pk)
    assert run
    outcome = sending.work(run, quickbooks, for_s=30)
    assert isinstance(outcome, More)
    assert outcome.wait_s > 30
    run.refresh_from_db()
    assert (run.state, run.options.get("failures")) == (RunState.RUNNING, None)


def test_a_lookup_that_fails_has_the_batch_answered_once_more_before_anything_is_recorded(
    book: Book, untiring: QuickBooks, company: Company, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.add("Taken")
    client = add(staff, "Taken")
    company.fail("500", count=3, path="query")
    run = runs.claim(sending.begin(book).pk)
    assert run
    assert isinstance(sending.work(run, untiring, for_s=30), More)
    assert push_of(client).state == PushState.SENT
    send(book, untiring)
    assert push_of(client).reason == "duplicate_name"


def test_what_was_planned_and_whose_message_was_lost_is_sent_all_the_same(
    book: Book, quickbooks: QuickBooks, connection: Connection
) -> None:
    clients = new_clients(book, 2)
    Run.objects.all().delete()
    pick_up_stalled_runs()
    send(book, quickbooks)
    assert_all_there_once(quickbooks, clients)


def test_a_cancelled_run_keeps_what_waits(book: Book, quickbooks: QuickBooks) -> None:
    new_clients(book, 2)
    run = sending.begin(book)
    claimed = runs.claim(run.pk)
    assert claimed
    runs.ask_to_cancel(run)
    sending.work(claimed, quickbooks, for_s=30)
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    assert Push.objects.filter(state=PushState.PLANNED).count() == 2
    assert send(book, quickbooks).sent == 2


# Batches too old to be sent again.


@contextmanager
def unanswered(
    monkeypatch: pytest.MonkeyPatch, book: Book, quickbooks: QuickBooks, *, arrived: bool
) -> Iterator[None]:
    """Leave a batch without an answer for more than a day; ``arrived`` tells whether QuickBooks got it."""
    dies(monkeypatch, QuickBooks, "batch", after=arrived)
    with pytest.raises(Death):
        send(book, quickbooks)
    yield
    PushBatch.objects.update(written_at=timezone.now() - timedelta(hours=24))
    Run.objects.update(options={})


@pytest.mark.parametrize("arrived", [True, False])
def test_after_a_day_it_is_looked_up_what_became_of_a_batch(
    arrived: bool,
    book: Book,
    quickbooks: QuickBooks,
    company: Company,
    staff: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    amy = mapped(book, company.add("Amy"))
    edit(amy, staff, phone="1")
    clients = new_clients(book, 2)
    with unanswered(monkeypatch, book, quickbooks, arrived=arrived):
        pass
    calls = [call for call in company.queries() if call["kind"] == "batch"]
    send(book, quickbooks)
    assert customer_of(amy, quickbooks)["PrimaryPhone"]["FreeFormNumber"] == "1"
    assert customer_of(amy, quickbooks)["SyncToken"] == "1"
    assert len(there(quickbooks)) == 3
    assert Link.objects.filter(local_id__in=[client.pk for client in clients]).count() == 2
    assert not PushBatch.objects.filter(state=BatchState.WRITTEN).exists()
    again = [call for call in company.queries() if call["kind"] == "batch"][len(calls) :]
    assert len(again) == (0 if arrived else 1), "what arrived is not sent again"
    said = Change.objects.filter(kind=ChangeKind.SENT, local_id=amy.pk).values_list("fields", flat=True)
    assert list(said) == [{"phone": ["", "1"]}], "and the history has it, when it is known"


def test_after_a_day_somebody_elses_customer_of_the_name_is_not_taken_for_ours(
    book: Book, quickbooks: QuickBooks, company: Company, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = add(staff, "Amy", phone="1")
    with unanswered(monkeypatch, book, quickbooks, arrived=False):
        company.add("Amy", PrimaryPhone={"FreeFormNumber": "2"})
    send(book, quickbooks)
    assert (push_of(client).state, push_of(client).reason) == (PushState.HELD, "duplicate_name")
    assert push_of(client).operation == Operation.CREATE
    assert not Link.objects.exists()
    assert RemoteRecord.objects.count() == 1
