"""What sales forms post: income and tax against what the customer owes, or against the money received."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..rules.lines import DISCOUNT, GRATUITY, SALES, SHIPPING, item_lines
from ..rules.money import exact
from .posting import Chart, Entry, Posting, ref_id

if TYPE_CHECKING:
    from ..entities.spec import Body

_SPECIAL = {SHIPPING: "shipping", GRATUITY: "tips"}


def invoice(body: Body, chart: Chart) -> list[Posting]:
    entry, deposit = _begun(body, chart), exact(body.get("Deposit"))
    owed = exact(body.get("TotalAmt")) - deposit
    entry.debit(entry.account(body, "ARAccountRef", "receivable"), owed)
    entry.debit(entry.account(body, "DepositToAccountRef", "undeposited"), deposit)
    return _sold(entry, 1)


def credit_memo(body: Body, chart: Chart) -> list[Posting]:
    entry = _begun(body, chart)
    entry.credit(entry.account(body, "ARAccountRef", "receivable"), exact(body.get("TotalAmt")))
    return _sold(entry, -1)


def sales_receipt(body: Body, chart: Chart) -> list[Posting]:
    return _paid_at_once(body, chart, 1)


def refund_receipt(body: Body, chart: Chart) -> list[Posting]:
    return _paid_at_once(body, chart, -1)


def _paid_at_once(body: Body, chart: Chart, sign: int) -> list[Posting]:
    entry = _begun(body, chart)
    money = entry.account(body, "DepositToAccountRef", "undeposited")
    entry.debit(money, sign * exact(body.get("TotalAmt")))
    return _sold(entry, sign)


def _begun(body: Body, chart: Chart) -> Entry:
    customer = ref_id(body, "CustomerRef")
    return Entry(body, chart, name=("Customer", customer) if customer else ("", ""), customer=customer)


def _sold(entry: Entry, sign: int) -> list[Posting]:
    body = entry.body
    usual_class = ref_id(body, "ClassRef")
    for line in item_lines(body):
        detail = line.get(SALES) or {}
        _sell(entry, line, detail, sign, ref_id(detail, "ClassRef") or usual_class)
    for line in body.get("Line") or []:
        if line.get("DetailType") == DISCOUNT:
            account = entry.account(line.get(DISCOUNT) or {}, "DiscountAccountRef", "discount")
            entry.debit(account, sign * exact(line.get("Amount")), class_=usual_class)
    post_tax(entry, body, Decimal(-sign))
    return entry.balanced(rest="income")


def _sell(entry: Entry, line: Body, detail: Body, sign: int, class_: str) -> None:
    id, quantity = ref_id(detail, "ItemRef"), exact(detail.get("Qty"))
    memo = str(line.get("Description") or "")
    if id in _SPECIAL:
        entry.credit(entry.chart.role(_SPECIAL[id]), sign * exact(line.get("Amount")), memo=memo)
        return
    item = entry.chart.item(id)
    account = entry.account(
        detail if ref_id(detail, "ItemAccountRef") else item,
        "ItemAccountRef" if ref_id(detail, "ItemAccountRef") else "IncomeAccountRef",
        "income",
    )
    tags: dict[str, Any] = {"class_": class_, "memo": memo}
    amount = exact(line.get("Amount"))
    entry.credit(account, sign * amount, item=id, quantity=sign * quantity, **tags)
    if item.get("Type") == "Inventory" and quantity:
        entry.stock_out(item, sign * quantity, **tags)


def post_tax(entry: Entry, body: Body, sign: Decimal) -> None:
    """Post the tax of a form to the accounts of its agencies."""
    detail = body.get("TxnTaxDetail") or {}
    left = exact(detail.get("TotalTax"))
    for line in detail.get("TaxLine") or []:
        if not isinstance(line, dict):
            continue
        amount = exact(line.get("Amount"))
        rate = ref_id(line.get("TaxLineDetail") or {}, "TaxRateRef")
        entry.debit(entry.chart.tax_account(rate), sign * amount)
        left -= amount
    entry.debit(entry.chart.tax_account(""), sign * left) if left else None
