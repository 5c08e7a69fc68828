"""Estimate: what something would cost. It moves no money."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..rules import forms, links
from ..rules.company import check_open_period
from .sales import SALES_FORM, sales_defaults, settle_sale
from .spec import Body, Change, Choice, Day, Text
from .transaction import form

if TYPE_CHECKING:
    from ..books import Books


def _prepare_estimate(change: Change) -> None:
    forms.need(change, "CustomerRef")
    invoiced = links.links_to(change.before or {}, "Invoice")
    change.after["LinkedTxn"] = invoiced
    settle_sale(change)
    if change.after.get("TxnStatus") == "Accepted":
        change.after.setdefault("AcceptedDate", change.after["TxnDate"])
    forms.settle_home_amounts(change)


def _unlink_estimate(change: Change) -> None:
    check_open_period(change)
    links.refuse_if_linked(change, "Invoice")


def _estimate_defaults(books: Books) -> Body:
    return {**sales_defaults(books), "TxnStatus": "Pending"}


ESTIMATE = form(
    "Estimate",
    {
        **SALES_FORM,
        "TxnStatus": Choice(("Pending", "Accepted", "Closed", "Rejected", "Converted")),
        "DueDate": Day(),
        "ExpirationDate": Day(),
        "AcceptedBy": Text(),
        "AcceptedDate": Day(),
    },
    defaults=_estimate_defaults,
    prepare=_prepare_estimate,
    unlink=_unlink_estimate,
)
