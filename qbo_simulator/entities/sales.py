"""The forms a company gives its customers: their common fields, and how one is worked out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..rules import forms, lines, links, taxing
from ..rules.company import business, check_open_period
from ..rules.money import plain
from .spec import (
    ADDRESS,
    EMAIL,
    MEMO,
    Body,
    Change,
    Choice,
    Day,
    Flag,
    Group,
    Kind,
    Many,
    Moment,
    Number,
    Opaque,
    Ref,
    Text,
)
from .transaction import GLOBAL_TAX, LINE_BASE, MARKUP, TAX_DETAIL, TRANSACTION

if TYPE_CHECKING:
    from ..books import Books

SALES_ITEM = Group(
    {
        "ItemRef": Ref("Item"),
        "ItemAccountRef": Ref("Account"),
        "ClassRef": Ref("Class"),
        "TaxCodeRef": Ref(),
        "PriceLevelRef": Ref(),
        "TaxClassificationRef": Ref(),
        "UnitPrice": Number(),
        "RatePercent": Number(),
        "Qty": Number(),
        "UOMRef": Ref(),
        "ServiceDate": Day(),
        "TaxInclusiveAmt": Number(),
        "DiscountAmt": Number(),
        "DiscountRate": Number(),
        "DeferredRevenue": Opaque(),
        "MarkupInfo": MARKUP,
    }
)
DISCOUNT = Group(
    {
        "PercentBased": Flag(),
        "DiscountPercent": Number(100),
        "DiscountAccountRef": Ref("Account"),
        "DiscountRef": Ref(),
        "Discount": Opaque(),
        "ClassRef": Ref("Class"),
        "TaxCodeRef": Ref(),
        "ServiceDate": Day(),
    }
)
TEXT_ONLY = Group({"ServiceDate": Day(), "TaxCodeRef": Ref()})
SUBTOTAL = Group({"ItemRef": Ref()})

_PLAIN_LINE: dict[str, Kind] = {
    **LINE_BASE,
    "SalesItemLineDetail": SALES_ITEM,
    "DescriptionLineDetail": TEXT_ONLY,
    "DiscountLineDetail": DISCOUNT,
    "SubTotalLineDetail": SUBTOTAL,
    "SubtotalLineDetail": SUBTOTAL,
}
SALES_LINES = Many(
    {
        **_PLAIN_LINE,
        "GroupLineDetail": Group(
            {
                "GroupItemRef": Ref("Item"),
                "Quantity": Number(),
                "UOMRef": Ref(),
                "ServiceDate": Day(),
                "Line": Many(_PLAIN_LINE),
            }
        ),
    }
)

SALES_FORM: dict[str, Kind] = {
    **TRANSACTION,
    "CustomerRef": Ref("Customer"),
    "ProjectRef": Ref("Customer", queryable=False),
    "Line": SALES_LINES,
    "TxnTaxDetail": TAX_DETAIL,
    "GlobalTaxCalculation": GLOBAL_TAX,
    "ApplyTaxAfterDiscount": Flag(),
    "TaxExemptionRef": Ref(queryable=False),
    "CustomerMemo": MEMO,
    "BillAddr": ADDRESS,
    "ShipAddr": ADDRESS,
    "ShipFromAddr": ADDRESS,
    "RemitToAddr": ADDRESS,
    "FreeFormAddress": Flag(queryable=False),
    "BillEmail": EMAIL,
    "BillEmailCc": Group({"Address": Text(200, email=True)}, stands_for="Address"),
    "BillEmailBcc": Group({"Address": Text(200, email=True)}, stands_for="Address"),
    "EmailStatus": Choice(("NotSet", "NeedToSend", "EmailSent")),
    "PrintStatus": Choice(("NotSet", "NeedToPrint", "PrintComplete")),
    "DeliveryInfo": Group(
        {"DeliveryType": Text(), "DeliveryTime": Moment(), "DeliveryErrorType": Text()}, read_only=True
    ),
    "ClassRef": Ref("Class", queryable=False),
    "SalesTermRef": Ref("Term"),
    "ShipMethodRef": Ref(queryable=False),
    "ShipDate": Day(),
    "TrackingNum": Text(31),
    "PONumber": Text(15),
    "FOB": Text(15),
    "SalesRepRef": Ref(queryable=False),
    "TemplateRef": Ref(queryable=False),
    "PaymentMethodRef": Ref("PaymentMethod"),
    "PaymentRefNum": Text(21),
    "PaymentType": Text(queryable=False),
    "DepositToAccountRef": Ref("Account"),
    "ARAccountRef": Ref("Account"),
    "Balance": Number(read_only=True),
    "HomeBalance": Number(read_only=True, queryable=False),
    "CreditCardPayment": Opaque(),
    "CheckPayment": Opaque(),
    "EInvoiceStatus": Text(queryable=False),
}

SALES_NUMBERS = "numbers of sales forms"


def sales_defaults(books: Books) -> Body:
    return {
        "CustomField": [],
        "LinkedTxn": [],
        "ApplyTaxAfterDiscount": False,
        "PrintStatus": "NotSet",
        "EmailStatus": "NotSet",
    }


def settle_sale(change: Change) -> None:
    """Work a sales form out up to its total."""
    customer = links.owner_of(change.books, change.after, "CustomerRef")
    forms.settle_date(change)
    check_open_period(change)
    forms.settle_currency(change, customer or None)
    forms.copy_from_customer(change, customer)
    forms.check_email(change)
    lines.settle_sales_lines(change)
    tax = taxing.settle_sales_tax(change)
    lines.check_taxable_count(change.after)
    sums = lines.subtotal_of(change.after) - lines.discount_of(change.after)
    if sums + tax < 0:
        raise business("The total of a transaction cannot be negative.", "TotalAmt")
    change.after["TotalAmt"] = plain(sums + tax)
    forms.settle_number(change, sequence=SALES_NUMBERS)


def keep_links(change: Change) -> None:
    """Keep the payments a form is linked to; only what it was made from is the caller's to say."""
    mine = ("Estimate", "TimeActivity", "ReimburseCharge", "ChargeCredit", "StatementCharge")
    given = links.links_to(change.after, *mine)
    if not all(link.get("TxnId") for link in given):
        raise lines.missing("LinkedTxn.TxnId")
    kept = [link for link in (change.before or {}).get("LinkedTxn") or [] if link["TxnType"] not in mine]
    change.after["LinkedTxn"] = [*given, *kept]


def keep_customer(change: Change) -> None:
    was = (change.before or {}).get("CustomerRef")
    paid = links.links_to(change.before or {}, "Payment")
    if was and paid and was["value"] != change.after["CustomerRef"]["value"]:
        raise business("The customer of a form that is linked to payments cannot change.", "CustomerRef")
