"""Customer: people and organisations that are sold to, nested as sub-customers and projects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..faults import BUSINESS_RULE, INVALID_ENUMERATION, REQUIRED_MISSING, refuse
from ..ledger.balances import add_to_family
from ..rules.company import home_currency
from ..rules.money import exact
from .names import (
    check_unique,
    mark_if_inactivated,
    place_under_parent,
    rename_children,
)
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
    ADDRESS,
    Body,
    Change,
    Choice,
    Day,
    Flag,
    Number,
    Opaque,
    Ref,
    Text,
)

if TYPE_CHECKING:
    from ..books import Books

_OWNED = ("Invoice", "Payment", "CreditMemo", "SalesReceipt", "Estimate", "RefundReceipt", "TimeActivity")


def _defaults(books: Books) -> Body:
    return {
        "Taxable": True,
        "Job": False,
        "BillWithParent": False,
        "Balance": 0,
        "BalanceWithJobs": 0,
        "CurrencyRef": home_currency(books),
        "PreferredDeliveryMethod": "Print",
        "IsProject": False,
        "ClientEntityId": "0",
        "Active": True,
    }


def _prepare(change: Change) -> None:
    name_itself(change.after)
    mask(change.after, "PrimaryTaxIdentifier")
    _check_exemption(change.after)
    _keep_currency(change)
    _settle_job(change)
    place_under_parent(change)
    _may_be_inactivated(change)
    mark_if_inactivated(change)
    check_unique(change)
    change.after.setdefault("PrintOnCheckName", change.after["DisplayName"][:100])
    number_addresses(change)


def _check_exemption(after: Body) -> None:
    """Refuse a reason for not being taxed that is none of the fifteen there are."""
    reason = str(after.get("TaxExemptionReasonId", "1"))
    if not (reason.isdigit() and 1 <= int(reason) <= 15):
        raise refuse(INVALID_ENUMERATION, f"Invalid Enumeration : {reason}", "TaxExemptionReasonId")


def _keep_currency(change: Change) -> None:
    was = (change.before or {}).get("CurrencyRef")
    if was is None:
        keep_to_currencies(change)
        return
    asked = change.after["CurrencyRef"]["value"]
    if asked not in (was["value"], home_currency(change.books)["value"]):
        raise refuse(
            BUSINESS_RULE,
            "Business Validation Error: The currency of a customer cannot be changed.",
            "CurrencyRef",
        )
    change.after["CurrencyRef"] = was


def _settle_job(change: Change) -> None:
    after, was_nested = change.after, bool((change.before or {}).get("Job"))
    if after.get("ParentRef") and (change.before is None or not was_nested):
        after["Job"] = True
    if after.get("Job") and not after.get("ParentRef"):
        raise refuse(
            REQUIRED_MISSING,
            "Required parameter ParentRef is missing in the request",
            "ParentRef",
        )
    if not after.get("Job"):
        after.pop("ParentRef", None)


def _may_be_inactivated(change: Change) -> None:
    """Refuse as the API does. On screen the bookkeeper is asked, and QuickBooks does the rest."""
    before = change.before
    leaving = before and before.get("Active") is not False and change.after["Active"] is False
    if not leaving or change.by_bookkeeper:
        return
    if change.after.get("Balance"):
        raise refuse(
            BUSINESS_RULE,
            "Delete List Has Balance Error : The customer has an open balance and cannot be made inactive.",
        )
    if any(c.get("Active", True) for c in _children(change)):
        raise refuse(
            BUSINESS_RULE,
            "Delete List Has Children Error : Make the sub-customers inactive first.",
        )


def _children(change: Change) -> list[Body]:
    return change.books.children(change.entity, change.own_id or "")


def _settle(change: Change) -> None:
    """Carry a new name to jobs and forms, and the balance to a new parent."""
    rename_children(change)
    before, after = change.before, change.after
    if before is None:
        return
    if before.get("FullyQualifiedName") != after["FullyQualifiedName"]:
        rename_owner(change, "CustomerRef", _OWNED)
    was, now = before.get("ParentRef"), after.get("ParentRef")
    if (was or {}).get("value") != (now or {}).get("value"):
        amount = exact(after.get("BalanceWithJobs"))
        add_to_family(change.books, was, -amount)
        add_to_family(change.books, now, amount)


CUSTOMER = person(
    "Customer",
    {
        **TRADING_PARTNER,
        "FullyQualifiedName": Text(read_only=True),
        "ShipAddr": ADDRESS,
        "OtherAddr": Opaque(),
        "ContactName": Text(100),
        "AltContactName": Text(100),
        "Taxable": Flag(),
        "TaxExemptionReasonId": Text(),
        "DefaultTaxCodeRef": Ref("TaxCode"),
        "ResaleNum": Text(16),
        "PrimaryTaxIdentifier": Text(20, queryable=False),
        "SecondaryTaxIdentifier": Text(20, queryable=False),
        "Job": Flag(),
        "ParentRef": Ref("Customer"),
        "BillWithParent": Flag(),
        "RootCustomerRef": Ref(read_only=True),
        "Level": Number(read_only=True),
        "IsProject": Flag(read_only=True),
        "Balance": Number(read_only=True),
        "BalanceWithJobs": Number(read_only=True),
        "OpenBalanceDate": Day(),
        "CreditLimit": Number(),
        "SalesTermRef": Ref("Term"),
        "PaymentMethodRef": Ref("PaymentMethod"),
        "PriceLevelRef": Ref(),
        "CustomerTypeRef": Ref("CustomerType"),
        "ARAccountRef": Ref("Account"),
        "PreferredDeliveryMethod": Choice(("Print", "Email", "None")),
    },
    defaults=_defaults,
    prepare=_prepare,
    settle=_settle,
)
