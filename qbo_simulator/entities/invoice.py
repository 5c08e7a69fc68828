"""Invoice: what a customer is asked to pay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..ledger import sales as posting
from ..rules import forms, links
from ..rules.company import business, check_open_period, preference
from ..rules.money import ZERO, cents, exact, plain
from .sales import SALES_FORM, keep_customer, keep_links, sales_defaults, settle_sale
from .spec import Body, Change, Day, Flag, Number, Text
from .transaction import form, take_amounts_out

if TYPE_CHECKING:
    from ..books import Books


def _invoice_defaults(books: Books) -> Body:
    return {
        **sales_defaults(books),
        "AllowIPNPayment": False,
        "AllowOnlinePayment": False,
        "AllowOnlineCreditCardPayment": False,
        "AllowOnlineACHPayment": False,
    }


def _prepare_invoice(change: Change) -> None:
    forms.need(change, "CustomerRef")
    before, after = change.before, change.after
    keep_links(change)
    keep_customer(change)
    settle_sale(change)
    customer = links.owner_of(change.books, after, "CustomerRef")
    forms.settle_due_date(change, usual=forms.usual_term(change.books, customer))
    deposit = cents(exact(after.get("Deposit")))
    if deposit and not preference(change.books, "SalesFormsPrefs", "AllowDeposit", False):
        raise business("Deposits are switched off in the company's preferences.", "Deposit")
    after["Deposit"] = plain(deposit)
    paid = (
        exact(before["TotalAmt"]) - exact(before.get("Deposit")) - exact(before["Balance"])
        if before
        else ZERO
    )
    left = exact(after["TotalAmt"]) - deposit - paid
    if exact(after["TotalAmt"]) < deposit:
        raise business("The deposit is larger than the invoice.", "Deposit")
    if left < 0:
        links.shrink_payments(change, -left)
    after["Balance"] = plain(max(left, ZERO))
    links.check_sources(change, ("Estimate",))
    forms.settle_home_amounts(change)


def _settle_invoice(change: Change) -> None:
    links.link_sources(change, ("Estimate",), status=("TxnStatus", "Closed", "Accepted"))


def _unlink_invoice(change: Change) -> None:
    check_open_period(change)
    links.refuse_if_linked(change, "Payment")
    change.after["LinkedTxn"] = []


def _void_invoice(change: Change) -> None:
    links.release_payments(change)
    take_amounts_out(change)


INVOICE = form(
    "Invoice",
    {
        **SALES_FORM,
        "DueDate": Day(),
        "Deposit": Number(queryable=False),
        "AllowIPNPayment": Flag(queryable=False),
        "AllowOnlinePayment": Flag(queryable=False),
        "AllowOnlineCreditCardPayment": Flag(queryable=False),
        "AllowOnlineACHPayment": Flag(queryable=False),
        "InvoiceLink": Text(read_only=True, queryable=False),
    },
    defaults=_invoice_defaults,
    prepare=_prepare_invoice,
    settle=_settle_invoice,
    unlink=_unlink_invoice,
    void=_void_invoice,
    posts=posting.invoice,
)
