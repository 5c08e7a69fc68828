"""Years of trading put into a company's books by the rules, so that every figure adds up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any

from ..books import Books
from ..entities import (
    ACCOUNT,
    ATTACHABLE,
    BILL,
    BILL_PAYMENT,
    BUDGET,
    CREDIT_CARD_PAYMENT,
    CREDIT_MEMO,
    CUSTOMER,
    DEPOSIT,
    EMPLOYEE,
    ESTIMATE,
    INVOICE,
    ITEM,
    JOURNAL_ENTRY,
    PAYMENT,
    PURCHASE,
    PURCHASE_ORDER,
    REFUND_RECEIPT,
    SALES_RECEIPT,
    TIME_ACTIVITY,
    TRANSFER,
    VENDOR,
    VENDOR_CREDIT,
)
from ..entities.spec import Body, Entity
from ..templates import write_template
from ..writing import amend, create_as_bookkeeper, delete, note, void
from .planting import pacific, plant, ref

PAID_INVOICES = 52
FIRST_DAY = pacific(2024, 9, 2, 10)


@dataclass
class Story:
    """A company's past: whom it sold what, and how that is taxed."""

    books: Books
    sales_code: str = ""
    """Tax code on each line, outside the United States."""
    purchase_code: str = ""
    form_code: str = ""
    """Tax code of the whole form, in the United States."""
    balances: dict[str, float] = field(default_factory=dict)
    """What customers owe in the end, by Id; nobody else owes anything."""
    at: datetime = FIRST_DAY

    def wait(self, **how: float) -> datetime:
        self.at += timedelta(**how)
        return self.at

    def make(self, entity: Entity, **fields: Any) -> Body:
        fields.setdefault("TxnDate", self.at.date().isoformat())
        return create_as_bookkeeper(entity, self.books, fields, at=self.at)

    def sold(self, amount: float, item: Body, *, quantity: float = 1, taxed: bool = False) -> Body:
        """Return a line of a sales form."""
        detail: Body = {"ItemRef": {"value": item["Id"]}, "Qty": quantity, "UnitPrice": amount}
        if self.sales_code:
            detail["TaxCodeRef"] = {"value": self.sales_code}
        else:
            detail["TaxCodeRef"] = {"value": "TAX" if taxed else "NON"}
        return {
            "Description": item.get("Description") or item["Name"],
            "Amount": round(amount * quantity, 2),
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": detail,
        }

    def spent(self, amount: float, account: Body) -> Body:
        """Return a line of a bill or a purchase."""
        detail: Body = {"AccountRef": {"value": account["Id"]}}
        if self.purchase_code:
            detail["TaxCodeRef"] = {"value": self.purchase_code}
        return {
            "Description": account["Name"],
            "Amount": amount,
            "DetailType": "AccountBasedExpenseLineDetail",
            "AccountBasedExpenseLineDetail": detail,
        }

    def account(self, type: str, sub_type: str = "") -> Body:
        return next(
            a
            for a in self.books.everything(ACCOUNT)
            if a["AccountType"] == type and sub_type in ("", a["AccountSubType"])
        )


def plant_history(story: Story) -> None:
    """Let the company trade. At least one object of every kind is left behind."""
    customers = [c for c in story.books.everything(CUSTOMER) if c["Active"]]
    items = [i for i in story.books.everything(ITEM) if i["Active"] and i.get("UnitPrice")]
    _long_overdue(story, items)
    payments = _paid_invoices(story, customers, items)
    _oddities(story, customers, items)
    _open_invoices(story, customers, items)
    _other_sales(story, customers, items)
    _deposits(story, payments)
    _purchases(story)
    _bookkeeping(story, customers)
    _aside(story, customers, items)


def _long_overdue(story: Story, items: Sequence[Body]) -> None:
    """The very first invoice is still open."""
    if story.balances:
        customer, balance = next(iter(story.balances.items()))
        _plain_invoice(story, customer, balance, next(i for i in items if i["Type"] == "Service"))


def _paid_invoices(story: Story, customers: Sequence[Body], items: Sequence[Body]) -> list[Body]:
    """Invoices that were paid in full, some taxed, discounted, e-mailed or made from an estimate."""
    payments, methods = [], cycle(story.books.all_named("PaymentMethod"))
    buyers, goods = cycle(customers), cycle(items)
    for number in range(PAID_INVOICES):
        story.wait(days=13, minutes=7)
        buyer, lines = next(buyers), []
        for position in range(1 + number % 3):
            item = next(goods)
            taxed = bool(item.get("Taxable"))
            lines.append(
                story.sold(item["UnitPrice"], item, quantity=1 + (number + position) % 4, taxed=taxed)
            )
        if number % 7 == 6:
            lines.append(_discount(10))
        sold = _sell(story, buyer, lines, number)
        began = story.at
        story.at += timedelta(days=9 + number % 12)
        paid = story.make(
            PAYMENT,
            CustomerRef={"value": buyer["Id"]},
            TotalAmt=sold["TotalAmt"],
            PaymentMethodRef={"value": next(methods)["Id"]},
            PaymentRefNum=str(2000 + number),
            Line=[_applied(sold["TotalAmt"], sold)],
        )
        story.at = began
        payments.append(paid)
    return payments


