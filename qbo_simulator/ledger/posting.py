"""A posting: one amount on one account, and whom and what it is about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from ..rules.money import ZERO, cents, exact

if TYPE_CHECKING:
    from ..entities.spec import Body

OWN, FIFO, COST = "own", "fifo", "cost"
"""How an amount of stock is known: said by the transaction, or worked out, with its expense behind it."""

SMALL_CHANGE = Decimal("0.10")
"""What rounding line by line may amount to in the home currency."""


@dataclass(frozen=True)
class Posting:
    account: str
    amount: Decimal
    """In the home currency: a debit is positive, a credit negative."""
    foreign: Decimal
    """The same in the currency of the transaction."""
    name: tuple[str, str] = ("", "")
    """Customer, Vendor or Employee, and its Id."""
    customer: str = ""
    """Whose income or expense it is."""
    class_: str = ""
    department: str = ""
    item: str = ""
    quantity: Decimal = ZERO
    """Sold, if on an income account; come in, if on a stock account."""
    stock: str = ""
    memo: str = ""


class Chart(Protocol):
    """What posting rules ask about the company."""

    home: str

    def knows(self, account: str) -> bool: ...

    def role(self, name: str) -> str:
        """Return the Id of the account that plays a part, such as `receivable`."""
        ...

    def item(self, id: str) -> Body: ...

    def tax_account(self, rate: str) -> str: ...

    def type_of(self, account: str) -> str: ...

    def transaction(self, kind: str, id: str) -> Body: ...


Rule = Callable[["Body", Chart], list[Posting]]


def ref_id(body: Body, field: str) -> str:
    """Return the Id a reference names, or nothing."""
    ref = body.get(field)
    return str(ref.get("value") or "") if isinstance(ref, dict) else ""


def rate_of(body: Body, home: str) -> Decimal:
    """Return what one unit of a transaction's currency is worth at home."""
    return (
        exact(body.get("ExchangeRate")) or Decimal(1) if ref_id(body, "CurrencyRef") != home else Decimal(1)
    )


class Entry:
    """The postings of one transaction while they are put together."""

    def __init__(self, body: Body, chart: Chart, **tags: Any) -> None:
        self.body, self.chart = body, chart
        self.rate = rate_of(body, chart.home)
        self._tags = {"department": ref_id(body, "DepartmentRef"), **tags}
        self.rows: list[Posting] = []

    def account(self, body: Body, field: str, role: str) -> str:
        """Return the account a field names, or the one that usually plays the part."""
        named = ref_id(body, field)
        return named if named and self.chart.knows(named) else self.chart.role(role)

    def debit(self, account: str, amount: Decimal, *, rate: Decimal | None = None, **tags: Any) -> None:
        if amount or tags.get("quantity"):
            home = cents(amount * (self.rate if rate is None else rate))
            self.rows.append(Posting(account, home, amount, **{**self._tags, **tags}))

    def credit(self, account: str, amount: Decimal, *, rate: Decimal | None = None, **tags: Any) -> None:
        self.debit(account, -amount, rate=rate, **tags)

    def stock_out(self, item: Body, quantity: Decimal, **tags: Any) -> None:
        """Take pieces out of stock. What they had cost is worked out when all movements are known."""
        asset, expense = (
            self.account(item, "AssetAccountRef", "inventory"),
            self.account(item, "ExpenseAccountRef", "cost"),
        )
        tags = {**self._tags, **tags, "item": item["Id"]}
        self.rows.append(Posting(asset, ZERO, ZERO, quantity=-quantity, stock=FIFO, **tags))
        self.rows.append(Posting(expense, ZERO, ZERO, stock=COST, **tags))

    def balanced(self, *, rest: str) -> list[Posting]:
        """Return the postings, the small change of rounding put in, a real rest on the account of `rest`."""
        over = sum((row.amount for row in self.rows), ZERO)
        if over and abs(over) <= SMALL_CHANGE and rest != "exchange":
            at = max(range(len(self.rows)), key=lambda n: (not self.rows[n].stock, n))
            self.rows[at] = replace(self.rows[at], amount=self.rows[at].amount - over)
        elif over:
            self.rows.append(Posting(self.chart.role(rest), -over, ZERO, **self._tags))
        return self.rows
