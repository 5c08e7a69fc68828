"""Customer: people and organisations that are sold to, nested as sub-customers and projects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..faults import BUSINESS_RULE, NAME_REQUIRED, REQUIRED_MISSING, refuse
from ..rules.company import CURRENCIES, has_many_currencies, home_currency, ref_to
from ..rules.ledger import add_to_family
from ..rules.money import exact
from .names import (
    check_unique,
    mark_if_inactivated,
    place_under_parent,
    rename_children,
    single_spaced,
)
from .spec import (
    ADDRESS,
    EMAIL,
    NAME_FORBIDS,
    PHONE,
    WEB_ADDRESS,
    Body,
    Change,
    Choice,
    Day,
    Entity,
    Flag,
    Number,
    Opaque,
    Ref,
    Text,
)

if TYPE_CHECKING:
    from ..books import Books

_OWNED = ("Invoice", "Payment", "CreditMemo", "SalesReceipt", "Estimate", "RefundReceipt", "TimeActivity")

PEOPLE_DUPLICATE = (
    "Another customer, vendor or employee is already using this \nname. Please use a different name."
)

NAME_PARTS = ("Title", "GivenName", "MiddleName", "FamilyName", "Suffix")


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
    _keep_currency(change)
    _settle_job(change)
    place_under_parent(change)
    _may_be_inactivated(change)
    mark_if_inactivated(change)
    check_unique(change)
    change.after.setdefault("PrintOnCheckName", change.after["DisplayName"][:100])
    number_addresses(change)


def name_itself(after: Body) -> None:
    """Build a missing DisplayName from the parts of the name."""
    built = " ".join(after[part] for part in NAME_PARTS if after.get(part))
    name = single_spaced(after.get("DisplayName") or built)
    if not name:
        raise refuse(
            NAME_REQUIRED,
            "You must specify a DisplayName or at least one of Title, GivenName, "
            "MiddleName, FamilyName or Suffix.",
            "DisplayName",
        )
    after["DisplayName"] = name


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


def keep_to_currencies(change: Change) -> None:
    """Refuse a foreign currency to a company that has only one."""
    home = home_currency(change.books)
    asked = change.after.get("CurrencyRef", home)["value"]
    if asked != home["value"] and not has_many_currencies(change.books):
        raise refuse(
            BUSINESS_RULE,
            "Business Validation Error: Multi Currency should be enabled to perform this operation.",
            "CurrencyRef",
        )
    change.after["CurrencyRef"] = {"value": asked, "name": CURRENCIES.get(asked, asked)}


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


def number_addresses(change: Change) -> None:
    """Give each new address an Id of its own."""
    for value in change.after.values():
        if isinstance(value, dict) and _is_new_address(value):
            value["Id"] = change.books.next_number("addresses")


def _is_new_address(value: Body) -> bool:
    return "Id" not in value and bool(value.keys() & {"Line1", "City", "PostalCode"})


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


def rename_owner(change: Change, field: str, kinds: tuple[str, ...]) -> None:
    """Write the new name into the references of transactions, quietly."""
    from . import entity_named

    for kind, body in change.books.owned(change.after["Id"], kinds):
        entity = entity_named(kind)
        if entity is not None and body.get(field, {}).get("value") == change.after["Id"]:
            body[field] = ref_to(change.after)
            change.books.put(entity, body)


CUSTOMER = Entity(
    "Customer",
    {
        "Title": Text(16, forbids=NAME_FORBIDS),
        "GivenName": Text(100, forbids=NAME_FORBIDS),
        "MiddleName": Text(100, forbids=NAME_FORBIDS),
        "FamilyName": Text(100, forbids=NAME_FORBIDS),
        "Suffix": Text(16, forbids=NAME_FORBIDS),
        "DisplayName": Text(500, forbids=NAME_FORBIDS),
        "FullyQualifiedName": Text(read_only=True),
        "CompanyName": Text(100),
        "PrintOnCheckName": Text(100, forbids=NAME_FORBIDS),
        "Active": Flag(),
        "PrimaryPhone": PHONE,
        "AlternatePhone": PHONE,
        "Mobile": PHONE,
        "Fax": PHONE,
        "PrimaryEmailAddr": EMAIL,
        "WebAddr": WEB_ADDRESS,
        "BillAddr": ADDRESS,
        "ShipAddr": ADDRESS,
        "OtherAddr": Opaque(),
        "OtherContactInfo": Opaque(),
        "ContactName": Text(100),
        "AltContactName": Text(100),
        "Notes": Text(2000, queryable=False),
        "Taxable": Flag(),
        "TaxExemptionReasonId": Text(),
        "DefaultTaxCodeRef": Ref("TaxCode"),
        "ResaleNum": Text(16),
        "PrimaryTaxIdentifier": Text(20, queryable=False),
        "SecondaryTaxIdentifier": Text(20, queryable=False),
        "BusinessNumber": Text(20, queryable=False),
        "GSTIN": Text(15, queryable=False),
        "GSTRegistrationType": Text(15, queryable=False),
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
        "AcctNum": Text(100),
        "CurrencyRef": Ref(),
        "SalesTermRef": Ref("Term"),
        "PaymentMethodRef": Ref("PaymentMethod"),
        "PriceLevelRef": Ref(),
        "CustomerTypeRef": Ref("CustomerType"),
        "ARAccountRef": Ref("Account"),
        "PreferredDeliveryMethod": Choice(("Print", "Email", "None")),
        "Source": Text(),
    },
    name_field="DisplayName",
    numbering="names",
    shares_names_with=("Vendor", "Employee"),
    duplicate_text=PEOPLE_DUPLICATE,
    writable=True,
    defaults=_defaults,
    prepare=_prepare,
    settle=_settle,
)
