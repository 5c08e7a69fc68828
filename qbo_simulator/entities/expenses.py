"""What is bought: the common fields of bills, credits, purchases and orders, and how one is worked out."""

from __future__ import annotations

from ..rules import forms, lines, links, taxing
from ..rules.company import account_of, check_open_period, is_in_the_us
from ..rules.money import exact, plain, total
from .spec import ADDRESS, Change, Choice, Day, Group, Kind, Many, Number, Opaque, Ref
from .transaction import GLOBAL_TAX, LINE_BASE, MARKUP, TAX_DETAIL, TRANSACTION

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

EXPENSE: dict[str, Kind] = {
    **TRANSACTION,
    "Line": EXPENSE_LINES,
    "TxnTaxDetail": TAX_DETAIL,
    "GlobalTaxCalculation": GLOBAL_TAX,
    "PrintStatus": Choice(("NotSet", "NeedToPrint", "PrintComplete")),
}
FROM_VENDOR: dict[str, Kind] = {
    **EXPENSE,
    "VendorRef": Ref("Vendor"),
    "VendorAddr": ADDRESS,
    "APAccountRef": Ref("Account"),
    "RemitToAddr": ADDRESS,
    "ShipAddr": ADDRESS,
    "Balance": Number(read_only=True),
    "HomeBalance": Number(read_only=True, queryable=False),
}


def settle_expense(change: Change, owner_field: str) -> None:
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


def settle_payable_account(change: Change) -> None:
    """Owe to the company's payables unless the form says where."""
    if not change.after.get("APAccountRef"):
        account = account_of(change.books, type="Accounts Payable")
        change.after.update({"APAccountRef": account} if account else {})
