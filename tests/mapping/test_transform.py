"""What a QuickBooks record says about a client."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.entities import ENTITIES
from mapping.transform import lines, to_local, to_remote, too_long
from tests.mapping.books import AMY, CUSTOMER, customer


def test_a_customer_arrives_field_by_field() -> None:
    """CV-2 to CV-9, KP-12 to KP-17."""
    assert to_local(CUSTOMER, AMY) == {
        "name": "Amy's Bird Sanctuary",
        "company_name": "Amy's Bird Sanctuary",
        "first_name": "Amy",
        "middle_name": "",
        "last_name": "Lauterbach",
        "email": "birds@example.com",
        "phone": "(650) 555-3311",
        "address": "4581 Finch St.",
        "address_2": "Suite 9\nBack door",
        "city": "Bayshore",
        "state": "CA",
        "zip": "94326",
        "country": "",
    }


def test_a_field_missing_from_a_full_record_was_emptied_there() -> None:
    assert to_local(CUSTOMER, customer("1", "Cool Cars"))["email"] == ""


def test_only_the_phone_field_is_read() -> None:
    """KP-16."""
    payload = customer("1", "Cool Cars", Mobile={"FreeFormNumber": "1"}, Fax={"FreeFormNumber": "2"})
    assert to_local(CUSTOMER, payload)["phone"] == ""


@pytest.mark.parametrize("odd", [None, 5, [], "text"])
def test_a_part_of_another_shape_than_expected_reads_as_empty(odd: object) -> None:
    assert to_local(CUSTOMER, customer("1", "Cool Cars", BillAddr=odd))["city"] == ""


def test_balances_and_products_never_travel() -> None:
    """CV-10."""
    said = to_remote(CUSTOMER, to_local(CUSTOMER, {**AMY, "Balance": 239.0, "CurrencyRef": {"value": "USD"}}))
    assert said.keys().isdisjoint({"Balance", "CurrencyRef", "Taxable"})


def test_what_is_said_to_quickbooks_reads_back_the_same() -> None:
    values = to_local(CUSTOMER, AMY)
    assert to_local(CUSTOMER, to_remote(CUSTOMER, values)) == values


@given(st.lists(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1), max_size=4))
def test_address_lines_survive_the_way_there_and_back(given: list[str]) -> None:
    convert = lines(4)
    joined = convert.to_local([*given, None, None, None, None][:4])
    assert convert.to_local(convert.to_remote(joined)) == joined


def test_more_address_lines_than_quickbooks_has_share_its_last_one() -> None:
    assert lines(4).to_remote("a\nb\nc\nd\ne") == ["a", "b", "c", "d e"]


def test_a_value_our_column_cannot_hold_is_named_and_never_cut() -> None:
    assert too_long(CUSTOMER, {"name": "x" * 501, "city": "Reno"}) == ["name"]


@pytest.mark.parametrize("entity", ENTITIES.values(), ids=ENTITIES)
def test_every_declaration_names_each_local_field_once_and_says_what_it_is_called(entity: object) -> None:
    fields = entity.fields  # type: ignore[attr-defined]
    assert len({field.local for field in fields}) == len(fields)
    assert all(field.label for field in fields)
    assert all(field.max_length for field in fields), "a text without a limit fails a whole batch"
