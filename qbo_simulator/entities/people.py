"""What customers, vendors and employees share: one name space, the parts of a name, addresses, currency."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..faults import BUSINESS_RULE, NAME_REQUIRED, refuse
from ..rules.company import CURRENCIES, has_many_currencies, home_currency, ref_to
from .names import single_spaced
from .spec import (
    ADDRESS,
    EMAIL,
    NAME_FORBIDS,
    PHONE,
    WEB_ADDRESS,
    Body,
    Change,
    Entity,
    Flag,
    Kind,
    Opaque,
    Ref,
    Text,
)

PEOPLE_DUPLICATE = (
    "Another customer, vendor or employee is already using this \nname. Please use a different name."
)

NAME_PARTS = ("Title", "GivenName", "MiddleName", "FamilyName", "Suffix")

NAMES: dict[str, Kind] = {
    "Title": Text(16, forbids=NAME_FORBIDS),
    "GivenName": Text(100, forbids=NAME_FORBIDS),
    "MiddleName": Text(100, forbids=NAME_FORBIDS),
    "FamilyName": Text(100, forbids=NAME_FORBIDS),
    "Suffix": Text(16, forbids=NAME_FORBIDS),
    "DisplayName": Text(500, forbids=NAME_FORBIDS),
    "PrintOnCheckName": Text(100, forbids=NAME_FORBIDS),
    "Active": Flag(),
}
TRADING_PARTNER: dict[str, Kind] = {
    **NAMES,
    "CompanyName": Text(100),
    "PrimaryPhone": PHONE,
    "AlternatePhone": PHONE,
    "Mobile": PHONE,
    "Fax": PHONE,
    "PrimaryEmailAddr": EMAIL,
    "WebAddr": WEB_ADDRESS,
    "BillAddr": ADDRESS,
    "OtherContactInfo": Opaque(),
    "Notes": Text(2000, queryable=False),
    "AcctNum": Text(100),
    "BusinessNumber": Text(20, queryable=False),
    "GSTIN": Text(15, queryable=False),
    "GSTRegistrationType": Text(15, queryable=False),
    "CurrencyRef": Ref(),
    "Source": Text(),
}
"""What customers and vendors both have."""

_PEOPLE = ("Customer", "Vendor", "Employee")


def person(name: str, fields: Mapping[str, Kind], **how: Any) -> Entity:
    """Declare somebody with a name of the one space that people share."""
    return Entity(
        name,
        fields,
        name_field="DisplayName",
        numbering="names",
        shares_names_with=tuple(other for other in _PEOPLE if other != name),
        duplicate_text=PEOPLE_DUPLICATE,
        writable=True,
        **how,
    )


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


def mask(after: Body, *fields: str) -> None:
    """Keep of a tax identifier only its last four signs, as QuickBooks shows it."""
    for field in fields:
        value = str(after.get(field) or "")
        if value and not value.startswith("XX"):
            after[field] = "X" * max(len(value) - 4, 5) + value[-4:]


def number_addresses(change: Change) -> None:
    """Give each new address an Id of its own."""
    for value in change.after.values():
        if isinstance(value, dict) and _is_new_address(value):
            value["Id"] = change.books.next_number("addresses")


def _is_new_address(value: Body) -> bool:
    return "Id" not in value and bool(value.keys() & {"Line1", "City", "PostalCode"})


def rename_owner(change: Change, field: str, kinds: tuple[str, ...]) -> None:
    """Write the new name into the references of transactions, quietly."""
    from . import entity_named

    for kind, body in change.books.owned(change.after["Id"], kinds):
        entity = entity_named(kind)
        if entity is not None and body.get(field, {}).get("value") == change.after["Id"]:
            body[field] = ref_to(change.after)
            change.books.put(entity, body)
