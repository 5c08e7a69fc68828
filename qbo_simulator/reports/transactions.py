"""Transactions as reports show them: their type, number, name, memo, and the other side of a posting."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import orjson

from ..ledger.store import money, pieces
from .shape import Column, cell
from .shape import money as shown

if TYPE_CHECKING:
    from ..entities.spec import Body
    from .figures import Ledger

_LABELS = {
    "CreditMemo": "Credit Memo",
    "SalesReceipt": "Sales Receipt",
    "RefundReceipt": "Refund",
    "VendorCredit": "Vendor Credit",
    "JournalEntry": "Journal Entry",
    "CreditCardPayment": "Credit Card Payment",
    "Item": "Inventory Starting Value",
    "Adjustment": "Inventory Qty Adjust",
    "Account": "Journal Entry",
    "Opening": "Opening Balance",
}
_PURCHASES = {"Check": "Check", "CreditCard": "Expense", "Cash": "Expense"}


def label_of(entity: str, body: Body) -> str:
    """Return the name QuickBooks' reports give a kind of transaction."""
    if entity == "Purchase":
        if body.get("Credit"):
            return "Credit Card Credit"
        return _PURCHASES.get(str(body.get("PaymentType")), "Expense")
    if entity == "BillPayment":
        return f"Bill Payment ({'Credit Card' if body.get('PayType') == 'CreditCard' else 'Check'})"
    return _LABELS.get(entity, entity)


@dataclass(frozen=True)
class Line:
    """One posting with its transaction."""

    entity: str
    id: str
    line: int
    day: str
    account: str
    amount: Decimal
    name: tuple[str, str]
    customer: str
    class_: str
    department: str
    item: str
    quantity: Decimal
    memo: str
    split: str
    body: Body


