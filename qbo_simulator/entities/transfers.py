"""Money moved between the company's own accounts: transfers and payments of credit cards."""

from __future__ import annotations

from ..ledger import moves as posting
from ..rules.company import business
from ..rules.money import cents, exact, plain
from .spec import Change, Number, Ref, Text
from .transaction import begin, take_amounts_out, transaction, without


def _prepare_transfer(change: Change) -> None:
    begin(change)
    after = change.after
    ends = [after[name]["value"] for name in ("FromAccountRef", "ToAccountRef")]
    if ends[0] == ends[1]:
        raise business("Money cannot be transferred within one account.", "ToAccountRef")
    _settle_amount(change)


def _settle_amount(change: Change) -> None:
    amount = cents(exact(change.after["Amount"]))
    if amount < 0:
        raise business("The amount cannot be negative.", "Amount")
    change.after["Amount"] = plain(amount)


def _void_amount(change: Change) -> None:
    change.after["Amount"] = 0
    take_amounts_out(change)


TRANSFER = transaction(
    "Transfer",
    {
        **without("TotalAmt"),
        "FromAccountRef": Ref("Account"),
        "ToAccountRef": Ref("Account"),
        "Amount": Number(),
        "ClassRef": Ref("Class"),
    },
    required=("FromAccountRef", "ToAccountRef", "Amount"),
    prepare=_prepare_transfer,
    void=_void_amount,
    posts=posting.transfer,
)


def _prepare_card_payment(change: Change) -> None:
    begin(change)
    for name, wanted in (("BankAccountRef", "Bank"), ("CreditCardAccountRef", "Credit Card")):
        account = change.books.look("Account", change.after[name]["value"]) or {}
        if account.get("AccountType") != wanted:
            raise business(f"{name} has to be an account of type {wanted}.", name)
    _settle_amount(change)


CREDIT_CARD_PAYMENT = transaction(
    "CreditCardPayment",
    {
        **without("TotalAmt"),
        "BankAccountRef": Ref("Account"),
        "CreditCardAccountRef": Ref("Account"),
        "VendorRef": Ref("Vendor"),
        "Amount": Number(),
        "Memo": Text(4000, queryable=False),
        "PrintStatus": Text(),
        "CheckNum": Text(21),
    },
    key="CreditCardPaymentTxn",
    required=("BankAccountRef", "CreditCardAccountRef", "Amount"),
    prepare=_prepare_card_payment,
    posts=posting.card_payment,
)
