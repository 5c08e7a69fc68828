"""What changed or is new here reaches QuickBooks, and only that."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Client, Firm, User
from accounts.services.clients import archive_clients
from integrations.models import BatchState, Connection, Operation, Push, PushBatch, PushState
from integrations.quickbooks import QuickBooks
from integrations.sync import looking, sending
from mapping.models import Book, Change, ChangeKind, Link, RemoteRecord, Run, RunKind, RunState
from mapping.policy import Direction, FieldRule, NewHere, Policy, Winner
from mapping.services import linking
from tests.importing.conftest import Company
from tests.sync.pushing import (
    CONFIRMED,
    CUSTOMER,
    add,
    customer_of,
    decide,
    edit,
    mapped,
    push_of,
    send,
    states,
    there,
)

# QuickBooks is asked by a thread with a connection of its own.
pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = {
    "Line1": "4581 Finch St.",
    "Line2": "Suite 9",
    "Line3": "Back door",
    "City": "Bayshore",
    "CountrySubDivisionCode": "CA",
    "PostalCode": "94326",
}


@pytest.fixture
def amy(company: Company, book: Book) -> Client:
    decide(book)
    return mapped(
        book,
        company.add(
            "Amy's Birds",
            GivenName="Amy",
            BillAddr=ADDRESS,
            PrimaryPhone={"FreeFormNumber": "(650) 555-3311"},
            Notes="Sings",
        ),
    )


def batches(company: Company) -> list[dict[str, Any]]:
    return [call for call in company.queries() if call["kind"] == "batch"]


def test_an_edit_reaches_quickbooks_and_nothing_else_does(
    amy: Client, book: Book, quickbooks: QuickBooks, company: Company, staff: User
) -> None:
    """CV-14, JR-50."""
    before = customer_of(amy, quickbooks)
    edit(amy, staff, phone="(650) 555-0000")
    run = send(book, quickbooks)
    after = customer_of(amy, quickbooks)
    assert after["PrimaryPhone"] == {"FreeFormNumber": "(650) 555-0000"}
    moving = ("PrimaryPhone", "SyncToken", "MetaData")
    assert {k: v for k, v in after.items() if k not in moving} == {
        k: v for k, v in before.items() if k not in moving
    }
    assert (run.state, run.kind, run.sent, run.failed, run.problem) == (
        RunState.DONE,
        RunKind.PUSH,
        1,
        0,
        "",
    )
    assert states() == [CONFIRMED]
    assert len(batches(company)) == 1


def test_what_was_sent_is_what_both_sides_agree_on_with_history(
    amy: Client, book: Book, quickbooks: QuickBooks, staff: User
) -> None:
    """B-9: before and after, by which run."""
    edit(amy, staff, city="Millbrae")
    run = send(book, quickbooks)
    link = Link.objects.select_related("record__body").get(local_id=amy.pk)
    assert link.base["city"] == "Millbrae"
    assert link.record.payload["BillAddr"]["City"] == "Millbrae"
    assert link.record.sync_token == "1"
    sent = Change.objects.get(kind=ChangeKind.SENT)
    assert (sent.fields, sent.run_id, sent.local_id) == ({"city": ["Bayshore", "Millbrae"]}, run.pk, amy.pk)


def test_a_field_spread_over_several_lines_goes_whole_and_its_neighbours_stay(
    amy: Client, book: Book, quickbooks: QuickBooks, staff: User
) -> None:
    """CV-5. An address is replaced as a whole: what stands beside the change goes along."""
    edit(amy, staff, address_2="Floor 2\nRoom 3\nDesk 4\nChair 5\nDrawer 6")
    send(book, quickbooks)
    address = customer_of(amy, quickbooks)["BillAddr"]
    assert {name: address.get(name) for name in ("Line1", "Line2", "Line3", "Line4", "Line5", "City")} == {
        "Line1": "4581 Finch St.",
        "Line2": "Floor 2",
        "Line3": "Room 3",
        "Line4": "Desk 4",
        "Line5": "Chair 5 Drawer 6",
        "City": "Bayshore",
    }


def test_a_value_emptied_here_is_emptied_there(
    amy: Client, book: Book, quickbooks: QuickBooks, staff: User
) -> None:
    edit(amy, staff, phone="", address_2="", first_name="")
    send(book, quickbooks)
    after = customer_of(amy, quickbooks)
    assert "PrimaryPhone" not in after
    assert "GivenName" not in after
    assert set(after["BillAddr"]) >= {"Line1", "City"}
    assert not {"Line2", "Line3"} & set(after["BillAddr"])


def test_a_new_client_becomes_a_customer_once(
    book: Book, quickbooks: QuickBooks, staff: User, company: Company
) -> None:
    """JR-47."""
    decide(book)
    client = add(
        staff, "O'Brien & Söhne", company_name="O'Brien Ltd", email="o@brien.example", city="Cork", zip="T12"
    )
    run = send(book, quickbooks)
    (made,) = there(quickbooks)
    assert made["DisplayName"] == "O'Brien & Söhne"
    assert made["PrimaryEmailAddr"] == {"Address": "o@brien.example"}
    assert (made["BillAddr"]["City"], made["BillAddr"]["PostalCode"]) == ("Cork", "T12")
    client.refresh_from_db()
    assert client.is_linked
    link = Link.objects.select_related("record").get(local_id=client.pk)
    assert (link.record.remote_id, link.record.standing) == (made["Id"], "mapped")
    assert link.base["name"] == "O'Brien & Söhne"
    assert run.sent == 1
    assert Change.objects.get(kind=ChangeKind.SENT).fields["name"] == ["", "O'Brien & Söhne"]


def test_clients_from_before_the_firm_decided_stay_here(
    book: Book, quickbooks: QuickBooks, staff: User
) -> None:
    old = add(staff, "Old friend")
    decide(book)
    looking.look(CUSTOMER, [old.pk])
    add(staff, "New friend")
    send(book, quickbooks)
    assert [one["DisplayName"] for one in there(quickbooks)] == ["New friend"]


@pytest.mark.parametrize(
    "policy",
    [
        Policy(direction=Direction.PULL, new_here=NewHere.CREATE),
        Policy(direction=Direction.OFF, new_here=NewHere.CREATE),
        Policy(
            direction=Direction.BOTH,
            new_here=NewHere.WAIT,
            fields={"phone": FieldRule(Direction.PULL, Winner.QUICKBOOKS)},
        ),
    ],
    ids=["pull only", "off", "field only pulled, new ones wait"],
)
def test_nothing_is_sent_that_the_firm_does_not_let_travel(
    policy: Policy, amy: Client, book: Book, quickbooks: QuickBooks, company: Company, staff: User
) -> None:
    """X1, B-7."""
    decide(book, policy)
    edit(amy, staff, phone="1")
    add(staff, "Somebody new")
    assert not Push.objects.exists()
    assert not Run.objects.exists()
    send(book, quickbooks)
    assert batches(company) == []


def test_many_go_in_batches_of_thirty(
    book: Book, quickbooks: QuickBooks, company: Company, staff: User
) -> None:
    decide(book)
    clients = [Client(name=f"Client {number}", firm_id=book.firm_id) for number in range(70)]
    Client.objects.bulk_create(clients)
    looking.look(CUSTOMER, [client.pk for client in clients])
    run = send(book, quickbooks)
    assert len(there(quickbooks)) == run.sent == run.handled == run.expected == 70
    assert len(batches(company)) == 3
    assert Link.objects.count() == 70
    assert PushBatch.objects.filter(state=BatchState.ANSWERED).count() == 3


def test_an_edit_made_while_it_was_sent_follows(
    amy: Client, book: Book, quickbooks: QuickBooks, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(amy, staff, phone="1")
    whole = QuickBooks.batch

    def meanwhile(self: QuickBooks, body: bytes, *, request_id: str) -> Any:
        monkeypatch.setattr(QuickBooks, "batch", whole)
        answer = whole(self, body, request_id=request_id)
        Client.objects.filter(pk=amy.pk).update(phone="2")
        return answer

    monkeypatch.setattr(QuickBooks, "batch", meanwhile)
    send(book, quickbooks)
    assert customer_of(amy, quickbooks)["PrimaryPhone"]["FreeFormNumber"] == "2"
    assert states() == [CONFIRMED, CONFIRMED]


def test_both_sides_edited_different_fields_and_both_edits_live(
    amy: Client, book: Book, quickbooks: QuickBooks, company: Company, staff: User
) -> None:
    """CV-14: the object is stale, is read again and merged (B-5: nothing is dropped)."""
    link = Link.objects.select_related("record").get(local_id=amy.pk)
    company.change(link.record.remote_id, PrimaryPhone={"FreeFormNumber": "there"})
    edit(amy, staff, city="here")
    run = send(book, quickbooks)
    after = customer_of(amy, quickbooks)
    amy.refresh_from_db()
    assert (after["PrimaryPhone"]["FreeFormNumber"], after["BillAddr"]["City"]) == ("there", "here")
    assert (amy.phone, amy.city) == ("there", "here")
    assert (run.state, run.sent, run.pulled, run.failed) == (RunState.DONE, 1, 1, 0)


def test_both_sides_edited_one_field_and_a_person_is_asked(
    amy: Client, book: Book, quickbooks: QuickBooks, company: Company, staff: User
) -> None:
    link = Link.objects.select_related("record").get(local_id=amy.pk)
    company.change(link.record.remote_id, PrimaryPhone={"FreeFormNumber": "there"})
    edit(amy, staff, phone="here")
    run = send(book, quickbooks)
    amy.refresh_from_db()
    assert customer_of(amy, quickbooks)["PrimaryPhone"]["FreeFormNumber"] == "there"
    assert amy.phone == "here"
    assert (run.state, run.sent, run.conflicts) == (RunState.DONE, 0, 1)
    assert states() == [PushState.DROPPED]


def test_a_paused_or_disconnected_client_is_not_sent(
    amy: Client, book: Book, quickbooks: QuickBooks, company: Company, staff: User
) -> None:
    """CV-47, CV-50."""
    bob = mapped(book, company.add("Bob"))
    edit(amy, staff, phone="1")
    edit(bob, staff, phone="2")
    Link.objects.filter(local_id=amy.pk).update(is_paused=True)
    linking.unlink(Link.objects.get(local_id=bob.pk), by=staff)
    run = send(book, quickbooks)
    assert (run.state, run.sent) == (RunState.DONE, 0)
    assert states() == [PushState.DROPPED, PushState.DROPPED]
    assert batches(company) == []


def test_a_new_client_archived_in_time_is_not_created(
    book: Book, quickbooks: QuickBooks, company: Company, staff: User
) -> None:
    decide(book)
    client = add(staff, "Only a try")
    archive_clients(clients=Client.objects.filter(pk=client.pk), by=staff)
    send(book, quickbooks)
    assert there(quickbooks) == []
    assert states() == [PushState.DROPPED]


def test_two_new_edits_of_one_client_are_one_push(
    amy: Client, book: Book, quickbooks: QuickBooks, company: Company, staff: User
) -> None:
    edit(amy, staff, phone="1")
    edit(amy, staff, phone="2", city="Millbrae")
    assert Push.objects.get().values == {"phone": "2", "city": "Millbrae"}
    send(book, quickbooks)
    assert len(batches(company)) == 1


def test_an_edit_taken_back_in_time_is_not_sent(
    amy: Client, book: Book, quickbooks: QuickBooks, company: Company, staff: User
) -> None:
    edit(amy, staff, phone="1")
    edit(amy, staff, phone="(650) 555-3311")
    send(book, quickbooks)
    assert states() == [PushState.DROPPED]
    assert batches(company) == []


def test_an_edit_of_an_inactive_customer_is_held_where_it_is_seen_and_sent_once_active(
    amy: Client, book: Book, quickbooks: QuickBooks, company: Company, staff: User
) -> None:
    """B-5, B-17."""
    remote_id = Link.objects.select_related("record").get(local_id=amy.pk).record.remote_id
    company.inactivate(remote_id)
    edit(amy, staff, phone="1")
    send(book, quickbooks)  # It is stale, read again, and found inactive.
    assert (push_of(amy).state, push_of(amy).reason) == (PushState.HELD, "inactive_there")
    company.control(f"/companies/{company.realm}/customers/{remote_id}/activate")
    RemoteRecord.objects.filter(remote_id=remote_id).update(is_active=True)
    looking.look(CUSTOMER, [amy.pk])
    send(book, quickbooks)
    assert customer_of(amy, quickbooks)["PrimaryPhone"]["FreeFormNumber"] == "1"


def test_one_run_is_enough_for_all_that_is_planned(amy: Client, book: Book, staff: User) -> None:
    edit(amy, staff, phone="1")
    add(staff, "Somebody new")
    run = sending.begin(book)
    assert sending.begin(book).pk == run.pk
    assert Run.objects.filter(kind=RunKind.PUSH).count() == 1


def test_a_person_who_saves_asks_nothing_of_quickbooks(
    amy: Client, company: Company, staff: User, firm: Firm
) -> None:
    before = len(company.queries())
    edit(amy, staff, phone="1")
    assert len(company.queries()) == before
    assert push_of(amy).operation == Operation.UPDATE


def test_an_edit_that_nobody_would_send_leaves_no_run_behind(amy: Client, staff: User) -> None:
    edit(amy, staff, notes="Only ours", is_marketable=True)
    assert not Run.objects.exists()


def test_a_lost_connection_ends_the_run_and_loses_nothing(
    amy: Client, book: Book, quickbooks: QuickBooks, company: Company, staff: User, connection: Connection
) -> None:
    """B-24."""
    edit(amy, staff, phone="1")
    company.control("/tokens/revoke", realm=company.realm)
    run = send(book, quickbooks)
    assert (run.state, run.problem) == (RunState.FAILED, "needs_reconnect")
    push = push_of(amy)
    assert push.state in (PushState.PLANNED, PushState.SENT)


def test_what_is_new_for_a_firm_is_not_looked_at_without_a_connection(in_firm: Firm, staff: User) -> None:
    client = add(staff, "Nobody's customer")
    assert looking.look(CUSTOMER, [client.pk]) == 0
