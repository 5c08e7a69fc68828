"""Put objects into a company's past: read-only entities too, at the time they were made."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from ..books import Books
from ..clock import PACIFIC, stamp
from ..entities import COMPANY_INFO, CUSTOMER, ITEM, PREFERENCES
from ..entities.people import number_addresses
from ..entities.spec import Body, Change, Entity
from ..ledger.opening import open_account, open_stock
from ..rules.company import home_currency
from ..writing import amend, create_as_bookkeeper

# The Ids these accounts have in Intuit's own examples; clients' tests write them down.
USUAL_IDS = {
    "Services": "1",
    "Undeposited Funds": "4",
    "Accounts Payable (A/P)": "33",
    "Checking": "35",
    "Savings": "36",
    "Mastercard": "41",
    "Visa": "42",
    "Sales of Product Income": "79",
    "Cost of Goods Sold": "80",
    "Inventory Asset": "81",
    "Accounts Receivable (A/R)": "84",
    "Discounts Given": "86",
}


def plant(entity: Entity, books: Books, at: datetime, **fields: Any) -> Body:
    """Keep an object as if it had been made at a time, without asking any rule."""
    body: Body = {**fields}
    body.setdefault("Id", "1" if entity.singleton else books.next_id(entity))
    if entity.is_list:
        body.setdefault("Active", True)
    number_addresses(Change(entity, None, body, at, books))
    body |= {
        "SyncToken": "0",
        "domain": "QBO",
        "sparse": False,
        "MetaData": {"CreateTime": stamp(at), "LastUpdatedTime": stamp(at)},
    }
    if str(body["Id"]).isdigit():
        books.skip_ids(entity, int(body["Id"]))
    books.put(entity, body)
    if entity is ITEM:
        open_stock(books, body, at=at)
    return body


def plant_customer(books: Books, at: datetime, *, active: bool = True, **fields: Any) -> Body:
    """Make a customer by the rules, and make it inactive if so wished."""
    kept = create_as_bookkeeper(CUSTOMER, books, fields, at=at)
    if not active:
        later = at + timedelta(days=210)
        kept = amend(CUSTOMER, books, kept["Id"], {"Active": False}, at=later)
    return kept


def ref(body: Body) -> Body:
    name = body.get("FullyQualifiedName") or body.get("Name") or body.get("DisplayName")
    return {"value": body["Id"], "name": name}


def american_address(line1: str, city: str, state: str, zip: str, line2: str = "") -> Body:
    lines = {"Line1": line1} | ({"Line2": line2} if line2 else {})
    return {**lines, "City": city, "CountrySubDivisionCode": state, "PostalCode": zip}


def moments(start: datetime, step: timedelta) -> Iterable[datetime]:
    at = start
    while True:
        yield at
        at += step


def pacific(year: int, month: int, day: int, hour: int = 9, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=PACIFIC)


def plant_company_info(
    books: Books,
    at: datetime,
    *,
    name: str,
    legal_name: str,
    address: Body,
    email: str,
    phone: str,
    country: str = "US",
    zone: str = "America/Los_Angeles",
) -> None:
    plant(
        COMPANY_INFO,
        books,
        at,
        CompanyName=name,
        LegalName=legal_name,
        CompanyAddr=dict(address),
        CustomerCommunicationAddr=dict(address),
        LegalAddr=dict(address),
        CustomerCommunicationEmailAddr={"Address": email},
        PrimaryPhone={"FreeFormNumber": phone},
        Email={"Address": email},
        WebAddr={},
        CompanyStartDate=at.date().isoformat(),
        FiscalYearStartMonth="January",
        Country=country,
        SupportedLanguages="en",
        DefaultTimeZone=zone,
        NameValue=[
            {"Name": "NeoEnabled", "Value": "true"},
            {"Name": "IsQbdtMigrated", "Value": "false"},
            {"Name": "CompanyType", "Value": "Other"},
            {"Name": "SubscriptionStatus", "Value": "SUBSCRIBED"},
            {"Name": "OfferingSku", "Value": "QuickBooks Online Plus"},
            {"Name": "PayrollFeature", "Value": "false"},
            {"Name": "AccountantFeature", "Value": "false"},
            {"Name": "ItemCategoriesFeature", "Value": "true"},
            {"Name": "AssignedTime", "Value": stamp(at)},
        ],
    )


def plant_preferences(
    books: Books, at: datetime, *, currency: str = "USD", many_currencies: bool = False, tax_code: str = "2"
) -> None:
    currencies = {"MultiCurrencyEnabled": many_currencies, "HomeCurrency": {"value": currency}}
    taxes: Body = {"UsingSalesTax": True, "PartnerTaxEnabled": False}
    if tax_code:
        taxes["TaxGroupCodeRef"] = {"value": tax_code}
    plant(PREFERENCES, books, at, **{**_PREFERENCES, "CurrencyPrefs": currencies, "TaxPrefs": taxes})


def plant_accounts(
    entity: Entity, books: Books, at: datetime, rows: Iterable[tuple[str, ...]]
) -> dict[str, Body]:
    """Plant a chart of accounts from (name, type, sub-type, classification[, parent[, opening balance]])."""
    planted: dict[str, Body] = {}
    rows = list(rows)
    reserved = {USUAL_IDS[row[0]] for row in rows if row[0] in USUAL_IDS}
    free = (str(n) for n in count(1) if str(n) not in reserved)
    currency = home_currency(books)
    for name, type, sub_type, classification, *rest in rows:
        parent = planted[rest[0]] if rest and rest[0] else None
        path = f"{parent['FullyQualifiedName']}:{name}" if parent else name
        fields: Body = {
            "Id": USUAL_IDS.get(name) or next(free),
            "Name": name,
            "SubAccount": parent is not None,
            "FullyQualifiedName": path,
            "Classification": classification,
            "AccountType": type,
            "AccountSubType": sub_type,
            "CurrentBalance": 0,
            "CurrentBalanceWithSubAccounts": 0,
            "CurrencyRef": currency,
        }
        if parent:
            fields["ParentRef"] = {"value": parent["Id"]}
        planted[name] = plant(entity, books, at, **fields)
    for name, *_, balance in (row for row in rows if len(row) > 5):
        open_account(books, planted[name], Decimal(balance), at.date().isoformat(), at=at)
    return planted


_PREFERENCES: Body = {
    "AccountingInfoPrefs": {
        "FirstMonthOfFiscalYear": "January",
        "UseAccountNumbers": False,
        "TaxYearMonth": "January",
        "ClassTrackingPerTxn": False,
        "TrackDepartments": False,
        "ClassTrackingPerTxnLine": False,
        "CustomerTerminology": "Customers",
        "DepartmentTerminology": "Location",
    },
    "ProductAndServicesPrefs": {
        "ForSales": True,
        "ForPurchase": True,
        "QuantityWithPriceAndRate": True,
        "QuantityOnHand": True,
    },
    "SalesFormsPrefs": {
        "CustomField": [],
        "CustomTxnNumbers": False,
        "AllowDeposit": True,
        "AllowDiscount": True,
        "AllowEstimates": True,
        "AllowServiceDate": False,
        "AllowShipping": False,
        "AutoApplyCredit": False,
        "EmailCopyToCompany": False,
        "ETransactionAttachPDF": False,
        "ETransactionEnabledStatus": "NotApplicable",
        "ETransactionPaymentEnabled": False,
        "IPNSupportEnabled": False,
        "DefaultCustomerMessage": "Thank you for your business and have a great day!",
        "DefaultTerms": {"value": "3"},
    },
    "EmailMessagesPrefs": {
        "InvoiceMessage": {
            "Subject": "Invoice from {company}",
            "Message": "Your invoice is attached. Please remit payment at your earliest convenience.",
        },
        "EstimateMessage": {
            "Subject": "Estimate from {company}",
            "Message": "Please review the estimate below.",
        },
    },
    "VendorAndPurchasesPrefs": {
        "TrackingByCustomer": True,
        "BillableExpenseTracking": True,
        "POCustomField": [],
    },
    "TimeTrackingPrefs": {
        "UseServices": True,
        "BillCustomers": True,
        "ShowBillRateToAll": False,
        "WorkWeekStartDate": "Monday",
        "MarkTimeEntriesBillable": True,
    },
    "ReportPrefs": {"ReportBasis": "Accrual", "CalcAgingReportFromTxnDate": False},
    "OtherPrefs": {
        "NameValue": [
            {
                "Name": "SalesFormsPrefs.DefaultCustomerMessage",
                "Value": "Thank you for your business and have a great day!",
            },
            {"Name": "SalesFormsPrefs.DefaultItem", "Value": "1"},
            {"Name": "DTXCopyMemo", "Value": "false"},
            {"Name": "UncategorizedAssetAccountId", "Value": "32"},
            {"Name": "SalesFormsPrefs.AllowGratuity", "Value": "false"},
        ]
    },
}
