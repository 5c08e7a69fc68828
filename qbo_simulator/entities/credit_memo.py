"""Credit memo: what a customer need not pay, or has to its credit."""

from __future__ import annotations

from ..ledger import sales as posting
from ..rules import forms, links
from ..rules.company import business, check_open_period
from ..rules.money import ZERO, exact, plain
from .sales import SALES_FORM, keep_customer, keep_links, sales_defaults, settle_sale
from .spec import Change, Number, Ref
from .transaction import form, take_amounts_out


def _prepare_credit_memo(change: Change) -> None:
    forms.need(change, "CustomerRef")
    before, after = change.before, change.after
    keep_links(change)
    keep_customer(change)
    settle_sale(change)
    used = exact(before["TotalAmt"]) - exact(before["Balance"]) if before else ZERO
    left = exact(after["TotalAmt"]) - used
    if left < 0:
        raise business("More of the credit memo has been applied than its new total.", "TotalAmt")
    after["Balance"] = after["RemainingCredit"] = plain(left)
    forms.settle_home_amounts(change)


def _unlink_credit_memo(change: Change) -> None:
    check_open_period(change)
    links.refuse_if_linked(change, "Payment")


def _void_credit_memo(change: Change) -> None:
    links.refuse_if_linked(change, "Payment")
    take_amounts_out(change)


CREDIT_MEMO = form(
    "CreditMemo",
    {
        **SALES_FORM,
        "RemainingCredit": Number(read_only=True, queryable=False),
        "InvoiceRef": Ref("Invoice", queryable=False),
    },
    defaults=sales_defaults,
    prepare=_prepare_credit_memo,
    unlink=_unlink_credit_memo,
    void=_void_credit_memo,
    posts=posting.credit_memo,
)
