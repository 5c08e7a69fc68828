"""Mapping, disconnecting and excluding one record at a time."""

from __future__ import annotations

import pytest

from accounts.models import Client, Firm, User
from mapping.models import Book, Change, ChangeKind, Exclusion, Link, RemoteRecord, Standing
from mapping.services import linking
from tests.mapping.books import AMY, client, customer, mirrored

pytestmark = pytest.mark.django_db


def test_mapping_takes_over_what_quickbooks_says_and_keeps_what_was_overwritten(
    book: Book, staff: User
) -> None:
    """CV-31, CV-38, CV-39."""
    (amy,) = mirrored(book, AMY)
    ours = client(book.firm, "Amy Lauterbach", email="old@example.com", notes="Likes finches", country="USA")
    linking.link(amy, ours.pk, by=staff)
    ours.refresh_from_db()
    assert (ours.name, ours.email, ours.notes) == (
        "Amy's Bird Sanctuary",
        "birds@example.com",
        "Likes finches",
    )
    assert ours.country == "USA", "QuickBooks says nothing there, so our value stays"
    assert ours.is_linked
    change = Change.objects.get()
    assert change.kind == ChangeKind.LINKED
    assert change.by == staff
    assert change.fields["email"] == ["old@example.com", "birds@example.com"]
    assert "country" not in change.fields


def test_a_new_client_holds_what_quickbooks_says_and_may_not_be_mailed(book: Book, staff: User) -> None:
    """CV-34, CV-42, KP-9."""
    (amy,) = mirrored(book, AMY)
    made = linking.link_to_new(amy, by=staff)
    new = Client.objects.get(pk=made.local_id)
    assert (new.name, new.zip, new.kind) == ("Amy's Bird Sanctuary", "94326", "organisation")
    assert new.is_linked
    assert not new.is_marketable


def test_the_second_of_two_people_is_refused_kindly(book: Book, staff: User) -> None:
    amy, cars = mirrored(book, AMY, customer("2", "Cool Cars"))
    ours = client(book.firm, "Amy")
    linking.link(amy, ours.pk, by=staff)
    with pytest.raises(linking.Refused) as refusal:
        linking.link(cars, ours.pk, by=staff)
    assert refusal.value.reason.code == "client_taken"
    with pytest.raises(linking.Refused) as refusal:
        linking.link(amy, client(book.firm, "Other").pk, by=staff)
    assert refusal.value.reason.code == "claimed"
    assert Link.objects.count() == 1


def test_an_archived_client_cannot_be_chosen(book: Book, staff: User) -> None:
    (amy,) = mirrored(book, AMY)
    ours = client(book.firm, "Amy", archived_at="2026-01-01T00:00Z")
    with pytest.raises(linking.Refused) as refusal:
        linking.link(amy, ours.pk, by=staff)
    assert refusal.value.reason.code == "client_gone"
    amy.refresh_from_db()
    assert amy.standing == Standing.UNMAPPED


def test_another_firms_client_cannot_be_chosen(book: Book, staff: User, other_firm: Firm) -> None:
    from accounts.tenancy import working_for

    with working_for(other_firm.pk):
        theirs = client(other_firm, "Amy's Bird Sanctuary")
    (amy,) = mirrored(book, AMY)
    with pytest.raises(linking.Refused):
        linking.link(amy, theirs.pk, by=staff)


def test_a_value_too_long_for_us_is_refused_whole(book: Book, staff: User) -> None:
    (long,) = mirrored(book, customer("9", "Long", BillAddr={"PostalCode": "9" * 31}))
    with pytest.raises(linking.Refused) as refusal:
        linking.link_to_new(long, by=staff)
    assert refusal.value.reason.code == "too_long"
    assert not Client.objects.exists()


def test_disconnecting_frees_that_client_alone_and_both_keep_their_values(book: Book, staff: User) -> None:
    """CV-50."""
    amy, cars = mirrored(book, AMY, customer("2", "Cool Cars"))
    made, other = linking.link_to_new(amy, by=staff), linking.link_to_new(cars, by=staff)
    linking.unlink(made, by=staff)
    ours = Client.objects.get(pk=made.local_id)
    amy.refresh_from_db()
    assert (ours.is_linked, amy.standing, ours.email) == (False, Standing.UNMAPPED, "birds@example.com")
    assert Link.objects.get() == other


def test_an_excluded_record_says_who_left_it_out_and_can_come_back(book: Book, staff: User) -> None:
    """CV-26, CV-43, X11."""
    (amy,) = mirrored(book, AMY)
    linking.exclude(amy, by=staff, reason="Private customer")
    kept = Exclusion.objects.get()
    amy.refresh_from_db()
    assert (kept.excluded_by, kept.reason, amy.standing) == (staff, "Private customer", Standing.EXCLUDED)
    linking.include(amy)
    amy.refresh_from_db()
    assert (Exclusion.objects.count(), amy.standing) == (0, Standing.UNMAPPED)


def test_a_mapped_record_is_not_excluded_behind_its_clients_back(book: Book, staff: User) -> None:
    (amy,) = mirrored(book, AMY)
    linking.link_to_new(amy, by=staff)
    with pytest.raises(linking.Refused):
        linking.exclude(RemoteRecord.objects.get(), by=staff)
