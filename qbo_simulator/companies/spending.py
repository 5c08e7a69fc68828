"""What a company bought, moved and noted in its past."""

from __future__ import annotations

from collections.abc import Sequence

from ..entities import (
    ATTACHABLE,
    BILL,
    BILL_PAYMENT,
    BUDGET,
    CREDIT_CARD_PAYMENT,
    EMPLOYEE,
    ITEM,
    JOURNAL_ENTRY,
    PURCHASE,
    PURCHASE_ORDER,
    TIME_ACTIVITY,
    TRANSFER,
    VENDOR,
    VENDOR_CREDIT,
)
from ..entities.spec import Body
from ..templates import write_template
from ..writing import create_as_bookkeeper
from .planting import pacific, plant, ref
from .story import Story, applied, expense_accounts


def plant_stock(story: Story) -> None:
    """Buy enough of everything in stock for years of sales, before the first of them."""
    vendors, bank = list(story.books.everything(VENDOR)), ref(story.account("Bank", "Checking"))
    goods = [i for i in story.books.everything(ITEM) if i["Type"] == "Inventory" and i["Active"]]
    for number, item in enumerate(goods):
        story.at = pacific(2024, 8, 5 + number, 8)
        vendor = {"value": vendors[number % len(vendors)]["Id"]}
        bought = story.bought(item, quantity=48)
        owed = story.make(BILL, VendorRef=vendor, DocNumber=f"S-{100 + number}", Line=[bought])
        story.at = pacific(2024, 9, 9, 8)
        _pay_bill(story, vendor, owed, bank, by_card=False)


def plant_purchases(story: Story) -> None:
    story.at = pacific(2025, 2, 3, 8)
    vendors, costs = list(story.books.everything(VENDOR)), expense_accounts(story)
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
        Line=[applied(owed["TotalAmt"], owed, kind="Bill")],
        **how,
    )


def plant_bookkeeping(story: Story, customers: Sequence[Body]) -> None:
    story.at = pacific(2025, 6, 30, 17)
    bank, savings = ref(story.account("Bank", "Checking")), ref(story.account("Bank", "Savings"))
    card, costs = ref(story.account("Credit Card")), expense_accounts(story)
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


def plant_templates_and_notes(story: Story, customers: Sequence[Body], items: Sequence[Body]) -> None:
    """Templates, notes and a budget."""
    at, costs = pacific(2026, 1, 2, 9), expense_accounts(story)
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
