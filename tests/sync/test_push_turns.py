"""Who sends much gives way: to other firms after a turn, and to what somebody waits for at once."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from accounts.models import Client, Firm, User
from integrations import tasks
from integrations.models import Connection, Push
from integrations.quickbooks import QuickBooks
from integrations.sync import looking, sending, turns
from integrations.sync.enduring import More, Over
from mapping.models import Book, Run, RunState
from mapping.services import runs
from tests.importing.conftest import Company
from tests.sync.pushing import CUSTOMER, add, decide, push_of, send, states, there

pytestmark = pytest.mark.django_db(transaction=True)

BATCH = 30


def add_many(firm: Firm, number: int) -> list[int]:
    """Add clients as an upload does, and have them looked at together."""
    made = Client.objects.bulk_create([Client(firm=firm, name=f"Client {each}") for each in range(number)])
    ids = [client.pk for client in made]
    looking.look(CUSTOMER, ids)
    return ids


def one_batch_then_others() -> Any:
    answers = iter([False])
    return lambda: next(answers, True)


def test_a_long_push_gives_way_where_others_wait(
    book: Book, quickbooks: QuickBooks, in_firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The issue: fair between firms."""
    monkeypatch.setattr(turns, "SHORTEST_S", 0.0)
    monkeypatch.setattr(turns, "_ASK_EVERY_S", 0.0)
    decide(book)
    add_many(in_firm, 3 * BATCH)
    run = runs.claim(sending.begin(book).pk)
    assert run
    assert sending.work(run, quickbooks, for_s=60, others_wait=one_batch_then_others()) == More()
    assert states() == ["confirmed"] * BATCH + ["planned"] * 2 * BATCH
    assert sending.work(run, quickbooks, for_s=60) == Over()
    assert len(there(quickbooks)) == 3 * BATCH


def test_the_task_asks_who_waits_and_queues_behind_them(
    connection: Connection, book: Book, in_firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "SHORTEST_S", 0.0)
    monkeypatch.setattr(turns, "_ASK_EVERY_S", 0.0)
    monkeypatch.setattr(tasks, "anybody_waits", one_batch_then_others())
    queued: list[Any] = []
    monkeypatch.setattr(tasks.send_changes, "apply_async", lambda *given, **how: queued.append((given, how)))
    decide(book)
    add_many(in_firm, 2 * BATCH)
    run = sending.begin(book)
    queued.clear()
    tasks.send_changes(in_firm.pk, run.pk)
    assert states() == ["confirmed"] * BATCH + ["planned"] * BATCH
    assert queued == [(((in_firm.pk, run.pk),), {"queue": "bulk"})]


def test_an_edit_goes_before_what_was_planned_by_the_hundred(
    book: Book, quickbooks: QuickBooks, in_firm: Firm, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The issue: fair between a person waiting and bulk work."""
    monkeypatch.setattr(turns, "SHORTEST_S", 0.0)
    monkeypatch.setattr(turns, "_ASK_EVERY_S", 0.0)
    decide(book)
    add_many(in_firm, 3 * BATCH)
    run = runs.claim(sending.begin(book).pk)
    assert run
    sending.work(run, quickbooks, for_s=60, others_wait=one_batch_then_others())
    waited_for = add(staff, "Waited for")
    sending.work(run, quickbooks, for_s=60, others_wait=one_batch_then_others())
    assert push_of(waited_for).state == "confirmed"
    assert states() == ["confirmed"] * (BATCH + 1) + ["planned"] * 2 * BATCH


def test_an_edit_does_not_wait_for_the_next_turn_of_a_long_push(
    connection: Connection,
    book: Book,
    quickbooks: QuickBooks,
    in_firm: Firm,
    staff: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its run waits far down the queue; what somebody waits for is fetched out of it."""
    monkeypatch.setattr(turns, "SHORTEST_S", 0.0)
    monkeypatch.setattr(turns, "_ASK_EVERY_S", 0.0)
    queued: list[Any] = []
    monkeypatch.setattr(tasks.send_changes, "apply_async", lambda *given, **how: queued.append((given, how)))
    decide(book)
    add_many(in_firm, 3 * BATCH)
    run = runs.claim(sending.begin(book).pk)
    assert run
    sending.work(run, quickbooks, for_s=60, others_wait=one_batch_then_others())
    queued.clear()
    waited_for = add(staff, "Waited for")
    monkeypatch.setattr(tasks, "anybody_waits", turns.nobody_waits)
    ((arguments, options), _) = queued[0]
    assert (arguments, options) == ((in_firm.pk, run.pk), {"soon": True})
    tasks.send_changes(*arguments, **options)
    assert push_of(waited_for).state == "confirmed"
    assert states() == ["confirmed"] * (BATCH + 1) + ["planned"] * 2 * BATCH
    assert Run.objects.get(pk=run.pk).state == RunState.RUNNING


def test_a_batch_costs_no_statement_for_each_of_its_records(
    company: Company, book: Book, quickbooks: QuickBooks, in_firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Taken, changed since they were planned, refused by us and refused there alike."""
    # What is asked and shown every so often is so at every turn: the clock has no say in the number.
    monkeypatch.setattr(sending, "_SHOW_EVERY_S", 0.0)
    monkeypatch.setattr(sending, "_HURRY_EVERY_S", 0.0)
    decide(book)
    statements = {}
    for number in (4, 28):
        Client.objects.all().delete()
        Push.objects.all().delete()
        for each in range(number // 4):
            company.add(f"Taken {number} {each}")
        names = [
            name
            for each in range(number // 4)
            for name in (
                f"New {number} {each}",
                f"Old {number} {each}",
                f"Colon: {number} {each}",
                f"Taken {number} {each}",
            )
        ]
        made = Client.objects.bulk_create([Client(firm=in_firm, name=name) for name in names])
        looking.look(CUSTOMER, [client.pk for client in made])
        Client.objects.filter(name__startswith="Old").update(city="Renamed since")
        with CaptureQueriesContext(database) as sent:
            send(book, quickbooks)
        assert states() == ["confirmed"] * (number // 2) + ["held"] * (number // 2)
        statements[number] = len(sent)
    assert statements[28] == statements[4], statements
