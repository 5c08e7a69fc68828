"""What is not sent says why, and goes when its cause is gone (B-5): no e-mail address, no invoice yet, nobody there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from accounts.models import Client, User
from accounts.services.clients import archive_clients, restore_clients
from integrations.models import Push, PushState
from integrations.quickbooks import QuickBooks
from integrations.sync import looking, outbox
from mapping.models import Book, Change, ChangeKind, Conflict, Link
from mapping.policy import PRESETS, Direction, Policy, Updates, Winner
from mapping.services import linking
from tests.importing.conftest import Company, Import
from tests.sync.conftest import Refresh
from tests.sync.pushing import (
    BOTH_WAYS,
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

NEEDS_EMAIL = replace(BOTH_WAYS, needs_email=True)


def held(client: Client) -> tuple[str, str]:
    push = push_of(client)
    return push.state, push.reason


def test_a_new_client_without_an_address_is_not_created_there_until_it_has_one(
    book: Book, quickbooks: QuickBooks, staff: User
) -> None:
    """KP-4."""
    decide(book, NEEDS_EMAIL)
    amy = add(staff, "Amy")
    send(book, quickbooks)
    assert there(quickbooks) == []
    assert held(amy) == (PushState.HELD, "no_email")
    assert [push.local_id for push in outbox.not_sent(book)] == [amy.pk]
    edit(amy, staff, email="amy@example.com")
    send(book, quickbooks)
    assert len(there(quickbooks, "Amy")) == 1


def test_an_edit_of_a_client_without_an_address_is_seen_under_not_sent(
    book: Book, quickbooks: QuickBooks, company: Company, staff: User
) -> None:
    decide(book, NEEDS_EMAIL)
    amy = mapped(book, company.add("Amy"))
    edit(amy, staff, phone="1")
    send(book, quickbooks)
    assert "PrimaryPhone" not in customer_of(amy, quickbooks)
    assert held(amy) == (PushState.HELD, "no_email")
    decide(book, BOTH_WAYS)
    looking.look(CUSTOMER, [amy.pk])
    send(book, quickbooks)
    assert customer_of(amy, quickbooks)["PrimaryPhone"]["FreeFormNumber"] == "1"


def test_a_creation_that_was_planned_is_held_when_the_rule_comes(
    book: Book, quickbooks: QuickBooks, staff: User
) -> None:
    decide(book)
    amy = add(staff, "Amy")
    decide(book, NEEDS_EMAIL)
    send(book, quickbooks)
    assert (there(quickbooks), held(amy)) == ([], (PushState.HELD, "no_email"))


@pytest.mark.parametrize("preset", ["invoices_only", "contact_sync"])
def test_an_edit_waits_for_an_invoice_and_what_the_bookkeeper_wrote_stays(
    book: Book, quickbooks: QuickBooks, company: Company, staff: User, preset: str
) -> None:
    """HS-1, HS-2, HS-11; KP-24."""
    customer = company.add("Amy", PrimaryPhone={"FreeFormNumber": "111"})
    amy = mapped(book, customer)
    decide(book, PRESETS[preset].policy)
    company.change(customer["Id"], PrimaryPhone={"FreeFormNumber": "222"})
    edit(amy, staff, phone="333")
    add(staff, "New here")
    send(book, quickbooks)
    assert customer_of(amy, quickbooks)["PrimaryPhone"]["FreeFormNumber"] == "222"
    assert there(quickbooks, "New here") == []
    assert not Push.objects.exclude(state=PushState.DROPPED).exists()


def test_what_was_planned_is_dropped_when_it_is_to_wait_for_an_invoice(
    book: Book, quickbooks: QuickBooks, company: Company, staff: User
) -> None:
    decide(book)
    amy = mapped(book, company.add("Amy"))
    edit(amy, staff, phone="1")
    new = add(staff, "New here")
    decide(book, PRESETS["invoices_only"].policy)
    send(book, quickbooks)
    assert {push_of(amy).state, push_of(new).state} == {PushState.DROPPED}
    assert "PrimaryPhone" not in customer_of(amy, quickbooks)
    assert there(quickbooks, "New here") == []


def test_an_edit_of_a_client_whose_customer_is_gone_is_seen_under_not_sent(
    book: Book,
    quickbooks: QuickBooks,
    company: Company,
    staff: User,
    import_all: Import,
    refresh: Refresh,
) -> None:
    """B-5, B-17."""
    lost, kept = company.add("Amy"), company.add("Bob")
    decide(book)
    import_all()
    amy = mapped(book, lost)
    company.control(f"/companies/{company.realm}/customer/{lost['Id']}/merge", into=kept["Id"])
    refresh()
    edit(amy, staff, phone="333")
    send(book, quickbooks)
    assert held(amy) == (PushState.HELD, "gone_there")
    assert [push.local_id for push in outbox.not_sent(book)] == [amy.pk]
    edit(amy, staff, phone="")
    assert not outbox.not_sent(book).exists(), "nothing is left to say"


def test_where_only_new_ones_come_in_two_edits_are_still_asked_about(
    book: Book, quickbooks: QuickBooks, company: Company, staff: User
) -> None:
    decide(book, Policy(direction=Direction.BOTH, updates=Updates.NEW, conflict=Winner.ASK))
    customer = company.add("Amy", PrimaryPhone={"FreeFormNumber": "111"})
    amy = mapped(book, customer)
    company.change(customer["Id"], PrimaryPhone={"FreeFormNumber": "222"})
    edit(amy, staff, phone="333")
    send(book, quickbooks)
    assert customer_of(amy, quickbooks)["PrimaryPhone"]["FreeFormNumber"] == "222"
    assert Conflict.objects.get(settled_at=None).fields["phone"][1:] == ["333", "222"]


def refused(book: Book, quickbooks: QuickBooks, company: Company, staff: User) -> Client:
    """Return a mapped client whose edit QuickBooks refused: another has the name."""
    decide(book)
    amy = mapped(book, company.add("Amy"))
    mapped(book, company.add("Bea"))
    edit(amy, staff, name="Bea")
    send(book, quickbooks)
    assert [push.local_id for push in outbox.not_sent(book)] == [amy.pk]
    return amy


def test_what_is_held_of_a_client_falls_when_it_is_disconnected(
    book: Book, quickbooks: QuickBooks, company: Company, staff: User
) -> None:
    """CV-50."""
    amy = refused(book, quickbooks, company, staff)
    linking.unlink(Link.objects.get(local_id=amy.pk), by=staff)
    assert not outbox.not_sent(book).exists()
    assert push_of(amy).state == PushState.DROPPED


def test_what_is_held_of_a_client_falls_when_it_is_archived_and_is_back_when_it_is_restored(
    book: Book, quickbooks: QuickBooks, company: Company, staff: User
) -> None:
    amy = refused(book, quickbooks, company, staff)
    archive_clients(clients=Client.objects.filter(pk=amy.pk), by=staff)
    assert not outbox.not_sent(book).exists()
    restore_clients(clients=Client.objects.filter(pk=amy.pk), by=staff)
    looking.look(CUSTOMER, [amy.pk])
    assert (push_of(amy).state, push_of(amy).values) == (PushState.PLANNED, {"name": "Bea"})


def test_what_is_held_of_a_client_falls_while_it_is_paused(
    book: Book, quickbooks: QuickBooks, company: Company, staff: User
) -> None:
    """CV-47."""
    amy = refused(book, quickbooks, company, staff)
    linking.pause(Link.objects.get(local_id=amy.pk))
    assert not outbox.not_sent(book).exists()


def test_the_history_keeps_the_bookkeepers_value_that_ours_replaced(
    book: Book, quickbooks: QuickBooks, company: Company, staff: User
) -> None:
    decide(book, Policy(direction=Direction.BOTH, conflict=Winner.OURS))
    customer = company.add("Amy", PrimaryPhone={"FreeFormNumber": "111"})
    amy = mapped(book, customer)
    company.change(customer["Id"], PrimaryPhone={"FreeFormNumber": "222"})
    edit(amy, staff, phone="333")
    send(book, quickbooks)
    assert customer_of(amy, quickbooks)["PrimaryPhone"]["FreeFormNumber"] == "333"
    assert Change.objects.get(kind=ChangeKind.SENT).fields == {"phone": ["222", "333"]}
