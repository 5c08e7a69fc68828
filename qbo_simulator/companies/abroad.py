"""A Canadian and a British company: other currencies, and taxes by a code on each line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from ..books import Books
from ..entities import ACCOUNT, CUSTOMER, EMPLOYEE, ITEM, TAX_AGENCY, TAX_CODE, TAX_RATE, VENDOR
from ..entities.spec import Body
from ..writing import create_as_bookkeeper
from .charts import AMERICAN_TAX_ACCOUNTS, SMALL_BUSINESS
from .history import plant_history
from .planting import (
    moments,
    pacific,
    plant,
    plant_accounts,
    plant_company_info,
    plant_customer,
    plant_preferences,
    ref,
)
from .short_lists import plant_currencies, plant_short_lists
from .story import Story

FOUNDED = pacific(2020, 2, 3)


@dataclass(frozen=True)
class Code:
    """A tax code with its rates: (name, percent, number of the agency)."""

    name: str
    about: str
    rates: tuple[tuple[str, float, int], ...] = ()


@dataclass(frozen=True)
class Land:
    country: str
    currency: str
    zone: str
    agencies: tuple[str, ...]
    codes: tuple[Code, ...]
    usual_code: str
    other_currencies: tuple[str, ...]
    tax_accounts: tuple[str, str]


CANADA = Land(
    "CA",
    "CAD",
    "America/Vancouver",
    ("Canada Revenue Agency", "Ministry of Finance (BC)"),
    (
        Code("GST/PST BC", "GST and British Columbia PST", (("GST", 5, 0), ("PST (BC)", 7, 1))),
        Code("GST", "GST only", (("GST (only)", 5, 0),)),
        Code("HST ON", "HST Ontario", (("HST (ON)", 13, 0),)),
        Code("HST NS", "HST Nova Scotia", (("HST (NS)", 14, 0),)),
        Code("Zero-rated", "Zero-rated", (("GST/HST (ZR)", 0, 0),)),
        Code("Exempt", "Exempt"),
        Code("Out of Scope", "Out of scope"),
    ),
    "GST/PST BC",
    ("USD", "EUR"),
    ("GST/HST Payable", "PST Payable"),
)

UNITED_KINGDOM = Land(
    "GB",
    "GBP",
    "Europe/London",
    ("HM Revenue & Customs (VAT)",),
    (
        Code("20.0% S", "Standard rate", (("20.0% S", 20, 0),)),
        Code("5.0% R", "Reduced rate", (("5.0% R", 5, 0),)),
        Code("0.0% Z", "Zero rate", (("0.0% Z", 0, 0),)),
        Code("Exempt", "Exempt", (("Exempt", 0, 0),)),
        Code("No VAT", "Outside the scope of VAT"),
    ),
    "20.0% S",
    ("EUR", "USD"),
    ("VAT Control", "VAT Suspense"),
)


@dataclass(frozen=True)
class Shop:
    name: str
    domain: str
    place: Body
    phone: str
    goods: tuple[tuple[str, float, str], ...]
    """(name, price, type)"""
    customers: tuple[tuple[str, float], ...]
    """(name, what it owes)"""
    vendors: tuple[str, ...]
    employees: tuple[str, ...]


CEDAR_SOUND = Shop(
    "Cedar Sound Cycles",
    "cedarsound.example",
    {"City": "Victoria", "CountrySubDivisionCode": "BC", "PostalCode": "V8W 1P6", "Country": "Canada"},
    "(250) 555-0130",
    (
        ("Full Tune-up", 95, "Service"),
        ("Wheel Truing", 32, "Service"),
        ("Commuter Bicycle", 849, "Inventory"),
        ("Helmet", 74.5, "Inventory"),
        ("Brake Pads, pair", 18.25, "NonInventory"),
    ),
    (
        ("Inner Harbour Rentals", 1210),
        ("Am\u00e9lie Gauthier", 0),
        ("Fernwood Community Centre", 386.4),
        ("Dallas Road Racing Club", 0),
        ("Okanagan Orchard Tours", 95),
        ("Sooke Schools District", 2450.75),
        ("Tom\u00e1s Beaulieu", 0),
        ("Gorge Paddle & Pedal", 164),
        ("Saanich Couriers Co-op", 0),
        ("Oak Bay Physio", 48.5),
        ("Chemainus Cabins", 0),
        ("W. Ng & Daughters", 0),
    ),
    ("Northern Drivetrain Supply", "Island Freight Ltd.", "Velo Qu\u00e9bec Distribution"),
    ("Hannah Cho", "Luc Tremblay", "Priyanka Sandhu"),
)

THORNBURY = Shop(
    "Thornbury & Vale Joinery",
    "thornburyvale.example",
    {
        "City": "Bristol",
        "CountrySubDivisionCode": "Avon",
        "PostalCode": "BS1 4DJ",
        "Country": "United Kingdom",
    },
    "0117 496 0130",
    (
        ("Site Survey", 120, "Service"),
        ("Fitting, per day", 285, "Service"),
        ("Oak Internal Door", 310, "Inventory"),
        ("Sash Window, made to measure", 890, "NonInventory"),
        ("Skirting, per metre", 11.4, "Inventory"),
    ),
    (
        ("Clifton Mansions Ltd", 2380),
        ("Mrs A. Penhaligon", 0),
        ("St Werburgh's Brewery", 642.8),
        ("Redland Primary Academy Trust", 0),
        ("D'Arcy & Sons Lettings", 310),
        ("Brunel Quay Hotels plc", 4125.5),
        ("Owain Llewellyn", 0),
        ("Stokes Croft Studios CIC", 96),
        ("The Old Rectory Nursing Home", 0),
        ("Harbourside Caf\u00e9", 120),
        ("K. O\u2019Dowd", 0),
        ("Bath Spa Restorations", 0),
    ),
    ("Severn Timber Merchants", "Ironmonger's Row", "Avonmouth Haulage"),
    ("George Appiah", "Catrin Rees", "Sunil Mistry"),
)


def plant_cedar_sound(books: Books) -> None:
    _plant(books, CEDAR_SOUND, CANADA)


def plant_thornbury(books: Books) -> None:
    _plant(books, THORNBURY, UNITED_KINGDOM)


def _plant(books: Books, shop: Shop, land: Land) -> None:
    with books.transaction():
        plant_company_info(
            books,
            FOUNDED,
            name=shop.name,
            legal_name=f"{shop.name} Ltd.",
            address={"Line1": "41 Fort Street", **shop.place},
            email=f"office@{shop.domain}",
            phone=shop.phone,
            country=land.country,
            zone=land.zone,
        )
        plant_preferences(books, FOUNDED, currency=land.currency, many_currencies=True, tax_code="")
        plant_short_lists(books, taxes=False)
        plant_currencies(books, home=land.currency, others=land.other_currencies)
        codes = _plant_taxes(books, land)
        accounts = plant_accounts(ACCOUNT, books, FOUNDED, _chart(land))
        _plant_goods(books, shop, accounts, codes[land.usual_code])
        _plant_people(books, shop)
        balances = _plant_customers(books, shop)
        code = codes[land.usual_code]["Id"]
        plant_history(Story(books, sales_code=code, purchase_code=code, balances=balances))


def _chart(land: Land) -> list[tuple[str, ...]]:
    """Return the small firm's chart with the country's own accounts for taxes."""
    names = dict(zip(AMERICAN_TAX_ACCOUNTS, land.tax_accounts, strict=True))
    return [(names.get(row[0], row[0]), *row[1:]) for row in SMALL_BUSINESS]


def _plant_taxes(books: Books, land: Land) -> dict[str, Body]:
    agencies = [
        plant(
            TAX_AGENCY,
            books,
            FOUNDED,
            DisplayName=name,
            TaxTrackedOnSales=True,
            TaxTrackedOnPurchases=True,
            TaxAgencyConfig="SYSTEM_GENERATED",
        )
        for name in land.agencies
    ]
    codes = {}
    for code in land.codes:
        lists = {
            f"{side}TaxRateList": {"TaxRateDetail": _rates(books, code, agencies, side)}
            for side in ("Sales", "Purchase")
        }
        codes[code.name] = plant(
            TAX_CODE,
            books,
            FOUNDED,
            Name=code.name,
            Description=code.about,
            Taxable=bool(code.rates),
            TaxGroup=True,
            Hidden=False,
            **lists,
        )
    return codes


def _rates(books: Books, code: Code, agencies: list[Body], side: str) -> list[Body]:
    details = []
    for name, percent, agency in code.rates:
        shown = name if side == "Sales" else f"{name} (Purchases)"
        rate = plant(
            TAX_RATE,
            books,
            FOUNDED,
            Name=shown,
            Description=shown,
            RateValue=percent,
            AgencyRef={"value": agencies[agency]["Id"]},
            SpecialTaxType="ZERO_RATE" if not percent else "NONE",
            DisplayType="ReadOnly",
            EffectiveTaxRate=[{"RateValue": percent, "EffectiveDate": "2010-07-01T00:00:00-07:00"}],
        )
        details.append({"TaxRateRef": ref(rate), "TaxTypeApplicable": "TaxOnAmount", "TaxOrder": 0})
    return details


def _plant_goods(books: Books, shop: Shop, accounts: dict[str, Body], code: Body) -> None:
    for number, (name, price, type) in enumerate(shop.goods):
        fields: Body = {
            "Name": name,
            "FullyQualifiedName": name,
            "Type": type,
            "Taxable": True,
            "UnitPrice": price,
            "PurchaseCost": round(price * 0.6, 2) if type == "Inventory" else 0,
            "TrackQtyOnHand": type == "Inventory",
            "Sku": f"{shop.name[:2].upper()}-{100 + number}",
            "SalesTaxCodeRef": ref(code),
            "IncomeAccountRef": ref(accounts["Services" if type == "Service" else "Sales of Product Income"]),
        }
        if type == "Inventory":
            fields |= {
                "QtyOnHand": 12 + 5 * number,
                "InvStartDate": FOUNDED.date().isoformat(),
                "AssetAccountRef": ref(accounts["Inventory Asset"]),
                "ExpenseAccountRef": ref(accounts["Cost of Goods Sold"]),
            }
        plant(ITEM, books, FOUNDED + timedelta(days=number), **fields)
    plant(ITEM, books, FOUNDED, Name="Workshop", FullyQualifiedName="Workshop", Type="Category")


def _plant_people(books: Books, shop: Shop) -> None:
    for vendor in shop.vendors:
        create_as_bookkeeper(VENDOR, books, {"DisplayName": vendor, "CompanyName": vendor}, at=FOUNDED)
    for employee in shop.employees:
        given, family = employee.split(" ", 1)
        fields = {
            "GivenName": given,
            "FamilyName": family,
            "PrimaryEmailAddr": {"Address": f"{given.lower()}@{shop.domain}"},
        }
        create_as_bookkeeper(EMPLOYEE, books, fields, at=FOUNDED)


def _plant_customers(books: Books, shop: Shop) -> dict[str, float]:
    balances = {}
    days = moments(FOUNDED, timedelta(days=53, minutes=11))
    for number, ((name, balance), at) in enumerate(zip(shop.customers, days, strict=False)):
        kept = plant_customer(
            books,
            at,
            DisplayName=name,
            PrimaryEmailAddr={"Address": f"accounts{number + 1}@{shop.domain}"},
            BillAddr={"Line1": f"{7 + 9 * number} Market Street", **shop.place},
        )
        if balance:
            balances[kept["Id"]] = balance
    first = books.get(CUSTOMER, next(iter(balances)))
    assert first is not None
    plant_customer(
        books, FOUNDED + timedelta(days=700), DisplayName="Second site", ParentRef={"value": first["Id"]}
    )
    return balances
