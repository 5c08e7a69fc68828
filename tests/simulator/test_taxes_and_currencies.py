"""Sales tax in three countries, and forms in foreign money."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from qbo_simulator.simulator import CEDAR_SOUND, CRAIG_HOLT, THORNBURY

from .conftest import Connected, Simulated, applied, fault, fault_code, line
from .test_selling import buyer
from .test_writing_customers import new_name

__all__ = ["buyer"]

CALIFORNIA = {"TxnTaxCodeRef": {"value": "2"}}


def off(percent: float) -> dict[str, Any]:
    detail = {"PercentBased": True, "DiscountPercent": percent}
    return {"DetailType": "DiscountLineDetail", "DiscountLineDetail": detail}


# The United States


def test_taxable_lines_are_taxed_by_the_code_of_the_form(books: Connected, buyer: dict[str, str]) -> None:
    lines = [line(100, "TAX"), line(50, "NON")]
    assert books.make("Invoice", CustomerRef=buyer, Line=lines)["TotalAmt"] == 150
    made = books.make("Invoice", CustomerRef=buyer, Line=lines, TxnTaxDetail=CALIFORNIA)
    assert (made["TxnTaxDetail"]["TotalTax"], made["TotalAmt"], made["Balance"]) == (8, 158, 158)
    detail = made["TxnTaxDetail"]["TaxLine"][0]["TaxLineDetail"]
    assert (detail["TaxPercent"], detail["NetAmountTaxable"]) == (8, 100)
    more = books.edit("Invoice", made, Line=[line(200, "TAX")])
    assert more["TotalAmt"] == 216


def test_a_discount_comes_before_or_after_the_tax(books: Connected, buyer: dict[str, str]) -> None:
    sold = {"CustomerRef": buyer, "Line": [line(100, "TAX"), off(10)], "TxnTaxDetail": CALIFORNIA}
    assert books.make("Invoice", **sold)["TotalAmt"] == 98
    assert books.make("Invoice", **sold, ApplyTaxAfterDiscount=True)["TotalAmt"] == 97.2


def test_who_is_exempt_pays_no_tax(books: Connected) -> None:
    exempt = {"value": books.write(DisplayName=new_name(), Taxable=False)["Id"]}
    made = books.make("Invoice", CustomerRef=exempt, Line=[line(100, "TAX")], TxnTaxDetail=CALIFORNIA)
    assert made["TotalAmt"] == 100


@pytest.fixture
def taxing(simulated: Simulated) -> Iterator[Any]:
    def switch(**prefs: bool) -> None:
        simulated.control(f"/companies/{CRAIG_HOLT}/preferences", TaxPrefs=prefs)

    yield switch
    switch(UsingSalesTax=True, PartnerTaxEnabled=False)


def test_automated_tax_goes_by_the_place(books: Connected, buyer: dict[str, str], taxing: Any) -> None:
    taxing(PartnerTaxEnabled=True)
    sold = {"CustomerRef": buyer, "Line": [line(100, "TAX")]}
    made = books.make("Invoice", **sold)
    assert (made["TotalAmt"], made["TxnTaxDetail"]["TxnTaxCodeRef"]["value"]) == (108, "2")
    away = {"Line1": "1 Far St", "City": "Reno", "CountrySubDivisionCode": "NV"}
    assert books.make("Invoice", **sold, ShipAddr=away)["TotalAmt"] == 100
    assert books.make("Invoice", **sold, TxnTaxDetail={"TotalTax": 5})["TotalAmt"] == 105
    assert books.make("Invoice", CustomerRef=buyer, Line=[line(100, "17")])["TotalAmt"] == 108


def test_without_sales_tax_codes_are_ignored(books: Connected, buyer: dict[str, str], taxing: Any) -> None:
    taxing(UsingSalesTax=False)
    made = books.make("Invoice", CustomerRef=buyer, Line=[line(100, "TAX")], TxnTaxDetail=CALIFORNIA)
    assert (made["TotalAmt"], made["TxnTaxDetail"]) == (100, {"TotalTax": 0})


# Canada and the United Kingdom


def code_named(there: Connected, name: str) -> str:
    return str(next(c["Id"] for c in there.rows("SELECT * FROM TaxCode") if c["Name"] == name))


@pytest.fixture
def canada(simulated: Simulated) -> Connected:
    return simulated.connected(CEDAR_SOUND)


@pytest.fixture
def britain(simulated: Simulated) -> Connected:
    return simulated.connected(THORNBURY)


def somebody(there: Connected, **more: Any) -> dict[str, str]:
    return {"value": there.write(DisplayName=new_name(), **more)["Id"]}


def test_each_line_is_taxed_by_its_own_code(canada: Connected) -> None:
    both, one = code_named(canada, "GST/PST BC"), code_named(canada, "GST")
    lines = [line(100, both), line(10.01, one), line(7, code_named(canada, "Zero-rated"))]
    made = canada.make("Invoice", CustomerRef=somebody(canada), Line=lines)
    assert made["GlobalTaxCalculation"] == "TaxExcluded"
    assert [part["Amount"] for part in made["TxnTaxDetail"]["TaxLine"]] == [5, 7, 0.5, 0]
    assert made["TotalAmt"] == 129.51
    assert made["CurrencyRef"]["value"] == "CAD"
    less = canada.make("Invoice", CustomerRef=somebody(canada), Line=[line(200, both), off(50)])
    assert less["TotalAmt"] == 112


def test_tax_can_be_within_the_amount(britain: Connected) -> None:
    standard, who = code_named(britain, "20.0% S"), somebody(britain)
    sold = {"CustomerRef": who, "Line": [line(120, standard, Qty=2, UnitPrice=60)]}
    made = britain.make("Invoice", **sold, GlobalTaxCalculation="TaxInclusive")
    assert (made["TotalAmt"], made["TxnTaxDetail"]["TotalTax"]) == (120, 20)
    detail = made["Line"][0]["SalesItemLineDetail"]
    assert (made["Line"][0]["Amount"], detail["TaxInclusiveAmt"], detail["UnitPrice"]) == (100, 120, 50)
    assert made["Line"][-1]["Amount"] == 100
    again = britain.make("Invoice", **made)
    assert (again["TotalAmt"], again["Line"][0]["Amount"]) == (120, 100)
    free = britain.make("Invoice", **sold, GlobalTaxCalculation="NotApplicable")
    assert (free["TotalAmt"], free["TxnTaxDetail"]) == (120, {"TotalTax": 0})


@pytest.mark.parametrize(("code", "fault_is"), [("", "6000"), ("TAX", "6100"), ("999", "6100")])
def test_a_line_needs_a_code_of_the_country(britain: Connected, code: str, fault_is: str) -> None:
    answer = britain.post("Invoice", {"CustomerRef": somebody(britain), "Line": [line(10, code)]})
    assert fault_code(answer) == fault_is
    assert code or "VAT rate" in fault(answer)["Detail"]


def test_purchases_are_taxed_too(canada: Connected) -> None:
    account = canada.one("SELECT * FROM Account WHERE AccountType = 'Expense'")
    detail = {"AccountRef": {"value": account["Id"]}, "TaxCodeRef": {"value": code_named(canada, "HST ON")}}
    vendor = canada.one("SELECT * FROM Vendor")
    part = {
        "Amount": 50,
        "DetailType": "AccountBasedExpenseLineDetail",
        "AccountBasedExpenseLineDetail": detail,
    }
    made = canada.make("Bill", VendorRef={"value": vendor["Id"]}, Line=[part])
    assert (made["TotalAmt"], made["Balance"]) == (56.5, 56.5)


# Foreign money


def test_a_form_is_in_the_money_of_its_customer(books: Connected) -> None:
    who = somebody(books, CurrencyRef={"value": "EUR"})
    sold = {"CustomerRef": who, "Line": [line(100)], "TxnDate": "2026-11-01"}
    assert fault_code(books.post("Invoice", sold)) == "2020"
    assert fault_code(books.post("Invoice", {**sold, "CurrencyRef": {"value": "GBP"}})) == "6000"
    made = books.make("Invoice", **sold, CurrencyRef={"value": "EUR"})
    rate = books.call("GET", "/exchangerate", params={"sourcecurrencycode": "EUR"}).json()["ExchangeRate"]
    assert made["ExchangeRate"] == rate["Rate"]
    assert made["HomeTotalAmt"] == round(100 * rate["Rate"], 2)
    paid = books.make(
        "Payment",
        CustomerRef=who,
        CurrencyRef={"value": "EUR"},
        ExchangeRate=2,
        TotalAmt=40,
        Line=[applied(40, made)],
    )
    assert (paid["HomeTotalAmt"], books.read(who["value"])["Balance"]) == (80, 60)
    assert books.fetch("Invoice", made["Id"])["HomeBalance"] == round(60 * rate["Rate"], 2)


def test_a_currency_is_added_once(books: Connected) -> None:
    assert books.make("CompanyCurrency", Code="chf")["Name"] == "Swiss Franc"
    assert fault_code(books.post("CompanyCurrency", {"Code": "CHF"})) == "6240"
    assert fault_code(books.post("CompanyCurrency", {"Code": "XYZ"})) == "6000"


def test_a_rate_is_set_for_a_day_with_and_without_its_id(books: Connected) -> None:
    made = books.make("ExchangeRate", SourceCurrencyCode="CAD", AsOfDate="2026-11-02", Rate=0.7)
    again = books.make("ExchangeRate", SourceCurrencyCode="CAD", AsOfDate="2026-11-02", Rate=0.71)
    assert (again["Id"], again["SyncToken"], again["TargetCurrencyCode"]) == (made["Id"], "1", "USD")


def test_the_tax_service_makes_a_code_with_its_rate(books: Connected) -> None:
    name = new_name()
    rate = {"TaxRateName": f"{name} rate", "RateValue": 5.5, "TaxAgencyId": "1", "TaxApplicableOn": "Sales"}
    answer = books.post("taxservice/taxcode", {"TaxCode": name, "TaxRateDetails": [rate]})
    made = answer.json()
    assert made.keys() == {"TaxCode", "TaxCodeId", "TaxRateDetails", "time"}
    assert made["TaxRateDetails"][0]["TaxAgencyId"] == "1"
    assert books.fetch("TaxCode", made["TaxCodeId"])["Name"] == name
    again = books.post("taxservice/taxcode", {"TaxCode": name, "TaxRateDetails": [rate]})
    assert fault_code(again) == "6240"
    too_much = {
        "TaxCode": new_name(),
        "TaxRateDetails": [rate | {"TaxRateName": new_name(), "RateValue": 101}],
    }
    assert fault_code(books.post("taxservice/taxcode", too_much)) == "2090"


def test_one_tax_code_asked_for_brings_four(books: Connected, britain: Connected) -> None:
    assert len(books.rows("SELECT * FROM TaxCode MAXRESULTS 1")) == 4
    assert len(britain.rows("SELECT * FROM TaxCode MAXRESULTS 1")) == 1
