"""What customers owe and vendors are owed: balances, by age, and form by form."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import orjson

from ..ledger.store import money as from_cents
from ..rules.money import ZERO, cents, exact
from .figures import Ledger, types_in
from .shape import Column, Node, Table, cell, data, forest, money, section, title, total_row
from .transactions import Journal, columns_for, label_of

if TYPE_CHECKING:
    from ..entities.spec import Body


@dataclass(frozen=True)
class Side:
    """Customers or vendors, and what settles what they owe or are owed."""

    kind: str
    type: str
    sign: int
    settler: str
    credits: tuple[str, ...]


CUSTOMERS = Side("Customer", "Accounts Receivable", 1, "Payment", ("CreditMemo",))
VENDORS = Side("Vendor", "Accounts Payable", -1, "BillPayment", ("VendorCredit",))


@dataclass(frozen=True)
class Open:
    """What is left of one form, of one person, on a day."""

    entity: str
    id: str
    name: str
    day: str
    due: str
    number: str
    label: str
    amount: Decimal
    foreign: Decimal
    left: Decimal

    def at_home(self) -> Open:
        """Return it with what is left in the home currency."""
        if self.amount == self.foreign or not self.foreign:
            return self
        return replace(self, left=cents(self.amount * self.left / self.foreign))

    def days_late(self, on: date) -> int:
        return (on - date.fromisoformat(self.due)).days


def balances(ledger: Ledger, side: Side) -> Table:
    """List what each person owes on the last day, jobs below their customer."""
    sums = _by_name(ledger, side)
    nodes = forest({id: [amount] for id, amount in sums.items() if amount}, ledger.names(side.kind))
    rows = [node.as_row() for node in nodes]
    rows.append(total_row("TOTAL", [sum(sums.values(), ZERO)], "GrandTotal"))
    return Table(
        [Column("", side.kind), Column("Total", "Money")],
        rows,
        _as_of(ledger),
        shows_start=False,
        shows_basis=False,
    )


def _as_of(ledger: Ledger) -> tuple[tuple[str, str], ...]:
    return (("report_date", ledger.asked.last_day.isoformat()),)


def _by_name(ledger: Ledger, side: Side) -> dict[str, Decimal]:
    accounts = ",".join(f"'{id}'" for id in types_in(ledger.accounts, [side.type])) or "''"
    only = f"name_kind = '{side.kind}' AND account IN ({accounts})"
    sums = ledger.sums("name", until=ledger.asked.end, only=only)
    return {id: amount * side.sign for (id,), amount in sums.items()}


# What is open, form by form


def open_forms(ledger: Ledger, side: Side) -> list[Open]:
    """Return what of each form is open on the last day: positive owed, negative in the person's favour."""
    found = _charged(ledger, side)
    for body in _settlers(ledger, side):
        own = side.settler, str(body["Id"])
        for line in body.get("Line") or []:
            for link in (line.get("LinkedTxn") or [])[:1]:
                target = str(link.get("TxnType")), str(link.get("TxnId"))
                _settle(found, own, target, cents(exact(line.get("Amount"))))
    return [one.at_home() for ones in found.values() for one in ones if one.left]


def _charged(ledger: Ledger, side: Side) -> dict[tuple[str, str], list[Open]]:
    accounts = ",".join(f"'{id}'" for id in types_in(ledger.accounts, [side.type])) or "''"
    rows = ledger.books.rows(
        "SELECT p.entity, p.id, p.name, p.day, sum(p.amount), sum(p.owed), o.body FROM postings p "
        "LEFT JOIN objects o ON o.entity = p.entity AND o.id = p.id "
        f"WHERE p.name_kind = ? AND p.account IN ({accounts}) AND p.day <= ? "
        "GROUP BY p.entity, p.id, p.name ORDER BY p.day, CAST(p.id AS INTEGER)",
        (side.kind, ledger.asked.end.isoformat()),
    )
    wanted = ledger.asked.filters.get(side.kind.lower())
    found: dict[tuple[str, str], list[Open]] = defaultdict(list)
    for entity, id, name, day, amount, foreign, raw in rows:
        body = orjson.loads(raw) if raw else {}
        if wanted and name.decode() not in wanted:
            continue
        owed = from_cents(amount) * side.sign
        one = Open(
            entity=entity.decode(),
            id=id.decode(),
            name=name.decode(),
            day=day.decode(),
            due=str(body.get("DueDate") or day.decode()),
            number=str(body.get("DocNumber") or body.get("PaymentRefNum") or ""),
            label=label_of(entity.decode(), body),
            amount=owed,
            foreign=from_cents(foreign) * side.sign,
            left=from_cents(foreign) * side.sign,
        )
        found[one.entity, one.id].append(one)
    return found


def _settlers(ledger: Ledger, side: Side) -> list[Body]:
    rows = ledger.books.rows(
        "SELECT body FROM objects WHERE entity = ? AND day <= ? ORDER BY day, seq",
        (side.settler, ledger.asked.end.isoformat()),
    )
    return [orjson.loads(row[0]) for row in rows]


def _settle(
    found: dict[tuple[str, str], list[Open]], own: tuple[str, str], target: tuple[str, str], amount: Decimal
) -> None:
    """Take from a form, and from what settles it, what one has paid of the other."""
    forms = found.get(target)
    if not forms:
        return
    form = forms[0]
    part = min(amount, abs(form.left)) * (1 if form.left > 0 else -1)
    forms[0] = replace(form, left=form.left - part)
    mine = found.get(own, [])
    for position, one in enumerate(mine):
        if one.name == form.name or len(mine) == 1:
            mine[position] = replace(one, left=one.left + part)
            return
    found[own].append(
        Open(own[0], own[1], form.name, form.day, form.day, "", label_of(own[0], {}), ZERO, ZERO, part)
    )


