"""Sums of sales and expenses: by customer, vendor, item, class and location; stock and accounts as lists."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from ..ledger.store import money as from_cents
from ..ledger.store import pieces
from ..rules.money import ZERO, exact
from .figures import SALES_FORMS, Bucket, Ledger, types_in
from .shape import Column, Table, add_up, cell, data, forest, money, section, total_row
from .statements import COSTS, EXPENSES, INCOME, OTHER_EXPENSES, OTHER_INCOME

if TYPE_CHECKING:
    from ..entities.spec import Body

_FORMS = ",".join(f"'{name}'" for name in SALES_FORMS)


def _accounts(ledger: Ledger, *types: str) -> str:
    return ",".join(f"'{id}'" for id in types_in(ledger.accounts, types)) or "''"


def customer_income(ledger: Ledger) -> Table:
    """Set what was earned with each customer against what was spent on it."""
    amounts: dict[str, list[Decimal | None]] = {}
    for column, types, side in (
        (0, (*INCOME, *OTHER_INCOME), -1),
        (1, (*COSTS, *EXPENSES, *OTHER_EXPENSES), 1),
    ):
        only = f"account IN ({_accounts(ledger, *types)})"
        for (id,), amount in ledger.sums(
            "customer", until=ledger.asked.end, since=ledger.asked.start, only=only
        ).items():
            if id:
                amounts.setdefault(id, [ZERO, ZERO, ZERO])[column] = amount * side
    for row in amounts.values():
        row[2] = (row[0] or ZERO) - (row[1] or ZERO)
    return _by_somebody(ledger, "Customer", amounts, ("Income", "Expenses", "Net Income"))


def _by_somebody(
    ledger: Ledger, kind: str, amounts: dict[str, list[Decimal | None]], titles: tuple[str, ...]
) -> Table:
    rows = [node.as_row() for node in forest(amounts, ledger.names(kind))]
    together = add_up(list(amounts.values())) if amounts else [None] * len(titles)
    rows.append(total_row("TOTAL", together, "GrandTotal"))
    return Table([Column("", kind), *(Column(title, "Money") for title in titles)], rows)


def _by(ledger: Ledger, kind: str, what: str, types: tuple[str, ...], side: int, only: str) -> Table:
    """Sum income or expense by one thing for each column, with a row for what names none."""
    condition = f"account IN ({_accounts(ledger, *types)}) AND {only}"
    sums = ledger.sums(f"{what}, day", until=ledger.asked.end, since=ledger.asked.start, only=condition)
    amounts: dict[str, list[Decimal | None]] = {}
    for (id, day), amount in sums.items():
        row = amounts.setdefault(id, [None] * len(ledger.buckets))
        for position, bucket in enumerate(ledger.buckets):
            if _lies_in(day, bucket):
                row[position] = (row[position] or ZERO) + amount * side
    nameless = amounts.pop("", None)
    rows = [node.as_row() for node in forest(amounts, ledger.names(kind))]
    if nameless is not None:
        rows.append(data([cell("Not Specified"), *(cell(money(a)) for a in nameless)]))
    everything = [*amounts.values(), *([nameless] if nameless else [])]
    together = add_up(everything) if everything else [None] * len(ledger.buckets)
    rows.append(total_row("TOTAL", together, "GrandTotal"))
    return Table(ledger.columns(kind), rows)


def _lies_in(day: str, bucket: Bucket) -> bool:
    return bucket.start.isoformat() <= day <= bucket.end.isoformat()


def customer_sales(ledger: Ledger) -> Table:
    return _by(ledger, "Customer", "customer", (*INCOME, *OTHER_INCOME), -1, f"entity IN ({_FORMS})")


def class_sales(ledger: Ledger) -> Table:
    return _by(ledger, "Class", "class", (*INCOME, *OTHER_INCOME), -1, f"entity IN ({_FORMS})")


def department_sales(ledger: Ledger) -> Table:
    return _by(ledger, "Department", "department", (*INCOME, *OTHER_INCOME), -1, f"entity IN ({_FORMS})")


def vendor_expenses(ledger: Ledger) -> Table:
    types = (*COSTS, *EXPENSES, *OTHER_EXPENSES)
    return _by(ledger, "Vendor", "name", types, 1, "name_kind = 'Vendor'")


# By item


def item_sales(ledger: Ledger) -> Table:
    """Tell how many of each item were sold for how much, and what those in stock had cost."""
    income, costs = _accounts(ledger, *INCOME, *OTHER_INCOME), _accounts(ledger, *COSTS)
    condition, values = ledger.filtered()
    rows = ledger.books.rows(
        f"SELECT item, sum(CASE WHEN account IN ({income}) THEN quantity ELSE 0 END), "
        f"-sum(CASE WHEN account IN ({income}) THEN amount ELSE 0 END), "
        f"sum(CASE WHEN account IN ({costs}) THEN amount ELSE 0 END) FROM {ledger.table} "
        f"WHERE entity IN ({_FORMS}) AND item != '' AND day >= ? AND day <= ? AND {condition} GROUP BY item",
        (ledger.asked.start.isoformat(), ledger.asked.end.isoformat(), *values),
    )
    found = {row[0].decode(): (pieces(row[1]), from_cents(row[2]), from_cents(row[3])) for row in rows}
    total = sum((amount for _, amount, _ in found.values()), ZERO)
    names = ledger.names("Item")
    shown = [
        data(_item_cells(names.get(id, (id, ""))[0], id, *found[id], total))
        for id in [*(i for i in names if i in found), *(i for i in found if i not in names)]
    ]
    pieces_sold, cost = (sum((f[n] for f in found.values()), ZERO) for n in (0, 2))
    shown.append(section((), [], _item_cells("TOTAL", "", pieces_sold, total, cost, total), "GrandTotal"))
    titles = ("Quantity", "Amount", "% of Sales", "Avg Price", "COGS", "Gross Margin", "Gross Margin %")
    return Table([Column("", "ProductsAndService"), *(Column(t, "Money") for t in titles)], shown)


def _item_cells(
    name: str, id: str, quantity: Decimal, amount: Decimal, cost: Decimal, total: Decimal
) -> list[Body]:
    price = amount / quantity if quantity else None
    margin = amount - cost if cost else None
    figures = (
        quantity,
        amount,
        _percent(amount, total),
        price,
        cost or None,
        margin,
        _percent(margin, amount),
    )
    return [cell(name, id), *(cell(money(figure)) for figure in figures)]


def _percent(part: Decimal | None, whole: Decimal) -> Decimal | None:
    return part * 100 / whole if part is not None and whole else None


# Lists


def inventory_valuation(ledger: Ledger) -> Table:
    """Tell what is in stock on the last day, and what it is worth: first in, first out."""
    rows = ledger.books.rows(
        "SELECT item, sum(quantity), sum(amount) FROM postings WHERE stock IN ('own', 'fifo') AND day <= ? GROUP BY item",
        (ledger.asked.end.isoformat(),),
    )
    found = {row[0].decode(): (pieces(row[1]), from_cents(row[2])) for row in rows}
    shown, total = [], ZERO
    for item in ledger.books.all_named("Item"):
        if item.get("Type") != "Inventory" or item["Id"] not in found:
            continue
        quantity, value = found[item["Id"]]
        total += value
        average = value / quantity if quantity else None
        figures = (f"{quantity.normalize():f}", money(value), money(average))
        shown.append(data([cell(item["Name"], item["Id"]), cell(item.get("Sku")), *map(cell, figures)]))
    shown.append(section((), [], [cell("TOTAL"), cell(), cell(), cell(money(total)), cell()], "GrandTotal"))
    columns = [Column("", "ProductsAndService"), Column("SKU", "String"), Column("Qty", "Numeric")]
    columns += [Column("Asset Value", "Money"), Column("Calc. Avg", "Money")]
    return Table(
        columns,
        shown,
        (("report_date", ledger.asked.last_day.isoformat()),),
        shows_start=False,
        shows_basis=False,
    )


_ACCOUNT_COLUMNS: dict[str, tuple[str, Callable[[Body], Body]]] = {
    "account_name": ("Account", lambda a: cell(a.get("FullyQualifiedName") or a.get("Name"), a["Id"])),
    "account_num": ("Account #", lambda a: cell(a.get("AcctNum"))),
    "account_type": ("Type", lambda a: cell(a.get("AccountType"))),
    "detail_acc_type": ("Detail Type", lambda a: cell(a.get("AccountSubType"))),
    "account_desc": ("Description", lambda a: cell(a.get("Description"))),
    "account_bal": ("Balance", lambda a: cell(money(exact(a.get("CurrentBalance"))))),
}
_USUAL = ("account_name", "account_type", "detail_acc_type", "account_desc", "account_bal")


def account_list(ledger: Ledger) -> Table:
    chosen = [key for key in ledger.asked.columns if key in _ACCOUNT_COLUMNS] or list(_USUAL)
    accounts = [a for a in ledger.books.all_named("Account") if a.get("Active", True)]
    accounts.sort(key=lambda a: str(a.get("FullyQualifiedName") or a.get("Name")).casefold())
    rows = [data([_ACCOUNT_COLUMNS[key][1](account) for key in chosen]) for account in accounts]
    columns = [
        Column(_ACCOUNT_COLUMNS[key][0], "Money" if key == "account_bal" else "String", key) for key in chosen
    ]
    return Table(columns, rows, shows_start=False, shows_basis=False)
