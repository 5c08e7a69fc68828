"""The short lists every company starts with: terms, ways to pay, classes, currencies, American taxes."""

from __future__ import annotations

from ..books import Books
from ..entities import (
    CLASS,
    COMPANY_CURRENCY,
    CUSTOMER_TYPE,
    DEPARTMENT,
    EXCHANGE_RATE,
    PAYMENT_METHOD,
    TAX_AGENCY,
    TAX_CODE,
    TAX_RATE,
    TERM,
)
from ..rules.company import CURRENCIES
from .planting import pacific, plant

FOUNDED = pacific(2019, 3, 4)

# What one of each was worth in US dollars.
_WORTH = {"USD": 1.0, "CAD": 0.72, "EUR": 1.16, "GBP": 1.31}


def plant_currencies(books: Books, *, home: str, others: tuple[str, ...]) -> None:
    for code in others:
        plant(COMPANY_CURRENCY, books, FOUNDED, Code=code, Name=CURRENCIES[code])
        for day in ("2025-01-01", "2026-09-01"):
            plant(
                EXCHANGE_RATE,
                books,
                pacific(2026, 9, 1),
                SourceCurrencyCode=code,
                TargetCurrencyCode=home,
                Rate=round(_WORTH[code] / _WORTH[home], 4),
                AsOfDate=day,
            )


def plant_short_lists(books: Books, *, taxes: bool = True) -> None:
    for name, days in (
        ("Due on receipt", 0),
        ("Net 15", 15),
        ("Net 30", 30),
        ("Net 60", 60),
    ):
        plant(TERM, books, FOUNDED, Name=name, Type="STANDARD", DueDays=days, DiscountDays=0)
    for name, type in (
        ("Cash", "NON_CREDIT_CARD"),
        ("Check", "NON_CREDIT_CARD"),
        ("Visa", "CREDIT_CARD"),
        ("MasterCard", "CREDIT_CARD"),
    ):
        plant(PAYMENT_METHOD, books, FOUNDED, Name=name, Type=type)
    for name in ("Residential", "Commercial"):
        plant(CLASS, books, FOUNDED, Name=name, FullyQualifiedName=name, SubClass=False)
    plant(DEPARTMENT, books, FOUNDED, Name="North Bay", FullyQualifiedName="North Bay", SubDepartment=False)
    plant(CUSTOMER_TYPE, books, FOUNDED, Id="5000000000000000042", Name="Homeowner")
    plant(
        TERM,
        books,
        FOUNDED,
        Name="15th of the month",
        Type="DATE_DRIVEN",
        DayOfMonthDue=15,
        DueNextMonthDays=5,
    )
    if taxes:
        plant_taxes(books)


def plant_taxes(books: Books) -> None:
    agency = plant(
        TAX_AGENCY,
        books,
        FOUNDED,
        DisplayName="California Department of Tax and Fee Administration",
        TaxTrackedOnSales=True,
        TaxTrackedOnPurchases=False,
    )
    rate = plant(
        TAX_RATE,
        books,
        FOUNDED,
        Name="California",
        Description="Sales tax",
        RateValue=8,
        AgencyRef={"value": agency["Id"]},
        SpecialTaxType="NONE",
        DisplayType="ReadOnly",
    )
    for pseudo, taxable in (("TAX", True), ("NON", False), ("CustomSalesTax", True)):
        plant(
            TAX_CODE,
            books,
            FOUNDED,
            Id=pseudo,
            Name=pseudo,
            Description=pseudo,
            Taxable=taxable,
            TaxGroup=False,
            SalesTaxRateList={"TaxRateDetail": []},
            PurchaseTaxRateList={"TaxRateDetail": []},
        )
    plant(
        TAX_CODE,
        books,
        FOUNDED,
        Id="2",
        Name="California",
        Description="California",
        Taxable=True,
        TaxGroup=True,
        SalesTaxRateList={
            "TaxRateDetail": [
                {
                    "TaxRateRef": {"value": rate["Id"], "name": "California"},
                    "TaxTypeApplicable": "TaxOnAmount",
                    "TaxOrder": 0,
                }
            ]
        },
        PurchaseTaxRateList={"TaxRateDetail": []},
    )
