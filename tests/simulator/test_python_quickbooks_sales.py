"""python-quickbooks sells and takes money (facts, 10.3)."""

from __future__ import annotations

from typing import Any

import pytest
from quickbooks.exceptions import ObjectNotFoundException
from quickbooks.objects.base import Address, CustomerMemo, EmailAddress
from quickbooks.objects.creditmemo import CreditMemo
from quickbooks.objects.customer import Customer
from quickbooks.objects.detailline import DescriptionOnlyLine, DiscountLine, DiscountLineDetail
from quickbooks.objects.estimate import Estimate
from quickbooks.objects.invoice import Invoice
from quickbooks.objects.payment import Payment
from quickbooks.objects.paymentmethod import PaymentMethod
from quickbooks.objects.refundreceipt import RefundReceipt, RefundReceiptCheckPayment
from quickbooks.objects.salesreceipt import SalesReceipt

from .library import account, changed, first, form, fresh, is_gone, paid, saved, sold


def with_email(made: Any, address: str = "a@b.example") -> Any:
    made.BillEmail = EmailAddress()
    made.BillEmail.Address = address
    return made


def test_an_invoice_is_made_changed_sent_printed_voided_and_deleted(qb: Any) -> None:
    made = form(Invoice, qb)
    made.CustomerMemo = CustomerMemo()
    made.CustomerMemo.value = "Thank you"
    kept = saved(made, qb)
    assert (kept.TotalAmt, kept.Balance, len(kept.Line)) == (100, 100, 2)
    assert kept.CustomerMemo.value == "Thank you"
    kept = changed(kept, qb, PrivateNote="changed")
    assert (kept.PrivateNote, kept.TotalAmt, kept.SyncToken) == ("changed", 100, "1")
    kept.send(qb=qb, send_to="a+b@c.example")
    assert Invoice.get(kept.Id, qb=qb).email_sent
    assert kept.download_pdf(qb=qb).startswith(b"%PDF-")
    kept = Invoice.get(kept.Id, qb=qb)
    kept.void(qb=qb)
    kept = Invoice.get(kept.Id, qb=qb)
    assert (kept.Balance, kept.TotalAmt) == (0, 0)
    assert "Voided" in kept.PrivateNote
    kept.delete(qb=qb)
    assert is_gone(kept, qb)
    with pytest.raises(ObjectNotFoundException):
        Invoice.get(kept.Id, qb=qb)


def test_an_invoice_is_sent_to_the_address_it_has(qb: Any) -> None:
    kept = saved(with_email(form(Invoice, qb)), qb)
    kept.send(qb=qb)
    assert Invoice.get(kept.Id, qb=qb).email_sent


def test_an_invoice_has_a_link_for_its_customer(qb: Any) -> None:
    made = with_email(form(Invoice, qb))
    made.AllowOnlineCreditCardPayment = True
    made.save(qb=qb)
    assert "https" in Invoice.get(made.Id, qb=qb, params={"include": "invoiceLink"}).InvoiceLink


def test_lines_are_added_and_taken_away(qb: Any) -> None:
    kept = saved(form(Invoice, qb, sold(qb, 10), sold(qb, 20)), qb)
    text = DescriptionOnlyLine()
    text.Description = "By hand"
    kept.Line = [kept.Line[1], text]
    kept = saved(kept, qb)
    assert kept.TotalAmt == 20
    assert [line.DetailType for line in kept.Line] == [
        "SalesItemLineDetail",
        "DescriptionOnly",
        "SubTotalLineDetail",
    ]


def test_the_invoices_of_a_customer_are_found(qb: Any) -> None:
    customer = first(Customer, qb)
    found = Invoice.query(f"select * from Invoice where CustomerRef = '{customer.Id}'", qb=qb)
    assert {invoice.CustomerRef.value for invoice in found} == {customer.Id}


