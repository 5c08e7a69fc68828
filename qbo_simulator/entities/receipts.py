"""Sales receipt and refund receipt: sold, or taken back, and paid on the spot."""

from __future__ import annotations

from ..ledger import sales as posting
from ..rules import forms, links
from ..rules.company import check_open_period
from .sales import SALES_FORM, keep_links, sales_defaults, settle_sale
from .spec import Change, Text
from .transaction import form, settle_deposit_account, take_amounts_out


def _prepare_sales_receipt(change: Change) -> None:
    keep_links(change)
    if change.before is not None:
        links.refuse_if_deposited(change)
    settle_sale(change)
    settle_deposit_account(change)
    change.after["Balance"] = 0
    forms.settle_home_amounts(change)


def _prepare_refund_receipt(change: Change) -> None:
    forms.need(change, "DepositToAccountRef")
    _prepare_sales_receipt(change)


def _unlink_receipt(change: Change) -> None:
    check_open_period(change)
    links.refuse_if_deposited(change)


def _void_receipt(change: Change) -> None:
    links.refuse_if_deposited(change)
    take_amounts_out(change)


SALES_RECEIPT = form(
    "SalesReceipt",
    {**SALES_FORM, "TxnSource": Text()},
    defaults=sales_defaults,
    prepare=_prepare_sales_receipt,
    unlink=_unlink_receipt,
    void=_void_receipt,
    posts=posting.sales_receipt,
)

REFUND_RECEIPT = form(
    "RefundReceipt",
    SALES_FORM,
    defaults=sales_defaults,
    prepare=_prepare_refund_receipt,
    unlink=_unlink_receipt,
    void=_void_receipt,
    posts=posting.refund_receipt,
)
