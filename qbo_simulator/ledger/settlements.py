"""What payments post: money against what customers owe or what is owed to vendors, and exchange gains."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from ..rules.journal import JOURNAL, owed_in
from ..rules.money import ZERO, exact
from .posting import Chart, Entry, Posting, rate_of, ref_id

if TYPE_CHECKING:
    from ..entities.spec import Body

Share = tuple[tuple[str, str], Decimal]
"""Whose, and at which rate it had been booked."""


def payment(body: Body, chart: Chart) -> list[Posting]:
    entry = Entry(body, chart, customer=ref_id(body, "CustomerRef"))
    received = exact(body.get("TotalAmt"))
    payer = ("Customer", ref_id(body, "CustomerRef"))
    entry.debit(entry.account(body, "DepositToAccountRef", "undeposited"), received, name=payer)
    receivable = entry.account(body, "ARAccountRef", "receivable")
    for (name, rate), amount in _shares(body, chart, payer, "CreditMemo").items():
        entry.credit(receivable, amount, rate=rate, name=name)
    return entry.balanced(rest="exchange")


def bill_payment(body: Body, chart: Chart) -> list[Posting]:
    entry = Entry(body, chart)
    payee = ("Vendor", ref_id(body, "VendorRef"))
    payable = entry.account(body, "APAccountRef", "payable")
    for (name, rate), amount in _shares(body, chart, payee, "VendorCredit").items():
        entry.debit(payable, amount, rate=rate, name=name)
    by_card = body.get("PayType") == "CreditCard"
    way = body.get("CreditCardPayment" if by_card else "CheckPayment") or {}
    money = entry.account(way, "CCAccountRef" if by_card else "BankAccountRef", "card" if by_card else "bank")
    entry.credit(money, exact(body.get("TotalAmt")), name=payee)
    return entry.balanced(rest="exchange")


def _shares(body: Body, chart: Chart, payer: tuple[str, str], credit: str) -> dict[Share, Decimal]:
    """Return what a payment settles of whom; what is applied to nothing is the payer's own."""
    shares: dict[Share, Decimal] = {}
    left, field = exact(body.get("TotalAmt")), f"{payer[0]}Ref"
    for line in body.get("Line") or []:
        for link in (line.get("LinkedTxn") or [])[:1]:
            kind, amount = str(link.get("TxnType", "")), exact(line.get("Amount"))
            target = chart.transaction(kind, str(link.get("TxnId", "")))
            if kind == credit or (kind == JOURNAL and owed_in(target, field, payer[1], chart.type_of) < 0):
                amount = -amount
            owner = ref_id(target, field) or payer[1]
            share = (payer[0], owner), rate_of(target or body, chart.home)
            shares[share] = shares.get(share, ZERO) + amount
            left -= amount
    share = payer, rate_of(body, chart.home)
    shares[share] = shares.get(share, ZERO) + left
    return shares
