"""Years of trading put into a company's books by the rules, so that every figure adds up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import cycle
from typing import Any

from ..entities import (
    CREDIT_MEMO,
    CUSTOMER,
    DEPOSIT,
    ESTIMATE,
    INVOICE,
    ITEM,
    PAYMENT,
    REFUND_RECEIPT,
    SALES_RECEIPT,
)
from ..entities.spec import Body
from ..writing import amend, delete, note, void
from .planting import pacific, ref
from .spending import plant_bookkeeping, plant_purchases, plant_stock, plant_templates_and_notes
from .story import FIRST_DAY, Story, applied

PAID_INVOICES = 52


def plant_history(story: Story) -> None:
    """Let the company trade. At least one object of every kind is left behind."""
    customers = [c for c in story.books.everything(CUSTOMER) if c["Active"]]
    items = [i for i in story.books.everything(ITEM) if i["Active"] and i.get("UnitPrice")]
    plant_stock(story)
    story.at = FIRST_DAY
    _long_overdue(story, items)
    payments = _paid_invoices(story, customers, items)
    _oddities(story, customers, items)
    _open_invoices(story, customers, items)
    _other_sales(story, customers, items)
    _deposits(story, payments)
    plant_purchases(story)
    plant_bookkeeping(story, customers)
    plant_templates_and_notes(story, customers, items)


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
            Line=[applied(sold["TotalAmt"], sold)],
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
            story.make(PAYMENT, CustomerRef={"value": customer}, TotalAmt=extra, Line=[applied(extra, sold)])
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
        Line=[applied(180.0, sold), applied(30.0, credit, kind="CreditMemo")],
    )
    story.make(PAYMENT, CustomerRef={"value": buyer}, TotalAmt=60.0)
    mistaken = story.make(PAYMENT, CustomerRef={"value": buyer}, TotalAmt=15.0)
    void(PAYMENT, story.books, mistaken, at=story.wait(hours=1), by_bookkeeper=True)
    covered = _plain_invoice(story, buyer, 60.0, item)
    advance = next(p for p in story.books.everything(PAYMENT) if p["UnappliedAmt"] == 60)
    amend(PAYMENT, story.books, advance["Id"], {"Line": [applied(60.0, covered)]}, at=story.wait(days=1))


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
