"""The forms a company gives its customers: one set of fields, a few rules that differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..rules import forms, lines, links, taxing
from ..rules.company import account_of, business, check_open_period, preference
from ..rules.money import ZERO, cents, exact, plain
from .spec import (
    ADDRESS,
    EMAIL,
    MEMO,
    Body,
    Change,
    Choice,
    Day,
    Entity,
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

if TYPE_CHECKING:
    from ..books import Books

LINKED = Many({"TxnId": Text(), "TxnType": Text(), "TxnLineId": Text()})
GLOBAL_TAX = Choice((taxing.EXCLUDED, taxing.INCLUSIVE, taxing.NOT_APPLICABLE), queryable=False)
TAX_DETAIL = Group(
    {
        "TxnTaxCodeRef": Ref("TaxCode"),
        "DefaultTaxCodeRef": Ref(),
        "TotalTax": Number(),
        "TaxLine": Opaque(),
        "TaxReviewStatus": Text(),
        "UseAutomatedSalesTax": Flag(),
    }
)
MARKUP = Group(
    {
        "PercentBased": Flag(),
        "Value": Number(),
        "Percent": Number(),
        "PriceLevelRef": Ref(),
        "MarkUpIncomeAccountRef": Ref("Account"),
    }
)

LINE_BASE: dict[str, Kind] = {
    "Id": Text(),
    "LineNum": Number(),
    "Description": Text(4000),
    "Amount": Number(),
    "DetailType": Text(),
    "LinkedTxn": LINKED,
    "CustomField": Opaque(),
    "Received": Number(),
    "CustomExtensions": Opaque(),
    "LineEx": Opaque(),
}

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

TRANSACTION: dict[str, Kind] = {
    "TxnDate": Day(),
    "DocNumber": Text(21),
    "AutoDocNumber": Flag(queryable=False),
    "PrivateNote": Text(4000, queryable=False),
    "CurrencyRef": Ref(),
    "ExchangeRate": Number(queryable=False),
    "DepartmentRef": Ref("Department", queryable=False),
    "TxnSource": Text(queryable=False),
    "TxnStatus": Text(),
    "TransactionLocationType": Text(queryable=False),
    "LinkedTxn": LINKED,
    "RecurDataRef": Ref(read_only=True),
    "TotalAmt": Number(read_only=True),
    "HomeTotalAmt": Number(read_only=True, queryable=False),
    "AttachableRef": Opaque(),
    "Tag": Opaque(),
}

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
    sums = lines.subtotal_of(change.after) - lines.discount_of(change.after)
    if sums + tax < 0:
        raise business("The total of a transaction cannot be negative.", "TotalAmt")
    change.after["TotalAmt"] = plain(sums + tax)
    forms.settle_number(change, sequence=SALES_NUMBERS)


def settle_deposit_account(change: Change) -> None:
    """Send money to Undeposited Funds unless the form says where."""
    if not change.after.get("DepositToAccountRef"):
        account = account_of(change.books, sub_type="UndepositedFunds")
        change.after.update({"DepositToAccountRef": account} if account else {})


def take_amounts_out(change: Change) -> None:
    """Void a form: nothing is left of its amounts, and its note says so."""
    after = change.after
    check_open_period(change)
    for line in after.get("Line") or []:
        line["Amount"] = 0
        detail = line.get(line.get("DetailType", ""))
        if isinstance(detail, dict):
            detail |= {name: 0 for name in ("UnitPrice", "Qty", "TaxInclusiveAmt") if name in detail}
    for name in (
        "TotalAmt",
        "Balance",
        "UnappliedAmt",
        "RemainingCredit",
        "HomeTotalAmt",
        "HomeBalance",
        "Deposit",
    ):
        if name in after:
            after[name] = 0
    if "TxnTaxDetail" in after:
        after["TxnTaxDetail"] = {"TotalTax": 0}
    note = after.get("PrivateNote", "")
    after["PrivateNote"] = note if note.startswith("Voided") else f"Voided - {note}" if note else "Voided"


# Invoice


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
    _keep_links(change)
    _keep_customer(change)
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


def _keep_links(change: Change) -> None:
    """Keep the payments a form is linked to; only what it was made from is the caller's to say."""
    mine = ("Estimate", "TimeActivity", "ReimburseCharge", "ChargeCredit", "StatementCharge")
    given = links.links_to(change.after, *mine)
    if not all(link.get("TxnId") for link in given):
        raise lines.missing("LinkedTxn.TxnId")
    kept = [link for link in (change.before or {}).get("LinkedTxn") or [] if link["TxnType"] not in mine]
    change.after["LinkedTxn"] = [*given, *kept]


