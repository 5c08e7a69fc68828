"""Journal entry: debits and credits written by hand."""

from __future__ import annotations

from ..faults import INVALID_ENUMERATION, refuse
from ..ledger import moves as posting
from ..rules import forms, lines, links
from ..rules.company import business, check_open_period
from ..rules.money import ZERO, cents, exact, plain
from .spec import Change, Day, Flag, Group, Many, Number, Ref, Text
from .transaction import GLOBAL_TAX, LINE_BASE, TAX_DETAIL, TRANSACTION, begin, transaction


def _prepare_journal_entry(change: Change) -> None:
    begin(change)
    rows = change.after["Line"]
    sums = {"Debit": ZERO, "Credit": ZERO}
    for line in rows:
        if line.get("DetailType") == "DescriptionOnly":
            continue
        detail = line.get("JournalEntryLineDetail") or {}
        for name in ("PostingType", "AccountRef"):
            if not detail.get(name):
                raise lines.missing(f"Line.JournalEntryLineDetail.{name}")
        if detail["PostingType"] not in sums:
            raise refuse(INVALID_ENUMERATION, f"Invalid Enumeration : {detail['PostingType']}", "PostingType")
        if "Amount" not in line:
            raise lines.missing("Line.Amount")
        line["Amount"] = plain(cents(exact(line["Amount"])))
        sums[detail["PostingType"]] += exact(line["Amount"])
        _needs_somebody(change, detail)
    links.keep_settled(change)
    if sums["Debit"] != sums["Credit"]:
        raise business("The debits and the credits of a journal entry have to be equal.", "Line")
    lines.number(rows, before=change.before)
    change.after["TotalAmt"] = plain(sums["Debit"])
    change.after["TxnTaxDetail"] = change.after.get("TxnTaxDetail") or {}
    forms.settle_number(change, sequence="numbers of journal entries", unique=False)
    forms.settle_home_amounts(change)


_SOMEBODY = {"Accounts Receivable": "Customer", "Accounts Payable": "Vendor"}


def _needs_somebody(change: Change, detail: dict[str, object]) -> None:
    ref = detail["AccountRef"]
    assert isinstance(ref, dict)
    account = change.books.look("Account", ref["value"]) or {}
    wanted = _SOMEBODY.get(account.get("AccountType", ""))
    entity = detail.get("Entity")
    if wanted and not (isinstance(entity, dict) and entity.get("EntityRef")):
        raise business(
            f"When you use {account['AccountType']}, you must choose a {wanted.lower()} in the Name field.",
            "Entity",
        )


def _unlink(change: Change) -> None:
    check_open_period(change)
    links.refuse_if_linked(change, *links.SETTLERS.values())


JOURNAL_ENTRY = transaction(
    "JournalEntry",
    {
        **TRANSACTION,
        "Adjustment": Flag(),
        "Line": Many(
            {
                **LINE_BASE,
                "JournalEntryLineDetail": Group(
                    {
                        "PostingType": Text(),
                        "AccountRef": Ref("Account"),
                        "Entity": Group({"Type": Text(), "EntityRef": Ref()}),
                        "ClassRef": Ref("Class"),
                        "DepartmentRef": Ref("Department"),
                        "TaxCodeRef": Ref(),
                        "TaxRateRef": Ref(),
                        "TaxApplicableOn": Text(),
                        "TaxAmount": Number(),
                        "TaxInclusiveAmt": Number(),
                        "BillableStatus": Text(),
                        "JournalCodeRef": Ref(),
                    }
                ),
                "DescriptionLineDetail": Group({"ServiceDate": Day(), "TaxCodeRef": Ref()}),
            }
        ),
        "TxnTaxDetail": TAX_DETAIL,
        "GlobalTaxCalculation": GLOBAL_TAX,
    },
    required=("Line",),
    defaults=lambda books: {"Adjustment": False},
    prepare=_prepare_journal_entry,
    unlink=_unlink,
    posts=posting.journal_entry,
)
