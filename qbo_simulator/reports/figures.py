"""Sums of postings: by account, by day, by whom, within what a report was asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from ..ledger.chart import Account, accounts_of
from ..ledger.store import money
from ..rules.money import ZERO
from .asking import Asked, months_on
from .cash import CASH_TABLE, make_cash_postings
from .shape import Column

if TYPE_CHECKING:
    from ..books import Books

SALES_FORMS = ("Invoice", "SalesReceipt", "CreditMemo", "RefundReceipt")

_BY_KIND = {
    "Customers": ("customer", "Customer"),
    "Vendors": ("CASE name_kind WHEN 'Vendor' THEN name ELSE '' END", "Vendor"),
    "Employees": ("CASE name_kind WHEN 'Employee' THEN name ELSE '' END", "Employee"),
    "Classes": ("class", "Class"),
    "Departments": ("department", "Department"),
    "ProductsAndServices": ("item", "Item"),
}


@dataclass(frozen=True)
class Bucket:
    """A column of amounts: one span of days, or everything of one customer, class or the like."""

    title: str
    key: str
    start: date
    end: date


class Ledger:
    """A company's postings, as one request sees them."""

    def __init__(self, books: Books, asked: Asked, *, totals: bool = True) -> None:
        self.books, self.asked = books, asked
        self.totals = totals
        """Whether spans of days side by side are added up at the end."""
        self.table = "postings"
        if asked.method == "Cash":
            make_cash_postings(books)
            self.table = CASH_TABLE

    @cached_property
    def accounts(self) -> dict[str, Account]:
        return accounts_of(self.books).by_id

    def names(self, kind: str) -> dict[str, tuple[str, str]]:
        """Return the name and the parent of each object of a list, in the order of their names."""
        rows = self.books.rows(
            "SELECT id, coalesce(json_extract(body, '$.DisplayName'), json_extract(body, '$.Name')), "
            "coalesce(parent, '') FROM objects WHERE entity = ? ORDER BY full_name",
            (kind,),
        )
        return {id.decode(): ((name or b"").decode(), parent.decode()) for id, name, parent in rows}

    def filtered(self) -> tuple[str, list[str]]:
        """Return the condition, and its parameters, that the filters of the request come to."""
        clauses: list[str] = ["1"]
        values: list[str] = []
        for column, ids in self.asked.filters.items():
            marks = ",".join("?" * len(ids))
            if column == "vendor":
                clauses.append(f"name_kind = 'Vendor' AND name IN ({marks})")
            elif column == "customer":
                clauses.append(f"(customer IN ({marks}) OR (name_kind = 'Customer' AND name IN ({marks})))")
                values.extend(ids)
            else:
                clauses.append(f"{column} IN ({marks})")
            values.extend(ids)
        return " AND ".join(clauses), values

    def sums(
        self, what: str, *, until: date, since: date | None = None, only: str = "1"
    ) -> dict[tuple[str, ...], Decimal]:
        """Add up amounts by some columns, separated by commas, over days."""
        condition, values = self.filtered()
        width = len(what.split(","))
        rows = self.books.rows(
            f"SELECT {what}, sum(amount) FROM {self.table} WHERE day >= ? AND day <= ? AND {only} "
            f"AND {condition} GROUP BY {','.join(str(n + 1) for n in range(width))}",
            (since.isoformat() if since else "", until.isoformat(), *values),
        )
        return {tuple(part.decode() for part in row[:-1]): money(row[-1]) for row in rows}

    # Columns

    @cached_property
    def buckets(self) -> list[Bucket]:
        asked = self.asked
        if asked.summarize in _BY_KIND:
            return [*self._kinds(), Bucket("TOTAL", "total", asked.start, asked.end)]
        spans = list(_spans(asked, self._first_day))
        total = Bucket("Total", "total", asked.start, asked.end)
        return [*spans, total] if self.totals or not spans else spans

    @cached_property
    def _first_day(self) -> date:
        first = self.books.rows(f"SELECT min(day) FROM {self.table} WHERE day != ''")[0][0]
        return date.fromisoformat(first.decode()) if first else self.asked.today

    def _kinds(self) -> Iterable[Bucket]:
        expression, kind = _BY_KIND[self.asked.summarize]
        used = {key for (key,) in self.sums(expression, until=self.asked.end, since=self.asked.start)}
        for id, (name, _) in self.names(kind).items():
            if id in used:
                yield Bucket(name, id, self.asked.start, self.asked.end)
        yield Bucket("Not Specified", "", self.asked.start, self.asked.end)

    def columns(self, first: str = "Account") -> list[Column]:
        made = [Column("", first, first.lower())]
        return made + [self._column(bucket) for bucket in self.buckets]

    def _column(self, bucket: Bucket) -> Column:
        if bucket.key == "total" or self.asked.summarize in _BY_KIND:
            return Column(bucket.title, "Money", bucket.key or bucket.title)
        return Column(bucket.title, "Money", bucket.title, bucket.start.isoformat(), bucket.end.isoformat())

    def by_account(self, *, cumulative: bool, only: str = "1") -> dict[str, list[Decimal | None]]:
        """Return the sum of each account for each column; a debit is positive."""
        if self.asked.summarize in _BY_KIND:
            return self._by_kind(cumulative=cumulative, only=only)
        daily = self.sums(
            "account, day", until=self.asked.end, since=None if cumulative else self.asked.start, only=only
        )
        found: dict[str, list[Decimal | None]] = defaultdict(lambda: [None] * len(self.buckets))
        for (account, day), amount in daily.items():
            own = found[account]
            for position, bucket in enumerate(self.buckets):
                if day <= bucket.end.isoformat() and (cumulative or day >= bucket.start.isoformat()):
                    own[position] = (own[position] or ZERO) + amount
        return found

    def _by_kind(self, *, cumulative: bool, only: str) -> dict[str, list[Decimal | None]]:
        expression, _ = _BY_KIND[self.asked.summarize]
        since = None if cumulative else self.asked.start
        sums = self.sums(
            f"account, {expression.replace(',', '')}", until=self.asked.end, since=since, only=only
        )
        position = {bucket.key: n for n, bucket in enumerate(self.buckets)}
        found: dict[str, list[Decimal | None]] = defaultdict(lambda: [None] * len(self.buckets))
        for (account, key), amount in sums.items():
            for at in (position.get(key, position[""]), len(self.buckets) - 1):
                found[account][at] = (found[account][at] or ZERO) + amount
        return found


