"""What all forms have in common: number, dates, currency, and what is copied from the customer."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from typing import TYPE_CHECKING

from ..clock import PACIFIC
from ..faults import DUPLICATE_NUMBER, refuse
from .company import (
    business,
    currency_ref,
    has_many_currencies,
    home_currency,
    other_preference,
    preference,
    rate_noted,
    ref_to,
)
from .lines import missing
from .money import cents, exact, plain

if TYPE_CHECKING:
    from ..books import Books
    from ..entities.spec import Body, Change

AUTOMATIC = "AUTO_GENERATE"
ADDRESSES = ("BillAddr", "ShipAddr")


def need(change: Change, *names: str) -> None:
    for name in names:
        if change.after.get(name) in (None, "", {}):
            raise missing(name)


# Dates


def settle_date(change: Change) -> None:
    """Date a transaction today, or leave it where it was."""
    today = change.at.astimezone(PACIFIC).date().isoformat()
    change.after.setdefault("TxnDate", (change.before or {}).get("TxnDate", today))


def settle_due_date(change: Change, *, usual: Body | None) -> None:
    """Derive the due date from the terms of the form, of its customer, or of the company."""
    after, books = change.after, change.books
    if "SalesTermRef" not in after and change.before is None and usual:
        after["SalesTermRef"] = usual
    if "DueDate" in after:
        return
    term = books.look("Term", after.get("SalesTermRef", {}).get("value", ""))
    after["DueDate"] = due_date(date.fromisoformat(after["TxnDate"]), term).isoformat()


def usual_term(books: Books, customer: Body) -> Body | None:
    ref = customer.get("SalesTermRef") or preference(books, "SalesFormsPrefs", "DefaultTerms") or {}
    term = books.look("Term", ref.get("value", ""))
    return ref_to(term) if term and term.get("Active", True) else None


def due_date(start: date, term: Body | None) -> date:
    """Count days from the start, or go to the day of the month the term names."""
    if term is None:
        return start
    if "DayOfMonthDue" not in term:
        return start + timedelta(days=int(term.get("DueDays") or 0))
    day = int(term["DayOfMonthDue"])
    due = _on_day(start, day)
    margin = timedelta(days=int(term.get("DueNextMonthDays") or 0))
    while due < start or due - start < margin:
        due = _on_day(due.replace(day=1) + timedelta(days=32), day)
    return due


def _on_day(month: date, day: int) -> date:
    return month.replace(day=min(day, monthrange(month.year, month.month)[1]))


# Numbers


def settle_number(change: Change, *, sequence: str, unique: bool = True) -> None:
    """Number a form: as asked, or one further than the last where the company lets QuickBooks count."""
    after, books = change.after, change.books
    asked = after.get("DocNumber")
    automatic = bool(after.pop("AutoDocNumber", False)) or asked == AUTOMATIC
    counts = not preference(books, "SalesFormsPrefs", "CustomTxnNumbers", False)
    if automatic or (change.before is None and asked is None and counts):
        after["DocNumber"] = _next_number(change, sequence)
        return
    if asked is None and change.before is not None and counts and "DocNumber" not in change.given:
        after |= {k: v for k, v in change.before.items() if k == "DocNumber"}
        return
    if asked is None or asked == (change.before or {}).get("DocNumber"):
        return
    if unique:
        _check_number(change, asked)
    if asked.isdigit() and len(asked) < 16:
        books.number_at_least(sequence, int(asked))


def _next_number(change: Change, sequence: str) -> str:
    while True:
        number = change.books.next_number(sequence)
        if change.books.id_numbered(change.entity.name, number, besides=change.own_id) is None:
            return number


def _check_number(change: Change, asked: str) -> None:
    if "allowduplicatedocnum" in change.wishes or change.by_bookkeeper:
        return
    if other_preference(change.books, "SalesFormsPrefs.WarnDuplicateDocNumber", "true") != "true":
        return
    other = change.books.id_numbered(change.entity.name, asked, besides=change.own_id)
    if other is not None:
        raise refuse(
            DUPLICATE_NUMBER,
            "Duplicate Document Number Error : You must specify a different number. This number has "
            f"already been used. DocNumber={asked} is assigned to TxnType={change.entity.name} "
            f"with TxnId={other}",
            "DocNumber",
        )


# Currency


def settle_currency(change: Change, owner: Body | None) -> None:
    """Hold a transaction to the currency of its customer or vendor, and find the rate."""
    after, books = change.after, change.books
    home = home_currency(books)["value"]
    if not has_many_currencies(books):
        if after.get("CurrencyRef", {}).get("value", home) != home:
            raise business("Multi Currency should be enabled to perform this operation.", "CurrencyRef")
        after["CurrencyRef"] = currency_ref(home)
        after.pop("ExchangeRate", None)
        return
    own = (owner or {}).get("CurrencyRef", {}).get("value")
    asked = after.get("CurrencyRef", {}).get("value")
    if asked is None and own not in (None, home):
        raise missing("CurrencyRef")
    if own is not None and asked not in (None, own):
        raise business(
            "The currency of the transaction is not the currency of its customer or vendor.", "CurrencyRef"
        )
    code = asked or own or home
    if code != home and not _is_kept(books, code):
        raise business(f"The company does not use the currency {code}.", "CurrencyRef")
    after["CurrencyRef"] = currency_ref(code)
    if code == home:
        after["ExchangeRate"] = 1
    elif not exact(after.get("ExchangeRate")):
        noted = rate_noted(books, code, home, after.get("TxnDate", ""))
        after["ExchangeRate"] = noted["Rate"] if noted else 1


def _is_kept(books: Books, code: str) -> bool:
    return any(c["Code"] == code and c.get("Active", True) for c in books.all_named("CompanyCurrency"))


def settle_home_amounts(change: Change) -> None:
    """Say amounts in the home currency too, where there are several currencies."""
    after = change.after
    if not has_many_currencies(change.books):
        for name in ("HomeTotalAmt", "HomeBalance"):
            after.pop(name, None)
        return
    rate = exact(after.get("ExchangeRate") or 1)
    for name, own in (("HomeTotalAmt", "TotalAmt"), ("HomeBalance", "Balance")):
        if own in after:
            after[name] = plain(cents(exact(after[own]) * rate))


# The customer's part


def copy_from_customer(change: Change, customer: Body) -> None:
    """Fill in addresses and e-mail that a new form does not name."""
    if change.before is not None:
        return
    after = change.after
    for name in ADDRESSES:
        if name not in after and customer.get(name):
            after[name] = dict(customer[name])
    if "BillEmail" not in after and customer.get("PrimaryEmailAddr"):
        after["BillEmail"] = {"Address": customer["PrimaryEmailAddr"]["Address"]}
    for copy in ("Cc", "Bcc"):
        usual = preference(change.books, "SalesFormsPrefs", f"SalesEmail{copy}")
        if usual and f"BillEmail{copy}" not in after and "BillEmail" in after:
            after[f"BillEmail{copy}"] = dict(usual)


def check_email(change: Change) -> None:
    if change.after.get("EmailStatus") == "NeedToSend" and not change.after.get("BillEmail"):
        raise business("An e-mail address is needed to send the form.", "BillEmail")
