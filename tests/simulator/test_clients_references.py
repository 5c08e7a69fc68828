"""Clients build new objects out of the first rows that queries bring (facts, 10.3 and 11)."""

from __future__ import annotations

from typing import Any

import pytest

from qbo_simulator.simulator import CEDAR_SOUND, CRAIG_HOLT, THORNBURY

from .conftest import Connected, Simulated, fault_code, line

SUB_TYPES = (
    "Checking Savings MoneyMarket CreditCard AccountsReceivable AccountsPayable UndepositedFunds Inventory "
    "PrepaidExpenses SalesOfProductIncome ServiceFeeIncome OtherPrimaryIncome DiscountsRefundsGiven "
    "SuppliesMaterialsCogs CostOfLaborCos SuppliesMaterials Travel TravelMeals EntertainmentMeals "
    "OfficeGeneralAdministrativeExpenses LegalProfessionalFees RepairMaintenance RentOrLeaseOfBuildings "
    "GlobalTaxPayable LoanPayable LineOfCredit NotesPayable OtherLongTermLiabilities RetainedEarnings "
    "OpeningBalanceEquity OwnersEquity InterestEarned ExchangeGainOrLoss"
).split()


@pytest.fixture(params=[CRAIG_HOLT, CEDAR_SOUND, THORNBURY])
def company(simulated: Simulated, request: pytest.FixtureRequest) -> Connected:
    return simulated.connected(request.param)


def ref(body: dict[str, Any]) -> dict[str, str]:
    return {"value": body["Id"]}


def sold(company: Connected) -> dict[str, Any]:
    code = company.one("select * from TaxCode")["Id"] if company.realm != CRAIG_HOLT else ""
    return line(100, code, ItemRef=ref(company.one("select * from Item")))


def bought(company: Connected) -> dict[str, Any]:
    detail = {"ItemRef": ref(company.one("select * from Item")), "Qty": 1, "UnitPrice": 100}
    return {
        "Amount": 100,
        "DetailType": "ItemBasedExpenseLineDetail",
        "ItemBasedExpenseLineDetail": detail,
    }


@pytest.mark.parametrize("entity", ["Invoice", "Estimate", "CreditMemo", "SalesReceipt"])
def test_the_first_item_is_sold_to_the_first_customer(company: Connected, entity: str) -> None:
    customer = company.one("select * from Customer")
    made = company.make(entity, CustomerRef=ref(customer), Line=[sold(company)])
    assert made["Line"][0]["Amount"] == 100


@pytest.mark.parametrize("entity", ["Bill", "PurchaseOrder", "VendorCredit"])
def test_the_first_item_is_bought_from_the_first_vendor(company: Connected, entity: str) -> None:
    vendor = company.one("select * from Vendor")
    assert company.make(entity, VendorRef=ref(vendor), Line=[bought(company)])["TotalAmt"] == 100


@pytest.mark.parametrize("sub_type", SUB_TYPES)
def test_an_account_is_found_by_its_sub_type(company: Connected, sub_type: str) -> None:
    assert company.one(f"select * from Account where AccountSubType = '{sub_type}'")["Active"]


def test_a_category_is_neither_sold_nor_bought(books: Connected) -> None:
    category = ref(books.one("select * from Item where Type = 'Category'"))
    sale = books.post("Invoice", {"CustomerRef": {"value": "12"}, "Line": [line(5, ItemRef=category)]})
    assert fault_code(sale) == "6000"
    expense = bought(books)
    expense["ItemBasedExpenseLineDetail"]["ItemRef"] = category
    assert fault_code(books.post("Bill", {"VendorRef": {"value": "8"}, "Line": [expense]})) == "6000"


def test_a_category_saved_whole_stays_as_it_was(books: Connected) -> None:
    before = books.one("select * from Item where Type = 'Category'")
    after = books.done("Item", books.post("Item", before))
    changes = {"SyncToken", "MetaData", "SubItem"}
    assert {k: v for k, v in after.items() if k not in changes} == {
        k: v for k, v in before.items() if k not in changes
    }


@pytest.mark.parametrize("kind", ["Invoice", "invoice"])
def test_attachments_are_found_by_what_they_hang_on(books: Connected, kind: str) -> None:
    invoice = books.one("select * from Invoice")
    hook = {"EntityRef": {"type": "Invoice", "value": invoice["Id"]}}
    made = books.make("Attachable", Note="By the gate", AttachableRef=[hook])
    found = books.rows(
        f"select * from Attachable where AttachableRef.EntityRef.Type = '{kind}' "
        f"and AttachableRef.EntityRef.value = '{invoice['Id']}'"
    )
    assert made["Id"] in [row["Id"] for row in found]
    assert all(row["AttachableRef"][0]["EntityRef"]["value"] == invoice["Id"] for row in found)
    assert fault_code(books.ask("select * from Attachable orderby AttachableRef.EntityRef.value")) == "4001"


def test_the_link_of_an_invoice_comes_with_queries_too(books: Connected) -> None:
    made = books.make(
        "Invoice",
        CustomerRef={"value": "12"},
        Line=[line(5)],
        BillEmail={"Address": "amy@example.com"},
        AllowOnlineCreditCardPayment=True,
    )
    statement = f"select * from Invoice where Id = '{made['Id']}'"
    asked = books.call("GET", "/query", params={"query": statement, "include": "invoiceLink"})
    [found] = asked.json()["QueryResponse"]["Invoice"]
    assert found["InvoiceLink"].startswith("https")
    assert "InvoiceLink" not in books.one(statement)


@pytest.mark.parametrize("entity", ["Payment", "PurchaseOrder", "RefundReceipt"])
def test_what_was_sent_can_be_saved_again(books: Connected, entity: str) -> None:
    first = books.one(f"select * from {entity}")
    address = f"/{entity.lower()}/{first['Id']}/send"
    sent = books.done(entity, books.call("POST", address, params={"sendTo": "amy@example.com"}))
    assert int(sent["SyncToken"]) == int(first["SyncToken"]) + 1
    books.done(entity, books.post(entity, sent))


def test_a_payment_is_sent_to_its_customer(books: Connected) -> None:
    customer = books.write(DisplayName="Payer with mail", PrimaryEmailAddr={"Address": "amy@example.com"})
    paid = books.make("Payment", CustomerRef=ref(customer), TotalAmt=5)
    assert books.call("POST", f"/payment/{paid['Id']}/send").status_code == 200


@pytest.mark.parametrize("day", ["2015-07-07", "2025-06-01"])
def test_an_exchange_rate_is_there_for_every_day(books: Connected, day: str) -> None:
    address = f"/exchangerate?sourcecurrencycode=EUR&asofdate={day}"
    answer = books.call("GET", address)
    assert books.done("ExchangeRate", answer)["AsOfDate"] == "2025-01-01"
