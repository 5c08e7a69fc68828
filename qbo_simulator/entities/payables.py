"""Bills and vendor credits: what a company owes its vendors, and what they owe it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..ledger import expenses as posting
from ..rules import forms, links
from ..rules.company import business, check_open_period
from ..rules.money import ZERO, exact, plain
from .expenses import FROM_VENDOR, settle_expense, settle_payable_account
from .spec import Body, Change, Day, Flag, Ref
from .transaction import transaction

if TYPE_CHECKING:
    from ..books import Books


def _defaults(books: Books) -> Body:
    return {"LinkedTxn": []}


def _settle_payable(change: Change) -> None:
    """Hold a bill's or a credit's open balance against what has been settled of it."""
    before, after = change.before, change.after
    after["LinkedTxn"] = [*(before or {}).get("LinkedTxn", [])]
    settle_expense(change, "VendorRef")
    settle_payable_account(change)
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


BILL = transaction(
    "Bill",
    {
        **FROM_VENDOR,
        "DueDate": Day(),
        "SalesTermRef": Ref("Term"),
        "PayerRef": Ref(),
        "IncludeInAnnualTPAR": Flag(),
    },
    required=("VendorRef", "Line"),
    defaults=_defaults,
    prepare=_prepare_bill,
    unlink=_unlink_payable,
    posts=posting.bill,
)

VENDOR_CREDIT = transaction(
    "VendorCredit",
    FROM_VENDOR,
    required=("VendorRef", "Line"),
    defaults=_defaults,
    prepare=_settle_payable,
    unlink=_unlink_payable,
    posts=posting.vendor_credit,
)
