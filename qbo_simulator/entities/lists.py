"""The short lists other objects point to: classes, locations, terms, ways to pay, types."""

from __future__ import annotations

from .spec import Entity, Flag, Number, Ref, Text

CLASS = Entity(
    "Class",
    {
        "Name": Text(100),
        "FullyQualifiedName": Text(read_only=True),
        "Active": Flag(),
        "SubClass": Flag(),
        "ParentRef": Ref("Class"),
    },
)

DEPARTMENT = Entity(
    "Department",
    {
        "Name": Text(100),
        "FullyQualifiedName": Text(read_only=True),
        "Active": Flag(),
        "SubDepartment": Flag(),
        "ParentRef": Ref("Department"),
    },
)

TERM = Entity(
    "Term",
    {
        "Name": Text(31),
        "Active": Flag(),
        "Type": Text(),
        "DueDays": Number(999),
        "DiscountDays": Number(999),
        "DiscountPercent": Number(100),
        "DayOfMonthDue": Number(31),
        "DueNextMonthDays": Number(999),
        "DiscountDayOfMonth": Number(31),
    },
)

PAYMENT_METHOD = Entity("PaymentMethod", {"Name": Text(31), "Active": Flag(), "Type": Text()})

CUSTOMER_TYPE = Entity("CustomerType", {"Name": Text(100), "Active": Flag()}, in_cdc=False)