def _sell(story: Story, buyer: Body, lines: list[Body], number: int) -> Body:
    fields: Body = {"CustomerRef": {"value": buyer["Id"]}, "Line": lines}
    if story.form_code and number % 2 == 0:
        fields["TxnTaxDetail"] = {"TxnTaxCodeRef": {"value": story.form_code}}
    if number % 9 == 4:
        estimate = story.make(ESTIMATE, TxnStatus="Accepted", **_copied(fields))
        fields["LinkedTxn"] = [{"TxnId": estimate["Id"], "TxnType": "Estimate"}]
    sold = story.make(INVOICE, **fields)
    return _emailed(story, sold) if number % 3 == 0 and "BillEmail" in sold else sold


def _copied(fields: Body) -> Body:
    return {**fields, "Line": [{k: v for k, v in line.items() if k != "Id"} for line in fields["Line"]]}


def _emailed(story: Story, sold: Body) -> Body:
    sent: Body = {
        "EmailStatus": "EmailSent",
        "DeliveryInfo": {"DeliveryType": "Email", "DeliveryTime": sold["MetaData"]["CreateTime"]},
    }
    return note(INVOICE, story.books, sold, sent, at=story.at, operation="Emailed")


def _discount(percent: float) -> Body:
    return {
        "DetailType": "DiscountLineDetail",
        "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": percent},
    }


def _applied(amount: float, *to: Body, kind: str = "Invoice") -> Body:
    return {"Amount": amount, "LinkedTxn": [{"TxnId": t["Id"], "TxnType": kind} for t in to]}


def _plain_invoice(story: Story, customer: str, amount: float, item: Body, **more: Any) -> Body:
    """Make an invoice that comes to exactly this amount, tax or no tax."""
    line = story.sold(amount, item)
    if story.sales_code:
        line["SalesItemLineDetail"].pop("TaxCodeRef")
        more["GlobalTaxCalculation"] = "NotApplicable"
    return story.make(INVOICE, CustomerRef={"value": customer}, Line=[line], **more)


def _open_invoices(story: Story, customers: Sequence[Body], items: Sequence[Body]) -> None:
    """Leave each customer owing what is said: whole, partly paid, or less a credit."""
    story.at = pacific(2026, 7, 20, 11)
    service = next(i for i in items if i["Type"] == "Service")
    for number, (customer, balance) in enumerate(list(story.balances.items())[1:]):
        story.wait(days=4, hours=1)
        way = ("whole", "partly", "whole", "credited", "whole", "advance")[number % 6]
        extra = 0 if way == "whole" else 25.0 * (1 + number % 3)
        status = "NeedToSend" if number % 5 == 4 else "NotSet"
        mail = story.books.look("Customer", customer) or {}
        more = {"EmailStatus": status} if mail.get("PrimaryEmailAddr") else {}
        sold = _plain_invoice(story, customer, round(balance + extra, 2), service, **more)
        if way == "partly":
            story.make(PAYMENT, CustomerRef={"value": customer}, TotalAmt=extra, Line=[_applied(extra, sold)])
        elif way == "credited":
            _credit(story, customer, extra, service)
        elif way == "advance":
            story.make(PAYMENT, CustomerRef={"value": customer}, TotalAmt=extra)


def _credit(story: Story, customer: str, amount: float, item: Body) -> Body:
    line, more = story.sold(amount, item), {}
    if story.sales_code:
        line["SalesItemLineDetail"].pop("TaxCodeRef")
        more["GlobalTaxCalculation"] = "NotApplicable"
    return story.make(CREDIT_MEMO, CustomerRef={"value": customer}, Line=[line], **more)