def test_an_estimate_with_a_discount(qb: Any) -> None:
    off = DiscountLine()
    off.Amount = 3.5
    off.DiscountLineDetail = DiscountLineDetail()
    off.DiscountLineDetail.PercentBased, off.DiscountLineDetail.DiscountPercent = True, 10
    off.DiscountLineDetail.DiscountAccountRef = account(qb, "AccountSubType = 'DiscountsRefundsGiven'")
    made = with_email(form(Estimate, qb, sold(qb, 35), off))
    made.BillAddr = Address()
    made.BillAddr.Line1, made.BillAddr.Country = "65 Ocean Dr", "U.S.A"
    kept = saved(saved(made, qb), qb)
    assert (kept.TotalAmt, kept.Line[2].DetailType, kept.Line[2].Amount) == (31.5, "DiscountLineDetail", 3.5)
    assert kept.BillAddr.Country == "U.S.A"
    kept.send(qb=qb)
    assert kept.download_pdf(qb=qb).startswith(b"%PDF-")
    kept = Estimate.get(kept.Id, qb=qb)
    assert kept.EmailStatus == "EmailSent"
    kept.delete(qb=qb)
    assert is_gone(kept, qb)


def test_a_payment_is_applied_voided_and_deleted(qb: Any) -> None:
    customer = first(Customer, qb)
    invoice = first(Invoice, qb, f"CustomerRef = '{customer.Id}'")
    made = Payment()
    made.TotalAmt, made.CustomerRef = 40, customer.to_ref()
    made.PaymentMethodRef = first(PaymentMethod, qb).to_ref()
    made.Line.append(paid(20, invoice))
    kept = saved(made, qb)
    assert kept.UnappliedAmt == 20
    assert Invoice.get(invoice.Id, qb=qb).Balance == invoice.Balance - 20
    kept = changed(kept, qb, PrivateNote="by cheque")
    assert (kept.UnappliedAmt, kept.PrivateNote) == (20, "by cheque")
    kept.void(qb=qb)
    kept = Payment.get(made.Id, qb=qb)
    assert kept.TotalAmt == 0
    assert "Voided" in kept.PrivateNote
    kept.delete(qb=qb)
    assert Invoice.get(invoice.Id, qb=qb).Balance == invoice.Balance


def test_the_first_five_payments(qb: Any) -> None:
    assert len(Payment.all(max_results=5, qb=qb)) == 5


def test_a_credit_memo_is_made_changed_and_deleted(qb: Any) -> None:
    memo = saved(with_email(form(CreditMemo, qb)), qb)
    assert (memo.TotalAmt, memo.RemainingCredit) == (100, 100)
    memo = changed(memo, qb, PrivateNote="returned")
    assert memo.PrivateNote == "returned"
    memo.delete(qb=qb)
    assert is_gone(memo, qb)


def test_a_sales_receipt_is_made_changed_voided_and_deleted(qb: Any) -> None:
    receipt = changed(saved(form(SalesReceipt, qb), qb), qb, PrivateNote="paid in cash")
    assert (receipt.TotalAmt, receipt.PrivateNote) == (100, "paid in cash")
    assert receipt.download_pdf(qb=qb).startswith(b"%PDF-")
    receipt.void(qb=qb)
    receipt = SalesReceipt.get(receipt.Id, qb=qb)
    assert (receipt.TotalAmt, receipt.Balance) == (0, 0)
    receipt.delete(qb=qb)
    assert is_gone(receipt, qb)


def test_a_refund_is_paid_by_check(qb: Any) -> None:
    refund = form(RefundReceipt, qb)
    refund.DocNumber = fresh("Refund")
    refund.DepositToAccountRef = account(qb, "Name = 'checking'")
    refund.CheckPayment = RefundReceiptCheckPayment()
    refund.CheckPayment.CheckNum, refund.CheckPayment.NameOnAcct = "1001", "Adam"
    kept = saved(refund, qb)
    assert (kept.CheckPayment.CheckNum, kept.CheckPayment.NameOnAcct) == ("1001", "Adam")
    assert (kept.DepositToAccountRef.name, kept.TotalAmt) == ("Checking", 100)
    kept.delete(qb=qb)
    assert is_gone(kept, qb)