class Journal:
    """The postings of a ledger one by one, each with its transaction and the other side."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._names: dict[tuple[str, str], str] = {}
        self._bodies: dict[tuple[str, str], Body] = {}

    def lines(
        self, *, only: str = "1", parameters: Iterable[Any] = (), order: str = "p.day"
    ) -> Iterator[Line]:
        """Yield the postings of the days asked for, in order."""
        ledger, asked = self.ledger, self.ledger.asked
        condition, values = ledger.filtered()
        rows = ledger.books.rows(
            "SELECT p.entity, p.id, p.line, p.day, p.account, p.amount, p.name_kind, p.name, p.customer, "
            "p.class, p.department, p.item, p.quantity, p.memo, o.body, "
            f"(SELECT group_concat(DISTINCT s.account) FROM {ledger.table} s "
            " WHERE s.entity = p.entity AND s.id = p.id AND s.account != p.account) "
            f"FROM {ledger.table} p LEFT JOIN objects o ON o.entity = p.entity AND o.id = p.id "
            f"WHERE p.day >= ? AND p.day <= ? AND {only} AND {_prefixed(condition)} "
            f"ORDER BY {order}, p.day, CAST(p.id AS INTEGER), p.line",
            (asked.start.isoformat(), asked.end.isoformat(), *parameters, *values),
        )
        for row in rows:
            yield self._line(row)

    def _line(self, row: Any) -> Line:
        entity, id = row[0].decode(), row[1].decode()
        others = (row[15] or b"").decode().split(",")
        return Line(
            entity=entity,
            id=id,
            line=row[2],
            day=row[3].decode(),
            account=row[4].decode(),
            amount=money(row[5]),
            name=(row[6].decode(), row[7].decode()),
            customer=row[8].decode(),
            class_=row[9].decode(),
            department=row[10].decode(),
            item=row[11].decode(),
            quantity=pieces(row[12]),
            memo=row[13].decode(),
            split="-SPLIT-" if len(others) > 1 else self.account_name(others[0]),
            body=orjson.loads(row[14]) if row[14] else {},
        )

    def account_name(self, id: str) -> str:
        known = self.ledger.accounts.get(id)
        return known.path if known else ""

    def name_of(self, kind: str, id: str) -> str:
        """Return the name of somebody or something, asked for once."""
        if not id:
            return ""
        if (kind, id) not in self._names:
            body = self.ledger.books.look(kind, id) or {}
            name = body.get("FullyQualifiedName") or body.get("DisplayName") or body.get("Name") or ""
            self._names[kind, id] = str(name)
        return self._names[kind, id]


def _prefixed(condition: str) -> str:
    words = ("customer", "name_kind", "name", "item", "class", "department", "account")
    return " ".join(
        f"p.{w}" if w in words else (f"({'p.' + w[1:]}" if w[1:] in words and w[:1] == "(" else w)
        for w in condition.split(" ")
    )


COLUMNS: dict[str, tuple[str, str]] = {
    "tx_date": ("Date", "Date"),
    "txn_type": ("Transaction Type", "String"),
    "doc_num": ("Num", "String"),
    "is_no_post": ("Posting", "Boolean"),
    "name": ("Name", "String"),
    "cust_name": ("Customer", "String"),
    "vend_name": ("Vendor", "String"),
    "klass_name": ("Class", "String"),
    "dept_name": ("Location", "String"),
    "item_name": ("Product/Service", "String"),
    "quantity": ("Qty", "Numeric"),
    "memo": ("Memo/Description", "String"),
    "account_name": ("Account", "String"),
    "other_account": ("Split", "String"),
    "split_acc": ("Split", "String"),
    "due_date": ("Due Date", "Date"),
    "create_date": ("Create Date", "Date"),
    "last_mod_date": ("Last Modified", "Date"),
    "debt_amt": ("Debit", "Money"),
    "credit_amt": ("Credit", "Money"),
    "subt_nat_amount": ("Amount", "Money"),
    "rbal_nat_amount": ("Balance", "Money"),
    "subt_amount": ("Amount", "Money"),
    "subt_open_bal": ("Open Balance", "Money"),
    "past_due": ("Past Due", "Numeric"),
}


def columns_for(asked: tuple[str, ...], usual: tuple[str, ...]) -> list[Column]:
    """Return the columns that were asked for and are known, else the usual ones."""
    chosen = [key for key in asked if key in COLUMNS] or list(usual)
    return [Column(*COLUMNS[key], key) for key in chosen]


def cells_of(
    journal: Journal, line: Line, columns: Iterable[Column], running: Decimal | None = None, side: int = 1
) -> list[Body]:
    return [_cell(journal, line, column.key, running, side) for column in columns]


def _cell(journal: Journal, line: Line, key: str, running: Decimal | None, side: int) -> Body:
    body, amount = line.body, line.amount * side
    meta = body.get("MetaData") or {}
    match key:
        case "tx_date":
            return cell(line.day)
        case "txn_type":
            return cell(label_of(line.entity, body), line.id)
        case "doc_num":
            return cell(body.get("DocNumber") or body.get("PaymentRefNum"))
        case "is_no_post":
            return cell("Yes")
        case "name":
            return cell(journal.name_of(*line.name), line.name[1])
        case "cust_name":
            return cell(journal.name_of("Customer", line.customer), line.customer)
        case "vend_name":
            whose = line.name[1] if line.name[0] == "Vendor" else ""
            return cell(journal.name_of("Vendor", whose), whose)
        case "klass_name":
            return cell(journal.name_of("Class", line.class_), line.class_)
        case "dept_name":
            return cell(journal.name_of("Department", line.department), line.department)
        case "item_name":
            return cell(journal.name_of("Item", line.item), line.item)
        case "quantity":
            return cell(f"{line.quantity.normalize():f}" if line.quantity else "")
        case "memo":
            return cell(line.memo or body.get("PrivateNote"))
        case "account_name":
            return cell(journal.account_name(line.account), line.account)
        case "other_account" | "split_acc":
            return cell(line.split)
        case "due_date":
            return cell(body.get("DueDate"))
        case "create_date":
            return cell(str(meta.get("CreateTime") or "")[:10])
        case "last_mod_date":
            return cell(str(meta.get("LastUpdatedTime") or "")[:10])
        case "debt_amt":
            return cell(shown(line.amount) if line.amount > 0 else "")
        case "credit_amt":
            return cell(shown(-line.amount) if line.amount < 0 else "")
        case "rbal_nat_amount":
            return cell(shown(running))
        case _:
            return cell(shown(amount))