# Balances form by form


_BALANCE = ("tx_date", "txn_type", "doc_num", "due_date", "subt_amount", "subt_open_bal")


def balance_detail(ledger: Ledger, side: Side) -> Table:
    columns = columns_for(ledger.asked.columns, _BALANCE)
    journal, rows, together = Journal(ledger), [], ZERO
    by_name: dict[str, list[Open]] = defaultdict(list)
    for one in open_forms(ledger, side):
        by_name[one.name].append(one)
    names = ledger.names(side.kind)
    for id in [*(i for i in names if i in by_name), *(i for i in by_name if i not in names)]:
        name = journal.name_of(side.kind, id) or id
        left = sum((one.left for one in by_name[id]), ZERO)
        together += left
        inside = [data(_cells(journal, side, one, columns, ledger.asked.last_day)) for one in by_name[id]]
        rows.append(
            section(
                title(name, len(columns) - 1, id),
                inside,
                _open_summary(columns, f"Total for {name}", by_name[id]),
            )
        )
    everything = [one for ones in by_name.values() for one in ones]
    rows.append(section((), [], _open_summary(columns, "TOTAL", everything), "GrandTotal"))
    return Table(columns, rows, _as_of(ledger), shows_start=False, shows_basis=False)


def _cells(journal: Journal, side: Side, one: Open, columns: list[Column], on: date) -> list[Body]:
    known = {
        "tx_date": cell(one.day),
        "txn_type": cell(one.label, one.id),
        "doc_num": cell(one.number),
        "due_date": cell(one.due),
        "subt_amount": cell(money(one.amount)),
        "subt_open_bal": cell(money(one.left)),
        "past_due": cell(max(one.days_late(on), 0)),
        f"{'cust' if side is CUSTOMERS else 'vend'}_name": cell(
            journal.name_of(side.kind, one.name), one.name
        ),
    }
    return [known.get(column.key, cell()) for column in columns]


def _open_summary(columns: list[Column], label: str, ones: list[Open]) -> list[Body]:
    sums = {
        "subt_amount": money(sum((one.amount for one in ones), ZERO)),
        "subt_open_bal": money(sum((one.left for one in ones), ZERO)),
    }
    return [cell(label), *(cell(sums.get(column.key, "")) for column in columns[1:])]


# By age


@dataclass(frozen=True)
class Age:
    label: str
    first: int
    last: int

    def fits(self, days: int) -> bool:
        return self.first <= days <= self.last


_EVER = 10**6


def ages(ledger: Ledger) -> list[Age]:
    """Return the spans of days past due that the request asks for; the usual ones are of thirty days."""
    period, count = ledger.asked.number("aging_period", 30), ledger.asked.number("num_periods", 4)
    found = [Age("Current", -_EVER, 0)]
    for number in range(max(1, count - 1)):
        first = number * period + 1
        found.append(Age(f"{first} - {first + period - 1}", first, first + period - 1))
    over = max(1, count - 1) * period + 1
    return [*found, Age(f"{over} and over", over, _EVER)]


def aged(ledger: Ledger, side: Side) -> Table:
    """Sum what is open by how long it is past due."""
    spans, on = ages(ledger), _aging_day(ledger)
    sums: dict[str, list[Decimal | None]] = {}
    for one in open_forms(ledger, side):
        row = sums.setdefault(one.name, [None] * (len(spans) + 1))
        at = next(n for n, age in enumerate(spans) if age.fits(one.days_late(on)))
        for position in (at, len(spans)):
            row[position] = (row[position] or ZERO) + one.left
    nodes: list[Node] = forest(sums, ledger.names(side.kind))
    rows = [node.as_row() for node in nodes]
    together = [sum(((row[n] or ZERO) for row in sums.values()), ZERO) for n in range(len(spans) + 1)]
    rows.append(total_row("TOTAL", together, "GrandTotal"))
    columns = [
        Column("", side.kind),
        *(Column(age.label, "Money") for age in spans),
        Column("Total", "Money"),
    ]
    return Table(columns, rows, _as_of(ledger), shows_start=False, shows_basis=False)


def _aging_day(ledger: Ledger) -> date:
    current = ledger.asked.parameters.get("aging_method", "").lower() == "current"
    return ledger.asked.today if current else ledger.asked.last_day


def aged_detail(ledger: Ledger, side: Side) -> Table:
    """List what is open, the oldest first, under how long it is past due."""
    who = "cust_name" if side is CUSTOMERS else "vend_name"
    usual = ("tx_date", "txn_type", "doc_num", who, "due_date", "subt_amount", "subt_open_bal")
    columns, journal = columns_for(ledger.asked.columns, usual), Journal(ledger)
    on, ones = _aging_day(ledger), open_forms(ledger, side)
    rows = []
    for age in reversed(ages(ledger)):
        label = (
            age.label
            if age.label == "Current"
            else f"{age.label} days past due".replace("and over days", "or more days")
        )
        mine = [one for one in ones if age.fits(one.days_late(on))]
        if not mine:
            continue
        inside = [data(_cells(journal, side, one, columns, on)) for one in mine]
        rows.append(
            section(
                title(label, len(columns) - 1), inside, _open_summary(columns, f"Total for {label}", mine)
            )
        )
    rows.append(section((), [], _open_summary(columns, "TOTAL", ones), "GrandTotal"))
    return Table(columns, rows, _as_of(ledger), shows_start=False, shows_basis=False)
