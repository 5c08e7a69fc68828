"""What QuickBooks takes, and what it refuses, field by field (facts, section 4.1 to 4.6)."""

from __future__ import annotations

from typing import Any

import pytest

from qbo_simulator.simulator import CEDAR_SOUND

from .conftest import Connected, Simulated, fault_code, line

LONGEST = [
    ("Customer", "Title", 16),
    ("Customer", "GivenName", 100),
    ("Customer", "CompanyName", 100),
    ("Customer", "Notes", 2000),
    ("Customer", "ResaleNum", 16),
    ("Customer", "DisplayName", 500),
    ("Invoice", "DocNumber", 21),
    ("Invoice", "PrivateNote", 4000),
    ("Invoice", "PONumber", 15),
    ("Term", "Name", 31),
    ("Class", "Name", 100),
]


@pytest.mark.parametrize(("entity", "field", "longest"), LONGEST)
def test_a_text_may_be_as_long_as_it_says_and_no_longer(
    books: Connected, entity: str, field: str, longest: int
) -> None:
    """Facts §4.1."""
    body: dict[str, Any] = {"DisplayName": f"Length of {field}"}
    if entity == "Invoice":
        who = books.write(DisplayName=f"Length of invoice {field}")
        body = {"CustomerRef": {"value": who["Id"]}, "Line": [line(1)]}
    elif entity != "Customer":
        body = {"DueDays": 1} if entity == "Term" else {}
    assert books.post(entity, {**body, field: "z" * longest}).status_code == 200
    assert fault_code(books.post(entity, {**body, field: "z" * (longest + 1)})) == "2050"


def test_account_numbers_are_longer_in_canada(simulated: Simulated, books: Connected) -> None:
    """Facts §4.1: 7 signs in the US, 20 in Canada."""
    long = {"Name": "Numbered", "AccountType": "Bank", "AcctNum": "12345678"}
    assert fault_code(books.post("Account", long)) == "2050"
    assert simulated.connected(CEDAR_SOUND).make("Account", **long)["AcctNum"] == "12345678"


def test_a_tax_identifier_is_shown_by_its_last_four_signs(books: Connected) -> None:
    """Facts §4.2."""
    who = books.write(DisplayName="Has a number", PrimaryTaxIdentifier="99-5688293")
    assert who["PrimaryTaxIdentifier"] == "XXXXXX8293"
    again = books.change(who, PrimaryTaxIdentifier=who["PrimaryTaxIdentifier"], Notes="kept")
    assert again["PrimaryTaxIdentifier"] == "XXXXXX8293"
    vendor = books.make("Vendor", DisplayName="Has a number too", TaxIdentifier="99-5688293")
    assert vendor["TaxIdentifier"] == "XXXXXX8293"


@pytest.mark.parametrize(("reason", "taken"), [("1", True), ("15", True), ("16", False), ("none", False)])
def test_there_are_fifteen_reasons_for_not_being_taxed(books: Connected, reason: str, taken: bool) -> None:
    """Facts §4.2."""
    body = {"DisplayName": f"Exempt {reason}", "Taxable": False, "TaxExemptionReasonId": reason}
    assert (books.try_write(body).status_code == 200) == taken


def test_a_form_has_750_taxed_lines_at_most(books: Connected) -> None:
    """Facts §4.1."""
    who = {"value": books.write(DisplayName="Buys a lot")["Id"]}
    assert fault_code(books.post("Invoice", {"CustomerRef": who, "Line": [line(1, "TAX")] * 751})) == "6000"
    assert len(books.make("Invoice", CustomerRef=who, Line=[line(1, "TAX")] * 750)["Line"]) == 751
    assert len(books.make("Invoice", CustomerRef=who, Line=[line(1, "NON")] * 751)["Line"]) == 752
