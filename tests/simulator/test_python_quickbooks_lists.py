"""python-quickbooks keeps people, goods, short lists, taxes and preferences (facts, 10.3)."""

from __future__ import annotations

from typing import Any

import pytest
from quickbooks.objects.account import Account
from quickbooks.objects.base import Address, EmailAddress, PhoneNumber, WebAddress
from quickbooks.objects.company_info import CompanyInfo
from quickbooks.objects.companycurrency import CompanyCurrency
from quickbooks.objects.customer import Customer
from quickbooks.objects.department import Department
from quickbooks.objects.employee import Employee
from quickbooks.objects.exchangerate import ExchangeRate
from quickbooks.objects.item import Item
from quickbooks.objects.paymentmethod import PaymentMethod
from quickbooks.objects.preferences import Preferences
from quickbooks.objects.taxagency import TaxAgency
from quickbooks.objects.taxcode import TaxCode
from quickbooks.objects.taxrate import TaxRate
from quickbooks.objects.taxservice import TaxRateDetails, TaxService
from quickbooks.objects.term import Term
from quickbooks.objects.trackingclass import Class
from quickbooks.objects.vendor import Vendor

from .library import account, changed, first, fresh, ref, saved


@pytest.mark.parametrize("kind", [Customer, Vendor, Employee], ids=lambda kind: kind.__name__)
def test_a_person_is_made_changed_and_made_inactive(qb: Any, kind: Any) -> None:
    made = kind()
    made.GivenName, made.FamilyName, made.Title = "Ada", fresh("Lovelace"), "Ms."
    made.PrimaryPhone = PhoneNumber()
    made.PrimaryPhone.FreeFormNumber = "555-0100"
    made.PrimaryEmailAddr = EmailAddress()
    made.PrimaryEmailAddr.Address = "ada@b.example"
    address = "PrimaryAddr" if kind is Employee else "BillAddr"
    setattr(made, address, Address())
    getattr(made, address).Country = "U.S.A"
    kept = saved(made, qb)
    assert getattr(kept, address).Country == "U.S.A"
    assert (kept.PrimaryPhone.FreeFormNumber, kept.PrimaryEmailAddr.Address) == ("555-0100", "ada@b.example")
    assert f"Ada {made.FamilyName}" in kept.DisplayName
    kept = changed(kept, qb, GivenName="Augusta")
    assert kept.GivenName == "Augusta"
    assert changed(kept, qb, Active=False).Active is False
    assert kind.filter(Active=False, Id=kept.Id, qb=qb)
    assert not kind.filter(Id=kept.Id, qb=qb)


def test_a_customer_has_jobs_and_all_its_ways_to_be_reached(qb: Any) -> None:
    made = Customer()
    made.DisplayName, made.Notes = fresh("Family"), "Notes"
    for phone in ("PrimaryPhone", "AlternatePhone", "Mobile", "Fax"):
        setattr(made, phone, PhoneNumber())
        getattr(made, phone).FreeFormNumber = f"555-{phone}"
    made.WebAddr = WebAddress()
    made.WebAddr.URI = "http://family.example"
    made.SalesTermRef = first(Term, qb).to_ref()
    made.PaymentMethodRef = first(PaymentMethod, qb).to_ref()
    kept = saved(made, qb)
    assert (kept.Fax.FreeFormNumber, kept.WebAddr.URI) == ("555-Fax", "http://family.example")
    assert kept.SalesTermRef.value == made.SalesTermRef.value
    job = Customer()
    job.DisplayName, job.Job, job.ParentRef = fresh("Job"), True, kept.to_ref()
    assert saved(job, qb).FullyQualifiedName == f"{kept.DisplayName}:{job.DisplayName}"


def test_an_account_is_made_nested_and_renamed(qb: Any) -> None:
    till = Account()
    till.Name, till.AccountSubType = fresh("Till"), "CashOnHand"
    kept = saved(till, qb)
    assert (kept.AccountType, kept.Classification, kept.CurrentBalance) == ("Bank", "Asset", 0)
    kept = changed(kept, qb, Name=fresh("Drawer"))
    assert kept.FullyQualifiedName == kept.Name
    coins = Account()
    coins.Name, coins.AccountSubType, coins.SubAccount = fresh("Coins"), "CashOnHand", True
    coins.ParentRef = kept.to_ref()
    assert saved(coins, qb).FullyQualifiedName == f"{kept.Name}:{coins.Name}"


def test_an_item_in_stock(qb: Any) -> None:
    made = Item()
    made.Name, made.Type, made.Sku, made.InvStartDate = fresh("Item"), "Inventory", "SKU 1", "2026-01-01"
    made.TrackQtyOnHand, made.QtyOnHand, made.UnitPrice = True, 10, 2.5
    made.IncomeAccountRef = account(qb, "AccountSubType = 'SalesOfProductIncome'")
    made.ExpenseAccountRef = account(qb, "AccountSubType = 'SuppliesMaterialsCogs'")
    made.AssetAccountRef = account(qb, "AccountSubType = 'Inventory'")
    kept = saved(made, qb)
    assert (kept.Sku, kept.QtyOnHand, kept.UnitPrice) == ("SKU 1", 10, 2.5)
    assert changed(kept, qb, Description="changed").Description == "changed"


