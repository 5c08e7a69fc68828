"""Clients written by the ten thousand, as imports do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DatabaseError
from django.utils import timezone

from accounts.models import Client
from accounts.services.bulk_clients import WRITABLE, create_clients, mark_linked, update_clients
from accounts.tenancy import across_firms, working_for
from tests.accounts.clients import a_client
from tests.cast import Cast


@pytest.fixture(autouse=True)
def _at_the_firm(cast: Cast) -> Iterator[None]:
    with working_for(cast.firm.pk):
        yield


def test_ids_come_in_the_order_of_the_rows(cast: Cast) -> None:
    names = [f"Client {n:04}" for n in range(2_500, 0, -1)]
    ids = create_clients(cast.firm.pk, [{"name": name} for name in names])
    found = Client.objects.in_bulk(ids)
    assert [found[pk].name for pk in ids] == names


def test_a_row_says_what_it_knows_and_the_rest_is_as_for_anybody_new(cast: Cast) -> None:
    before = timezone.now()
    [pk] = create_clients(cast.firm.pk, [{"name": "Amy's Bird Sanctuary", "city": "Bayshore"}])
    client = Client.objects.get(pk=pk)
    assert (client.name, client.city, client.email) == ("Amy's Bird Sanctuary", "Bayshore", "")
    assert (client.kind, client.is_marketable, client.archived_at) == ("organisation", False, None)
    assert before <= client.created_at == client.updated_at
    assert client.name_key == "amy's bird sanctuary"


def test_bulk_rows_equal_rows_written_one_by_one(cast: Cast) -> None:
    fields: dict[str, Any] = {
        "name": "Zoë\tŁukasz",
        "notes": "a\nb",
        "kind": "person",
        "is_marketable": True,
        "zip": "012",
    }
    [pk] = create_clients(cast.firm.pk, [fields])
    one = a_client(cast.firm, **fields)
    one.refresh_from_db()
    many = Client.objects.get(pk=pk)
    compared = [*WRITABLE, "name_key", "search_text"]
    assert [getattr(many, name) for name in compared] == [getattr(one, name) for name in compared]


def test_no_rows_are_no_work(cast: Cast) -> None:
    assert create_clients(cast.firm.pk, []) == []
    update_clients({})
    mark_linked([], True)


def test_rows_for_another_firm_are_refused(cast: Cast) -> None:
    with pytest.raises(AssertionError):
        create_clients(cast.other_firm.pk, [{"name": "Planted"}])


def test_unknown_fields_are_refused(cast: Cast) -> None:
    with pytest.raises(ValueError, match="shoe_size"):
        create_clients(cast.firm.pk, [{"name": "x", "shoe_size": "44"}])
    with pytest.raises(ValueError, match="firm_id"):
        update_clients({1: {"firm_id": cast.other_firm.pk}})


def test_a_client_without_a_name_takes_the_others_along(cast: Cast) -> None:
    with pytest.raises(DatabaseError):
        create_clients(cast.firm.pk, [{"name": "Fine"}, {"city": "Rye"}])


def test_an_update_changes_what_each_row_names_and_leaves_the_rest(cast: Cast) -> None:
    ann, bob = a_client(cast.firm, "Ann", city="Rye", phone="1"), a_client(cast.firm, "Bob", city="Utica")
    untouched = a_client(cast.firm, "Cid", city="Troy")
    update_clients({ann.pk: {"city": "", "name": "Anna"}, bob.pk: {"phone": "555", "is_marketable": True}})
    rows = Client.objects.order_by("pk").values_list("name", "city", "phone", "is_marketable")
    assert list(rows) == [("Anna", "", "1", False), ("Bob", "Utica", "555", True), ("Cid", "Troy", "", False)]
    for client, is_newer in ((ann, True), (bob, True), (untouched, False)):
        assert (Client.objects.get(pk=client.pk).updated_at > client.updated_at) is is_newer


def test_none_is_no_value(cast: Cast) -> None:
    ann = a_client(cast.firm, "Ann")
    with pytest.raises(ValueError, match="empty text"):
        update_clients({ann.pk: {"city": None}})


def test_other_firms_clients_stay_as_they_are(cast: Cast) -> None:
    theirs = a_client(cast.other_firm, "Theirs")
    update_clients({theirs.pk: {"name": "Stolen"}})
    mark_linked([theirs.pk], True)
    with across_firms(reason="looking at both sides of the wall"):
        theirs.refresh_from_db()
    assert (theirs.name, theirs.is_linked) == ("Theirs", False)


def test_linking_is_noted_and_is_no_edit(cast: Cast) -> None:
    ann, bob = a_client(cast.firm, "Ann"), a_client(cast.firm, "Bob")
    mark_linked([ann.pk], True)
    assert list(Client.objects.order_by("name").values_list("is_linked", flat=True)) == [True, False]
    assert Client.objects.get(pk=ann.pk).updated_at == ann.updated_at
    mark_linked([ann.pk, bob.pk], False)
    assert not Client.objects.filter(is_linked=True).exists()
