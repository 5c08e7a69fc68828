"""What moves money between accounts, and time worked: no customer's form, but a transaction."""

from __future__ import annotations

from ..faults import INVALID_ENUMERATION, refuse
from ..rules import forms, lines, links
from ..rules.company import business, check_open_period
from ..rules.money import ZERO, cents, exact, plain, total
from .sales import GLOBAL_TAX, LINE_BASE, TAX_DETAIL, TRANSACTION, take_amounts_out
from .spec import (
    Change,
    Choice,
    Day,
    Entity,
    Flag,
    Group,
    Kind,
    Many,
    Number,
    Opaque,
    Ref,
    Text,
)


def _begin(change: Change) -> None:
    forms.settle_date(change)
    check_open_period(change)
    forms.settle_currency(change, None)


def _unlink(change: Change) -> None:
    check_open_period(change)


# Deposit


def _prepare_deposit(change: Change) -> None:
    _begin(change)
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
    change.after["TotalAmt"] = plain(total(exact(line["Amount"]) for line in rows))
    forms.settle_home_amounts(change)


def _unlink_deposit(change: Change) -> None:
    check_open_period(change)
    change.after["Line"] = []


DEPOSIT = Entity(
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
    is_list=False,
    is_transaction=True,
    numbering="transactions",
    required=("DepositToAccountRef", "Line"),
    writable=True,
    deletable=True,
    names_references=True,
    prepare=_prepare_deposit,
    settle=links.mark_deposited,
    unlink=_unlink_deposit,
)


# Transfer and credit card payment


def _prepare_transfer(change: Change) -> None:
    _begin(change)
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


TRANSFER = Entity(
    "Transfer",
    {
        **{name: kind for name, kind in TRANSACTION.items() if name != "TotalAmt"},
        "FromAccountRef": Ref("Account"),
        "ToAccountRef": Ref("Account"),
        "Amount": Number(),
        "ClassRef": Ref("Class"),
    },
    is_list=False,
    is_transaction=True,
    numbering="transactions",
    required=("FromAccountRef", "ToAccountRef", "Amount"),
    writable=True,
    deletable=True,
    names_references=True,
    prepare=_prepare_transfer,
    unlink=_unlink,
    void=_void_amount,
)


def _prepare_card_payment(change: Change) -> None:
    _begin(change)
    for name, wanted in (("BankAccountRef", "Bank"), ("CreditCardAccountRef", "Credit Card")):
        account = change.books.look("Account", change.after[name]["value"]) or {}
        if account.get("AccountType") != wanted:
            raise business(f"{name} has to be an account of type {wanted}.", name)
    _settle_amount(change)


CREDIT_CARD_PAYMENT = Entity(
    "CreditCardPayment",
    {
        **{name: kind for name, kind in TRANSACTION.items() if name != "TotalAmt"},
        "BankAccountRef": Ref("Account"),
        "CreditCardAccountRef": Ref("Account"),
        "VendorRef": Ref("Vendor"),
        "Amount": Number(),
        "Memo": Text(4000, queryable=False),
        "PrintStatus": Text(),
        "CheckNum": Text(21),
    },
    key="CreditCardPaymentTxn",
    is_list=False,
    is_transaction=True,
    numbering="transactions",
    required=("BankAccountRef", "CreditCardAccountRef", "Amount"),
    writable=True,
    deletable=True,
    names_references=True,
    prepare=_prepare_card_payment,
    unlink=_unlink,
)


# Journal entry


def _prepare_journal_entry(change: Change) -> None:
    _begin(change)
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


JOURNAL_ENTRY = Entity(
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
    is_list=False,
    is_transaction=True,
    numbering="transactions",
    required=("Line",),
    writable=True,
    deletable=True,
    names_references=True,
    defaults=lambda books: {"Adjustment": False},
    prepare=_prepare_journal_entry,
    unlink=_unlink,
)


# Time

_WORKERS = {"Employee": "EmployeeRef", "Vendor": "VendorRef"}


def _prepare_time(change: Change) -> None:
    after = change.after
    forms.settle_date(change)
    check_open_period(change)
    worker = _WORKERS[after["NameOf"]]
    if not after.get(worker):
        raise lines.missing(worker)
    by_clock = after.get("StartTime") and after.get("EndTime")
    if not by_clock and not exact(after.get("Hours")) and not exact(after.get("Minutes")):
        raise lines.missing("Hours")
    if after.get("BillableStatus") == "Billable" and not after.get("CustomerRef"):
        raise business("Choose a customer for billable time.", "CustomerRef")


_TIME: dict[str, Kind] = {
    "TxnDate": Day(),
    "NameOf": Choice(("Employee", "Vendor")),
    "EmployeeRef": Ref("Employee"),
    "VendorRef": Ref("Vendor"),
    "CustomerRef": Ref("Customer"),
    "ProjectRef": Ref("Customer", queryable=False),
    "DepartmentRef": Ref("Department", queryable=False),
    "ItemRef": Ref("Item"),
    "ClassRef": Ref("Class"),
    "PayrollItemRef": Ref(),
    "BillableStatus": Choice(("Billable", "NotBillable", "HasBeenBilled")),
    "Taxable": Flag(),
    "HourlyRate": Number(),
    "CostRate": Number(),
    "Hours": Number(8760),
    "Minutes": Number(59),
    "Seconds": Number(59),
    "BreakHours": Number(8760),
    "BreakMinutes": Number(59),
    "BreakSeconds": Number(59),
    "StartTime": Text(),
    "EndTime": Text(),
    "TimeZone": Text(),
    "Description": Text(4000, queryable=False),
    "TransactionLocationType": Text(),
    "AttachableRef": Opaque(),
}

TIME_ACTIVITY = Entity(
    "TimeActivity",
    _TIME,
    is_list=False,
    is_transaction=True,
    numbering="time activities",
    required=("NameOf",),
    writable=True,
    deletable=True,
    names_references=True,
    in_cdc=False,
    defaults=lambda books: {"BillableStatus": "NotBillable", "Taxable": False},
    prepare=_prepare_time,
    unlink=_unlink,
)