def test_every_item_is_listed_with_its_number(qb: Any) -> None:
    items = Item.all(qb=qb)
    assert len(items) > 20
    assert any(item.Sku for item in items)


@pytest.mark.parametrize("kind", [Class, Department], ids=lambda kind: kind.__name__)
def test_classes_and_departments_are_nested(qb: Any, kind: Any) -> None:
    made = kind()
    made.Name = fresh("Name")
    kept = saved(made, qb)
    kept = changed(kept, qb, Name=fresh("Other name"))
    under = kind()
    under.Name, under.ParentRef = fresh("Under"), ref(kept.Id)
    setattr(under, f"Sub{kind.qbo_object_name}", True)
    assert saved(under, qb).FullyQualifiedName == f"{kept.Name}:{under.Name}"


def test_terms_count_days(qb: Any) -> None:
    term = Term()
    term.Name, term.DueDays = fresh("Term"), 10
    kept = saved(term, qb)
    assert (kept.Type, kept.DueDays) == ("STANDARD", 10)
    assert changed(kept, qb, DueDays=60).DueDays == 60


def test_a_payment_method_is_made(qb: Any) -> None:
    made = PaymentMethod()
    made.Name, made.Type = fresh("Method"), "NON_CREDIT_CARD"
    assert saved(made, qb).Name == made.Name


def test_the_company_tells_about_itself(qb: Any) -> None:
    info = CompanyInfo.get(qb.company_id, qb=qb)
    assert (info.Id, info.CompanyName) == ("1", "Craig & Holt Landscaping")


def test_american_tax_codes_come_with_three_more_than_asked_for(qb: Any) -> None:
    assert len(TaxCode.all(max_results=1, qb=qb)) == 4
    code = first(TaxCode, qb)
    assert TaxCode.get(code.Id, qb=qb).Name == code.Name


def test_tax_rates_and_agencies(qb: Any) -> None:
    rate = first(TaxRate, qb)
    assert TaxRate.get(rate.Id, qb=qb).Name == rate.Name
    agency = TaxAgency()
    agency.DisplayName = fresh("Agency")
    assert saved(agency, qb).DisplayName == agency.DisplayName
    assert TaxAgency.get("1", qb=qb).Id == "1"


def test_a_tax_code_is_made_with_its_rates(qb: Any) -> None:
    service, detail = TaxService(), TaxRateDetails()
    service.TaxCode, detail.TaxRateName = fresh("Code"), fresh("Rate")
    detail.RateValue, detail.TaxAgencyId = 10, "1"
    service.TaxRateDetails.append(detail)
    made = service.save(qb=qb)
    assert made.TaxCode == service.TaxCode
    (rate,) = made.TaxRateDetails
    assert (rate.TaxAgencyId, rate.TaxRateName, rate.RateValue) == ("1", detail.TaxRateName, 10)
    assert TaxCode.filter(Name=service.TaxCode, qb=qb)


def test_currencies(qb: Any) -> None:
    assert CompanyCurrency.get("1", qb=qb).Name == "Canadian Dollar"
    made = CompanyCurrency()
    made.Code = "NOK"
    assert saved(made, qb).Name == "Norwegian Krone"


def test_a_rate_of_exchange_is_changed(qb: Any) -> None:
    euros = "SourceCurrencyCode = 'EUR'"
    rate = first(ExchangeRate, qb, euros)
    assert rate.TargetCurrencyCode == "USD"
    for step in (1, -1):
        rate.Rate += step
        rate.save(qb=qb)
        kept = first(ExchangeRate, qb, euros)
        assert kept.Rate == rate.Rate
        rate = kept


def test_preferences(qb: Any) -> None:
    kept = Preferences.get(qb=qb)
    assert kept.Id == "1"
    assert kept.AccountingInfoPrefs.TaxYearMonth == "January"
    assert kept.ProductAndServicesPrefs.ForPurchase is True
    assert kept.VendorAndPurchasesPrefs.BillableExpenseTracking is True
    assert kept.TimeTrackingPrefs.WorkWeekStartDate == "Monday"
    assert kept.OtherPrefs.NameValue[0].Name == "SalesFormsPrefs.DefaultCustomerMessage"
    kept.EmailMessagesPrefs.EstimateMessage.Subject = fresh("Subject")
    kept.save(qb=qb)
    subject = Preferences.get(qb=qb).EmailMessagesPrefs.EstimateMessage.Subject
    assert subject == kept.EmailMessagesPrefs.EstimateMessage.Subject