def _keep_customer(change: Change) -> None:
    was = (change.before or {}).get("CustomerRef")
    paid = links.links_to(change.before or {}, "Payment")
    if was and paid and was["value"] != change.after["CustomerRef"]["value"]:
        raise business("The customer of a form that is linked to payments cannot change.", "CustomerRef")


def _settle_invoice(change: Change) -> None:
    links.link_sources(change, ("Estimate",), status=("TxnStatus", "Closed", "Accepted"))


def _unlink_invoice(change: Change) -> None:
    check_open_period(change)
    links.refuse_if_linked(change, "Payment")
    change.after["LinkedTxn"] = []


def _void_invoice(change: Change) -> None:
    links.release_payments(change)
    take_amounts_out(change)


INVOICE = Entity(
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
    is_list=False,
    is_transaction=True,
    numbering="transactions",
    writable=True,
    deletable=True,
    sendable=True,
    printable=True,
    names_references=True,
    owner_field="CustomerRef",
    defaults=_invoice_defaults,
    prepare=_prepare_invoice,
    settle=_settle_invoice,
    unlink=_unlink_invoice,
    void=_void_invoice,
)


# Estimate


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


ESTIMATE = Entity(
    "Estimate",
    {
        **SALES_FORM,
        "TxnStatus": Choice(("Pending", "Accepted", "Closed", "Rejected", "Converted")),
        "DueDate": Day(),
        "ExpirationDate": Day(),
        "AcceptedBy": Text(),
        "AcceptedDate": Day(),
    },
    is_list=False,
    is_transaction=True,
    numbering="transactions",
    writable=True,
    deletable=True,
    sendable=True,
    printable=True,
    names_references=True,
    defaults=_estimate_defaults,
    prepare=_prepare_estimate,
    unlink=_unlink_estimate,
)


# Credit memo


def _prepare_credit_memo(change: Change) -> None:
    forms.need(change, "CustomerRef")
    before, after = change.before, change.after
    _keep_links(change)
    _keep_customer(change)
    settle_sale(change)
    used = exact(before["TotalAmt"]) - exact(before["Balance"]) if before else ZERO
    left = exact(after["TotalAmt"]) - used
    if left < 0:
        raise business("More of the credit memo has been applied than its new total.", "TotalAmt")
    after["Balance"] = after["RemainingCredit"] = plain(left)
    forms.settle_home_amounts(change)


def _unlink_credit_memo(change: Change) -> None:
    check_open_period(change)
    links.refuse_if_linked(change, "Payment")


def _void_credit_memo(change: Change) -> None:
    links.refuse_if_linked(change, "Payment")
    take_amounts_out(change)


CREDIT_MEMO = Entity(
    "CreditMemo",
    {
        **SALES_FORM,
        "RemainingCredit": Number(read_only=True, queryable=False),
        "InvoiceRef": Ref("Invoice", queryable=False),
    },
    is_list=False,
    is_transaction=True,
    numbering="transactions",
    writable=True,
    deletable=True,
    sendable=True,
    printable=True,
    names_references=True,
    owner_field="CustomerRef",
    open_sign=-1,
    defaults=sales_defaults,
    prepare=_prepare_credit_memo,
    unlink=_unlink_credit_memo,
    void=_void_credit_memo,
)


# Sales receipt and refund receipt: paid on the spot


def _prepare_sales_receipt(change: Change) -> None:
    _keep_links(change)
    if change.before is not None:
        links.refuse_if_deposited(change)
    settle_sale(change)
    settle_deposit_account(change)
    change.after["Balance"] = 0
    forms.settle_home_amounts(change)


def _prepare_refund_receipt(change: Change) -> None:
    forms.need(change, "DepositToAccountRef")
    _prepare_sales_receipt(change)


def _unlink_receipt(change: Change) -> None:
    check_open_period(change)
    links.refuse_if_deposited(change)


def _void_receipt(change: Change) -> None:
    links.refuse_if_deposited(change)
    take_amounts_out(change)


SALES_RECEIPT = Entity(
    "SalesReceipt",
    {**SALES_FORM, "TxnSource": Text()},
    is_list=False,
    is_transaction=True,
    numbering="transactions",
    writable=True,
    deletable=True,
    sendable=True,
    printable=True,
    names_references=True,
    defaults=sales_defaults,
    prepare=_prepare_sales_receipt,
    unlink=_unlink_receipt,
    void=_void_receipt,
)

REFUND_RECEIPT = Entity(
    "RefundReceipt",
    SALES_FORM,
    is_list=False,
    is_transaction=True,
    numbering="transactions",
    writable=True,
    deletable=True,
    sendable=True,
    printable=True,
    names_references=True,
    defaults=sales_defaults,
    prepare=_prepare_refund_receipt,
    unlink=_unlink_receipt,
    void=_void_receipt,
)
