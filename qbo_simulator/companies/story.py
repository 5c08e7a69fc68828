"""A company's past: who made what when, and the lines it was made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any

from ..books import Books
from ..entities import (
    ACCOUNT,
)
from ..entities.spec import Body, Entity
from ..writing import create_as_bookkeeper
from .planting import pacific

FIRST_DAY = pacific(2024, 9, 2, 10)


@dataclass
class Story:
    """A company's past: whom it sold what, and how that is taxed."""

    books: Books
    sales_code: str = ""
    """Tax code on each line, outside the United States."""
    purchase_code: str = ""
    form_code: str = ""
    """Tax code of the whole form, in the United States."""
    balances: dict[str, float] = field(default_factory=dict)
    """What customers owe in the end, by Id; nobody else owes anything."""
    at: datetime = FIRST_DAY

    def wait(self, **how: float) -> datetime:
        self.at += timedelta(**how)
        return self.at

    def make(self, entity: Entity, **fields: Any) -> Body:
        fields.setdefault("TxnDate", self.at.date().isoformat())
        return create_as_bookkeeper(entity, self.books, fields, at=self.at)

    def sold(self, amount: float, item: Body, *, quantity: float = 1, taxed: bool = False) -> Body:
        """Return a line of a sales form."""
        detail: Body = {"ItemRef": {"value": item["Id"]}, "Qty": quantity, "UnitPrice": amount}
        if self.sales_code:
            detail["TaxCodeRef"] = {"value": self.sales_code}
        else:
            detail["TaxCodeRef"] = {"value": "TAX" if taxed else "NON"}
        return {
            "Description": item.get("Description") or item["Name"],
            "Amount": round(amount * quantity, 2),
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": detail,
        }

    def spent(self, amount: float, account: Body) -> Body:
        """Return a line of a bill or a purchase."""
        detail: Body = {"AccountRef": {"value": account["Id"]}}
        if self.purchase_code:
            detail["TaxCodeRef"] = {"value": self.purchase_code}
        return {
            "Description": account["Name"],
            "Amount": amount,
            "DetailType": "AccountBasedExpenseLineDetail",
            "AccountBasedExpenseLineDetail": detail,
        }

    def bought(self, item: Body, *, quantity: int) -> Body:
        """Return a line of a bill that brings pieces into stock."""
        detail: Body = {
            "ItemRef": {"value": item["Id"]},
            "Qty": quantity,
            "UnitPrice": item["PurchaseCost"],
        }
        if self.purchase_code:
            detail["TaxCodeRef"] = {"value": self.purchase_code}
        return {
            "Description": item["Name"],
            "Amount": round(item["PurchaseCost"] * quantity, 2),
            "DetailType": "ItemBasedExpenseLineDetail",
            "ItemBasedExpenseLineDetail": detail,
        }

    def account(self, type: str, sub_type: str = "") -> Body:
        return next(
            a
            for a in self.books.everything(ACCOUNT)
            if a["AccountType"] == type and sub_type in ("", a["AccountSubType"])
        )


def applied(amount: float, *to: Body, kind: str = "Invoice") -> Body:
    return {"Amount": amount, "LinkedTxn": [{"TxnId": t["Id"], "TxnType": kind} for t in to]}


def expense_accounts(story: Story) -> Iterator[Body]:
    return cycle([a for a in story.books.everything(ACCOUNT) if a["AccountType"] == "Expense"])
