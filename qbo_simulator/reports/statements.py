"""Profit and loss, balance sheet, trial balance and cash flow: sums of accounts, arranged by their types."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..rules.money import ZERO
from .figures import Ledger
from .shape import (
    Amounts,
    Column,
    Node,
    Table,
    add_up,
    cell,
    data,
    forest,
    minus,
    money,
    section,
    title,
    total_row,
)

if TYPE_CHECKING:
    from ..entities.spec import Body

_STANDARD = (("AccountingStandard", "GAAP"),)

INCOME, COSTS = ("Income",), ("Cost of Goods Sold",)
EXPENSES, OTHER_INCOME, OTHER_EXPENSES = ("Expense",), ("Other Income",), ("Other Expense",)
PROFIT_TYPES = (*INCOME, *COSTS, *EXPENSES, *OTHER_INCOME, *OTHER_EXPENSES)


class Statement:
    """The accounts of a ledger with their sums, cut into sections by type."""

    def __init__(self, ledger: Ledger, *, cumulative: bool) -> None:
        self.ledger = ledger
        self.width = len(ledger.buckets)
        self.sums = ledger.by_account(cumulative=cumulative)
        self.known = {
            a.id: (a.name, a.parent)
            for a in sorted(ledger.accounts.values(), key=lambda a: a.path.casefold())
        }

    def nodes(self, types: Sequence[str], side: int) -> list[Node]:
        """Return the accounts of some types as a forest, told with a sign that is usual for them."""
        accounts = self.ledger.accounts
        chosen = {
            id: [None if amount is None else amount * side for amount in sums]
            for id, sums in self.sums.items()
            if id in accounts and accounts[id].type in types and any(sums)
        }
        return forest(chosen, {id: facts for id, facts in self.known.items() if accounts[id].type in types})

    def total(self, nodes: Sequence[Node]) -> list[Decimal | None]:
        return add_up([node.together for node in nodes]) if nodes else [None] * self.width

    def block(self, label: str, nodes: Sequence[Node], group: str) -> Body:
        summary = [cell(f"Total {label}"), *(cell(money(a or ZERO)) for a in self.total(nodes))]
        return section(title(label, self.width), [node.as_row() for node in nodes], summary, group)


# Profit and loss


def profit_and_loss(ledger: Ledger) -> Table:
    statement = Statement(ledger, cumulative=False)
    income, costs = statement.nodes(INCOME, -1), statement.nodes(COSTS, 1)
    expenses = statement.nodes(EXPENSES, 1)
    others = statement.nodes(OTHER_INCOME, -1), statement.nodes(OTHER_EXPENSES, 1)
    gross = minus(statement.total(income), statement.total(costs))
    operating = minus(gross, statement.total(expenses))
    net_other = minus(*(statement.total(nodes) for nodes in others))
    rows = [statement.block("Income", income, "Income")]
    if costs:
        rows.append(statement.block("Cost of Goods Sold", costs, "COGS"))
    rows.append(total_row("Gross Profit", gross, "GrossProfit"))
    rows.append(statement.block("Expenses", expenses, "Expenses"))
    rows.append(total_row("Net Operating Income", operating, "NetOperatingIncome"))
    for label, nodes, group in (
        ("Other Income", others[0], "OtherIncome"),
        ("Other Expenses", others[1], "OtherExpenses"),
    ):
        if nodes:
            rows.append(statement.block(label, nodes, group))
    if any(others):
        rows.append(total_row("Net Other Income", net_other, "NetOtherIncome"))
    rows.append(total_row("Net Income", add_up([operating, net_other]), "NetIncome"))
    return Table(ledger.columns(), rows, _STANDARD)


def profit(ledger: Ledger, *, cumulative: bool) -> list[Decimal]:
    """Return what is left of income after all expenses, for each column."""
    sums = ledger.by_account(cumulative=cumulative)
    chosen = [
        s for id, s in sums.items() if id in ledger.accounts and ledger.accounts[id].type in PROFIT_TYPES
    ]
    together = add_up(chosen) if chosen else [None] * len(ledger.buckets)
    return [-(amount or ZERO) for amount in together]


def profit_of_year(ledger: Ledger) -> list[Decimal]:
    """Return, for each column, the profit of the fiscal year its last day lies in."""
    marks = ",".join(f"'{id}'" for id, a in ledger.accounts.items() if a.type in PROFIT_TYPES) or "''"
    found = []
    for bucket in ledger.buckets:
        start = ledger.asked.fiscal_start(min(bucket.end, ledger.asked.last_day))
        sums = ledger.sums("entity", since=start, until=bucket.end, only=f"account IN ({marks})")
        found.append(-sum(sums.values(), ZERO))
    return found


# Balance sheet

_ASSETS = (
    (
        "Current Assets",
        "CurrentAssets",
        (
            ("Bank Accounts", "BankAccounts", ("Bank",)),
            ("Accounts Receivable", "AR", ("Accounts Receivable",)),
            ("Other Current Assets", "OtherCurrentAssets", ("Other Current Asset",)),
        ),
    ),
    ("Fixed Assets", "FixedAssets", ("Fixed Asset",)),
    ("Other Assets", "OtherAssets", ("Other Asset",)),
)
_LIABILITIES = (
    (
        "Current Liabilities",
        "CurrentLiabilities",
        (
            ("Accounts Payable", "AP", ("Accounts Payable",)),
            ("Credit Cards", "CreditCards", ("Credit Card",)),
            ("Other Current Liabilities", "OtherCurrentLiabilities", ("Other Current Liability",)),
        ),
    ),
    ("Long-Term Liabilities", "LongTermLiabilities", ("Long Term Liability",)),
)

Part = tuple[dict[str, Any], list[Decimal | None]]
"""A section of the balance sheet with its sums."""


def balance_sheet(ledger: Ledger) -> Table:
    statement = Statement(ledger, cumulative=True)
    assets = [part for declared in _ASSETS if (part := _part(statement, declared, 1))]
    owed = [part for declared in _LIABILITIES if (part := _part(statement, declared, -1))]
    liabilities = _gathered(statement, "Liabilities", "Liabilities", owed)
    equity = _equity(statement)
    rows = [
        _gathered(statement, "ASSETS", "TotalAssets", assets)[0],
        _gathered(statement, "LIABILITIES AND EQUITY", "TotalLiabilitiesAndEquity", [liabilities, equity])[0],
    ]
    return Table(ledger.columns(), rows, _STANDARD)


def _part(statement: Statement, declared: tuple[str, str, tuple[object, ...]], side: int) -> Part | None:
    """Return a section of the balance sheet with its sums, or nothing when it is empty."""
    label, group, inside = declared
    if isinstance(inside[0], str):
        nodes = statement.nodes([str(type) for type in inside], side)
        return (statement.block(label, nodes, group), statement.total(nodes)) if nodes else None
    parts = [part for one in inside if (part := _part(statement, one, side))]  # type: ignore[arg-type]
    return _gathered(statement, label, group, parts) if parts else None


def _gathered(statement: Statement, label: str, group: str, parts: Sequence[Part]) -> Part:
    sums: list[Decimal | None] = [None] * statement.width
    if parts:
        sums = add_up([part[1] for part in parts])
    total = f"TOTAL {label}" if label.isupper() else f"Total {label}"
    summary = [cell(total), *(cell(money(a or ZERO)) for a in sums)]
    return section(title(label, statement.width), [part[0] for part in parts], summary, group), sums


def _equity(statement: Statement) -> Part:
    """Return equity: its accounts, earlier years' profit kept as retained earnings, and this year's."""
    ledger, nodes = statement.ledger, statement.nodes(("Equity",), -1)
    ever, this_year = profit(ledger, cumulative=True), profit_of_year(ledger)
    earlier = [a - b for a, b in zip(ever, this_year, strict=True)]
    kept = next((node for node in nodes if _is_retained(statement, node)), None)
    if kept is None and any(earlier):
        account = next((a for a in ledger.accounts.values() if a.sub_type == "RetainedEarnings"), None)
        kept = Node(account.id if account else "", "Retained Earnings", [None] * statement.width)
        nodes.append(kept)
    if kept is not None:
        kept.own = add_up([kept.own, earlier])
    rows = [node.as_row() for node in nodes]
    rows.append(data([cell("Net Income"), *(cell(money(a)) for a in this_year)], group="NetIncome"))
    sums = add_up([statement.total(nodes), this_year])
    summary = [cell("Total Equity"), *(cell(money(a or ZERO)) for a in sums)]
    return section(title("Equity", statement.width), rows, summary, "Equity"), sums


def _is_retained(statement: Statement, node: Node) -> bool:
    return node.id != "" and statement.ledger.accounts[node.id].sub_type == "RetainedEarnings"


# Trial balance


def trial_balance(ledger: Ledger) -> Table:
    """List each account's balance: income and expense of the fiscal year, all else of all time."""
    end = ledger.asked.end
    ever = ledger.sums("account", until=end)
    year = ledger.sums("account", until=end, since=ledger.asked.fiscal_start(ledger.asked.last_day))
    rows, sums, earlier = [], [ZERO, ZERO], ZERO
    balances = {}
    for account in ledger.accounts.values():
        is_profit = account.type in PROFIT_TYPES
        amount = (year if is_profit else ever).get((account.id,), ZERO)
        earlier += ever.get((account.id,), ZERO) - amount if is_profit else ZERO
        balances[account.id] = amount
    retained = next((a for a in ledger.accounts.values() if a.sub_type == "RetainedEarnings"), None)
    if retained is not None:
        balances[retained.id] += earlier
    for account in ledger.accounts.values():
        amount = balances[account.id]
        if amount:
            sides = (money(amount), "") if amount > 0 else ("", money(-amount))
            rows.append(data([cell(account.path, account.id), *(cell(side) for side in sides)]))
            sums[amount < 0] += abs(amount)
    if retained is None and earlier:
        sides = (money(earlier), "") if earlier > 0 else ("", money(-earlier))
        rows.append(data([cell("Retained Earnings"), *(cell(side) for side in sides)]))
        sums[earlier < 0] += abs(earlier)
    rows.append(total_row("TOTAL", sums, "GrandTotal"))
    columns = [
        Column("", "Account", "account"),
        Column("Debit", "Money", "debit"),
        Column("Credit", "Money", "credit"),
    ]
    return Table(columns, rows)


