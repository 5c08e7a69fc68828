"""Short words for what tests do with python-quickbooks."""

from __future__ import annotations

from itertools import count
from typing import Any

from quickbooks.objects.account import Account
from quickbooks.objects.base import Ref
from quickbooks.objects.bill import Bill
from quickbooks.objects.customer import Customer
from quickbooks.objects.detailline import (
    AccountBasedExpenseLine,
    AccountBasedExpenseLineDetail,
    ItemBasedExpenseLine,
    ItemBasedExpenseLineDetail,
    SalesItemLine,
    SalesItemLineDetail,
)
from quickbooks.objects.item import Item
from quickbooks.objects.payment import PaymentLine
from quickbooks.objects.vendor import Vendor

_numbers = count(1)


def fresh(word: str) -> str:
    return f"{word} {next(_numbers)}"


def first(kind: Any, qb: Any, where: str = "") -> Any:
    return (kind.where(where, max_results=1, qb=qb) if where else kind.all(max_results=1, qb=qb))[0]


def ref(value: str) -> Any:
    made = Ref()
    made.value = value
    return made


def account(qb: Any, where: str) -> Any:
    return first(Account, qb, where).to_ref()


def saved(thing: Any, qb: Any) -> Any:
    """Save an object and return it as the company has it."""
    thing.save(qb=qb)
    return type(thing).get(thing.Id, qb=qb)


def changed(thing: Any, qb: Any, **fields: Any) -> Any:
    """Change an object and return it as the company has it."""
    for name, value in fields.items():
        setattr(thing, name, value)
    return saved(thing, qb)


def is_gone(thing: Any, qb: Any) -> bool:
    return not type(thing).filter(Id=thing.Id, qb=qb)


def sold(qb: Any, amount: float = 100) -> Any:
    line = SalesItemLine()
    line.LineNum, line.Description, line.Amount = 1, "description", amount
    line.SalesItemLineDetail = SalesItemLineDetail()
    line.SalesItemLineDetail.ItemRef = first(Item, qb, "Type = 'Service'").to_ref()
    line.SalesItemLineDetail.TaxCodeRef = ref("NON")
    return line


def spent(qb: Any, amount: float) -> Any:
    line = AccountBasedExpenseLine()
    line.Amount = amount
    line.AccountBasedExpenseLineDetail = AccountBasedExpenseLineDetail()
    line.AccountBasedExpenseLineDetail.AccountRef = account(qb, "AccountType = 'Expense'")
    return line


def bought(qb: Any, amount: float) -> Any:
    line = ItemBasedExpenseLine()
    line.Amount = amount
    line.ItemBasedExpenseLineDetail = ItemBasedExpenseLineDetail()
    line.ItemBasedExpenseLineDetail.ItemRef = first(Item, qb, "Type = 'Inventory'").to_ref()
    line.ItemBasedExpenseLineDetail.Qty = 1
    line.ItemBasedExpenseLineDetail.UnitPrice = amount
    return line


def form(kind: Any, qb: Any, *lines: Any) -> Any:
    made = kind()
    made.CustomerRef = first(Customer, qb).to_ref()
    made.Line.extend(lines or [sold(qb)])
    return made


def bill(qb: Any, amount: float = 200) -> Any:
    made = Bill()
    made.VendorRef = first(Vendor, qb).to_ref()
    made.Line.append(spent(qb, amount))
    return saved(made, qb)


def paid(amount: float, *targets: Any) -> Any:
    """Return a line of a payment."""
    line = PaymentLine()
    line.Amount = amount
    line.LinkedTxn.extend(target.to_linked_txn() for target in targets)
    return line
