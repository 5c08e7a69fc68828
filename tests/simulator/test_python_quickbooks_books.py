"""python-quickbooks buys, pays and moves money (facts, 10.3)."""

from __future__ import annotations

from typing import Any

from quickbooks.objects.account import Account
from quickbooks.objects.base import Address
from quickbooks.objects.bill import Bill
from quickbooks.objects.billpayment import BillPayment, BillPaymentCreditCard, BillPaymentLine, CheckPayment
from quickbooks.objects.creditcardpayment_entity import CreditCardPayment
from quickbooks.objects.deposit import CashBackInfo, Deposit, DepositLine, DepositLineDetail
from quickbooks.objects.journalentry import JournalEntry, JournalEntryLine, JournalEntryLineDetail
from quickbooks.objects.purchase import Purchase
from quickbooks.objects.purchaseorder import PurchaseOrder
from quickbooks.objects.transfer import Transfer
from quickbooks.objects.vendor import Vendor
from quickbooks.objects.vendorcredit import VendorCredit

from .library import account, bill, bought, changed, first, fresh, is_gone, ref, saved, spent


def payment_of(owed: Any, qb: Any, amount: float) -> Any:
    made = BillPayment()
    made.TotalAmt, made.VendorRef = amount, owed.VendorRef
    made.APAccountRef = account(qb, "AccountSubType = 'AccountsPayable'")
    line = BillPaymentLine()
    line.Amount = amount
    line.LinkedTxn.append(owed.to_linked_txn())
    made.Line.append(line)
    return made


def test_a_bill_is_made_changed_and_deleted(qb: Any) -> None:
    kept = bill(qb, 200)
    assert (kept.TotalAmt, kept.Balance) == (200, 200)
    kept = changed(kept, qb, DocNumber=fresh("B"), PrivateNote="changed")
    assert kept.PrivateNote == "changed"
    kept.Line.append(bought(qb, 50))
    kept = saved(kept, qb)
    assert (kept.TotalAmt, [line.DetailType for line in kept.Line]) == (
        250,
        ["AccountBasedExpenseLineDetail", "ItemBasedExpenseLineDetail"],
    )
    kept.delete(qb=qb)
    assert is_gone(kept, qb)


def test_a_bill_is_paid_by_check_and_the_payment_voided(qb: Any) -> None:
    owed = bill(qb, 30)
    made = payment_of(owed, qb, 30)
    made.PayType, made.DocNumber, made.PrivateNote = "Check", fresh("BP"), "by check"
    made.CheckPayment = CheckPayment()
    made.CheckPayment.BankAccountRef = account(qb, "AccountSubType = 'Checking'")
    kept = saved(made, qb)
    assert (kept.TotalAmt, Bill.get(owed.Id, qb=qb).Balance) == (30, 0)
    assert kept.CheckPayment.BankAccountRef.name == "Checking"
    kept.void(qb=qb)
    kept = BillPayment.get(kept.Id, qb=qb)
    assert (kept.TotalAmt, "Voided" in kept.PrivateNote) == (0, True)
    kept.delete(qb=qb)
    assert is_gone(kept, qb)


def test_a_bill_is_paid_by_credit_card(qb: Any) -> None:
    owed = bill(qb, 30)
    made = payment_of(owed, qb, 10)
    made.PayType = "CreditCard"
    made.CreditCardPayment = BillPaymentCreditCard()
    made.CreditCardPayment.CCAccountRef = account(qb, "AccountType = 'Credit Card'")
    saved(made, qb)
    assert Bill.get(owed.Id, qb=qb).Balance == 20


def test_a_vendor_credit_is_made_and_deleted(qb: Any) -> None:
    credit = VendorCredit()
    credit.VendorRef, credit.Line = first(Vendor, qb).to_ref(), [spent(qb, 30)]
    kept = saved(credit, qb)
    assert (kept.TotalAmt, kept.Balance) == (30, 30)
    kept.delete(qb=qb)
    assert is_gone(kept, qb)


