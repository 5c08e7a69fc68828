"""What QuickBooks refuses is held where it is seen, with what stands in the way and the ways on (B-4, B-5)."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from accounts.models import Client, User
from integrations.models import Push, PushState
from integrations.quickbooks import QuickBooks
from integrations.sync import looking, mending, outbox
from mapping.models import Book, Link, RemoteRecord, Run, RunOutcome, RunState, Standing
from mapping.reasons import REASONS
from mapping.services import linking
from mapping.services.linking import Refused
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

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def two_ways(book: Book) -> None:
    decide(book)


def held(client: Client, reason: str) -> Push:
    push = push_of(client)
    assert (push.state, push.reason) == (PushState.HELD, reason)
    assert reason in REASONS
    return push


def calls(company: Company, kind: str) -> list[dict[str, Any]]:
    return [call for call in company.queries() if call["kind"] == kind]


# A name that is taken.


def test_a_customer_in_the_way_may_be_linked_instead(
    book: Book, quickbooks: QuickBooks, company: Company, staff: User
) -> None:
    """JR-47, B-15; QuickBooks overwrites where it says something (CV-39), and the rest of ours goes there."""
    theirs = company.add("Bob's Burgers", PrimaryPhone={"FreeFormNumber": "555-1"})
    client = add(staff, "bob's  burgers", phone="555-2", city="Bayshore")
    run = send(book, quickbooks)
    push = held(client, "duplicate_name")
    assert (run.state, run.sent, run.failed) == (RunState.DONE, 0, 1)
    assert RunOutcome.objects.get(run=run).reason == "duplicate_name"
    (other,) = mending.in_the_way(push)
    assert (other.kind, other.remote_id, other.name) == ("customer", theirs["Id"], "Bob's Burgers")
    assert other.can_link
    assert other.record
    link = mending.link_to_existing(push, other.record, by=staff)
    assert (link.local_id, link.record.remote_id) == (client.pk, theirs["Id"])
    looking.look(CUSTOMER, [client.pk])
    send(book, quickbooks)
    client.refresh_from_db()
    assert (client.name, client.phone) == ("Bob's Burgers", "555-1")
    assert customer_of(client, quickbooks)["BillAddr"]["City"] == "Bayshore"
    assert len(there(quickbooks)) == 1
    assert states() == [CONFIRMED, PushState.DROPPED]


@pytest.mark.parametrize("kind", ["vendor", "employee"])
def test_a_vendor_or_employee_in_the_way_can_only_be_avoided(
    kind: str, book: Book, quickbooks: QuickBooks, company: Company, staff: User
) -> None:
    """B-15: customers, vendors and employees share one space of names."""
    company.control(f"/companies/{company.realm}/{kind}", DisplayName="Bob's Burgers", GivenName="Bob")
    client = add(staff, "Bob's Burgers")
    send(book, quickbooks)
    push = held(client, "duplicate_name")
    (other,) = mending.in_the_way(push)
    assert (other.kind, other.can_link) == (kind, False)
    mending.rename(push, "Bob's Burgers (client)", by=staff)
    run = send(book, quickbooks)
    client.refresh_from_db()
    assert client.name == "Bob's Burgers (client)"
    assert [one["DisplayName"] for one in there(quickbooks)] == ["Bob's Burgers (client)"]
    assert (run.sent, states()) == (1, [CONFIRMED])


def test_who_is_in_the_way_is_asked_once_for_a_whole_batch(
    book: Book, quickbooks: QuickBooks, company: Company, staff: User
) -> None:
    for number in range(5):
        company.add(f"Taken {number}")
        add(staff, f"Taken {number}")
    add(staff, "Free")
    before = len(calls(company, "query"))
    run = send(book, quickbooks)
    assert (run.sent, run.failed) == (1, 5)
    assert len(calls(company, "query")) == before + 3  # Customers, vendors, employees.
    assert len(calls(company, "batch")) == 1


def test_a_customer_that_is_mapped_already_cannot_be_linked(
    book: Book, quickbooks: QuickBooks, company: Company, staff: User
) -> None:
    mapped(book, company.add("Bob"))
    client = add(staff, "Bob")
    send(book, quickbooks)
    push = held(client, "duplicate_name")
    (other,) = mending.in_the_way(push)
    assert other.record
    assert not other.can_link
    with pytest.raises(Refused) as told:
        mending.link_to_existing(push, other.record, by=staff)
    assert told.value.reason.code == "claimed"


def test_a_mapped_client_renamed_to_a_taken_name_is_held_and_the_rest_of_the_edit_with_it(
    book: Book, quickbooks: QuickBooks, company: Company, staff: User
) -> None:
    company.add("Bob")
    amy = mapped(book, company.add("Amy"))
    edit(amy, staff, name="Bob", phone="1")
    send(book, quickbooks)
    push = held(amy, "duplicate_name")
    assert not mending.in_the_way(push)[0].can_link
    mending.rename(push, "Bobby", by=staff)
    send(book, quickbooks)
    after = customer_of(amy, quickbooks)
    assert (after["DisplayName"], after["PrimaryPhone"]["FreeFormNumber"]) == ("Bobby", "1")


def test_two_new_clients_of_one_name_become_one_customer_and_a_question(
    book: Book, quickbooks: QuickBooks, staff: User
) -> None:
    """B-15."""
    first, second = add(staff, "Twin"), add(staff, "twin")
    send(book, quickbooks)
    assert push_of(first).state == PushState.CONFIRMED
    assert not mending.in_the_way(held(second, "duplicate_name"))[0].can_link
    assert len(there(quickbooks)) == 1


# Ways on.


def test_what_is_left_here_is_not_planned_again_until_it_is_edited(
    book: Book, quickbooks: QuickBooks, company: Company, staff: User
) -> None:
    """B-5."""
    company.add("Bob")
    client = add(staff, "Bob")
    send(book, quickbooks)
    mending.skip(held(client, "duplicate_name"), by=staff)
    looking.look(CUSTOMER, [client.pk])
    assert push_of(client).reason == "left_here"
    assert not outbox.not_sent(book).exists()
    edit(client, staff, name="Bobby")
    send(book, quickbooks)
    assert push_of(client).state == PushState.CONFIRMED


def test_an_edited_client_is_sent_again_by_itself(
    book: Book, quickbooks: QuickBooks, company: Company, staff: User
) -> None:
    company.add("Bob")
    client = add(staff, "Bob")
    send(book, quickbooks)
    held(client, "duplicate_name")
    edit(client, staff, name="Bobby")
    send(book, quickbooks)
    assert push_of(client).state == PushState.CONFIRMED


def test_it_can_be_tried_again_after_something_was_mended_in_quickbooks(
    book: Book, quickbooks: QuickBooks, company: Company, staff: User
) -> None:
    theirs = company.add("Bob")
    clients = [add(staff, "Bob")]
    send(book, quickbooks)
    company.change(theirs["Id"], DisplayName="Robert")
    mending.try_again(held(clients[0], "duplicate_name"))
    send(book, quickbooks)
    assert push_of(clients[0]).state == PushState.CONFIRMED
    assert mending.try_all_again(book) == 0


def test_all_that_is_held_for_one_reason_can_be_tried_again(
    book: Book, quickbooks: QuickBooks, company: Company, staff: User
) -> None:
    """B-4."""
    for name in ("Amy", "Bob"):
        company.inactivate(company.add(name)["Id"])
        company.control(f"/companies/{company.realm}/vendor", DisplayName=name)
        add(staff, name)
    add(staff, "Not: good")
    send(book, quickbooks)
    assert mending.try_all_again(book, reason="duplicate_name") == 2
    assert sorted(outbox.not_sent(book).values_list("reason", flat=True)) == ["not_accepted"]


def test_whoever_comes_second_is_told_so(
    book: Book, quickbooks: QuickBooks, company: Company, staff: User
) -> None:
    company.add("Bob")
    client = add(staff, "Bob")
    send(book, quickbooks)
    push = held(client, "duplicate_name")
    (other,) = mending.in_the_way(push)
    mending.try_again(push)
    assert other.record
    for way in (
        lambda: mending.try_again(push),
        lambda: mending.skip(push, by=staff),
        lambda: mending.rename(push, "Bobby", by=staff),
        lambda: mending.link_to_existing(push, other.record, by=staff),
    ):
        with pytest.raises(Refused) as told:
            way()
        assert told.value.reason.code == "moved_on"


@pytest.mark.parametrize("name", ["", "  ", "Bob: Sons", "a" * 501])
def test_a_name_that_quickbooks_would_not_take_is_not_given(
    name: str, book: Book, quickbooks: QuickBooks, company: Company, staff: User
) -> None:
    company.add("Bob")
    client = add(staff, "Bob")
    send(book, quickbooks)
    with pytest.raises(Refused):
        mending.rename(held(client, "duplicate_name"), name, by=staff)


# Values that are not taken.


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "Smith: Sons"}, "name"),
        ({"name": "Amy", "phone": "1" * 31}, "phone"),
        ({"name": "Amy", "company_name": "a" * 101}, "company_name"),
        ({"name": "Amy", "first_name": "A:B"}, "first_name"),
        ({"name": "Amy", "address_2": "a\nb\nc\n" + "d" * 501}, "address_2"),
    ],
)
def test_what_quickbooks_would_refuse_is_held_before_it_is_sent_and_the_field_is_named(
    fields: dict[str, str], field: str, book: Book, quickbooks: QuickBooks, company: Company, staff: User
) -> None:
    client = add(staff, **fields)
    run = send(book, quickbooks)
    push = held(client, "not_accepted")
    assert push.detail["fields"] == [field]
    assert push.detail["problems"][field]
    assert calls(company, "batch") == []
    assert (run.state, run.failed) == (RunState.DONE, 1)


def test_one_bad_value_does_not_hold_up_the_others(book: Book, quickbooks: QuickBooks, staff: User) -> None:
    bad, good = add(staff, "Smith: Sons"), add(staff, "O'Brien")
    send(book, quickbooks)
    held(bad, "not_accepted")
    assert push_of(good).state == PushState.CONFIRMED
    assert [one["DisplayName"] for one in there(quickbooks)] == ["O'Brien"]


def test_quickbooks_own_words_are_kept_and_never_logged(
    book: Book, quickbooks: QuickBooks, company: Company, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.sync.composing.problems_in", lambda entity, payload: {})
    client = add(staff, "Secret: Service", phone="0" * 31)
    with capture_logs() as logs:
        send(book, quickbooks)
    push = held(client, "not_accepted")
    assert "colon" in push.detail["words"]
    assert "name" in push.detail["fields"]
    assert "Secret" not in str(logs)


def test_an_email_that_quickbooks_would_not_take_is_held(
    book: Book, quickbooks: QuickBooks, company: Company, staff: User
) -> None:
    client = Client.objects.create(firm_id=book.firm_id, name="Amy", email="amy at home")
    looking.look(CUSTOMER, [client.pk])
    send(book, quickbooks)
    assert held(client, "not_accepted").detail["problems"] == {"email": "is no e-mail address"}


# Records that moved, went or are gone.


def test_a_record_that_keeps_changing_there_is_tried_three_times_and_then_held_until_the_next_look(
    book: Book, quickbooks: QuickBooks, company: Company, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = company.add("Amy")
    amy = mapped(book, customer)
    edit(amy, staff, phone="1")
    whole = QuickBooks.batch
    notes = iter(range(100))

    def busy(self: QuickBooks, body: bytes, *, request_id: str) -> Any:
        company.change(customer["Id"], Notes=str(next(notes)))
        return whole(self, body, request_id=request_id)

    monkeypatch.setattr(QuickBooks, "batch", busy)
    run = send(book, quickbooks)
    held(amy, "changed_there")
    assert (len(calls(company, "batch")), run.state, run.failed) == (3, RunState.DONE, 1)
    monkeypatch.setattr(QuickBooks, "batch", whole)
    looking.look(CUSTOMER, [amy.pk])
    send(book, quickbooks)
    assert customer_of(amy, quickbooks)["PrimaryPhone"]["FreeFormNumber"] == "1"


def test_a_record_merged_away_is_held_as_gone_and_nothing_is_created_for_it(
    book: Book, quickbooks: QuickBooks, company: Company, staff: User
) -> None:
    """B-17: 610."""
    lost, kept = company.add("Amy"), company.add("Bob")
    amy = mapped(book, lost)
    edit(amy, staff, phone="1")
    company.control(f"/companies/{company.realm}/customer/{lost['Id']}/merge", into=kept["Id"])
    send(book, quickbooks)
    held(amy, "gone_there")
    assert RemoteRecord.objects.get(remote_id=lost["Id"]).gone_at
    assert Link.objects.filter(local_id=amy.pk).exists()
    assert len(there(quickbooks)) == 1
    looking.look(CUSTOMER, [amy.pk])
    send(book, quickbooks)
    held(amy, "gone_there")


def test_a_record_known_to_be_gone_is_not_written_to(
    book: Book, quickbooks: QuickBooks, company: Company, staff: User
) -> None:
    amy = mapped(book, company.add("Amy"))
    edit(amy, staff, phone="1")
    RemoteRecord.objects.update(gone_at="2026-01-01T00:00Z")
    send(book, quickbooks)
    held(amy, "gone_there")
    assert calls(company, "batch") == []


def test_a_read_only_company_holds_all_and_is_asked_again_later(
    book: Book, quickbooks: QuickBooks, company: Company, staff: User
) -> None:
    """6190: nothing is lost, and it goes on when the subscription is renewed."""
    for number in range(35):
        Client.objects.create(firm_id=book.firm_id, name=f"Client {number}")
    looking.look(CUSTOMER, list(Client.objects.values_list("pk", flat=True)))
    company.control(f"/companies/{company.realm}/subscription", state="EXPIRED")
    run = send(book, quickbooks)
    assert (run.state, run.problem, run.sent) == (RunState.FAILED, "read_only", 0)
    assert outbox.not_sent(book).filter(reason="read_only").count() == 35
    company.control(f"/companies/{company.realm}/subscription", state="SUBSCRIBED")
    outbox.ask_read_only_again()
    assert outbox.is_empty(book)
    Push.objects.update(settled_at="2026-01-01T00:00Z")
    outbox.ask_read_only_again()
    assert send(book, quickbooks).sent == 35
    assert len(there(quickbooks)) == 35


def test_a_customer_that_somebody_mapped_while_it_was_being_created_is_not_taken_away(
    book: Book, quickbooks: QuickBooks, company: Company, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = add(staff, "Amy")
    whole = QuickBooks.batch

    def mapped_meanwhile(self: QuickBooks, body: bytes, *, request_id: str) -> Any:
        results = whole(self, body, request_id=request_id)
        mapped(book, results.written["1"])
        return results

    monkeypatch.setattr(QuickBooks, "batch", mapped_meanwhile)
    send(book, quickbooks)
    held(client, "claimed")
    assert RemoteRecord.objects.get().standing == Standing.MAPPED
    assert Link.objects.count() == 1


def test_a_client_mapped_to_another_customer_while_it_was_being_created_keeps_that(
    book: Book, quickbooks: QuickBooks, company: Company, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = add(staff, "Amy")
    mapped(book, company.add("Bob"))
    other = company.add("Amelia")
    whole = QuickBooks.batch

    def linked_meanwhile(self: QuickBooks, body: bytes, *, request_id: str) -> Any:
        from mapping.services import mirroring

        mirroring.store(book, CUSTOMER, [other])
        record = RemoteRecord.objects.get(remote_id=other["Id"])
        linking.link(record, client.pk, by=staff)
        return whole(self, body, request_id=request_id)

    monkeypatch.setattr(QuickBooks, "batch", linked_meanwhile)
    send(book, quickbooks)
    held(client, "client_taken")
    assert Link.objects.get(local_id=client.pk).record.remote_id == other["Id"]
    looking.look(CUSTOMER, [client.pk])
    assert not outbox.not_sent(book).exists()


def test_a_batch_refused_as_a_whole_is_taken_apart_until_the_culprit_is_found(
    book: Book, quickbooks: QuickBooks, company: Company, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from integrations.quickbooks import Refused as RefusedThere

    poison, others = add(staff, "Poison"), [add(staff, f"Client {number}") for number in range(3)]
    whole = QuickBooks.batch

    def choking(self: QuickBooks, body: bytes, *, request_id: str) -> Any:
        if b"Poison" in body:
            raise RefusedThere("QuickBooks did not understand.", status=400, code="2010")
        return whole(self, body, request_id=request_id)

    monkeypatch.setattr(QuickBooks, "batch", choking)
    run = send(book, quickbooks)
    held(poison, "refused")
    assert [push_of(client).state for client in others] == [PushState.CONFIRMED] * 3
    assert (run.state, run.sent, run.failed) == (RunState.DONE, 3, 1)
    assert Run.objects.count() == 1
