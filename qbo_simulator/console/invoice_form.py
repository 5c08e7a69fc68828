"""The form of an invoice: its own fields as data, each shown where the company uses it."""

from __future__ import annotations

from ..books import Books
from ..entities.spec import Body
from ..rules.company import has_many_currencies, is_in_the_us, other_preference, preference
from .fields import Condition, Field, Form, Section
from .forms import address


def allows(section: str, name: str) -> Condition:
    """Return a condition: the company has switched a preference on."""

    def condition(books: Books) -> bool:
        return bool(preference(books, section, name, False))

    return condition


def _takes_tips(books: Books) -> bool:
    return other_preference(books, "SalesFormsPrefs.AllowGratuity") == "true"


def taxes_sales(books: Books) -> bool:
    return bool(preference(books, "TaxPrefs", "UsingSalesTax", False))


def chooses_tax(books: Books) -> bool:
    """An American company that reckons sales tax by a code of its own choice."""
    automated = preference(books, "TaxPrefs", "PartnerTaxEnabled", False)
    return is_in_the_us(books) and taxes_sales(books) and not automated


def _is_abroad(books: Books) -> bool:
    return not is_in_the_us(books)


def _settle(fields: Body, before: Body) -> None:
    """Let what is derived be derived anew."""
    if "TxnTaxDetail" in fields:
        # A tax reckoned before would be taken as one the bookkeeper insists on.
        code = (fields["TxnTaxDetail"] or {}).get("TxnTaxCodeRef")
        fields["TxnTaxDetail"] = {"TxnTaxCodeRef": code} if code else {"TotalTax": 0}
    if before and "DueDate" not in fields and {"TxnDate", "SalesTermRef"} & fields.keys():
        fields["DueDate"] = None


INVOICE_FORM = Form(
    (
        Section(
            "Customer",
            (
                Field("Customer", "CustomerRef", "ref", to="Customer", needed=True, wide=True),
                Field("E-mail", "BillEmail.Address", hint="Left empty, the customer's."),
                Field(
                    "E-mail state",
                    "EmailStatus",
                    "choice",
                    options=(
                        ("NotSet", "Not to be sent"),
                        ("NeedToSend", "To be sent"),
                        ("EmailSent", "Sent"),
                    ),
                ),
            ),
        ),
        Section(
            "Invoice",
            (
                Field(
                    "Number", "DocNumber", hint="Left empty, QuickBooks counts, unless numbers are custom."
                ),
                Field("Date", "TxnDate", "day"),
                Field("Terms", "SalesTermRef", "ref", to="Term"),
                Field("Due", "DueDate", "day", hint="Left empty, it follows from the terms."),
                Field(
                    "Exchange rate",
                    "ExchangeRate",
                    "number",
                    hint="To the home currency; left empty, the noted one.",
                    when=has_many_currencies,
                ),
                Field(
                    "Location",
                    "DepartmentRef",
                    "ref",
                    to="Department",
                    when=allows("AccountingInfoPrefs", "TrackDepartments"),
                ),
                Field(
                    "Class",
                    "ClassRef",
                    "ref",
                    to="Class",
                    when=allows("AccountingInfoPrefs", "ClassTrackingPerTxn"),
                ),
            ),
        ),
        Section(
            "Tax",
            (
                Field("Sales tax", "TxnTaxDetail.TxnTaxCodeRef", "ref", to="TaxCode", when=chooses_tax),
                Field(
                    "Amounts are",
                    "GlobalTaxCalculation",
                    "choice",
                    options=(
                        ("TaxExcluded", "without tax"),
                        ("TaxInclusive", "with tax in them"),
                        ("NotApplicable", "out of scope of tax"),
                    ),
                    when=_is_abroad,
                ),
                Field("Tax after the discount", "ApplyTaxAfterDiscount", "flag"),
            ),
        ),
        Section(
            "Words",
            (
                Field("Message to the customer", "CustomerMemo.value", "long"),
                Field("Note that stays here", "PrivateNote", "long"),
            ),
        ),
        address("Billing address", "BillAddr", folded=True),
        address("Shipping address", "ShipAddr", folded=True),
    ),
    also=_settle,
)
"""Emptied addresses of a new invoice are the customer's."""

EXTRAS: tuple[Field, ...] = (
    Field("Shipping", "shipping", "money", when=allows("SalesFormsPrefs", "AllowShipping")),
    Field("Tip", "tip", "money", when=_takes_tips),
    Field("Discount", "discount", "money", when=allows("SalesFormsPrefs", "AllowDiscount")),
    Field(
        "Discount is",
        "discount_kind",
        "choice",
        options=(("percent", "percent"), ("amount", "an amount")),
        when=allows("SalesFormsPrefs", "AllowDiscount"),
    ),
    Field("Deposit", "deposit", "money", when=allows("SalesFormsPrefs", "AllowDeposit")),
)
"""What stands under the lines."""
