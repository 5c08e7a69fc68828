"""Apps sell: invoices worked out line by line, estimates, credit memos, receipts, and their refusals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from qbo_simulator.simulator import CRAIG_HOLT

from .conftest import Connected, Simulated, applied, fault, fault_code, line, version
from .test_writing_customers import new_name


@pytest.fixture
def buyer(books: Connected) -> dict[str, str]:
    made = books.write(
        DisplayName=new_name(),
        PrimaryEmailAddr={"Address": "buyer@shop.example"},
        BillAddr={"Line1": "1 Buyer St", "City": "Cotati", "CountrySubDivisionCode": "CA"},
        SalesTermRef={"value": "2"},
    )
    return {"value": made["Id"]}


@pytest.fixture
def prefer(simulated: Simulated, books: Connected) -> Iterator[Any]:
    """Switch preferences, and back again."""
    before = books.call("GET", "/preferences").json()["Preferences"]

    def switch(**sections: Any) -> None:
        simulated.control(f"/companies/{CRAIG_HOLT}/preferences", **sections)

    yield switch
    sections = {name: value for name, value in before.items() if name.endswith("Prefs")}
    switch(**sections | {"AccountingInfoPrefs": {"BookCloseDate": None, **sections["AccountingInfoPrefs"]}})


def test_an_invoice_is_worked_out(books: Connected, buyer: dict[str, str]) -> None:
    rate = line(100, Qty=4, UnitPrice=25)
    words = {"DetailType": "DescriptionOnly", "Description": "As agreed"}
    made = books.make("Invoice", CustomerRef=buyer, TxnDate="2026-11-01", Line=[rate, words, line(20.5)])
    shown = [(part.get("Id"), part.get("LineNum"), part["DetailType"]) for part in made["Line"]]
    assert shown == [
        ("1", 1, "SalesItemLineDetail"),
        ("2", 2, "DescriptionOnly"),
        ("3", 3, "SalesItemLineDetail"),
        (None, None, "SubTotalLineDetail"),
    ]
    assert made["Line"][-1]["Amount"] == made["TotalAmt"] == made["Balance"] == 120.5
    assert (made["EmailStatus"], made["TxnTaxDetail"]) == ("NotSet", {"TotalTax": 0})
    assert made["DueDate"] == "2026-11-16"
    assert made["BillAddr"]["Line1"] == "1 Buyer St"
    assert made["BillEmail"] == {"Address": "buyer@shop.example"}
    assert made["CurrencyRef"]["value"] == "USD"
    assert books.fetch("Invoice", made["Id"]) == made


def test_a_discount_stands_after_the_sub_total(books: Connected, buyer: dict[str, str]) -> None:
    off = {
        "DetailType": "DiscountLineDetail",
        "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": 10},
    }
    made = books.make("Invoice", CustomerRef=buyer, Line=[off, line(35)])
    assert [part["DetailType"] for part in made["Line"]][1:] == ["SubTotalLineDetail", "DiscountLineDetail"]
    assert (made["Line"][2]["Amount"], made["TotalAmt"]) == (3.5, 31.5)
    again = books.make("Invoice", **made)
    assert (again["TotalAmt"], len(again["Line"]), again["SyncToken"]) == (31.5, 3, "1")


def test_a_bundle_is_unpacked(books: Connected, buyer: dict[str, str]) -> None:
    bundle = books.one("SELECT * FROM Item WHERE Type = 'Group'")
    detail = {"GroupItemRef": {"value": bundle["Id"]}, "Quantity": 2}
    made = books.make(
        "Invoice", CustomerRef=buyer, Line=[{"DetailType": "GroupLineDetail", "GroupLineDetail": detail}]
    )
    inside = made["Line"][0]["GroupLineDetail"]["Line"]
    assert len(inside) == 2
    assert made["TotalAmt"] == sum(one["Amount"] for one in inside) > 0


def test_lines_keep_their_ids_and_new_ones_get_new_ones(books: Connected, buyer: dict[str, str]) -> None:
    made = books.make("Invoice", CustomerRef=buyer, Line=[line(1), line(2), line(3)])
    changed = books.edit("Invoice", made, Line=[made["Line"][2], line(9)])
    assert [(part["Id"], part["LineNum"], part["Amount"]) for part in changed["Line"][:-1]] == [
        ("3", 1, 3),
        ("4", 2, 9),
    ]
    assert changed["Balance"] == 12


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"CustomerRef": None}, "2020"),
        ({"Line": []}, "2020"),
        ({"Line": [{"DetailType": "SalesItemLineDetail"}]}, "2020"),
        ({"Line": [{"Amount": 5}]}, "2020"),
        ({"Line": "many"}, "2120"),
        ({"Line": [line(99, Qty=4, UnitPrice=25)]}, "6070"),
        ({"Line": [line(5, "7")]}, "6100"),
        ({"Line": [line(5, ItemRef={"value": "99999"})]}, "2500"),
        ({"Line": [{"Amount": 5, "DetailType": "Hocus"}]}, "2170"),
        ({"Line": [line(5) | {"Pocus": 1}]}, "2010"),
        ({"Line": [line(5, ItemRef={"value": "SHIPPING_ITEM_ID"})]}, "6000"),
        ({"Line": [line(5, ItemRef={"value": "GRATUITY_ITEM_ID"})]}, "6000"),
        ({"CustomerRef": {"value": "99999"}}, "2500"),
        ({"CustomerRef": {"value": "12"}, "CurrencyRef": {"value": "EUR"}}, "6000"),
        ({"DocNumber": "1"}, "6140"),
        ({"DocNumber": "9" * 22}, "2050"),
        ({"PrivateNote": "n" * 4001}, "2050"),
        ({"CustomerMemo": {"value": "n" * 1001}}, "2050"),
        ({"TxnDate": "soon"}, "2100"),
        ({"EmailStatus": "Perhaps"}, "2170"),
        ({"BillEmail": {"Address": "nobody"}}, "2210"),
        ({"Deposit": 1000}, "6000"),
    ],
)
def test_an_invoice_that_cannot_be_is_refused(
    books: Connected, buyer: dict[str, str], fields: dict[str, Any], code: str
) -> None:
    before = books.query("SELECT COUNT(*) FROM Invoice")
    assert fault_code(books.post("Invoice", {"CustomerRef": buyer, "Line": [line(5)], **fields})) == code
    assert books.query("SELECT COUNT(*) FROM Invoice") == before


def test_what_is_inactive_is_not_sold_nor_sold_to(books: Connected, buyer: dict[str, str]) -> None:
    gone = books.one("SELECT * FROM Item WHERE Active = false")
    sold = line(5, ItemRef={"value": gone["Id"]})
    assert fault_code(books.post("Invoice", {"CustomerRef": buyer, "Line": [sold]})) == "610"
    stranger = books.one("SELECT * FROM Customer WHERE Active = false")
    body = {"CustomerRef": {"value": stranger["Id"]}, "Line": [line(5)]}
    assert fault_code(books.post("Invoice", body)) == "610"


def test_numbers_go_on_from_the_last_one(books: Connected, buyer: dict[str, str]) -> None:
    sold = {"CustomerRef": buyer, "Line": [line(1)]}
    first = books.make("Invoice", **sold, DocNumber="70500")
    assert books.make("Invoice", **sold)["DocNumber"] == "70501"
    answer = books.post("Invoice", {**sold, "DocNumber": first["DocNumber"]})
    assert f"TxnId={first['Id']}" in fault(answer)["Detail"]
    twice = books.post("Invoice", {**sold, "DocNumber": "70500"}, include="allowduplicatedocnum")
    assert books.done("Invoice", twice)["DocNumber"] == "70500"
    item = {"bId": "1", "operation": "create", "optionsData": "allowduplicatedocnum"}
    batch = books.post("batch", {"BatchItemRequest": [item | {"Invoice": {**sold, "DocNumber": "70500"}}]})
    assert "Invoice" in batch.json()["BatchItemResponse"][0]
    assert books.make("Estimate", **sold)["DocNumber"] == "70502"


def test_with_numbers_of_their_own_nothing_is_counted(
    books: Connected, buyer: dict[str, str], prefer: Any
) -> None:
    prefer(SalesFormsPrefs={"CustomTxnNumbers": True})
    sold = {"CustomerRef": buyer, "Line": [line(1)]}
    assert "DocNumber" not in books.make("Invoice", **sold)
    assert books.make("Invoice", **sold, DocNumber="AUTO_GENERATE")["DocNumber"].isdigit()
    assert books.make("Invoice", **sold, AutoDocNumber=True)["DocNumber"].isdigit()
    assert books.make("Invoice", **sold, DocNumber="A-7 x")["DocNumber"] == "A-7 x"


def test_what_is_switched_off_is_refused_and_what_is_on_is_taken(
    books: Connected, buyer: dict[str, str], prefer: Any
) -> None:
    tip = line(5, ItemRef={"value": "GRATUITY_ITEM_ID"})
    shipping = line(9, ItemRef={"value": "SHIPPING_ITEM_ID"})
    gratuity = {"NameValue": [{"Name": "SalesFormsPrefs.AllowGratuity", "Value": "true"}]}
    prefer(SalesFormsPrefs={"AllowShipping": True}, OtherPrefs=gratuity)
    made = books.make("Invoice", CustomerRef=buyer, Line=[line(10), tip, shipping], Deposit=4)
    assert (made["TotalAmt"], made["Balance"]) == (24, 20)
    off = {"Amount": 1, "DetailType": "DiscountLineDetail"}
    prefer(SalesFormsPrefs={"AllowDeposit": False, "AllowDiscount": False})
    for fields in ({"Deposit": 1, "Line": [line(10)]}, {"Line": [line(10), off]}):
        assert fault_code(books.post("Invoice", {"CustomerRef": buyer, **fields})) == "6000"


def test_closed_books_stay_closed(books: Connected, buyer: dict[str, str], prefer: Any) -> None:
    sold = {"CustomerRef": buyer, "Line": [line(10)]}
    made = books.make("Invoice", **sold, TxnDate="2026-10-05")
    prefer(AccountingInfoPrefs={"BookCloseDate": "2026-10-31"})
    assert fault_code(books.post("Invoice", {**sold, "TxnDate": "2026-10-31"})) == "6210"
    moved = {**version(made), "sparse": True, "TxnDate": "2026-11-05"}
    assert fault_code(books.post("Invoice", moved)) == "6210"
    for operation in ("delete", "void"):
        assert fault_code(books.post("Invoice", version(made), operation=operation)) == "6210"
    assert books.make("Invoice", **sold, TxnDate="2026-11-01")["Balance"] == 10


def test_a_company_that_does_not_pay_can_only_be_read(
    simulated: Simulated, books: Connected, buyer: dict[str, str]
) -> None:
    here = f"/companies/{CRAIG_HOLT}/subscription"
    simulated.control(here, state="EXPIRED")
    try:
        sold = {"CustomerRef": buyer, "Line": [line(10)]}
        assert fault_code(books.post("Invoice", sold)) == "6190"
        assert fault_code(books.try_write({"DisplayName": new_name()})) == "6190"
        assert books.rows("SELECT * FROM Invoice MAXRESULTS 1")
    finally:
        simulated.control(here, state="SUBSCRIBED")
    assert books.make("Invoice", **sold)["Balance"] == 10


@pytest.mark.parametrize("whole", [False, True])
def test_an_invoice_is_voided_and_deleted(books: Connected, buyer: dict[str, str], whole: bool) -> None:
    made = books.make("Invoice", CustomerRef=buyer, Line=[line(40, "TAX")], PrivateNote="mind the dog")
    gone = books.done("Invoice", books.post("Invoice", made if whole else version(made), operation="void"))
    assert (gone["Balance"], gone["TotalAmt"], gone["Line"][0]["Amount"]) == (0, 0, 0)
    assert (gone["PrivateNote"], gone["SyncToken"]) == ("Voided - mind the dog", "1")
    assert fault_code(books.post("Invoice", version(made), operation="delete")) == "5010"
    answer = books.post("Invoice", gone if whole else version(gone), operation="delete")
    assert answer.json()["Invoice"] == {"status": "Deleted", "domain": "QBO", "Id": made["Id"]}
    assert books.rows(f"SELECT * FROM Invoice WHERE Id = '{made['Id']}'") == []
    assert fault_code(books.call("GET", f"/invoice/{made['Id']}")) == "610"
    assert books.read(buyer["value"])["Balance"] == 0


def test_an_invoice_is_sent_printed_and_linked_to(books: Connected, buyer: dict[str, str]) -> None:
    made = books.make("Invoice", CustomerRef=buyer, Line=[line(40)], AllowOnlineACHPayment=True)
    content = {"Content-Type": "application/octet-stream"}
    sent = books.call(
        "POST", f"/invoice/{made['Id']}/send", params={"sendTo": "a+b@c.example"}, headers=content
    )
    body = books.done("Invoice", sent)
    assert (body["EmailStatus"], body["BillEmail"]["Address"]) == ("EmailSent", "a+b@c.example")
    assert body["DeliveryInfo"]["DeliveryType"] == "Email"
    pdf = books.call("GET", f"/invoice/{made['Id']}/pdf", headers={"Accept": "application/pdf"})
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF-")
    assert pdf.content.rstrip().endswith(b"%%EOF")
    linked = books.fetch("Invoice", made["Id"], include="invoiceLink")
    assert linked["InvoiceLink"].startswith("https://")
    assert "InvoiceLink" not in books.fetch("Invoice", made["Id"])


def test_an_estimate_becomes_an_invoice(books: Connected, buyer: dict[str, str]) -> None:
    made = books.make("Estimate", CustomerRef=buyer, Line=[line(70)])
    assert made["TxnStatus"] == "Pending"
    link = [{"TxnId": made["Id"], "TxnType": "Estimate"}]
    sold = books.make("Invoice", CustomerRef=buyer, Line=[line(70)], LinkedTxn=link)
    closed = books.fetch("Estimate", made["Id"])
    assert closed["TxnStatus"] == "Closed"
    assert closed["LinkedTxn"] == [{"TxnId": sold["Id"], "TxnType": "Invoice"}]
    assert fault_code(books.post("Estimate", version(closed), operation="delete")) == "6000"
    books.post("Invoice", version(sold), operation="delete")
    assert books.fetch("Estimate", made["Id"])["LinkedTxn"] == []


def test_receipts_are_paid_on_the_spot(books: Connected, buyer: dict[str, str]) -> None:
    sold = {"CustomerRef": buyer, "Line": [line(30)]}
    receipt = books.make("SalesReceipt", **sold)
    assert (receipt["TotalAmt"], receipt["Balance"]) == (30, 0)
    assert receipt["DepositToAccountRef"]["name"] == "Undeposited Funds"
    assert fault_code(books.post("RefundReceipt", sold)) == "2020"
    bank = books.one("SELECT * FROM Account WHERE Name = 'checking'")
    back = books.make("RefundReceipt", **sold, DepositToAccountRef={"value": bank["Id"]})
    assert back["DepositToAccountRef"] == {"value": bank["Id"], "name": "Checking"}
    assert books.read(buyer["value"])["Balance"] == 0
    form = {"operation": "update", "include": "void"}
    gone = books.done(
        "SalesReceipt", books.post("SalesReceipt", {**version(receipt), "sparse": True}, **form)
    )
    assert (gone["TotalAmt"], gone["PrivateNote"]) == (0, "Voided")


def test_forms_follow_a_customer_that_is_renamed(books: Connected, buyer: dict[str, str]) -> None:
    made = books.make("Invoice", CustomerRef=buyer, Line=[line(30)])
    name = new_name()
    books.change(books.read(buyer["value"]), DisplayName=name)
    kept = books.fetch("Invoice", made["Id"])
    assert (kept["CustomerRef"]["name"], kept["SyncToken"]) == (name, "0")


def test_a_merged_customer_is_gone_and_its_forms_belong_to_the_other(
    simulated: Simulated, books: Connected, buyer: dict[str, str]
) -> None:
    lost = books.write(DisplayName=new_name())
    made = books.make("Invoice", CustomerRef={"value": lost["Id"]}, Line=[line(30)])
    books.make("Payment", CustomerRef=buyer, TotalAmt=10)
    here = f"/companies/{CRAIG_HOLT}/customer/{lost['Id']}/merge"
    assert simulated.control(here, into=buyer["value"])["Balance"] == 20
    assert fault_code(books.call("GET", f"/customer/{lost['Id']}")) == "610"
    assert books.fetch("Invoice", made["Id"])["CustomerRef"]["value"] == buyer["value"]
    paid = books.make("Payment", CustomerRef=buyer, TotalAmt=30, Line=[applied(30, made)])
    assert paid["UnappliedAmt"] == 0
    events = simulated.events(CRAIG_HOLT)
    assert ("Merge", lost["Id"]) in [(event["operation"], event["deleted_id"]) for event in events]
