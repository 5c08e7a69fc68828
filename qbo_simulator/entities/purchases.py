"""Purchases, paid at once, and orders, which move no money yet."""

from __future__ import annotations

from ..ledger import expenses as posting
from ..rules import forms
from .expenses import EXPENSE, FROM_VENDOR, settle_expense, settle_payable_account
from .spec import ADDRESS, EMAIL, Change, Choice, Day, Flag, Opaque, Ref, Text
from .transaction import form, take_amounts_out, transaction


def _prepare_purchase(change: Change) -> None:
    settle_expense(change, "")
    forms.settle_home_amounts(change)


PURCHASE = transaction(
    "Purchase",
    {
        **EXPENSE,
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
    required=("AccountRef", "PaymentType", "Line"),
    defaults=lambda books: {"LinkedTxn": [], "Credit": False, "PrintStatus": "NotSet"},
    prepare=_prepare_purchase,
    void=take_amounts_out,
    posts=posting.purchase,
)


def _prepare_order(change: Change) -> None:
    settle_expense(change, "VendorRef")
    settle_payable_account(change)
    forms.settle_number(change, sequence="numbers of purchase orders", unique=False)
    forms.settle_home_amounts(change)


PURCHASE_ORDER = form(
    "PurchaseOrder",
    {
        **FROM_VENDOR,
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
    required=("VendorRef", "Line"),
    defaults=lambda books: {
        "LinkedTxn": [],
        "CustomField": [],
        "POStatus": "Open",
        "EmailStatus": "NotSet",
    },
    prepare=_prepare_order,
)
