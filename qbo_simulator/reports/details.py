"""Reports that list postings: general ledger, journal, transactions, profit and loss in detail."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING

from ..ledger.opening import OPENINGS
from ..rules.money import ZERO
from .figures import Ledger
from .shape import Column, Table, cell, data, money, section, title
from .statements import COSTS, EXPENSES, INCOME, OTHER_EXPENSES, OTHER_INCOME
from .transactions import Journal, Line, cells_of, columns_for

if TYPE_CHECKING:
    from ..entities.spec import Body

_LEDGER = (
    "tx_date",
    "txn_type",
    "doc_num",
    "name",
    "memo",
    "split_acc",
    "subt_nat_amount",
    "rbal_nat_amount",
)


def general_ledger(ledger: Ledger) -> Table:
    """List each account's postings under the balance they began with."""
    journal, columns = Journal(ledger), columns_for(ledger.asked.columns, _LEDGER)
    began = _began(ledger)
    by_account: dict[str, list[Line]] = defaultdict(list)
    for line in journal.lines():
        by_account[line.account].append(line)
    rows = []
    for account in ledger.accounts.values():
        lines = by_account.get(account.id, [])
        start = began.get((account.id,), ZERO) if account.has_balance else ZERO
        if not lines and not start:
            continue
        side = 1 if account.classification in ("Asset", "Expense") else -1
        inside, running = [], start
        if start:
            cells = [cell("Beginning Balance"), *(cell() for _ in columns[1:])]
            inside.append(data([*cells[:-1], cell(money(start * side))]))
        for line in lines:
            running += line.amount
            inside.append(data(cells_of(journal, line, columns, running * side, side)))
        moved = sum((line.amount for line in lines), ZERO) * side
        summary = [
            cell(f"Total for {account.path}"),
            *(cell(money(moved) if c.key == "subt_nat_amount" else "") for c in columns[1:]),
        ]
        rows.append(section(title(account.path, len(columns) - 1, account.id), inside, summary))
    return Table(columns, rows)


def _began(ledger: Ledger) -> dict[tuple[str, ...], Decimal]:
    from datetime import date, timedelta

    if ledger.asked.start <= date.min + timedelta(days=1):
        return {}
    return ledger.sums("account", until=ledger.asked.start - timedelta(days=1))


_JOURNAL = ("tx_date", "txn_type", "doc_num", "name", "memo", "account_name", "debt_amt", "credit_amt")


def journal_report(ledger: Ledger) -> Table:
    journal, columns = Journal(ledger), columns_for(ledger.asked.columns, _JOURNAL)
    rows: list[Body] = []
    lines = journal.lines()
    debits = ZERO
    for _, group in groupby(lines, key=lambda line: (line.entity, line.id)):
        own = list(group)
        debit = sum((line.amount for line in own if line.amount > 0), ZERO)
        debits += debit
        rows += [data(cells_of(journal, line, columns)) for line in own]
        rows.append(section((), [], [cell(money(debit) if c.type == "Money" else "") for c in columns]))
    total = [cell("TOTAL"), *(cell(money(debits) if c.type == "Money" else "") for c in columns[1:])]
    rows.append(section((), [], total, "GrandTotal"))
    return Table(columns, rows)


_LIST = (
    "tx_date",
    "txn_type",
    "doc_num",
    "is_no_post",
    "name",
    "memo",
    "account_name",
    "other_account",
    "subt_nat_amount",
)


def transaction_list(ledger: Ledger) -> Table:
    """List transactions, each once: by the account it is usually looked for under."""
    journal, columns = Journal(ledger), columns_for(ledger.asked.columns, _LIST)
    rows = [data(cells_of(journal, line, columns)) for line in _first_lines(journal)]
    if ledger.asked.descending:
        rows.reverse()
    return Table(columns, rows)


def _first_lines(journal: Journal) -> Iterator[Line]:
    """Yield the first posting of each transaction of the kinds that were asked for."""
    asked = journal.ledger.asked.parameters.get("transaction_type", "")
    wanted = {kind.strip().lower() for kind in asked.split(",") if kind.strip()}
    seen: set[tuple[str, str]] = set()
    for line in journal.lines(only=f"p.entity NOT IN ({','.join(repr(o) for o in OPENINGS)})"):
        if (line.entity, line.id) not in seen and (not wanted or line.entity.lower() in wanted):
            seen.add((line.entity, line.id))
            yield line


def transaction_list_by(ledger: Ledger, kind: str) -> Table:
    """List transactions under the customer or vendor they are about."""
    journal, columns = Journal(ledger), columns_for(ledger.asked.columns, _LIST)
    by_name: dict[str, list[Line]] = defaultdict(list)
    for line in _first_lines(journal):
        if line.name[0] == kind and line.name[1]:
            by_name[line.name[1]].append(line)
    rows = []
    for id in sorted(by_name, key=lambda id: journal.name_of(kind, id).casefold()):
        name, lines = journal.name_of(kind, id), by_name[id]
        inside = [data(cells_of(journal, line, columns)) for line in lines]
        together = sum((line.amount for line in lines), ZERO)
        summary = _sum_row(columns, f"Total for {name}", together)
        rows.append(section(title(name, len(columns) - 1, id), inside, summary))
    return Table(columns, rows)


_PROFIT = (
    "tx_date",
    "txn_type",
    "doc_num",
    "name",
    "klass_name",
    "memo",
    "split_acc",
    "subt_nat_amount",
    "rbal_nat_amount",
)
_SECTIONS = (
    ("Income", INCOME, -1, "Income"),
    ("Cost of Goods Sold", COSTS, 1, "COGS"),
    ("Expenses", EXPENSES, 1, "Expenses"),
    ("Other Income", OTHER_INCOME, -1, "OtherIncome"),
    ("Other Expenses", OTHER_EXPENSES, 1, "OtherExpenses"),
)


def profit_and_loss_detail(ledger: Ledger) -> Table:
    """List the postings behind profit and loss, account by account."""
    journal, columns = Journal(ledger), columns_for(ledger.asked.columns, _PROFIT)
    by_account: dict[str, list[Line]] = defaultdict(list)
    for line in journal.lines():
        by_account[line.account].append(line)
    rows, profit = [], ZERO
    for label, types, side, group in _SECTIONS:
        inside, together = [], ZERO
        for account in ledger.accounts.values():
            lines = by_account.get(account.id, []) if account.type in types else []
            if not lines:
                continue
            running, shown = ZERO, []
            for line in lines:
                running += line.amount * side
                shown.append(data(cells_of(journal, line, columns, running, side)))
            together += running
            inside.append(
                section(
                    title(account.path, len(columns) - 1, account.id),
                    shown,
                    _sum_row(columns, f"Total for {account.path}", running),
                )
            )
        if inside:
            rows.append(
                section(
                    title(label, len(columns) - 1),
                    inside,
                    _sum_row(columns, f"Total for {label}", together),
                    group,
                )
            )
        profit += together * (-side)
    rows.append(section((), [], _sum_row(columns, "Net Income", profit), "NetIncome"))
    return Table(columns, rows)


def _sum_row(columns: list[Column], label: str, amount: Decimal) -> list[Body]:
    return [
        cell(label),
        *(cell(money(amount) if column.key == "subt_nat_amount" else "") for column in columns[1:]),
    ]
