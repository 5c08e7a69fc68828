"""Bill payment: money paid to a vendor, applied to bills or left over."""

from __future__ import annotations

from ..ledger import settlements as posting
from ..rules import forms, lines, links
from ..rules.company import check_open_period
from .spec import ADDRESS, Change, Choice, Flag, Group, Number, Opaque, Ref, Text
from .transaction import APPLIED, TRANSACTION, take_amounts_out, transaction


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


BILL_PAYMENT = transaction(
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
        "Line": APPLIED,
    },
    required=("VendorRef", "PayType"),
    defaults=lambda books: {"Line": [], "TotalAmt": 0},
    prepare=_prepare_bill_payment,
    settle=links.apply_links,
    unlink=_unlink_bill_payment,
    void=_void_bill_payment,
    posts=posting.bill_payment,
)
