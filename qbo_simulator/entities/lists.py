"""The short lists other objects point to: classes, locations, terms, ways to pay, types, currencies."""

from __future__ import annotations

from ..faults import REQUIRED_MISSING, refuse
from ..rules.company import CURRENCIES, business, has_many_currencies, home_currency
from .names import rename_children, settle_name
from .spec import Change, Choice, Day, Entity, Flag, Number, Ref, Text


def _nested(flag: str) -> dict[str, Text | Flag | Ref | Number]:
    return {
        "FullyQualifiedName": Text(read_only=True),
        "Active": Flag(),
        flag: Flag(),
        "Level": Number(read_only=True),
    }


def _place(flag: str, change: Change) -> None:
    settle_name(change)
    change.after[flag] = "ParentRef" in change.after


CLASS = Entity(
    "Class",
    {"Name": Text(100, forbids=":"), **_nested("SubClass"), "ParentRef": Ref("Class")},
    writable=True,
    defaults=lambda books: {"Active": True, "SubClass": False},
    prepare=lambda change: _place("SubClass", change),
    settle=rename_children,
)

DEPARTMENT = Entity(
    "Department",
    {
        "Name": Text(100, forbids=":"),
        **_nested("SubDepartment"),
        "ParentRef": Ref("Department"),
    },
    writable=True,
    defaults=lambda books: {"Active": True, "SubDepartment": False},
    prepare=lambda change: _place("SubDepartment", change),
    settle=rename_children,
)


def _prepare_term(change: Change) -> None:
    settle_name(change)
    after = change.after
    if "DueDays" in after:
        after["Type"] = "STANDARD"
    elif "DayOfMonthDue" in after:
        after["Type"] = "DATE_DRIVEN"
    else:
        raise refuse(REQUIRED_MISSING, "Required parameter DueDays is missing in the request", "DueDays")


TERM = Entity(
    "Term",
    {
        "Name": Text(31),
        "Active": Flag(),
        "Type": Text(read_only=True),
        "DueDays": Number(999),
        "DiscountDays": Number(999),
        "DiscountPercent": Number(100),
        "DayOfMonthDue": Number(31),
        "DueNextMonthDays": Number(999),
        "DiscountDayOfMonth": Number(31),
    },
    writable=True,
    defaults=lambda books: {"Active": True},
    prepare=_prepare_term,
)

PAYMENT_METHOD = Entity(
    "PaymentMethod",
    {"Name": Text(31), "Active": Flag(), "Type": Choice(("CREDIT_CARD", "NON_CREDIT_CARD"))},
    writable=True,
    defaults=lambda books: {"Active": True, "Type": "NON_CREDIT_CARD"},
    prepare=settle_name,
)

CUSTOMER_TYPE = Entity("CustomerType", {"Name": Text(100), "Active": Flag()}, in_cdc=False)


# Currencies


def _needs_currencies(change: Change) -> None:
    if not has_many_currencies(change.books) and not change.by_bookkeeper:
        raise business("Multi Currency should be enabled to perform this operation.")


def _prepare_currency(change: Change) -> None:
    _needs_currencies(change)
    after = change.after
    code = after["Code"] = str(after["Code"]).upper()
    if code not in CURRENCIES:
        raise business(f"{code} is not a currency that can be used.", "Code")
    after["Name"] = CURRENCIES[code]
    settle_name(change)


COMPANY_CURRENCY = Entity(
    "CompanyCurrency",
    {"Code": Text(3), "Name": Text(100), "Active": Flag()},
    required=("Code",),
    writable=True,
    defaults=lambda books: {"Active": True},
    prepare=_prepare_currency,
)


def _prepare_rate(change: Change) -> None:
    """Keep a rate of a day: always towards the home currency."""
    _needs_currencies(change)
    after = change.after
    after.setdefault("TargetCurrencyCode", home_currency(change.books)["value"])
    if float(after["Rate"]) <= 0:
        raise business("The rate has to be larger than zero.", "Rate")


EXCHANGE_RATE = Entity(
    "ExchangeRate",
    {
        "SourceCurrencyCode": Text(3),
        "TargetCurrencyCode": Text(3),
        "Rate": Number(),
        "AsOfDate": Day(),
    },
    name_field="SourceCurrencyCode",
    is_list=False,
    natural_key=("SourceCurrencyCode", "AsOfDate"),
    required=("SourceCurrencyCode", "Rate", "AsOfDate"),
    writable=True,
    prepare=_prepare_rate,
)