def _oddities(story: Story, customers: Sequence[Body], items: Sequence[Body]) -> None:
    """What goes wrong in real books: voided, deleted, settled by a credit."""
    story.at = pacific(2026, 3, 2, 15)
    item, buyer = items[0], customers[1]["Id"]
    for amount in (120.0, 75.5):
        story.wait(days=5)
        void(
            INVOICE, story.books, _plain_invoice(story, buyer, amount, item), at=story.at, by_bookkeeper=True
        )
    gone = _plain_invoice(story, buyer, 40.0, item)
    delete(INVOICE, story.books, gone, at=story.wait(hours=2), by_bookkeeper=True)
    sold = _plain_invoice(story, customers[2]["Id"], 180.0, item)
    credit = _credit(story, customers[2]["Id"], 30.0, item)
    story.wait(days=3)
    story.make(
        PAYMENT,
        CustomerRef={"value": customers[2]["Id"]},
        TotalAmt=150.0,
        Line=[_applied(180.0, sold), _applied(30.0, credit, kind="CreditMemo")],
    )
    story.make(PAYMENT, CustomerRef={"value": buyer}, TotalAmt=60.0)
    mistaken = story.make(PAYMENT, CustomerRef={"value": buyer}, TotalAmt=15.0)
    void(PAYMENT, story.books, mistaken, at=story.wait(hours=1), by_bookkeeper=True)
    covered = _plain_invoice(story, buyer, 60.0, item)
    advance = next(p for p in story.books.everything(PAYMENT) if p["UnappliedAmt"] == 60)
    amend(PAYMENT, story.books, advance["Id"], {"Line": [_applied(60.0, covered)]}, at=story.wait(days=1))


def _other_sales(story: Story, customers: Sequence[Body], items: Sequence[Body]) -> None:
    story.at = pacific(2026, 4, 6, 9)
    goods, bank = cycle(items), ref(story.account("Bank", "Checking"))
    for number, status in enumerate(("Pending", "Accepted", "Rejected", "Pending", "Pending")):
        story.wait(days=6)
        item = next(goods)
        story.make(
            ESTIMATE,
            CustomerRef={"value": customers[number]["Id"]},
            TxnStatus=status,
            Line=[story.sold(item["UnitPrice"], item, quantity=2), _discount(5)],
        )
    for number in range(6):
        story.wait(days=4)
        item = next(goods)
        story.make(
            SALES_RECEIPT,
            CustomerRef={"value": customers[number]["Id"]},
            Line=[story.sold(item["UnitPrice"], item)],
            **({"DepositToAccountRef": bank} if number % 2 else {}),
        )
    for number in range(2):
        story.wait(days=3)
        item = next(goods)
        story.make(
            REFUND_RECEIPT,
            CustomerRef={"value": customers[number]["Id"]},
            DepositToAccountRef=bank,
            Line=[story.sold(item["UnitPrice"], item)],
        )


def _deposits(story: Story, payments: Sequence[Body]) -> None:
    """Bring older payments to the bank, three at a time; the newer ones wait in the drawer."""
    story.at = pacific(2025, 3, 3, 16)
    bank = ref(story.account("Bank", "Checking"))
    for first in range(0, 12, 3):
        held = [p for p in payments[first : first + 3] if p["TotalAmt"]]
        story.wait(days=28)
        story.make(
            DEPOSIT,
            DepositToAccountRef=bank,
            Line=[
                {
                    "Amount": p["TotalAmt"],
                    "LinkedTxn": [{"TxnId": p["Id"], "TxnType": "Payment", "TxnLineId": "0"}],
                }
                for p in held
            ],
        )
    income = ref(story.account("Income"))
    story.make(
        DEPOSIT,
        DepositToAccountRef=bank,
        Line=[
            {
                "Amount": 218.75,
                "DetailType": "DepositLineDetail",
                "DepositLineDetail": {"AccountRef": income},
            }
        ],
    )


def _purchases(story: Story) -> None:
    story.at = pacific(2025, 2, 3, 8)
    vendors, costs = list(story.books.everything(VENDOR)), _expense_accounts(story)
    bank, card = ref(story.account("Bank", "Checking")), ref(story.account("Credit Card"))
    for number in range(10):
        story.wait(days=40)
        vendor = {"value": vendors[number % len(vendors)]["Id"]}
        amount = 85.0 + 37.5 * number
        owed = story.make(
            BILL, VendorRef=vendor, DocNumber=f"V-{500 + number}", Line=[story.spent(amount, next(costs))]
        )
        if number < 7:
            story.wait(days=12)
            _pay_bill(story, vendor, owed, card if number % 3 == 2 else bank, by_card=number % 3 == 2)
    first = {"value": vendors[0]["Id"]}
    story.make(VENDOR_CREDIT, VendorRef=first, Line=[story.spent(55.0, next(costs))])
    for number, (way, account) in enumerate(
        (("Cash", bank), ("CreditCard", card), ("Check", bank), ("CreditCard", card)) * 2
    ):
        story.make(
            PURCHASE,
            AccountRef=account,
            PaymentType=way,
            EntityRef={"value": vendors[number % len(vendors)]["Id"], "type": "Vendor"},
            Line=[story.spent(18.25 + 11 * number, next(costs))],
        )
    for number in range(3):
        story.make(
            PURCHASE_ORDER,
            VendorRef={"value": vendors[number % len(vendors)]["Id"]},
            POStatus="Closed" if number == 0 else "Open",
            Line=[story.spent(300.0 + 45 * number, next(costs))],
        )


