"""The rest of the books: what is bought, moved, recorded, attached, and the lists behind it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from .conftest import TIMEOUT_S, Connected, applied, fault_code, line, version
from .test_writing_customers import new_name


def ref(kept: dict[str, Any]) -> dict[str, str]:
    return {"value": kept["Id"]}


def account(books: Connected, type: str, number: int = 0) -> dict[str, str]:
    return ref(books.rows(f"SELECT * FROM Account WHERE AccountType = '{type}'")[number])


def spent(books: Connected, amount: float, **detail: Any) -> dict[str, Any]:
    inside = {"AccountRef": account(books, "Expense"), **detail}
    kind = "AccountBasedExpenseLineDetail"
    return {"Amount": amount, "DetailType": kind, kind: inside}


@pytest.fixture
def vendor(books: Connected) -> dict[str, str]:
    return ref(books.make("Vendor", DisplayName=new_name()))


def test_a_bill_is_paid(books: Connected, vendor: dict[str, str]) -> None:
    bill = books.make("Bill", VendorRef=vendor, Line=[spent(books, 80)])
    assert (bill["Balance"], bill["APAccountRef"]["value"]) == (80, "33")
    assert books.fetch("Vendor", vendor["value"])["Balance"] == 80
    bank = {"BankAccountRef": account(books, "Bank")}
    body = {"VendorRef": vendor, "PayType": "Check", "TotalAmt": 80, "Line": [applied(80, bill, "Bill")]}
    assert fault_code(books.post("BillPayment", body)) == "2020"
    paid = books.make("BillPayment", **body, CheckPayment=bank)
    assert books.fetch("Bill", bill["Id"])["Balance"] == 0
    now = version(books.fetch("Bill", bill["Id"]))
    assert fault_code(books.post("Bill", now, operation="delete")) == "6000"
    form = {"operation": "update", "include": "void"}
    books.post("BillPayment", {**version(paid), "sparse": True}, **form)
    assert books.fetch("Vendor", vendor["value"])["Balance"] == 80


def test_a_vendor_credit_pays_a_bill_too(books: Connected, vendor: dict[str, str]) -> None:
    bill = books.make("Bill", VendorRef=vendor, Line=[spent(books, 80)])
    credit = books.make("VendorCredit", VendorRef=vendor, Line=[spent(books, 30)])
    assert books.fetch("Vendor", vendor["value"])["Balance"] == 50
    lines = [applied(80, bill, "Bill"), applied(30, credit, "VendorCredit")]
    bank = {"BankAccountRef": account(books, "Bank")}
    books.make("BillPayment", VendorRef=vendor, PayType="Check", TotalAmt=50, CheckPayment=bank, Line=lines)
    assert books.fetch("Vendor", vendor["value"])["Balance"] == 0


def test_a_purchase_keeps_the_code_on_its_line(books: Connected, vendor: dict[str, str]) -> None:
    bought = spent(books, 12, TaxCodeRef={"value": "TAX"})
    body = {"PaymentType": "Cash", "AccountRef": account(books, "Bank"), "Line": [bought]}
    made = books.make("Purchase", **body, EntityRef=vendor)
    assert made["Line"][0]["AccountBasedExpenseLineDetail"]["TaxCodeRef"]["value"] == "TAX"
    assert made["TotalAmt"] == 12
    assert fault_code(books.ask("SELECT * FROM Purchase WHERE AccountRef = '35'")) == "4001"
    assert books.rows("SELECT * FROM Purchase WHERE PaymentType = 'check'")


@pytest.mark.parametrize(
    ("entity", "code", "body"),
    [
        ("Bill", "2020", {"Line": [{}]}),
        ("Bill", "2020", {"VendorRef": {"value": "8"}}),
        ("PurchaseOrder", "2020", {}),
        ("Purchase", "2020", {}),
        ("Deposit", "2020", {"Line": [{"Amount": 1}]}),
        ("Deposit", "2020", {"Line": [{"Amount": 1}], "DepositToAccountRef": {"value": "35"}}),
        ("Transfer", "2020", {"FromAccountRef": {"value": "35"}}),
        (
            "Transfer",
            "6000",
            {"FromAccountRef": {"value": "35"}, "ToAccountRef": {"value": "35"}, "Amount": 1},
        ),
        (
            "CreditCardPayment",
            "6000",
            {"BankAccountRef": {"value": "41"}, "CreditCardAccountRef": {"value": "35"}, "Amount": 1},
        ),
        ("TimeActivity", "2020", {"NameOf": "Employee", "Hours": 1}),
        ("TimeActivity", "2170", {"NameOf": "Robot"}),
        ("JournalEntry", "2020", {}),
        ("Term", "2020", {"Name": "Whenever"}),
        ("Term", "2050", {"Name": "T" * 32, "DueDays": 1}),
        ("Term", "2090", {"Name": "Long", "DueDays": 1000}),
        ("Account", "6010", {"Name": "Loose"}),
        ("Account", "6020", {"Name": "Odd", "AccountType": "Bank", "AccountSubType": "Inventory"}),
        ("Account", "6090", {"Name": "A:B", "AccountType": "Bank"}),
        ("Item", "2020", {"Name": "Free"}),
        ("Item", "6000", {"Name": "Wrong", "IncomeAccountRef": {"value": "35"}}),
        ("Item", "2020", {"Name": "Thing", "Type": "Inventory", "IncomeAccountRef": {"value": "79"}}),
        ("Item", "6090", {"Name": "a:b", "IncomeAccountRef": {"value": "79"}}),
        ("Department", "6080", {}),
        ("Attachable", "2020", {}),
        ("Class", "2500", {"Name": "Under", "ParentRef": {"value": "999"}}),
        ("Vendor", "6240", {"DisplayName": "Dana Holt"}),
        ("Employee", "6240", {"GivenName": "Bayview", "FamilyName": "Nursery Supply"}),
        ("RecurringTransaction", "500", {"Starship": {}}),
        ("RecurringTransaction", "2020", {"Bill": {"Line": []}}),
    ],
)
def test_what_lacks_something_is_refused(
    books: Connected, entity: str, code: str, body: dict[str, Any]
) -> None:
    assert fault_code(books.post(entity, body)) == code


def test_debits_equal_credits(books: Connected) -> None:
    def posting(side: str, amount: float, **more: Any) -> dict[str, Any]:
        inside = {"PostingType": side, "AccountRef": account(books, "Expense"), **more}
        kind = "JournalEntryLineDetail"
        return {"Amount": amount, "DetailType": kind, kind: inside}

    made = books.make("JournalEntry", Line=[posting("Debit", 10), posting("Credit", 10)])
    assert (made["TotalAmt"], made["Adjustment"]) == (10, False)
    uneven = {"Line": [posting("Debit", 10), posting("Credit", 9)]}
    assert fault_code(books.post("JournalEntry", uneven)) == "6000"
    nobody = posting("Credit", 10, AccountRef=account(books, "Accounts Receivable"))
    assert fault_code(books.post("JournalEntry", {"Line": [posting("Debit", 10), nobody]})) == "6000"


def test_money_moves_between_accounts(books: Connected) -> None:
    bank, other = account(books, "Bank"), account(books, "Bank", 1)
    moved = books.make("Transfer", FromAccountRef=bank, ToAccountRef=other, Amount=5)
    assert books.edit("Transfer", moved, Amount=6)["Amount"] == 6
    card = account(books, "Credit Card")
    paid = books.post(
        "CreditCardPayment", {"BankAccountRef": bank, "CreditCardAccountRef": card, "Amount": 9}
    )
    kept = paid.json()["CreditCardPaymentTxn"]
    assert books.rows(f"SELECT * FROM CreditCardPayment WHERE Id = '{kept['Id']}'") == [kept]
    gone = books.post("CreditCardPayment", version(kept), operation="delete")
    assert gone.json()["CreditCardPaymentTxn"]["status"] == "Deleted"


def test_time_is_recorded_and_can_be_deleted(books: Connected) -> None:
    worker = ref(books.one("SELECT * FROM Employee"))
    made = books.make("TimeActivity", NameOf="Employee", EmployeeRef=worker, Hours=1, Minutes=30)
    assert books.post("TimeActivity", version(made), operation="delete").status_code == 200
    assert books.rows(f"SELECT * FROM TimeActivity WHERE Id = '{made['Id']}'") == []


def test_an_item_of_every_kind_is_made(books: Connected) -> None:
    category = books.make("Item", Name=new_name(), Type="Category")
    under = {"ParentRef": ref(category), "SubItem": True, "IncomeAccountRef": {"value": "79"}}
    service = books.make("Item", Name="Within", Type="Service", **under)
    assert service["FullyQualifiedName"] == f"{category['Name']}:Within"
    assert (service["Level"], service["IncomeAccountRef"]["name"]) == (1, "Sales of Product Income")
    stock = books.make(
        "Item",
        Name=new_name(),
        Type="Inventory",
        TrackQtyOnHand=True,
        QtyOnHand=3,
        InvStartDate="2026-01-01",
        Sku="S-1",
        IncomeAccountRef={"value": "79"},
        ExpenseAccountRef={"value": "80"},
        AssetAccountRef={"value": "81"},
    )
    changed = books.post("Item", {**version(stock), "sparse": True, "Type": "Service"})
    assert fault_code(changed) == "6000"
    gone = books.edit("Item", stock, Active=False)
    assert gone["Name"] == f"{stock['Name']} (deleted)"
    taken = books.post("Item", {"Name": service["Name"], "Type": "Service", **under})
    assert fault_code(taken) == "6240"


def test_an_account_takes_its_type_from_its_sub_type(books: Connected) -> None:
    made = books.make("Account", Name=new_name(), AccountSubType="CashOnHand")
    assert (made["AccountType"], made["Classification"], made["CurrentBalance"]) == ("Bank", "Asset", 0)
    below = books.make("Account", Name="Till", AccountType="Bank", ParentRef=ref(made))
    assert (below["SubAccount"], below["FullyQualifiedName"]) == (True, f"{made['Name']}:Till")


def test_lists_are_written_and_nested(books: Connected) -> None:
    for entity, flag in (("Class", "SubClass"), ("Department", "SubDepartment")):
        parent = books.make(entity, Name=new_name())
        child = books.make(entity, Name="North", ParentRef=ref(parent))
        assert (child[flag], child["FullyQualifiedName"]) == (True, f"{parent['Name']}:North")
        assert fault_code(books.post(entity, {"Name": "north", "ParentRef": ref(parent)})) == "6240"
    month = books.make("Term", Name=new_name()[:31], DayOfMonthDue=15)
    assert month["Type"] == "DATE_DRIVEN"
    assert books.make("PaymentMethod", Name=new_name()[:31])["Type"] == "NON_CREDIT_CARD"
    assert books.make("Employee", GivenName="Ada", FamilyName=new_name(), SSN="123")["SSN"] == "XXX-XX-XXXX"


def test_a_file_is_attached_and_fetched(books: Connected) -> None:
    customer = books.write(DisplayName=new_name())
    about = {"AttachableRef": [{"EntityRef": {"type": "Customer", "value": customer["Id"]}}], "Note": "plan"}
    files = {
        "file_metadata_01": (None, json.dumps(about), "application/json"),
        "file_content_01": ("plan.bin", b"\x00--x\r\n\xff", "application/octet-stream"),
    }
    answer = books.call("POST", "/upload", files=files)
    kept = answer.json()["AttachableResponse"][0]["Attachable"]
    assert (kept["FileName"], kept["Size"], kept["Note"]) == ("plan.bin", 7, "plan")
    assert requests.get(kept["TempDownloadUri"], timeout=TIMEOUT_S).content == b"\x00--x\r\n\xff"
    assert books.call("GET", f"/download/{kept['Id']}").text == kept["TempDownloadUri"]
    note = books.make("Attachable", Note="only words")
    assert fault_code(books.call("GET", f"/download/{note['Id']}")) == "610"
    assert books.post("Attachable", version(kept), operation="delete").status_code == 200
    assert (
        fault_code(books.call("POST", "/upload", data=b"x", headers={"Content-Type": "text/plain"})) == "1050"
    )


def test_a_recurring_transaction_travels_wrapped(books: Connected) -> None:
    assert "Invoice" in books.rows("SELECT * FROM RecurringTransaction WHERE Type = 'Invoice'")[0]
    info = {"Name": new_name(), "RecurType": "Automated", "ScheduleInfo": {"IntervalType": "Monthly"}}
    template = {"CustomerRef": {"value": "12"}, "Line": [line(5)], "RecurringInfo": info}
    made = books.make("RecurringTransaction", Invoice=template)["Invoice"]
    assert (made["RecurringInfo"]["Name"], made["TotalAmt"]) == (info["Name"], 5)
    assert books.fetch("RecurringTransaction", made["Id"]) == {"Invoice": made}
    again = books.make("RecurringTransaction", Invoice={**made, "PrivateNote": "x"})["Invoice"]
    assert again["SyncToken"] == "1"
    stale = books.post("RecurringTransaction", {"Invoice": made})
    assert fault_code(stale) == "5010"
    gone = books.post("RecurringTransaction", {"Invoice": again}, operation="delete")
    assert gone.json()["RecurringTransaction"]["Invoice"]["status"] == "Deleted"


def test_preferences_change_only_where_they_are_named(books: Connected) -> None:
    before = books.call("GET", "/preferences").json()["Preferences"]
    subject = {"EstimateMessage": {"Subject": new_name()}}
    body = {"Id": "1", "SyncToken": before["SyncToken"], "EmailMessagesPrefs": subject}
    after = books.done("Preferences", books.post("Preferences", body))
    assert after["EmailMessagesPrefs"]["EstimateMessage"]["Subject"] == subject["EstimateMessage"]["Subject"]
    assert after["EmailMessagesPrefs"]["InvoiceMessage"] == before["EmailMessagesPrefs"]["InvoiceMessage"]
    assert after["SalesFormsPrefs"] == before["SalesFormsPrefs"]
    for wrong, code in (
        ({"CurrencyPrefs": {"MultiCurrencyEnabled": False}}, "6000"),
        ({"CurrencyPrefs": {"HomeCurrency": {"value": "EUR"}}}, "6000"),
        ({"AccountingInfoPrefs": {"BookCloseDate": "never"}}, "2100"),
        ({"SalesFormsPrefs": {"AllowDeposit": "maybe"}}, "2120"),
        ({"StarPrefs": {}}, "2010"),
    ):
        assert fault_code(books.post("Preferences", {**version(after), **wrong})) == code


def test_the_company_is_read_by_its_realm_and_changes_its_name(books: Connected) -> None:
    info = books.call("GET", f"/companyinfo/{books.realm}").json()["CompanyInfo"]
    assert (info["Id"], info["Country"]) == ("1", "US")
    changed = books.post(
        "CompanyInfo", {**version(info), "sparse": True, "LegalName": "C & H", "Country": "FR"}
    )
    kept = books.done("CompanyInfo", changed)
    assert (kept["LegalName"], kept["Country"]) == ("C & H", "US")
    books.post("CompanyInfo", {**version(kept), "sparse": True, "LegalName": info["LegalName"]})
