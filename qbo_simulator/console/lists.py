"""The lists of a company: what each shows, and how it can be narrowed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from ..entities import ENTITIES
from ..entities.spec import Body, Entity
from .values import inside


@dataclass(frozen=True)
class Column:
    heading: str
    path: str
    kind: str = "text"
    """text, brief (kept on one line), money, number or day."""


@dataclass(frozen=True)
class Listing:
    slug: str
    entity: Entity
    columns: tuple[Column, ...]
    one: str = ""
    """What one of them is called."""
    title: str = ""
    room: str = "More lists"

    @property
    def views(self) -> tuple[tuple[str, str], ...]:
        """The ways to narrow the list: (key, words)."""
        if self.entity.is_list and not self.entity.wrapped:
            return (("active", "Active"), ("inactive", "Inactive"), ("all", "All"))
        return _VIEWS.get(self.entity.name, ())


_VIEWS = {
    "Invoice": (("all", "All"), ("open", "Open"), ("overdue", "Overdue"), ("paid", "Paid")),
    "Payment": (("all", "All"), ("unapplied", "With unapplied amount")),
}

_NAME = Column("Name", "FullyQualifiedName")
_EMAIL = Column("E-mail", "PrimaryEmailAddr.Address")
_PHONE = Column("Phone", "PrimaryPhone.FreeFormNumber", "brief")
_BALANCE = Column("Balance", "Balance", "money")
_TOTAL = Column("Total", "TotalAmt", "money")
_DATE = Column("Date", "TxnDate", "day")
_CUSTOMER = Column("Customer", "CustomerRef.name")
_VENDOR = Column("Vendor", "VendorRef.name")
_NUMBER = Column("Number", "DocNumber", "brief")

_SALE = (_NUMBER, _CUSTOMER, _DATE, _TOTAL)
_PURCHASE = (_NUMBER, _VENDOR, _DATE, _TOTAL)

_COLUMNS: dict[str, tuple[Column, ...]] = {
    "Customer": (
        _NAME,
        Column("Company", "CompanyName"),
        _EMAIL,
        _PHONE,
        Column("City", "BillAddr.City", "brief"),
        _BALANCE,
    ),
    "Vendor": (Column("Name", "DisplayName"), _EMAIL, _PHONE, _BALANCE),
    "Employee": (Column("Name", "DisplayName"), _EMAIL, _PHONE, Column("Hired", "HiredDate", "day")),
    "Item": (
        _NAME,
        Column("Type", "Type"),
        Column("SKU", "Sku"),
        Column("Price", "UnitPrice", "money"),
        Column("On hand", "QtyOnHand", "number"),
        Column("Income account", "IncomeAccountRef.name"),
    ),
    "Account": (
        _NAME,
        Column("Type", "AccountType"),
        Column("Detail type", "AccountSubType"),
        Column("Balance", "CurrentBalance", "money"),
    ),
    "Invoice": (
        _NUMBER,
        _CUSTOMER,
        _DATE,
        Column("Due", "DueDate", "day"),
        _TOTAL,
        _BALANCE,
        Column("E-mail", "EmailStatus", "brief"),
    ),
    "Payment": (
        Column("Number", "PaymentRefNum"),
        _CUSTOMER,
        _DATE,
        _TOTAL,
        Column("Unapplied", "UnappliedAmt", "money"),
    ),
    "CreditMemo": (*_SALE, _BALANCE),
    "SalesReceipt": _SALE,
    "RefundReceipt": _SALE,
    "Estimate": (*_SALE, Column("State", "TxnStatus")),
    "Bill": (*_PURCHASE, _BALANCE),
    "VendorCredit": _PURCHASE,
    "BillPayment": _PURCHASE,
    "PurchaseOrder": _PURCHASE,
    "Purchase": (_NUMBER, Column("Paid to", "EntityRef.name"), _DATE, _TOTAL),
    "Term": (Column("Name", "Name"), Column("Days until due", "DueDays", "number")),
    "TaxRate": (Column("Name", "Name"), Column("Percent", "RateValue", "number")),
    "ExchangeRate": (
        Column("From", "SourceCurrencyCode"),
        Column("To", "TargetCurrencyCode"),
        Column("Rate", "Rate", "number"),
        Column("As of", "AsOfDate", "day"),
    ),
    "CompanyCurrency": (Column("Name", "Name"), Column("Code", "Code")),
    "Attachable": (
        Column("File", "FileName"),
        Column("Type", "ContentType"),
        Column("Bytes", "Size", "number"),
    ),
    "TimeActivity": (Column("Who", "EmployeeRef.name"), _DATE, Column("Hours", "Hours", "number")),
    "RecurringTransaction": (
        Column("Name", "RecurringInfo.Name"),
        Column("Kind", "RecurringInfo.RecurType"),
        _TOTAL,
    ),
    "CompanyInfo": (Column("Name", "CompanyName"),),
    "Preferences": (Column("Last changed", "MetaData.LastUpdatedTime"),),
}

_ROOMS = {
    "Sales": ("Invoice", "Payment", "Estimate", "CreditMemo", "SalesReceipt", "RefundReceipt"),
    "People": ("Customer", "Vendor", "Employee"),
    "Products": ("Item",),
    "Purchases": ("Bill", "BillPayment", "VendorCredit", "Purchase", "PurchaseOrder"),
    "Books": (
        "Account",
        "JournalEntry",
        "Deposit",
        "Transfer",
        "CreditCardPayment",
        "TimeActivity",
        "Budget",
    ),
}
_TITLES = {"Item": "Products and services", "Department": "Locations", "CompanyInfo": "Company info"}
_ONES = {"Item": "product or service", "Department": "location"}


def _words(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


def _plural(word: str) -> str:
    if word.endswith("y") and not word.endswith(("ay", "ey")):
        return f"{word[:-1]}ies"
    if word.endswith(("preferences", "info")):
        return word
    return f"{word}es" if word.endswith("s") else f"{word}s"


def _listed(entity: Entity) -> Listing:
    words = _words(entity.name)
    columns = _COLUMNS.get(entity.name)
    usual = (_NUMBER, _DATE, _TOTAL) if entity.is_transaction else (Column("Name", entity.name_field),)
    return Listing(
        slug=_plural(entity.name.lower()),
        entity=entity,
        columns=columns or usual,
        one=_ONES.get(entity.name, words),
        title=_TITLES.get(entity.name, _plural(words).capitalize()),
        room=next((room for room, names in _ROOMS.items() if entity.name in names), "More lists"),
    )


LISTS: dict[str, Listing] = {listing.slug: listing for listing in map(_listed, ENTITIES)}
BY_ENTITY: dict[str, Listing] = {listing.entity.name: listing for listing in LISTS.values()}
ROOMS = (*_ROOMS, "More lists")

TABS = ("customers", "invoices", "payments", "items", "employees", "vendors", "accounts")


def in_room(room: str) -> Iterator[Listing]:
    return (listing for listing in LISTS.values() if listing.room == room)


_FALLS_DUE = ("Invoice", "Bill")
_SETTLED = {"Invoice": "Paid", "Bill": "Paid", "CreditMemo": "Used", "VendorCredit": "Used"}
"""What is said of them when nothing of them is open."""


def state_of(entity: Entity, kept: Body, *, today: date) -> str:
    """Say in a word how an object stands."""
    body = inside(kept, wrapped=entity.wrapped)
    if not entity.is_transaction:
        return "" if entity.singleton or body.get("Active", True) else "Inactive"
    if str(body.get("PrivateNote", "")).startswith("Voided"):
        return "Voided"
    if "UnappliedAmt" in body:
        return "Unapplied" if body["UnappliedAmt"] else "Applied"
    if entity.name not in _SETTLED or "Balance" not in body:
        return ""
    if body["Balance"] == 0:
        return _SETTLED[entity.name]
    if entity.name in _FALLS_DUE and body.get("DueDate", "9") < today.isoformat():
        return "Overdue"
    return "Partly paid" if body["Balance"] < body.get("TotalAmt", 0) else "Open"