def _expense_accounts(story: Story) -> Iterator[Body]:
    return cycle([a for a in story.books.everything(ACCOUNT) if a["AccountType"] == "Expense"])


def _pay_bill(story: Story, vendor: Body, owed: Body, account: Body, *, by_card: bool) -> None:
    how: Body = (
        {"PayType": "CreditCard", "CreditCardPayment": {"CCAccountRef": account}}
        if by_card
        else {"PayType": "Check", "CheckPayment": {"BankAccountRef": account, "PrintStatus": "NotSet"}}
    )
    story.make(
        BILL_PAYMENT,
        VendorRef=vendor,
        TotalAmt=owed["TotalAmt"],
        Line=[_applied(owed["TotalAmt"], owed, kind="Bill")],
        **how,
    )


def _bookkeeping(story: Story, customers: Sequence[Body]) -> None:
    story.at = pacific(2025, 6, 30, 17)
    bank, savings = ref(story.account("Bank", "Checking")), ref(story.account("Bank", "Savings"))
    card, costs = ref(story.account("Credit Card")), _expense_accounts(story)
    for amount in (500.0, 750.0):
        story.wait(days=90)
        story.make(TRANSFER, FromAccountRef=bank, ToAccountRef=savings, Amount=amount)
        story.make(CREDIT_CARD_PAYMENT, BankAccountRef=bank, CreditCardAccountRef=card, Amount=amount / 4)
        story.make(
            JOURNAL_ENTRY,
            PrivateNote="Correction at the end of the quarter",
            Line=[
                _posting("Debit", amount / 10, next(costs)),
                _posting("Credit", amount / 10, next(costs)),
            ],
        )
    workers = [e for e in story.books.everything(EMPLOYEE) if e.get("Active", True)]
    for number in range(6):
        story.wait(days=2)
        story.make(
            TIME_ACTIVITY,
            NameOf="Employee",
            EmployeeRef={"value": workers[number % len(workers)]["Id"]},
            CustomerRef={"value": customers[number]["Id"]},
            Hours=2 + number % 5,
            Minutes=30 * (number % 2),
            HourlyRate=45,
            BillableStatus="Billable",
            Description="On site",
        )


def _posting(side: str, amount: float, account: Body) -> Body:
    return {
        "Amount": amount,
        "DetailType": "JournalEntryLineDetail",
        "Description": "Correction",
        "JournalEntryLineDetail": {"PostingType": side, "AccountRef": {"value": account["Id"]}},
    }


def _aside(story: Story, customers: Sequence[Body], items: Sequence[Body]) -> None:
    """Templates, notes and a budget."""
    at, costs = pacific(2026, 1, 2, 9), _expense_accounts(story)
    schedule = {"IntervalType": "Monthly", "NumInterval": 1, "DayOfMonth": 1, "NextDate": "2027-01-01"}
    info = {"RecurType": "Automated", "Active": True, "ScheduleInfo": schedule}
    vendor = next(iter(story.books.everything(VENDOR)))
    bill = {"VendorRef": {"value": vendor["Id"]}, "Line": [story.spent(140.0, next(costs))]}
    sold = {
        "CustomerRef": {"value": customers[0]["Id"]},
        "Line": [story.sold(items[0]["UnitPrice"], items[0])],
    }
    write_template(story.books, {"Bill": {**bill, "RecurringInfo": {**info, "Name": "Storage"}}}, at=at)
    write_template(
        story.books, {"Invoice": {**sold, "RecurringInfo": {**info, "Name": "Every month"}}}, at=at
    )
    create_as_bookkeeper(
        ATTACHABLE,
        story.books,
        {
            "Note": "Gate code is with the neighbour.",
            "AttachableRef": [{"EntityRef": {"type": "Customer", "value": customers[0]["Id"]}}],
        },
        at=at,
    )
    account = next(costs)
    plant(
        BUDGET,
        story.books,
        at,
        Name="Budget of 2026",
        BudgetType="ProfitAndLoss",
        BudgetEntryType="Monthly",
        StartDate="2026-01-01",
        EndDate="2026-12-31",
        BudgetDetail=[
            {"BudgetDate": f"2026-{month:02d}-01", "Amount": 400, "AccountRef": ref(account)}
            for month in range(1, 13)
        ],
    )
