"""Employee: the company's own people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .customer import PEOPLE_DUPLICATE, name_itself, number_addresses
from .names import settle_name
from .spec import (
    ADDRESS,
    EMAIL,
    EMPLOYEE_PHONE,
    NAME_FORBIDS,
    Body,
    Change,
    Choice,
    Day,
    Entity,
    Flag,
    Number,
    Opaque,
    Text,
)

if TYPE_CHECKING:
    from ..books import Books

MASKED = "XXX-XX-XXXX"


def _defaults(books: Books) -> Body:
    return {"BillableTime": False, "Active": True}


def _prepare(change: Change) -> None:
    name_itself(change.after)
    settle_name(change)
    after = change.after
    after.setdefault("PrintOnCheckName", after["DisplayName"][:100])
    if after.get("SSN"):
        after["SSN"] = MASKED
    number_addresses(change)


EMPLOYEE = Entity(
    "Employee",
    {
        "Title": Text(16, forbids=NAME_FORBIDS),
        "GivenName": Text(100, forbids=NAME_FORBIDS),
        "MiddleName": Text(100, forbids=NAME_FORBIDS),
        "FamilyName": Text(100, forbids=NAME_FORBIDS),
        "Suffix": Text(16, forbids=NAME_FORBIDS),
        "DisplayName": Text(500, forbids=NAME_FORBIDS),
        "PrintOnCheckName": Text(100, forbids=NAME_FORBIDS),
        "Active": Flag(),
        "PrimaryPhone": EMPLOYEE_PHONE,
        "Mobile": EMPLOYEE_PHONE,
        "PrimaryEmailAddr": EMAIL,
        "EmailAddress": Text(100),
        "PrimaryAddr": ADDRESS,
        "EmployeeNumber": Text(100),
        "SSN": Text(100, queryable=False),
        "Gender": Choice(("Male", "Female")),
        "HiredDate": Day(),
        "ReleasedDate": Day(),
        "BirthDate": Day(),
        "BillableTime": Flag(),
        "BillRate": Number(),
        "CostRate": Number(),
        "Organization": Flag(),
        "OtherContactInfo": Opaque(),
        "ParentRef": Opaque(read_only=True),
        "Level": Number(read_only=True),
    },
    name_field="DisplayName",
    numbering="names",
    shares_names_with=("Customer", "Vendor"),
    duplicate_text=PEOPLE_DUPLICATE,
    writable=True,
    defaults=_defaults,
    prepare=_prepare,
)