def _spans(asked: Asked, first_day: date) -> Iterable[Bucket]:
    """Cut the days of a request into the spans its columns stand for."""
    if asked.summarize == "Total":
        return
    start, end = max(asked.start, first_day), min(asked.end, date(asked.today.year + 5, 12, 31))
    while start <= end:
        last = min(_last_of(asked.summarize, start, asked.fiscal_month), end)
        yield Bucket(_title(asked.summarize, start, last), start.isoformat(), start, last)
        start = date.fromordinal(last.toordinal() + 1)


def _last_of(unit: str, day: date, fiscal_month: int) -> date:
    if unit == "Days":
        return day
    if unit == "Week":
        return date.fromordinal(day.toordinal() + (5 - day.weekday()) % 7)
    months = {
        "Month": 1,
        "Quarter": 3 - (day.month - fiscal_month) % 3,
        "Year": 12 - (day.month - fiscal_month) % 12,
    }
    return date.fromordinal(months_on(day, months[unit]).toordinal() - 1)


def _title(unit: str, start: date, end: date) -> str:
    if unit == "Days":
        return start.strftime("%b %d, %Y")
    if unit == "Month":
        return start.strftime("%b %Y")
    return f"{start.strftime('%b %d, %Y')} - {end.strftime('%b %d, %Y')}"


def types_in(accounts: dict[str, Account], types: Sequence[str]) -> list[str]:
    return [account.id for account in accounts.values() if account.type in types]