# Cash flow

_OPERATING = (
    "Accounts Receivable",
    "Other Current Asset",
    "Accounts Payable",
    "Credit Card",
    "Other Current Liability",
)
_INVESTING = ("Fixed Asset", "Other Asset")
_FINANCING = ("Long Term Liability", "Equity")


def cash_flow(ledger: Ledger) -> Table:
    """Explain by how much money changed: profit, and what else moved. Undeposited funds count as money."""
    statement = Statement(ledger, cumulative=False)
    drawer = {a.id for a in ledger.accounts.values() if a.sub_type == "UndepositedFunds"}
    for id in drawer:
        statement.sums.pop(id, None)
    net = profit(ledger, cumulative=False)
    adjusting, investing, financing = (
        statement.nodes(types, -1) for types in (_OPERATING, _INVESTING, _FINANCING)
    )
    width = statement.width
    adjusted = statement.total(adjusting)
    operating = add_up([net, adjusted])
    rows: list[Body] = [
        section(
            title("OPERATING ACTIVITIES", width),
            [
                data([cell("Net Income"), *(cell(money(a)) for a in net)], group="NetIncome"),
                section(
                    title("Adjustments to reconcile Net Income to Net Cash provided by operations:", width),
                    [node.as_row() for node in adjusting],
                    _summary(
                        "Total Adjustments to reconcile Net Income to Net Cash provided by operations:",
                        adjusted,
                    ),
                    "OperatingAdjustments",
                ),
            ],
            _summary("Net cash provided by operating activities", operating),
            "OperatingActivities",
        )
    ]
    for label, nodes, group in (
        ("investing", investing, "InvestingActivities"),
        ("financing", financing, "FinancingActivities"),
    ):
        if nodes:
            summary = _summary(f"Net cash provided by {label} activities", statement.total(nodes))
            rows.append(
                section(
                    title(f"{label.upper()} ACTIVITIES", width), [n.as_row() for n in nodes], summary, group
                )
            )
    change = add_up([operating, statement.total(investing), statement.total(financing)])
    ending = _money_at_the_end(ledger, drawer)
    rows.append(total_row("Net cash increase for period", change, "CashIncrease"))
    rows.append(total_row("Cash at beginning of period", minus(ending, change), "BeginningCash"))
    rows.append(total_row("Cash at end of period", ending, "EndingCash"))
    return Table(ledger.columns(), rows)


def _summary(label: str, amounts: Amounts) -> list[Body]:
    return [cell(label), *(cell(money(a or ZERO)) for a in amounts)]


def _is_bank(ledger: Ledger, id: str) -> bool:
    return id in ledger.accounts and ledger.accounts[id].type == "Bank"


def _money_at_the_end(ledger: Ledger, drawer: set[str]) -> list[Decimal | None]:
    sums = ledger.by_account(cumulative=True)
    chosen = [s for id, s in sums.items() if id in drawer or _is_bank(ledger, id)]
    return add_up(chosen) if chosen else [ZERO] * len(ledger.buckets)
