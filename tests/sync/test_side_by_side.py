"""Work of one firm goes on side by side: whoever holds its books keeps nobody from referring to them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import Client, Firm, User
from accounts.services.clients import save_client
from accounts.tenancy import working_for
from integrations import tasks, tasks_refresh
from integrations.models import Announcement, Push, PushState
from integrations.quickbooks import QuickBooks
from integrations.sync import importing, mending, recording, refreshing, sending
from integrations.sync.scope import Scope
from mapping.models import Book, Cause, Conflict, EntityPolicy, Link, Run, RunKind, RunState
from mapping.models.runs import UNFINISHED
from mapping.policy import Direction, NewHere, NewThere, Policy, Trigger, Winner
from mapping.services import policies, runs
from mapping.transform import to_local
from tests.importing.conftest import Company
from tests.mapping.test_lock_order import holding
from tests.processes import Worker
from tests.sync.pushing import CUSTOMER, add, customer_of, decide, mapped, push_of, send, there
from tests.sync.test_pull import follow_customers_only
from tests.sync.test_webhooks import deliver, event

pytestmark = pytest.mark.django_db(transaction=True)

HOLDS: dict[str, Callable[[Book], Any]] = {
    "a refresh is asked for": lambda book: refreshing.begin(book, cause=Cause.PERSON),
    "a push is asked for": sending.begin,
    "an import is asked for": lambda book: runs.start_run(book, RunKind.IMPORT, "customer", by=None),
    "the policy changes": lambda book: policies.choose_preset(
        book, "customer", "two_way", by=User.objects.earliest("pk")
    ),
}


@pytest.mark.parametrize("hold", HOLDS.values(), ids=HOLDS)
def test_a_row_about_the_books_is_stored_while_somebody_holds_them(
    hold: Callable[[Book], Any], in_firm: Firm, book: Book, partner: User
) -> None:
    """PostgreSQL checks references when a transaction ends; two that wait for each other there are a deadlock."""
    held, done, holding = Event(), Event(), []

    def somebody() -> None:
        try:
            with working_for(in_firm.pk), transaction.atomic():
                hold(book)
                holding.append(book)
                held.set()
                done.wait(20)
        finally:
            held.set()
            connection.close()

    other = Thread(target=somebody)
    other.start()
    held.wait(20)
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '2s'")
            run = Run.objects.create(firm=in_firm, book=book, kind=RunKind.UNDO, entity="customer")
            connection.check_constraints()
    finally:
        done.set()
        other.join()
    assert holding
    assert Run.objects.filter(pk=run.pk).exists()


CROWD_S = 8.0
BUSY = Policy(
    direction=Direction.BOTH, conflict=Winner.ASK, new_here=NewHere.CREATE, new_there=NewThere.CREATE
)


def test_everything_at_once_ends_in_agreement(
    company: Company, book: Book, import_all: Any, quickbooks: QuickBooks, worker: Worker, staff: User
) -> None:
    """Edits on both sides, imports, refreshes and announcements of one firm, over a worker of two processes."""
    worker.stop()
    follow_customers_only(book)
    decide(book, BUSY)
    triggers = [Trigger.NIGHTLY.value, Trigger.WEBHOOK.value, Trigger.VIEW.value]
    EntityPolicy.objects.filter(entity="customer").update(triggers=triggers)
    crowd = Crowd(company, book, staff, [company.add(f"C{number}")["Id"] for number in range(20)])
    import_all()
    worker.start()
    told_before = len(worker.log.read_text())
    end = time.monotonic() + CROWD_S
    while time.monotonic() < end:
        crowd.do_something()
    _until_all_is_done(book)

    payloads = {payload["Id"]: payload for payload in there(quickbooks)}
    assert len(payloads) == Link.objects.count() == Client.objects.count() == crowd.made
    for link in Link.objects.select_related("record"):
        theirs = to_local(CUSTOMER, payloads[link.record.remote_id])
        ours = Client.objects.filter(pk=link.local_id).values(*theirs).get()
        asked = (
            Conflict.objects.filter(link=link, settled_at=None).values_list("fields", flat=True).first() or {}
        )
        assert {name for name in theirs if ours[name] != theirs[name]} <= set(asked)
    assert not Run.objects.filter(state=RunState.FAILED).exists()
    assert "deadlock detected" not in worker.log.read_text()[told_before:]


class Crowd:
    """People and a bookkeeper, busy with the same customers."""

    def __init__(self, company: Company, book: Book, staff: User, ids: list[str]) -> None:
        self.company, self.book, self.staff, self.ids = company, book, staff, ids
        self.made, self.dice = len(ids), random.Random(1)
        self.deeds = [
            *[self.edit_here, self.edit_there] * 4,
            *[self.add_here, self.add_there, self.import_all, self.refresh],
            *[self.announce] * 2,
        ]

    def do_something(self) -> None:
        self.dice.choice(self.deeds)()
        time.sleep(self.dice.random() * 0.05)

    def edit_here(self) -> None:
        client = self.dice.choice(list(Client.objects.order_by("pk")))
        field = self.dice.choice(["phone", "city", "first_name"])
        setattr(client, field, str(self.dice.randint(1, 10**6)))
        save_client(client=client, by=self.staff, fields=[field])

    def edit_there(self) -> None:
        value = str(self.dice.randint(1, 10**6))
        edits: list[dict[str, Any]] = [
            {"GivenName": value},
            {"FamilyName": value},
            {"PrimaryPhone": {"FreeFormNumber": value}},
        ]
        self.company.change(self.dice.choice(self.ids), **self.dice.choice(edits))

    def add_here(self) -> None:
        self.made += 1
        save_client(client=Client(name=f"here {self.made}"), by=self.staff)

    def add_there(self) -> None:
        self.made += 1
        self.ids.append(self.company.add(f"there {self.made}")["Id"])

    def import_all(self) -> None:
        importing.begin(self.book, "customer", scope=Scope.ALL)

    def refresh(self) -> None:
        refreshing.begin(self.book, cause=Cause.PERSON)

    def announce(self) -> None:
        deliver(*[event(self.company.realm, one) for one in self.dice.sample(self.ids, 8)])


def _until_all_is_done(book: Book) -> None:
    """Twice, since what a first look brings in may have something to say in turn."""
    for _ in range(2):
        refreshing.begin(book, cause=Cause.PERSON)
        deadline = time.monotonic() + 60
        while _is_anything_left():
            assert time.monotonic() < deadline, list(Run.objects.filter(state__in=UNFINISHED).values())
            tasks.pick_up_stalled_runs()
            tasks_refresh.pick_up_forgotten_announcements()
            time.sleep(0.2)


def _is_anything_left() -> bool:
    unsent = Push.objects.filter(state__in=[PushState.PLANNED, PushState.SENT])
    going = Run.objects.filter(state__in=UNFINISHED)
    return going.exists() or unsent.exists() or Announcement.objects.exists()


def test_what_was_held_is_mended_while_its_client_is_looked_at(
    in_firm: Firm, book: Book, quickbooks: QuickBooks, company: Company, staff: User
) -> None:
    decide(book)
    company.add("Taken")
    amy = add(staff, "Taken")
    send(book, quickbooks)
    held = push_of(amy)
    assert held.reason == "duplicate_name"
    holding(amy, held, meanwhile=lambda: mending.rename(held, "Amy", by=staff))
    assert Client.objects.get().name == "Amy"


def test_an_answer_is_recorded_while_a_bulk_edit_is_compared(
    in_firm: Firm,
    book: Book,
    quickbooks: QuickBooks,
    company: Company,
    staff: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is about new clients and about the mapped one whose name one of them has; they were edited at once."""
    decide(book)
    taken = mapped(book, company.add("Taken"))
    new, namesake = add(staff, "New"), add(staff, "Taken")
    really, compared = recording.record, list[object]()

    def recorded(*of: Any) -> bool:
        if not compared:
            compared.append(of)
            link = Link.objects.get(local_id=taken.pk)
            holding(link, new, meanwhile=lambda: compared.append(really(*of)))
            return False
        return really(*of)

    monkeypatch.setattr(recording, "record", recorded)
    send(book, quickbooks)
    assert len(compared) == 2
    assert push_of(namesake).reason == "duplicate_name"
    assert customer_of(new, quickbooks)["DisplayName"] == "New"
