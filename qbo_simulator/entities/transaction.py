"""What all transactions share: their fields, the shapes of their lines, how they are declared and voided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..rules import forms, taxing
from ..rules.company import account_of, check_open_period
from .spec import Body, Change, Choice, Day, Entity, Flag, Group, Kind, Many, Number, Opaque, Ref, Text

LINKED = Many({"TxnId": Text(), "TxnType": Text(), "TxnLineId": Text()})
GLOBAL_TAX = Choice((taxing.EXCLUDED, taxing.INCLUSIVE, taxing.NOT_APPLICABLE), queryable=False)
TAX_DETAIL = Group(
    {
        "TxnTaxCodeRef": Ref("TaxCode"),
        "DefaultTaxCodeRef": Ref(),
        "TotalTax": Number(),
        "TaxLine": Opaque(),
        "TaxReviewStatus": Text(),
        "UseAutomatedSalesTax": Flag(),
    }
)
MARKUP = Group(
    {
        "PercentBased": Flag(),
        "Value": Number(),
        "Percent": Number(),
        "PriceLevelRef": Ref(),
        "MarkUpIncomeAccountRef": Ref("Account"),
    }
)

LINE_BASE: dict[str, Kind] = {
    "Id": Text(),
    "LineNum": Number(),
    "Description": Text(4000),
    "Amount": Number(),
    "DetailType": Text(),
    "LinkedTxn": LINKED,
    "CustomField": Opaque(),
    "Received": Number(),
    "CustomExtensions": Opaque(),
    "LineEx": Opaque(),
}

APPLIED = Many({"Id": Text(), "Amount": Number(), "LinkedTxn": LINKED, "LineEx": Opaque()})
"""The lines of a payment."""

TRANSACTION: dict[str, Kind] = {
    "TxnDate": Day(),
    "DocNumber": Text(21),
    "AutoDocNumber": Flag(queryable=False),
    "PrivateNote": Text(4000, queryable=False),
    "CurrencyRef": Ref(),
    "ExchangeRate": Number(queryable=False),
    "DepartmentRef": Ref("Department", queryable=False),
    "TxnSource": Text(queryable=False),
    "TxnStatus": Text(),
    "TransactionLocationType": Text(queryable=False),
    "LinkedTxn": LINKED,
    "RecurDataRef": Ref(read_only=True),
    "TotalAmt": Number(read_only=True),
    "HomeTotalAmt": Number(read_only=True, queryable=False),
    "AttachableRef": Opaque(),
    "Tag": Opaque(),
}


def without(*names: str) -> dict[str, Kind]:
    """Return the fields of all transactions but some."""
    return {name: kind for name, kind in TRANSACTION.items() if name not in names}


def transaction(name: str, fields: Mapping[str, Kind], **how: Any) -> Entity:
    """Declare a transaction: dated, numbered with the others, written and deleted by apps."""
    usual: dict[str, Any] = {
        "is_list": False,
        "is_transaction": True,
        "numbering": "transactions",
        "writable": True,
        "deletable": True,
        "names_references": True,
        "unlink": check_open_period,
    }
    return Entity(name, fields, **{**usual, **how})


def form(name: str, fields: Mapping[str, Kind], **how: Any) -> Entity:
    """Declare a transaction that is also a paper: it can be e-mailed and printed."""
    return transaction(name, fields, sendable=True, printable=True, **how)


def begin(change: Change) -> None:
    """Date a transaction that is nobody's form, and settle its currency."""
    forms.settle_date(change)
    check_open_period(change)
    forms.settle_currency(change, None)


def settle_deposit_account(change: Change) -> None:
    """Send money to Undeposited Funds unless the form says where."""
    if not change.after.get("DepositToAccountRef"):
        account = account_of(change.books, sub_type="UndepositedFunds")
        change.after.update({"DepositToAccountRef": account} if account else {})


def take_amounts_out(change: Change) -> None:
    """Void a form: nothing is left of its amounts, and its note says so."""
    after = change.after
    check_open_period(change)
    _empty(after.get("Line") or [])
    for name in (
        "TotalAmt",
        "Balance",
        "UnappliedAmt",
        "RemainingCredit",
        "HomeTotalAmt",
        "HomeBalance",
        "Deposit",
    ):
        if name in after:
            after[name] = 0
    if "TxnTaxDetail" in after:
        after["TxnTaxDetail"] = {"TotalTax": 0}
    note = after.get("PrivateNote", "")
    after["PrivateNote"] = note if note.startswith("Voided") else f"Voided - {note}" if note else "Voided"


def _empty(lines: list[Body]) -> None:
    """Take the amounts out of lines, those of a bundle too."""
    for line in lines:
        line["Amount"] = 0
        detail = line.get(line.get("DetailType", ""))
        if isinstance(detail, dict):
            amounts = ("UnitPrice", "Qty", "Quantity", "TaxInclusiveAmt", "TaxAmount")
            detail |= {name: 0 for name in amounts if name in detail}
            _empty(detail.get("Line") or [])
