"""What is bought posts: expenses and stock against what is owed, or against the money spent."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..rules.money import exact
from .posting import OWN, Chart, Entry, Posting, ref_id
from .sales import post_tax

if TYPE_CHECKING:
    from ..entities.spec import Body

_ITEM, _ACCOUNT = "ItemBasedExpenseLineDetail", "AccountBasedExpenseLineDetail"


def bill(body: Body, chart: Chart) -> list[Posting]:
    return _from_vendor(body, chart, Decimal(1))


def vendor_credit(body: Body, chart: Chart) -> list[Posting]:
    return _from_vendor(body, chart, Decimal(-1))


def _from_vendor(body: Body, chart: Chart, sign: Decimal) -> list[Posting]:
    entry = Entry(body, chart, name=("Vendor", ref_id(body, "VendorRef")))
    entry.credit(entry.account(body, "APAccountRef", "payable"), sign * exact(body.get("TotalAmt")))
    _spend(entry, body, sign)
    return entry.balanced(rest="expense")


def purchase(body: Body, chart: Chart) -> list[Posting]:
    whom = body.get("EntityRef") or {}
    name = (str(whom.get("type") or "Vendor"), str(whom["value"])) if whom.get("value") else ("", "")
    entry, sign = Entry(body, chart, name=name), Decimal(-1 if body.get("Credit") else 1)
    usual = "card" if body.get("PaymentType") == "CreditCard" else "bank"
    entry.credit(entry.account(body, "AccountRef", usual), sign * exact(body.get("TotalAmt")))
    _spend(entry, body, sign)
    return entry.balanced(rest="expense")


def _spend(entry: Entry, body: Body, sign: Decimal) -> None:
    for line in body.get("Line") or []:
        kind = line.get("DetailType")
        detail = line.get(kind or "") or {}
        if kind not in (_ITEM, _ACCOUNT):
            continue
        tags: dict[str, Any] = {
            "customer": ref_id(detail, "CustomerRef"),
            "class_": ref_id(detail, "ClassRef"),
            "memo": str(line.get("Description") or ""),
        }
        amount = sign * exact(line.get("Amount"))
        if kind == _ACCOUNT:
            entry.debit(entry.account(detail, "AccountRef", "expense"), amount, **tags)
        else:
            _buy(entry, detail, amount, sign, tags)
    if "GlobalTaxCalculation" in body:
        # Where it is missing, in the United States, purchases carry no tax, whatever was sent.
        post_tax(entry, body, sign)


def _buy(entry: Entry, detail: Body, amount: Decimal, sign: Decimal, tags: dict[str, Any]) -> None:
    id = ref_id(detail, "ItemRef")
    item, quantity = entry.chart.item(id), sign * exact(detail.get("Qty"))
    if item.get("Type") == "Inventory" and quantity:
        asset = entry.account(item, "AssetAccountRef", "inventory")
        entry.debit(asset, amount, item=id, quantity=quantity, stock=OWN, **tags)
        return
    entry.debit(entry.account(item, "ExpenseAccountRef", "expense"), amount, item=id, **tags)
