"""python-quickbooks, a client that never heard of the simulator: asking, batches, changes, refusals (facts, 10.3)."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from intuitlib.client import AuthClient
from quickbooks import QuickBooks
from quickbooks.batch import batch_create, batch_delete, batch_update
from quickbooks.cdc import change_data_capture
from quickbooks.exceptions import (
    AuthorizationException,
    ObjectNotFoundException,
    QuickbooksException,
    ValidationException,
)
from quickbooks.objects.account import Account
from quickbooks.objects.attachable import Attachable
from quickbooks.objects.bill import Bill
from quickbooks.objects.billpayment import BillPayment
from quickbooks.objects.budget import Budget
from quickbooks.objects.companycurrency import CompanyCurrency
from quickbooks.objects.creditcardpayment_entity import CreditCardPayment
from quickbooks.objects.creditmemo import CreditMemo
from quickbooks.objects.customer import Customer
from quickbooks.objects.customertype import CustomerType
from quickbooks.objects.department import Department
from quickbooks.objects.deposit import Deposit
from quickbooks.objects.employee import Employee
from quickbooks.objects.estimate import Estimate
from quickbooks.objects.invoice import Invoice
from quickbooks.objects.item import Item
from quickbooks.objects.journalentry import JournalEntry
from quickbooks.objects.payment import Payment
from quickbooks.objects.paymentmethod import PaymentMethod
from quickbooks.objects.purchase import Purchase
from quickbooks.objects.purchaseorder import PurchaseOrder
from quickbooks.objects.refundreceipt import RefundReceipt
from quickbooks.objects.salesreceipt import SalesReceipt
from quickbooks.objects.taxagency import TaxAgency
from quickbooks.objects.taxcode import TaxCode
from quickbooks.objects.taxrate import TaxRate
from quickbooks.objects.term import Term
from quickbooks.objects.timeactivity import TimeActivity
from quickbooks.objects.trackingclass import Class
from quickbooks.objects.transfer import Transfer
from quickbooks.objects.vendor import Vendor
from quickbooks.objects.vendorcredit import VendorCredit

from qbo_simulator.registry import CLIENT_ID, CLIENT_SECRET

from .conftest import CALLBACK, Simulated
from .library import changed, first, form, fresh, saved

KINDS = (
    Account,
    Attachable,
    Bill,
    BillPayment,
    Budget,
    Class,
    CompanyCurrency,
    CreditCardPayment,
    CreditMemo,
    Customer,
    CustomerType,
    Department,
    Deposit,
    Employee,
    Estimate,
    Invoice,
    Item,
    JournalEntry,
    Payment,
    PaymentMethod,
    Purchase,
    PurchaseOrder,
    RefundReceipt,
    SalesReceipt,
    TaxAgency,
    TaxCode,
    TaxRate,
    Term,
    TimeActivity,
    Transfer,
    Vendor,
    VendorCredit,
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_can_be_counted_listed_found_and_read(qb: Any, kind: Any) -> None:
    total = kind.count(qb=qb)
    everything = kind.all(max_results=1000, qb=qb)
    assert total >= 1
    assert len(everything) >= min(total, 1000)
    one = everything[0]
    assert [found.Id for found in kind.filter(Id=one.Id, qb=qb)] == [one.Id]
    assert [found.Id for found in kind.choose([one.Id], qb=qb)] == [one.Id]
    assert kind.where(f"Id = '{one.Id}'", max_results=5, qb=qb)[0].to_dict() == one.to_dict()
    assert kind.get(one.Id, qb=qb).to_dict() == one.to_dict()
    assert kind.all(max_results=1, start_position=total + 10, qb=qb) == []


def test_rows_are_filtered_ordered_and_paged(qb: Any) -> None:
    names = [c.DisplayName for c in Customer.all(order_by="DisplayName", max_results=1000, qb=qb)]
    assert [n.casefold() for n in names] == sorted(n.casefold() for n in names)
    page = Customer.filter(Active=True, order_by="DisplayName", start_position=3, max_results=4, qb=qb)
    assert [c.DisplayName for c in page] == names[2:6]
    chosen = Customer.choose(["Annie's Rose Nursery", "Nobody"], field="DisplayName", qb=qb)
    assert [c.DisplayName for c in chosen] == ["Annie's Rose Nursery"]
    assert Customer.count("DisplayName LIKE 'Annie\\'s%'", qb=qb) == 1
    assert len(Customer.query("select * from Customer where Active = true maxresults 2", qb=qb)) == 2


def test_many_clients_start_from_one_refresh_token(qb: Any) -> None:
    """As the library's own tests do, each of which refreshes anew with the token it was told."""
    token, opened = qb.refresh_token, set()
    for _ in range(3):
        auth = AuthClient(CLIENT_ID, CLIENT_SECRET, CALLBACK, "sandbox")
        again = QuickBooks(auth_client=auth, refresh_token=token, company_id=qb.company_id, minorversion=75)
        opened.add(auth.access_token)
        assert again.refresh_token == token
        assert Customer.all(max_results=1, qb=again)
    assert len(opened) == 3


def test_an_invoice_sent_twice_is_one(qb: Any) -> None:
    ids = set()
    request_id = str(uuid4())
    for _ in range(2):
        made = form(Invoice, qb)
        made.save(qb=qb, request_id=request_id)
        ids.add(made.Id)
    assert len(ids) == 1


