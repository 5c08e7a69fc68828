"""Vendor: those bought from. Its names are taken for customers and employees too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..faults import BUSINESS_RULE, refuse
from ..rules.company import home_currency
from .names import settle_name
from .people import (
    TRADING_PARTNER,
    keep_to_currencies,
    mask,
    name_itself,
    number_addresses,
    person,
    rename_owner,
)
from .spec import (
    Body,
    Change,
    Flag,
    Number,
    Opaque,
    Ref,
    Text,
)

if TYPE_CHECKING:
    from ..books import Books

_OWNED = ("Bill", "BillPayment", "VendorCredit", "PurchaseOrder", "TimeActivity")


def _defaults(books: Books) -> Body:
    return {"Balance": 0, "Vendor1099": False, "Active": True, "CurrencyRef": home_currency(books)}


def _prepare(change: Change) -> None:
    name_itself(change.after)
    keep_to_currencies(change)
    before, after = change.before, change.after
    leaving = before is not None and before.get("Active", True) and after.get("Active") is False
    if leaving and after.get("Balance") and not change.by_bookkeeper:
        raise refuse(
            BUSINESS_RULE,
            "Delete List Has Balance Error : The vendor has an open balance and cannot be made inactive.",
        )
    mask(after, "TaxIdentifier")
    settle_name(change)
    after.setdefault("PrintOnCheckName", after["DisplayName"][:100])
    number_addresses(change)


def _settle(change: Change) -> None:
    if change.before is not None and change.before["DisplayName"] != change.after["DisplayName"]:
        rename_owner(change, "VendorRef", _OWNED)


VENDOR = person(
    "Vendor",
    {
        **TRADING_PARTNER,
        "Balance": Number(read_only=True),
        "BillRate": Number(),
        "CostRate": Number(),
        "Vendor1099": Flag(),
        "TaxIdentifier": Text(20, queryable=False),
        "TaxReportingBasis": Text(20, queryable=False),
        "HasTPAR": Flag(queryable=False),
        "T4AEligible": Flag(queryable=False),
        "T5018Eligible": Flag(queryable=False),
        "VendorPaymentBankDetail": Opaque(),
        "TermRef": Ref("Term"),
        "APAccountRef": Ref("Account"),
        "Level": Number(read_only=True),
    },
    defaults=_defaults,
    prepare=_prepare,
    settle=_settle,
)
