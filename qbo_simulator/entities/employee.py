"""Employee: the company's own people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .names import settle_name
from .people import NAMES, name_itself, number_addresses, person
from .spec import (
    ADDRESS,
    EMAIL,
    EMPLOYEE_PHONE,
    Body,
    Change,
    Choice,
    Day,
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


EMPLOYEE = person(
    "Employee",
    {
        **NAMES,
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
    defaults=_defaults,
    prepare=_prepare,
)
