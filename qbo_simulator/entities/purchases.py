"""The vendor's side: bills and their payment, credits, purchases, orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..rules import forms, lines, links, taxing
from ..rules.company import account_of, business, check_open_period, is_in_the_us
from ..rules.money import ZERO, exact, plain, total
from .sales import GLOBAL_TAX, LINE_BASE, LINKED, MARKUP, TAX_DETAIL, TRANSACTION, take_amounts_out
from .spec import (
    ADDRESS,
    EMAIL,
    Body,
    Change,
    Choice,
    Day,
    Entity,
    Flag,
    Group,
    Kind,
    Many,
    Number,
    Opaque,
    Ref,
    Text,
)

if TYPE_CHECKING:
    from ..books import Books

ACCOUNT_BASED = "AccountBasedExpenseLineDetail"
ITEM_BASED = "ItemBasedExpenseLineDetail"
EXPENSES = (ACCOUNT_BASED, ITEM_BASED, "DescriptionOnly", "TDSLineDetail")

_BILLABLE = Choice(("Billable", "NotBillable", "HasBeenBilled", "Empty"))
_COMMON_DETAIL: dict[str, Kind] = {
    "CustomerRef": Ref("Customer"),
    "ClassRef": Ref("Class"),
    "TaxCodeRef": Ref(),
    "TaxAmount": Number(),
    "TaxInclusiveAmt": Number(),
    "BillableStatus": _BILLABLE,
    "MarkupInfo": MARKUP,
}
EXPENSE_LINES = Many(
    {
        **LINE_BASE,
        ACCOUNT_BASED: Group({**_COMMON_DETAIL, "AccountRef": Ref("Account")}),
        ITEM_BASED: Group(
            {
                **_COMMON_DETAIL,
                "ItemRef": Ref("Item"),
                "PriceLevelRef": Ref(),
                "UnitPrice": Number(),
                "Qty": Number(),
                "UOMRef": Ref(),
            }
        ),
        "DescriptionLineDetail": Group({"ServiceDate": Day(), "TaxCodeRef": Ref()}),
        "TDSLineDetail": Opaque(),
    }
)

_EXPENSE: dict[str, Kind] = {
    **TRANSACTION,
    "Line": EXPENSE_LINES,
    "TxnTaxDetail": TAX_DETAIL,
    "GlobalTaxCalculation": GLOBAL_TAX,
    "PrintStatus": Choice(("NotSet", "NeedToPrint", "PrintComplete")),
}
_FROM_VENDOR: dict[str, Kind] = {
    **_EXPENSE,
    "VendorRef": Ref("Vendor"),
    "VendorAddr": ADDRESS,
    "APAccountRef": Ref("Account"),
    "RemitToAddr": ADDRESS,
    "ShipAddr": ADDRESS,
    "Balance": Number(read_only=True),
    "HomeBalance": Number(read_only=True, queryable=False),
}


def _defaults(books: Books) -> Body:
    return {"LinkedTxn": []}


def _settle_expense(change: Change, owner_field: str) -> None:
    after = change.after
    forms.settle_date(change)
    check_open_period(change)
    owner = links.owner_of(change.books, after, owner_field) if owner_field else None
    forms.settle_currency(change, owner or None)
    lines.settle_expense_lines(change, EXPENSES)
    _complete_details(change)
    tax = taxing.settle_purchase_tax(change)
    after["TotalAmt"] = plain(total(exact(line.get("Amount")) for line in after["Line"]) + tax)


def _complete_details(change: Change) -> None:
    american = is_in_the_us(change.books)
    for line in change.after["Line"]:
        kind = line["DetailType"]
        if kind not in (ACCOUNT_BASED, ITEM_BASED):
            continue
        needed = "AccountRef" if kind == ACCOUNT_BASED else "ItemRef"
        detail = line.setdefault(kind, {})
        if not detail.get(needed):
            raise lines.missing(f"Line.{kind}.{needed}")
        detail.setdefault("BillableStatus", "NotBillable")
        if american:
            detail.setdefault("TaxCodeRef", {"value": taxing.UNTAXED})


def _settle_payable(change: Change) -> None:
    """Hold a bill's or a credit's open balance against what has been settled of it."""
    before, after = change.before, change.after
    after["LinkedTxn"] = [*(before or {}).get("LinkedTxn", [])]
    _settle_expense(change, "VendorRef")
    if not after.get("APAccountRef"):
        account = account_of(change.books, type="Accounts Payable")
        after |= {"APAccountRef": account} if account else {}
    paid = exact(before["TotalAmt"]) - exact(before["Balance"]) if before else ZERO
    left = exact(after["TotalAmt"]) - paid
    if left < 0:
        raise business("More has been paid than the new total.", "TotalAmt")
    after["Balance"] = plain(left)
    forms.settle_home_amounts(change)


def _prepare_bill(change: Change) -> None:
    _settle_payable(change)
    vendor = links.owner_of(change.books, change.after, "VendorRef")
    forms.settle_due_date(change, usual=vendor.get("TermRef"))


def _unlink_payable(change: Change) -> None:
    check_open_period(change)
    links.refuse_if_linked(change, "BillPayment", "BillPaymentCheck")


BILL = Entity(
    "Bill",
    {
        **_FROM_VENDOR,
        "DueDate": Day(),
        "SalesTermRef": Ref("Term"),
        "PayerRef": Ref(),
        "IncludeInAnnualTPAR": Flag(),
    },
    is_list=False,
    is_transaction=True,
    numbering="transactions",
    required=("VendorRef", "Line"),
    writable=True,
    deletable=True,
    names_references=True,
    owner_field="VendorRef",
    defaults=_defaults,
    prepare=_prepare_bill,
    unlink=_unlink_payable,
)

VENDOR_CREDIT = Entity(
    "VendorCredit",
    _FROM_VENDOR,
    is_list=False,
    is_transaction=True,
    numbering="transactions",
    required=("VendorRef", "Line"),
    writable=True,
    deletable=True,
    names_references=True,
    owner_field="VendorRef",
    open_sign=-1,
    defaults=_defaults,
    prepare=_settle_payable,
    unlink=_unlink_payable,
)


# Paying bills


def _prepare_bill_payment(change: Change) -> None:
    after = change.after
    if after.get("PayType") == "Check" and not (after.get("CheckPayment") or {}).get("BankAccountRef"):
        raise lines.missing("CheckPayment.BankAccountRef")
    if after.get("PayType") == "CreditCard" and not (after.get("CreditCardPayment") or {}).get(
        "CCAccountRef"
    ):
        raise lines.missing("CreditCardPayment.CCAccountRef")
    forms.settle_date(change)
    check_open_period(change)
    forms.settle_currency(change, links.owner_of(change.books, after, "VendorRef") or None)
    links.settle_applied(change, links.BILL_PAYMENT)
    forms.settle_home_amounts(change)


def _unlink_bill_payment(change: Change) -> None:
    check_open_period(change)
    change.after["Line"] = []


def _void_bill_payment(change: Change) -> None:
    change.after["Line"] = []
    take_amounts_out(change)


BILL_PAYMENT = Entity(
    "BillPayment",
    {
        **TRANSACTION,
        "VendorRef": Ref("Vendor"),
        "VendorAddr": ADDRESS,
        "PayType": Choice(("Check", "CreditCard")),
        "CheckPayment": Group(
            {
                "BankAccountRef": Ref("Account"),
                "PrintStatus": Text(),
                "CheckNum": Text(21),
                "CheckDetail": Opaque(),
            }
        ),
        "CreditCardPayment": Group({"CCAccountRef": Ref("Account"), "CCDetail": Opaque()}),
        "APAccountRef": Ref("Account", queryable=False),
        "TotalAmt": Number(),
        "UnappliedAmt": Number(read_only=True, queryable=False),
        "ProcessBillPayment": Flag(queryable=False),
        "Line": Many({"Id": Text(), "Amount": Number(), "LinkedTxn": LINKED, "LineEx": Opaque()}),
    },
    is_list=False,
    is_transaction=True,
    numbering="transactions",
    required=("VendorRef", "PayType"),
    writable=True,
    deletable=True,
    names_references=True,
    owner_field="VendorRef",
    open_field="UnappliedAmt",
    open_sign=-1,
    defaults=lambda books: {"Line": [], "TotalAmt": 0},
    prepare=_prepare_bill_payment,
    settle=links.apply_links,
    unlink=_unlink_bill_payment,
    void=_void_bill_payment,
)


# Paid at once, and ordered


def _prepare_purchase(change: Change) -> None:
    _settle_expense(change, "")
    forms.settle_home_amounts(change)


def _unlink(change: Change) -> None:
    check_open_period(change)


PURCHASE = Entity(
    "Purchase",
    {
        **_EXPENSE,
        "AccountRef": Ref("Account", queryable=False),
        "EntityRef": Ref(queryable=False),
        "PaymentType": Choice(("Cash", "Check", "CreditCard")),
        "PaymentMethodRef": Ref("PaymentMethod"),
        "PaymentRefNum": Text(21),
        "Credit": Flag(),
        "RemitToAddr": ADDRESS,
        "PurchaseEx": Opaque(),
        "IncludeInAnnualTPAR": Flag(),
    },
    is_list=False,
    is_transaction=True,
    numbering="transactions",
    required=("AccountRef", "PaymentType", "Line"),
    writable=True,
    deletable=True,
    names_references=True,
    defaults=lambda books: {"LinkedTxn": [], "Credit": False, "PrintStatus": "NotSet"},
    prepare=_prepare_purchase,
    unlink=_unlink,
    void=take_amounts_out,
)


def _prepare_order(change: Change) -> None:
    after = change.after
    _settle_expense(change, "VendorRef")
    if not after.get("APAccountRef"):
        account = account_of(change.books, type="Accounts Payable")
        after |= {"APAccountRef": account} if account else {}
    forms.settle_number(change, sequence="numbers of purchase orders", unique=False)
    forms.settle_home_amounts(change)


PURCHASE_ORDER = Entity(
    "PurchaseOrder",
    {
        **_FROM_VENDOR,
        "POStatus": Choice(("Open", "Closed")),
        "POEmail": EMAIL,
        "EmailStatus": Choice(("NotSet", "NeedToSend", "EmailSent")),
        "DueDate": Day(),
        "Memo": Text(4000, queryable=False),
        "ClassRef": Ref("Class"),
        "SalesTermRef": Ref("Term"),
        "ShipMethodRef": Ref(),
        "ShipTo": Ref("Customer"),
        "TaxCodeRef": Ref(),
        "ReplyEmail": EMAIL,
    },
    is_list=False,
    is_transaction=True,
    numbering="transactions",
    required=("VendorRef", "Line"),
    writable=True,
    deletable=True,
    sendable=True,
    printable=True,
    names_references=True,
    defaults=lambda books: {
        "LinkedTxn": [],
        "CustomField": [],
        "POStatus": "Open",
        "EmailStatus": "NotSet",
    },
    prepare=_prepare_order,
    unlink=_unlink,
)
