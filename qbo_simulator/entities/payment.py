"""Payment: money received from a customer, applied to invoices or left over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..ledger import settlements as posting
from ..rules import forms, links
from ..rules.company import business, check_open_period
from ..rules.money import exact
from .spec import Body, Change, Flag, Number, Opaque, Ref, Text
from .transaction import APPLIED, form, settle_deposit_account, take_amounts_out, without

if TYPE_CHECKING:
    from ..books import Books


def _defaults(books: Books) -> Body:
    return {"Line": [], "LinkedTxn": [], "ProcessPayment": False}


def _prepare(change: Change) -> None:
    forms.need(change, "CustomerRef")
    if "TotalAmt" not in change.after:
        forms.need(change, "TotalAmt")
    _keep_deposit(change)
    forms.settle_date(change)
    check_open_period(change)
    forms.settle_currency(change, links.owner_of(change.books, change.after, "CustomerRef"))
    if exact(change.after["TotalAmt"]) < 0:
        raise business("A payment cannot be negative.", "TotalAmt")
    settle_deposit_account(change)
    links.settle_applied(change, links.CUSTOMER_PAYMENT)
    forms.settle_home_amounts(change)
    _number_links(change)


def _number_links(change: Change) -> None:
    for line in change.after["Line"]:
        for link in line["LinkedTxn"]:
            link["TxnId"] = str(link["TxnId"])


def _keep_deposit(change: Change) -> None:
    """Keep the deposit a payment lies in, and its amount and account with it."""
    before, after = change.before, change.after
    after["LinkedTxn"] = links.links_to(before or {}, "Deposit")
    if before is None or not after["LinkedTxn"]:
        return
    account = after.get("DepositToAccountRef") or before.get("DepositToAccountRef") or {}
    moved = account.get("value") != (before.get("DepositToAccountRef") or {}).get("value")
    if moved or exact(after["TotalAmt"]) != exact(before["TotalAmt"]):
        raise links.deposited()


def _unlink(change: Change) -> None:
    check_open_period(change)
    links.refuse_if_deposited(change)
    change.after["Line"] = []


def _void(change: Change) -> None:
    links.refuse_if_deposited(change)
    change.after["Line"] = []
    take_amounts_out(change)


PAYMENT = form(
    "Payment",
    {
        **without("DocNumber", "AutoDocNumber"),
        "CustomerRef": Ref("Customer"),
        "ProjectRef": Ref("Customer", queryable=False),
        "TotalAmt": Number(),
        "UnappliedAmt": Number(read_only=True),
        "Line": APPLIED,
        "DepositToAccountRef": Ref("Account"),
        "ARAccountRef": Ref("Account", queryable=False),
        "PaymentMethodRef": Ref("PaymentMethod"),
        "PaymentRefNum": Text(21),
        "CreditCardPayment": Opaque(),
        "ProcessPayment": Flag(),
        "TaxExemptionRef": Ref(queryable=False),
        "UnappliedLine": Opaque(),
    },
    defaults=_defaults,
    prepare=_prepare,
    settle=links.apply_links,
    unlink=_unlink,
    void=_void,
    posts=posting.payment,
)
