"""Deposit: money brought to the bank, out of the drawer or from elsewhere."""

from __future__ import annotations

from ..ledger import moves as posting
from ..rules import forms, lines, links
from ..rules.company import check_open_period
from ..rules.money import cents, exact, plain, total
from .spec import Change, Group, Many, Number, Ref, Text
from .transaction import GLOBAL_TAX, LINE_BASE, TAX_DETAIL, TRANSACTION, begin, transaction


def _prepare_deposit(change: Change) -> None:
    begin(change)
    rows = change.after["Line"]
    for line in rows:
        if "Amount" not in line:
            raise lines.missing("Line.Amount")
        line["Amount"] = plain(cents(exact(line["Amount"])))
        if not line.get("LinkedTxn") and not (line.get("DepositLineDetail") or {}).get("AccountRef"):
            raise lines.missing("Line.DepositLineDetail.AccountRef")
        line["DetailType"] = "DepositLineDetail"
    links.check_deposited(change)
    lines.number(rows, before=change.before)
    back = cents(exact((change.after.get("CashBack") or {}).get("Amount")))
    change.after["TotalAmt"] = plain(total(exact(line["Amount"]) for line in rows) - back)
    forms.settle_home_amounts(change)


def _unlink_deposit(change: Change) -> None:
    check_open_period(change)
    change.after["Line"] = []


DEPOSIT = transaction(
    "Deposit",
    {
        **TRANSACTION,
        "DepositToAccountRef": Ref("Account"),
        "Line": Many(
            {
                **LINE_BASE,
                "DepositLineDetail": Group(
                    {
                        "AccountRef": Ref("Account"),
                        "Entity": Ref(),
                        "ClassRef": Ref("Class"),
                        "PaymentMethodRef": Ref("PaymentMethod"),
                        "CheckNum": Text(21),
                        "TxnType": Text(),
                        "TaxCodeRef": Ref(),
                        "TaxApplicableOn": Text(),
                    }
                ),
            }
        ),
        "CashBack": Group({"AccountRef": Ref("Account"), "Amount": Number(), "Memo": Text()}),
        "TxnTaxDetail": TAX_DETAIL,
        "GlobalTaxCalculation": GLOBAL_TAX,
    },
    required=("DepositToAccountRef", "Line"),
    prepare=_prepare_deposit,
    settle=links.mark_deposited,
    unlink=_unlink_deposit,
    posts=posting.deposit,
)
