"""What moves between accounts by hand: deposits, transfers, payments of credit cards, journal entries."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..rules.money import exact
from .posting import Chart, Entry, Posting, ref_id

if TYPE_CHECKING:
    from ..entities.spec import Body

_DEPOSIT, _JOURNAL = "DepositLineDetail", "JournalEntryLineDetail"


def deposit(body: Body, chart: Chart) -> list[Posting]:
    entry, back = Entry(body, chart), body.get("CashBack") or {}
    entry.debit(entry.account(body, "DepositToAccountRef", "bank"), exact(body.get("TotalAmt")))
    if exact(back.get("Amount")):
        entry.debit(entry.account(back, "AccountRef", "expense"), exact(back["Amount"]))
    for line in body.get("Line") or []:
        _put_in(entry, line)
    return entry.balanced(rest="income")


def _put_in(entry: Entry, line: Body) -> None:
    detail, amount = line.get(_DEPOSIT) or {}, exact(line.get("Amount"))
    memo = str(line.get("Description") or "")
    for link in (line.get("LinkedTxn") or [])[:1]:
        held = entry.chart.transaction(str(link.get("TxnType")), str(link.get("TxnId")))
        sign = -1 if link.get("TxnType") == "RefundReceipt" else 1
        customer = ref_id(held, "CustomerRef")
        name = ("Customer", customer) if customer else ("", "")
        drawer = entry.account(held, "DepositToAccountRef", "undeposited")
        entry.credit(drawer, sign * abs(amount) if sign < 0 else amount, name=name, memo=memo)
        return
    whom = detail.get("Entity") or {}
    name = (
        (str(whom.get("type") or "Customer").title(), str(whom["value"])) if whom.get("value") else ("", "")
    )
    account = entry.account(detail, "AccountRef", "income")
    entry.credit(account, amount, name=name, class_=ref_id(detail, "ClassRef"), memo=memo)


def transfer(body: Body, chart: Chart) -> list[Posting]:
    entry, amount = Entry(body, chart, class_=ref_id(body, "ClassRef")), exact(body.get("Amount"))
    entry.debit(entry.account(body, "ToAccountRef", "bank"), amount)
    entry.credit(entry.account(body, "FromAccountRef", "bank"), amount)
    return entry.rows


def card_payment(body: Body, chart: Chart) -> list[Posting]:
    entry, amount = Entry(body, chart), exact(body.get("Amount"))
    entry.debit(entry.account(body, "CreditCardAccountRef", "card"), amount)
    entry.credit(entry.account(body, "BankAccountRef", "bank"), amount)
    return entry.rows


def journal_entry(body: Body, chart: Chart) -> list[Posting]:
    entry = Entry(body, chart)
    for line in body.get("Line") or []:
        detail = line.get(_JOURNAL)
        if not detail:
            continue
        whom = detail.get("Entity") or {}
        id = ref_id(whom, "EntityRef")
        name = (str(whom.get("Type") or "Customer"), id) if id else ("", "")
        sign = Decimal(-1 if detail.get("PostingType") == "Credit" else 1)
        tags: dict[str, Any] = {"department": ref} if (ref := ref_id(detail, "DepartmentRef")) else {}
        entry.debit(
            entry.account(detail, "AccountRef", "expense"),
            sign * exact(line.get("Amount")),
            name=name,
            customer=id if name[0] == "Customer" else "",
            class_=ref_id(detail, "ClassRef"),
            memo=str(line.get("Description") or ""),
            **tags,
        )
    return entry.balanced(rest="opening")
