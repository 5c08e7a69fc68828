"""Employee: the company's own people. Readable here."""

from __future__ import annotations

from .spec import (
    ADDRESS,
    EMAIL,
    EMPLOYEE_PHONE,
    Choice,
    Day,
    Entity,
    Flag,
    Number,
    Text,
)

EMPLOYEE = Entity(
    "Employee",
    {
        "Title": Text(16),
        "GivenName": Text(100),
        "MiddleName": Text(100),
        "FamilyName": Text(100),
        "Suffix": Text(16),
        "DisplayName": Text(500),
        "PrintOnCheckName": Text(100),
        "Active": Flag(),
        "PrimaryPhone": EMPLOYEE_PHONE,
        "Mobile": EMPLOYEE_PHONE,
        "PrimaryEmailAddr": EMAIL,
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
    },
    name_field="DisplayName",
    numbering="names",
)