def test_a_purchase_keeps_its_tax_code(qb: Any) -> None:
    made = Purchase()
    made.PaymentType, made.DocNumber = "Cash", fresh("Doc")
    made.AccountRef = account(qb, "AccountSubType = 'Checking'")
    made.EntityRef = first(Vendor, qb).to_ref()
    line = spent(qb, 10)
    line.AccountBasedExpenseLineDetail.TaxCodeRef = ref("TAX")
    made.Line.append(line)
    kept = saved(saved(made, qb), qb)
    assert kept.Line[0].AccountBasedExpenseLineDetail.TaxCodeRef.value == "TAX"
    kept = changed(kept, qb, PrivateNote="changed")
    assert (kept.PrivateNote, kept.TotalAmt) == ("changed", 10)
    kept.delete(qb=qb)
    assert is_gone(kept, qb)


def test_an_order_is_made_sent_and_deleted(qb: Any) -> None:
    order = PurchaseOrder()
    order.VendorRef = first(Vendor, qb).to_ref()
    order.APAccountRef = account(qb, "AccountSubType = 'AccountsPayable'")
    order.ShipAddr = Address()
    order.ShipAddr.Line1 = "1 Dock Rd"
    order.Line.append(bought(qb, 100))
    kept = saved(order, qb)
    kept.send(qb=qb, send_to="a@b.example")
    kept = PurchaseOrder.get(kept.Id, qb=qb)
    assert (kept.TotalAmt, kept.ShipAddr.Line1, kept.EmailStatus) == (100, "1 Dock Rd", "EmailSent")
    kept.delete(qb=qb)
    assert is_gone(kept, qb)


def test_a_deposit_is_made_changed_and_deleted(qb: Any) -> None:
    bank, other = (a.to_ref() for a in Account.where("AccountType = 'Bank'", max_results=2, qb=qb))
    deposit, line = Deposit(), DepositLine()
    deposit.DepositToAccountRef, line.Amount = bank, 20.5
    line.DepositLineDetail = DepositLineDetail()
    line.DepositLineDetail.AccountRef = account(qb, "AccountType = 'Income'")
    deposit.Line.append(line)
    kept = saved(deposit, qb)
    assert kept.TotalAmt == 20.5
    kept.CashBack = CashBackInfo()
    kept.CashBack.Amount, kept.CashBack.AccountRef = 0.5, other
    kept = changed(kept, qb, PrivateNote="with change")
    assert (kept.PrivateNote, kept.CashBack.Amount) == ("with change", 0.5)
    kept.delete(qb=qb)
    assert is_gone(kept, qb)


def test_money_is_transferred(qb: Any) -> None:
    bank, other = (a.to_ref() for a in Account.where("AccountType = 'Bank'", max_results=2, qb=qb))
    transfer = Transfer()
    transfer.Amount, transfer.FromAccountRef, transfer.ToAccountRef = 100, bank, other
    kept = changed(saved(transfer, qb), qb, Amount=120)
    assert (kept.Amount, kept.FromAccountRef.value) == (120, bank.value)
    kept.delete(qb=qb)
    assert is_gone(kept, qb)


def test_a_credit_card_is_paid_off(qb: Any) -> None:
    card = CreditCardPayment()
    card.Amount, card.TxnDate, card.Memo = 15, "2026-07-01", "Monthly"
    card.BankAccountRef = account(qb, "AccountSubType = 'Checking'")
    card.CreditCardAccountRef = account(qb, "AccountType = 'Credit Card'")
    kept = changed(saved(card, qb), qb, Amount=16)
    assert (kept.Amount, kept.Memo, kept.TxnDate) == (16, "Monthly", "2026-07-01")
    kept.delete(qb=qb)
    assert is_gone(kept, qb)


def test_a_journal_entry_balances(qb: Any) -> None:
    entry = JournalEntry()
    for side in ("Debit", "Credit"):
        posting = JournalEntryLine()
        posting.Amount = 10
        posting.JournalEntryLineDetail = JournalEntryLineDetail()
        posting.JournalEntryLineDetail.PostingType = side
        posting.JournalEntryLineDetail.AccountRef = account(qb, "AccountType = 'Expense'")
        entry.Line.append(posting)
    kept = changed(saved(entry, qb), qb, PrivateNote="moved")
    assert (kept.TotalAmt, kept.PrivateNote) == (10, "moved")
    kept.delete(qb=qb)
    assert is_gone(kept, qb)
