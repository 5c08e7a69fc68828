"""python-quickbooks, a client that never heard of the simulator, works with each kind of object."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import intuitlib.config
import pytest
import requests
from intuitlib.client import AuthClient
from quickbooks import QuickBooks
from quickbooks.batch import batch_create, batch_delete, batch_update
from quickbooks.cdc import change_data_capture
from quickbooks.exceptions import ObjectNotFoundException, QuickbooksException
from quickbooks.objects.account import Account
from quickbooks.objects.attachable import Attachable
from quickbooks.objects.base import Address, AttachableRef, EmailAddress, PhoneNumber, Ref
from quickbooks.objects.bill import Bill
from quickbooks.objects.billpayment import BillPayment, BillPaymentLine, CheckPayment
from quickbooks.objects.budget import Budget
from quickbooks.objects.company_info import CompanyInfo
from quickbooks.objects.companycurrency import CompanyCurrency
from quickbooks.objects.creditcardpayment_entity import CreditCardPayment
from quickbooks.objects.creditmemo import CreditMemo
from quickbooks.objects.customer import Customer
from quickbooks.objects.customertype import CustomerType
from quickbooks.objects.department import Department
from quickbooks.objects.deposit import Deposit, DepositLine, DepositLineDetail
from quickbooks.objects.detailline import (
    AccountBasedExpenseLine,
    AccountBasedExpenseLineDetail,
    DiscountLine,
    DiscountLineDetail,
    ItemBasedExpenseLine,
    ItemBasedExpenseLineDetail,
    SalesItemLine,
    SalesItemLineDetail,
)
from quickbooks.objects.employee import Employee
from quickbooks.objects.estimate import Estimate
from quickbooks.objects.exchangerate import ExchangeRate
from quickbooks.objects.invoice import Invoice
from quickbooks.objects.item import Item
from quickbooks.objects.journalentry import JournalEntry, JournalEntryLine, JournalEntryLineDetail
from quickbooks.objects.payment import Payment, PaymentLine
from quickbooks.objects.paymentmethod import PaymentMethod
from quickbooks.objects.preferences import Preferences
from quickbooks.objects.purchase import Purchase
from quickbooks.objects.purchaseorder import PurchaseOrder
from quickbooks.objects.recurringtransaction import (
    RecurringBill,
    RecurringInfo,
    RecurringTransaction,
    ScheduleInfo,
)
from quickbooks.objects.refundreceipt import RefundReceipt, RefundReceiptCheckPayment
from quickbooks.objects.salesreceipt import SalesReceipt
from quickbooks.objects.taxagency import TaxAgency
from quickbooks.objects.taxcode import TaxCode
from quickbooks.objects.taxrate import TaxRate
from quickbooks.objects.taxservice import TaxRateDetails, TaxService
from quickbooks.objects.term import Term
from quickbooks.objects.timeactivity import TimeActivity
from quickbooks.objects.trackingclass import Class
from quickbooks.objects.transfer import Transfer
from quickbooks.objects.vendor import Vendor
from quickbooks.objects.vendorcredit import VendorCredit

from qbo_simulator.registry import CLIENT_ID, CLIENT_SECRET

from .conftest import CALLBACK, TIMEOUT_S, Connected, Simulated

_numbers = count(1)


def fresh(word: str) -> str:
    return f"{word} {next(_numbers)}"


@pytest.fixture
def qb(simulated: Simulated, books: Connected, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The client, which refreshes its token as it starts."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    discovery = f"{simulated.url}/.well-known/openid_sandbox_configuration/"
    monkeypatch.setitem(intuitlib.config.DISCOVERY_URL, "sandbox", discovery)
    monkeypatch.setattr(QuickBooks, "sandbox_api_url_v3", f"{simulated.url}/v3")
    client = AuthClient(
        client_id=CLIENT_ID, client_secret=CLIENT_SECRET, environment="sandbox", redirect_uri=CALLBACK
    )
    return QuickBooks(
        auth_client=client, refresh_token=books.refresh_token, company_id=books.realm, minorversion=75
    )


def first(kind: Any, qb: Any, where: str = "") -> Any:
    return (kind.where(where, max_results=1, qb=qb) if where else kind.all(max_results=1, qb=qb))[0]


def account(qb: Any, where: str) -> Any:
    return first(Account, qb, where).to_ref()


def saved(thing: Any, qb: Any) -> Any:
    """Save an object and return it as the company has it."""
    thing.save(qb=qb)
    return type(thing).get(thing.Id, qb=qb)


def is_gone(thing: Any, qb: Any) -> bool:
    return not type(thing).filter(Id=thing.Id, qb=qb)


def sold(qb: Any, amount: float = 100) -> Any:
    line = SalesItemLine()
    line.LineNum, line.Description, line.Amount = 1, "description", amount
    line.SalesItemLineDetail = SalesItemLineDetail()
    line.SalesItemLineDetail.ItemRef = first(Item, qb, "Type = 'Service'").to_ref()
    line.SalesItemLineDetail.TaxCodeRef = Ref()
    line.SalesItemLineDetail.TaxCodeRef.value = "NON"
    return line


def spent(qb: Any, amount: float) -> Any:
    line = AccountBasedExpenseLine()
    line.Amount = amount
    line.AccountBasedExpenseLineDetail = AccountBasedExpenseLineDetail()
    line.AccountBasedExpenseLineDetail.AccountRef = account(qb, "AccountType = 'Expense'")
    return line


def form(kind: Any, qb: Any, *lines: Any) -> Any:
    made = kind()
    made.CustomerRef = first(Customer, qb).to_ref()
    made.Line.extend(lines or [sold(qb)])
    return made


def bill(qb: Any, amount: float = 200) -> Any:
    made = Bill()
    made.VendorRef = first(Vendor, qb).to_ref()
    made.Line.append(spent(qb, amount))
    return saved(made, qb)


def test_invoices(qb: Any) -> None:
    kept = saved(form(Invoice, qb), qb)
    assert (kept.TotalAmt, kept.Balance, len(kept.Line)) == (100, 100, 2)
    kept.PrivateNote = "changed"
    kept = saved(kept, qb)
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


def test_an_invoice_sent_twice_is_one(qb: Any) -> None:
    ids = set()
    request_id = str(uuid4())
    for _ in range(2):
        made = form(Invoice, qb)
        made.save(qb=qb, request_id=request_id)
        ids.add(made.Id)
    assert len(ids) == 1


def test_an_invoice_has_a_link_for_its_customer(qb: Any) -> None:
    made = form(Invoice, qb)
    made.AllowOnlineCreditCardPayment = True
    made.BillEmail = EmailAddress()
    made.BillEmail.Address = "a@b.example"
    made.save(qb=qb)
    assert "https" in Invoice.get(made.Id, qb=qb, params={"include": "invoiceLink"}).InvoiceLink


def test_estimates_with_a_discount(qb: Any) -> None:
    off = DiscountLine()
    off.Amount = 3.5
    off.DiscountLineDetail = DiscountLineDetail()
    off.DiscountLineDetail.PercentBased, off.DiscountLineDetail.DiscountPercent = True, 10
    off.DiscountLineDetail.DiscountAccountRef = account(qb, "AccountSubType = 'DiscountsRefundsGiven'")
    made = form(Estimate, qb, sold(qb, 35), off)
    made.BillAddr = Address()
    made.BillAddr.Line1, made.BillAddr.Country = "65 Ocean Dr", "U.S.A"
    kept = saved(saved(made, qb), qb)
    assert (kept.TotalAmt, kept.Line[2].DetailType, kept.Line[2].Amount) == (31.5, "DiscountLineDetail", 3.5)
    assert kept.BillAddr.Country == "U.S.A"
    kept.delete(qb=qb)
    assert is_gone(kept, qb)


def test_payments(qb: Any) -> None:
    customer = first(Customer, qb)
    invoice = first(Invoice, qb, f"CustomerRef = '{customer.Id}'")
    made = Payment()
    made.TotalAmt, made.CustomerRef = 40, customer.to_ref()
    line = PaymentLine()
    line.Amount = 20
    line.LinkedTxn.append(invoice.to_linked_txn())
    made.Line.append(line)
    kept = saved(made, qb)
    assert kept.UnappliedAmt == 20
    assert Invoice.get(invoice.Id, qb=qb).Balance == invoice.Balance - 20
    kept.void(qb=qb)
    kept = Payment.get(made.Id, qb=qb)
    assert kept.TotalAmt == 0
    assert "Voided" in kept.PrivateNote
    kept.delete(qb=qb)
    assert Invoice.get(invoice.Id, qb=qb).Balance == invoice.Balance
    assert len(Payment.all(max_results=5, qb=qb)) == 5


def test_credit_memos_and_receipts(qb: Any) -> None:
    memo = saved(form(CreditMemo, qb), qb)
    assert (memo.TotalAmt, memo.RemainingCredit) == (100, 100)
    memo.delete(qb=qb)
    receipt = saved(form(SalesReceipt, qb), qb)
    receipt.void(qb=qb)
    assert SalesReceipt.get(receipt.Id, qb=qb).TotalAmt == 0
    refund = form(RefundReceipt, qb)
    refund.DocNumber = fresh("Refund")
    refund.DepositToAccountRef = account(qb, "Name = 'checking'")
    refund.CheckPayment = RefundReceiptCheckPayment()
    refund.CheckPayment.CheckNum = "1001"
    kept = saved(refund, qb)
    assert (kept.CheckPayment.CheckNum, kept.DepositToAccountRef.name) == ("1001", "Checking")


def test_bills_and_their_payment(qb: Any) -> None:
    owed = bill(qb, 30)
    made = BillPayment()
    made.PayType, made.TotalAmt, made.VendorRef = "Check", 30, owed.VendorRef
    made.CheckPayment = CheckPayment()
    made.CheckPayment.BankAccountRef = account(qb, "AccountSubType = 'Checking'")
    made.APAccountRef = account(qb, "AccountSubType = 'AccountsPayable'")
    line = BillPaymentLine()
    line.Amount = 30
    line.LinkedTxn.append(owed.to_linked_txn())
    made.Line.append(line)
    kept = saved(made, qb)
    assert (kept.TotalAmt, Bill.get(owed.Id, qb=qb).Balance) == (30, 0)
    kept.void(qb=qb)
    kept = BillPayment.get(kept.Id, qb=qb)
    assert (kept.TotalAmt, "Voided" in kept.PrivateNote) == (0, True)
    credit = VendorCredit()
    credit.VendorRef, credit.Line = owed.VendorRef, owed.Line
    assert saved(credit, qb).Balance == 30


def test_purchases_and_orders(qb: Any) -> None:
    made = Purchase()
    made.PaymentType, made.DocNumber = "Cash", fresh("Doc")
    made.AccountRef = account(qb, "AccountSubType = 'Checking'")
    line = spent(qb, 10)
    line.AccountBasedExpenseLineDetail.TaxCodeRef = Ref()
    line.AccountBasedExpenseLineDetail.TaxCodeRef.value = "TAX"
    made.Line.append(line)
    kept = saved(saved(made, qb), qb)
    assert kept.Line[0].AccountBasedExpenseLineDetail.TaxCodeRef.value == "TAX"
    order = PurchaseOrder()
    order.VendorRef = first(Vendor, qb).to_ref()
    part = ItemBasedExpenseLine()
    part.Amount = 100
    part.ItemBasedExpenseLineDetail = ItemBasedExpenseLineDetail()
    part.ItemBasedExpenseLineDetail.ItemRef = first(Item, qb, "Type = 'Inventory'").to_ref()
    order.Line.append(part)
    kept = saved(order, qb)
    kept.send(qb=qb, send_to="a@b.example")
    assert PurchaseOrder.get(kept.Id, qb=qb).TotalAmt == 100


def test_money_that_moves(qb: Any) -> None:
    bank, other = (a.to_ref() for a in Account.where("AccountType = 'Bank'", max_results=2, qb=qb))
    deposit = Deposit()
    deposit.DepositToAccountRef = bank
    line = DepositLine()
    line.Amount = 20.5
    line.DepositLineDetail = DepositLineDetail()
    line.DepositLineDetail.AccountRef = account(qb, "AccountType = 'Income'")
    deposit.Line.append(line)
    assert saved(deposit, qb).TotalAmt == 20.5
    transfer = Transfer()
    transfer.Amount, transfer.FromAccountRef, transfer.ToAccountRef = 100, bank, other
    assert saved(transfer, qb).Amount == 100
    card = CreditCardPayment()
    card.Amount, card.BankAccountRef = 15, bank
    card.CreditCardAccountRef = account(qb, "AccountType = 'Credit Card'")
    kept = saved(card, qb)
    kept.Amount = 16
    assert saved(kept, qb).Amount == 16
    entry = JournalEntry()
    for side in ("Debit", "Credit"):
        posting = JournalEntryLine()
        posting.Amount = 10
        posting.JournalEntryLineDetail = JournalEntryLineDetail()
        posting.JournalEntryLineDetail.PostingType = side
        posting.JournalEntryLineDetail.AccountRef = account(qb, "AccountType = 'Expense'")
        entry.Line.append(posting)
    assert saved(entry, qb).TotalAmt == 10


def test_people(qb: Any) -> None:
    for kind in (Customer, Vendor, Employee):
        made = kind()
        made.GivenName, made.FamilyName = "Ada", fresh("Lovelace")
        made.PrimaryPhone = PhoneNumber()
        made.PrimaryPhone.FreeFormNumber = "555-0100"
        address = "PrimaryAddr" if kind is Employee else "BillAddr"
        setattr(made, address, Address())
        getattr(made, address).Country = "U.S.A"
        kept = saved(made, qb)
        assert getattr(kept, address).Country == "U.S.A"
        kept.GivenName = "Augusta"
        assert saved(kept, qb).GivenName == "Augusta"


def test_items_and_accounts(qb: Any) -> None:
    made = Item()
    made.Name, made.Type, made.Sku, made.InvStartDate = fresh("Item"), "Inventory", "SKU 1", "2026-01-01"
    made.TrackQtyOnHand, made.QtyOnHand = True, 10
    made.IncomeAccountRef = account(qb, "AccountSubType = 'SalesOfProductIncome'")
    made.ExpenseAccountRef = account(qb, "AccountSubType = 'SuppliesMaterialsCogs'")
    made.AssetAccountRef = account(qb, "AccountSubType = 'Inventory'")
    kept = saved(made, qb)
    assert kept.Sku == "SKU 1"
    assert len(Item.all(qb=qb)) > 20
    till = Account()
    till.Name, till.AccountSubType = fresh("Till"), "CashOnHand"
    kept = saved(till, qb)
    assert kept.AccountType == "Bank"
    kept.Name = fresh("Drawer")
    assert saved(kept, qb).FullyQualifiedName == kept.Name


def test_short_lists(qb: Any) -> None:
    for kind in (Class, Department):
        made = kind()
        made.Name = fresh("Name")
        kept = saved(made, qb)
        kept.Name = fresh("Other name")
        assert saved(kept, qb).Name == kept.Name
    term = Term()
    term.Name, term.DueDays = fresh("Term"), 10
    kept = saved(term, qb)
    kept.DueDays = 60
    assert saved(kept, qb).DueDays == 60
    for kind in (PaymentMethod, CustomerType, Budget, TimeActivity, Transfer, Attachable, CreditMemo):
        assert kind.all(max_results=1, qb=qb)
    assert CompanyInfo.get(qb.company_id, qb=qb).Id == "1"


def test_taxes(qb: Any) -> None:
    assert len(TaxCode.all(max_results=1, qb=qb)) == 4
    rate = first(TaxRate, qb)
    assert TaxRate.get(rate.Id, qb=qb).Name == rate.Name
    agency = TaxAgency()
    agency.DisplayName = fresh("Agency")
    assert saved(agency, qb).DisplayName == agency.DisplayName
    service, detail = TaxService(), TaxRateDetails()
    service.TaxCode, detail.TaxRateName = fresh("Code"), fresh("Rate")
    detail.RateValue, detail.TaxAgencyId = 10, "1"
    service.TaxRateDetails.append(detail)
    made = service.save(qb=qb)
    assert (made.TaxCode, made.TaxRateDetails[0].TaxAgencyId) == (service.TaxCode, "1")


def test_currencies(qb: Any) -> None:
    assert CompanyCurrency.get("1", qb=qb).Name == "Canadian Dollar"
    rate = first(ExchangeRate, qb, "SourceCurrencyCode = 'EUR'")
    assert rate.TargetCurrencyCode == "USD"
    rate.Rate += 1
    rate.save(qb=qb)
    assert first(ExchangeRate, qb, "SourceCurrencyCode = 'EUR'").Rate == rate.Rate
    rate = first(ExchangeRate, qb, "SourceCurrencyCode = 'EUR'")
    rate.Rate -= 1
    rate.save(qb=qb)


def test_preferences(qb: Any) -> None:
    kept = Preferences.get(qb=qb)
    assert kept.AccountingInfoPrefs.TaxYearMonth == "January"
    assert kept.ProductAndServicesPrefs.ForPurchase is True
    assert kept.VendorAndPurchasesPrefs.BillableExpenseTracking is True
    assert kept.TimeTrackingPrefs.WorkWeekStartDate == "Monday"
    assert kept.OtherPrefs.NameValue[0].Name == "SalesFormsPrefs.DefaultCustomerMessage"
    kept.EmailMessagesPrefs.EstimateMessage.Subject = fresh("Subject")
    kept.save(qb=qb)
    subject = Preferences.get(qb=qb).EmailMessagesPrefs.EstimateMessage.Subject
    assert subject == kept.EmailMessagesPrefs.EstimateMessage.Subject


def test_time_and_attachments(qb: Any, tmp_path: Path) -> None:
    made = TimeActivity()
    made.NameOf, made.Hours, made.Minutes, made.HourlyRate = "Employee", 1, 30, 0
    made.EmployeeRef = first(Employee, qb).to_ref()
    made.StartTime, made.EndTime = "2026-07-22T10:00:00-07:00", "2026-07-22T11:30:00-07:00"
    kept = saved(made, qb)
    kept.delete(qb=qb)
    assert is_gone(kept, qb)
    file = tmp_path / "plan.txt"
    file.write_text("here")
    attached, hook = Attachable(), AttachableRef()
    attached.Note, attached.FileName, attached.ContentType = "Plan", "plan.txt", "text/plain"
    attached._FilePath = str(file)
    hook.EntityRef = first(Vendor, qb).to_ref()
    attached.AttachableRef.append(hook)
    kept = saved(attached, qb)
    assert requests.get(kept.TempDownloadUri, timeout=TIMEOUT_S).text == "here"
    kept.Note = "New plan"
    kept = saved(kept, qb)
    kept.delete(qb=qb)
    assert is_gone(kept, qb)


def test_recurring_transactions(qb: Any) -> None:
    for kind in ("Bill", "Invoice"):
        assert hasattr(RecurringTransaction.where(f"Type = '{kind}'", qb=qb)[0], kind)
    template = RecurringBill()
    template.VendorRef, template.Line = first(Vendor, qb).to_ref(), [spent(qb, 5)]
    template.RecurringInfo = RecurringInfo()
    template.RecurringInfo.Name = fresh("Rent")
    template.RecurringInfo.ScheduleInfo = ScheduleInfo()
    template.RecurringInfo.ScheduleInfo.DayOfMonth = 1
    made = RecurringTransaction()
    made.Bill = template
    kept = RecurringTransaction.get(made.save(qb=qb).Bill.Id, qb=qb)
    kept.Bill.RecurringInfo.ScheduleInfo.DayOfMonth = 2
    kept = kept.save(qb=qb)
    assert kept.Bill.RecurringInfo.ScheduleInfo.DayOfMonth == 2
    kept.delete(qb=qb)
    assert RecurringTransaction.where(f"Id = '{kept.Bill.Id}'", qb=qb) == []


def test_batches_and_changes(qb: Any) -> None:
    customers = []
    for _ in range(35):
        customer = Customer()
        customer.DisplayName = fresh("In a batch")
        customers.append(customer)
    made = batch_create(customers, qb=qb)
    assert len(made.successes) == 35
    changed = batch_update(made.successes[:3], qb=qb)
    assert [kept.SyncToken for kept in changed.successes] == ["1"] * 3
    invoices = [saved(form(Invoice, qb), qb) for _ in range(2)]
    assert len(batch_delete(invoices, qb=qb).successes) == 2
    since = made.successes[0].MetaData["CreateTime"]
    found = change_data_capture([Customer, Invoice, Term], since, qb=qb)
    assert {kept.Id for kept in made.successes} <= {kept.Id for kept in found.Customer}


def test_refusals_are_understood(qb: Any) -> None:
    taken = Customer()
    taken.DisplayName = first(Customer, qb).DisplayName
    with pytest.raises(QuickbooksException) as told:
        taken.save(qb=qb)
    assert told.value.error_code == 6240