def test_a_deletion_sent_twice_is_one(qb: Any) -> None:
    made, request_id = saved(form(Invoice, qb), qb), str(uuid4())
    first_time, again = (made.delete(qb=qb, request_id=request_id) for _ in range(2))
    assert first_time == again
    assert first_time["Invoice"]["status"] == "Deleted"


def test_amounts_may_be_decimals(qb: Any) -> None:
    exact = QuickBooks(
        auth_client=qb.auth_client, company_id=qb.company_id, minorversion=75, use_decimal=True
    )
    made = form(Invoice, exact)
    made.Line[0].Amount = Decimal("12.35")
    kept = saved(made, exact)
    assert kept.TotalAmt == Decimal("12.35")
    assert changed(kept, exact, PrivateNote="read and written").TotalAmt == Decimal("12.35")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_old_minor_version_is_served_all_the_same(qb: Any) -> None:
    old = QuickBooks(auth_client=qb.auth_client, company_id=qb.company_id, minorversion=23)
    assert first(Customer, old).to_dict() == first(Customer, qb).to_dict()


def test_a_batch_is_made_changed_and_deleted(qb: Any) -> None:
    customers = []
    for _ in range(35):
        customer = Customer()
        customer.DisplayName = fresh("In a batch")
        customers.append(customer)
    made = batch_create(customers, qb=qb)
    assert len(made.successes) == 35
    again = batch_update(made.successes[:3], qb=qb)
    assert [kept.SyncToken for kept in again.successes] == ["1"] * 3
    invoices = [saved(form(Invoice, qb), qb) for _ in range(2)]
    assert len(batch_delete(invoices, qb=qb).successes) == 2


def test_what_fails_in_a_batch_is_told_beside_what_succeeds(qb: Any) -> None:
    good, bad = Customer(), Customer()
    good.DisplayName, bad.DisplayName = fresh("Good"), first(Customer, qb).DisplayName
    answer = batch_create([good, bad], qb=qb)
    assert [kept.DisplayName for kept in answer.successes] == [good.DisplayName]
    assert answer.faults[0].Error[0].code == "6240"
    assert answer.faults[0].original_object.DisplayName == bad.DisplayName


def test_changes_are_captured_deletions_too(qb: Any) -> None:
    # Another test may have written a term in this second.
    time.sleep(1.1)
    began = datetime.now(UTC).isoformat(timespec="seconds")
    made = saved(form(Invoice, qb), qb)
    made.delete(qb=qb)
    customer = Customer()
    customer.DisplayName = fresh("Changed")
    kept = saved(customer, qb)
    found = change_data_capture([Customer, Invoice, Term], began, qb=qb)
    assert kept.Id in {one.Id for one in found.Customer}
    assert (made.Id, "Deleted") in {(one.Id, getattr(one, "status", "")) for one in found.Invoice}
    assert not hasattr(found, "Term")


def test_a_link_to_every_invoice_can_be_asked_for(qb: Any) -> None:
    asking = QuickBooks(
        auth_client=qb.auth_client, company_id=qb.company_id, minorversion=75, invoice_link=True
    )
    made = form(Invoice, asking)
    made.save(qb=asking, params={"include": "invoiceLink"})
    assert Invoice.get(made.Id, qb=asking).InvoiceLink == ""


@pytest.mark.parametrize(
    ("code", "kind"),
    [(6240, QuickbooksException), (610, ObjectNotFoundException), (4000, ValidationException)],
)
def test_refusals_are_understood(qb: Any, code: int, kind: type[QuickbooksException]) -> None:
    taken = Customer()
    taken.DisplayName = first(Customer, qb).DisplayName
    attempts = {
        6240: lambda: taken.save(qb=qb),
        610: lambda: Customer.get("424242", qb=qb),
        4000: lambda: Customer.query("select everything", qb=qb),
    }
    with pytest.raises(kind) as told:
        attempts[code]()
    assert told.value.error_code == code


def test_a_stale_object_is_refused(qb: Any) -> None:
    customer = Customer()
    customer.DisplayName = fresh("Stale")
    kept = saved(customer, qb)
    changed(kept, qb, Notes="by one")
    with pytest.raises(QuickbooksException) as told:
        kept.save(qb=qb)
    assert told.value.error_code == 5010


def test_an_expired_token_and_another_company_are_told_apart(simulated: Simulated, qb: Any) -> None:
    elsewhere = QuickBooks(auth_client=qb.auth_client, company_id="1", minorversion=75)
    with pytest.raises(QuickbooksException, match="403"):
        Customer.all(qb=elsewhere)
    simulated.control("/tokens/expire", realm=qb.company_id)
    with pytest.raises(AuthorizationException):
        Customer.all(qb=qb)


def test_a_throttled_call_is_not_json(simulated: Simulated, qb: Any) -> None:
    simulated.control("/throttles", per_second=0)
    with pytest.raises(QuickbooksException, match="ThrottleExceeded"):
        Customer.all(qb=qb)


def test_a_report_is_asked_for_at_its_address(simulated: Simulated, qb: Any) -> None:
    try:
        qb.get_report("ProfitAndLoss", {"accounting_method": "Cash"})
    except QuickbooksException as told:
        assert "ProfitAndLoss" in told.detail  # noqa: PT017
    call = simulated.look("/calls", path="/reports/ProfitAndLoss")["calls"][-1]
    assert (call["method"], call["status"] in (200, 400)) == ("GET", True)
    assert "accounting_method=Cash" in call["path"]
