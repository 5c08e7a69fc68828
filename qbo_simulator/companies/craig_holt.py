"""Craig & Holt Landscaping: the built-in US company, with the untidiness of real books."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ..books import Books
from ..entities import (
    ACCOUNT,
    CLASS,
    COMPANY_CURRENCY,
    CUSTOMER_TYPE,
    DEPARTMENT,
    EMPLOYEE,
    EXCHANGE_RATE,
    ITEM,
    PAYMENT_METHOD,
    TAX_AGENCY,
    TAX_CODE,
    TAX_RATE,
    TERM,
    VENDOR,
)
from ..entities.spec import Body
from ..rules.company import CURRENCIES
from .charts import SMALL_BUSINESS
from .history import Story, plant_history
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

FOUNDED = pacific(2019, 3, 4)


def plant_craig_holt(books: Books) -> None:
    with books.transaction():
        plant_company_info(
            books,
            FOUNDED,
            name="Craig & Holt Landscaping",
            legal_name="Craig & Holt Landscaping LLC",
            address=_address("1188 Alder Creek Rd", "Petaluma", "CA", "94952") | {"Country": "USA"},
            email="office@craigandholt.example",
            phone="(707) 555-0140",
        )
        plant_preferences(books, FOUNDED, many_currencies=True)
        plant_short_lists(books)
        plant_currencies(books, home="USD", others=("CAD", "EUR", "GBP"))
        accounts = plant_accounts(ACCOUNT, books, FOUNDED, SMALL_BUSINESS)
        _plant_items(books, accounts)
        _plant_employees(books)
        _plant_vendors(books)
        balances = _plant_customers(books)
        plant_history(Story(books, form_code="2", balances=balances))


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


def _address(line1: str, city: str, state: str, zip: str, line2: str = "") -> Body:
    lines = {"Line1": line1} | ({"Line2": line2} if line2 else {})
    return {**lines, "City": city, "CountrySubDivisionCode": state, "PostalCode": zip}


# Items: (name, type, category, description, price, cost, income account, sku, on hand)
_CATEGORIES = ("Design", "Landscaping", "Pest Control")
_ITEMS: tuple[tuple[Any, ...], ...] = (
    ("Services", "Service", "", "", 0, 0, "Services", "", None),
    ("Hours", "Service", "", "", 0, 0, "Services", "", None),
    ("Custom Design", "Service", "Design", "Custom garden design", 95, 0, "Design Income", "DES-1", None),
    (
        "Lighting Plan",
        "Service",
        "Design",
        "Evening lighting plan with fixtures list",
        240,
        0,
        "Design Income",
        "DES-2",
        None,
    ),
    (
        "Lawn Care, weekly",
        "Service",
        "Landscaping",
        "Mowing, edging, clean-up",
        65,
        0,
        "Maintenance and Repair",
        "",
        None,
    ),
    (
        "Gardening",
        "Service",
        "Landscaping",
        "Weekly gardening service",
        48,
        0,
        "Maintenance and Repair",
        "",
        None,
    ),
    (
        "Installation",
        "Service",
        "Landscaping",
        "Installation of landscape design",
        75,
        0,
        "Installation",
        "",
        None,
    ),
    (
        "Tree Trimming",
        "Service",
        "Landscaping",
        "Tree and shrub trimming",
        110,
        0,
        "Maintenance and Repair",
        "TRIM",
        None,
    ),
    ("Sod", "NonInventory", "Landscaping", "Sod, per square yard", 12, 7.25, "Plants and Soil", "SOD", None),
    (
        "Compost Mix",
        "NonInventory",
        "Landscaping",
        "Compost mix, per cubic yard",
        54,
        33,
        "Plants and Soil",
        "COMP",
        None,
    ),
    (
        "River Rock",
        "NonInventory",
        "Landscaping",
        "River rock, per ton",
        145,
        92,
        "Plants and Soil",
        "ROCK",
        None,
    ),
    (
        "Pest Control",
        "Service",
        "Pest Control",
        "Pest control visit",
        45,
        0,
        "Pest Control Services",
        "",
        None,
    ),
    (
        "Basalt Bird Bath",
        "Inventory",
        "Design",
        "Basalt bird bath",
        275,
        125,
        "Water Features and Lighting",
        "BATH",
        4,
    ),
    (
        "Pond Pump",
        "Inventory",
        "Design",
        "Pond pump, 600 gph",
        15,
        10,
        "Water Features and Lighting",
        "PUMP",
        25,
    ),
    (
        "Garden Light",
        "Inventory",
        "Design",
        "Low-voltage path light",
        32,
        17.4,
        "Water Features and Lighting",
        "LGT-1",
        60,
    ),
    ("Rotor Head", "Inventory", "Landscaping", "Irrigation rotor head", 14, 6.2, "Irrigation", "ROTOR", 40),
    (
        "Poly Pipe, 100 ft",
        "Inventory",
        "Landscaping",
        "Poly pipe, 100 ft coil",
        46,
        27.5,
        "Irrigation",
        "POLY",
        18,
    ),
    (
        "Drip Kit \u00bd\u2033",
        "Inventory",
        "Landscaping",
        "Drip line kit, half inch",
        58,
        31,
        "Irrigation",
        "DRIP",
        8,
    ),
)


def _plant_items(books: Books, accounts: dict[str, Body]) -> None:
    categories = {
        name: plant(ITEM, books, FOUNDED, Name=name, FullyQualifiedName=name, Type="Category", SubItem=False)
        for name in _CATEGORIES
    }
    for row in _ITEMS:
        plant(ITEM, books, FOUNDED + timedelta(days=20), **_item(row, categories, accounts))
    parts = list(books.everything(ITEM))[4:6]
    plant(
        ITEM,
        books,
        FOUNDED + timedelta(days=60),
        Name="Garden Starter Bundle",
        FullyQualifiedName="Garden Starter Bundle",
        Type="Group",
        Taxable=False,
        PrintGroupedItems=True,
        ItemGroupDetail={"ItemGroupLine": [{"ItemRef": ref(part), "Qty": 1} for part in parts]},
    )
    plant(
        ITEM,
        books,
        FOUNDED,
        Name="Snow Removal (deleted)",
        FullyQualifiedName="Snow Removal (deleted)",
        Type="Service",
        UnitPrice=80,
        PurchaseCost=0,
        Taxable=False,
        TrackQtyOnHand=False,
        IncomeAccountRef=ref(accounts["Services"]),
        Active=False,
    )


def _item(row: tuple[Any, ...], categories: dict[str, Body], accounts: dict[str, Body]) -> Body:
    name, type, category, description, price, cost, income, sku, on_hand = row
    fields: Body = {
        "Name": name,
        "FullyQualifiedName": f"{category}:{name}" if category else name,
        "Type": type,
        "Taxable": type != "Service",
        "SalesTaxIncluded": False,
        "UnitPrice": price,
        "PurchaseCost": cost,
        "TrackQtyOnHand": type == "Inventory",
        "IncomeAccountRef": ref(accounts[income]),
    }
    if description:
        fields["Description"] = description
    if sku:
        fields["Sku"] = sku
    if category:
        fields |= {"SubItem": True, "ParentRef": ref(categories[category]), "Level": 1}
    if cost:
        fields["ExpenseAccountRef"] = ref(accounts["Cost of Goods Sold"])
    if on_hand is not None:
        fields |= {
            "AssetAccountRef": ref(accounts["Inventory Asset"]),
            "QtyOnHand": on_hand,
            "InvStartDate": "2019-04-01",
        }
    return fields


_EMPLOYEES: tuple[tuple[str, str, str, str, str, bool], ...] = (
    ("Dana", "Holt", "dana@craigandholt.example", "(707) 555-0141", "2019-03-04", True),
    ("Marcus", "Craig", "marcus@craigandholt.example", "(707) 555-0142", "2019-03-04", True),
    ("Toby", "Marsh", "toby@craigandholt.example", "(707) 555-0143", "2020-02-10", True),
    ("Ines", "Echeverr\u00eda", "ines@craigandholt.example", "(707) 555-0144", "2021-05-17", True),
    ("Siobhan", "O'Malley", "", "(707) 555-0145", "2022-03-01", True),
    ("Jun", "Nakamura", "jun@craigandholt.example", "", "2023-06-12", True),
    ("Greta", "Pruitt", "greta@craigandholt.example", "(707) 555-0147", "2021-01-11", False),
)


def _plant_employees(books: Books) -> None:
    for number, (given, family, email, phone, hired, active) in enumerate(_EMPLOYEES):
        name = f"{given} {family}" + ("" if active else " (deleted)")
        fields: Body = {
            "GivenName": given,
            "FamilyName": family,
            "DisplayName": name,
            "PrintOnCheckName": f"{given} {family}",
            "HiredDate": hired,
            "BillableTime": False,
            "SSN": "XXX-XX-XXXX",
            "PrimaryAddr": _address(f"{40 + 7 * number} Bodega Ave", "Petaluma", "CA", "94952"),
            "Active": active,
        }
        if email:
            fields["PrimaryEmailAddr"] = {"Address": email}
        if phone:
            fields["PrimaryPhone"] = {"FreeFormNumber": phone}
        plant(EMPLOYEE, books, FOUNDED + timedelta(days=30 * number), **fields)


def _plant_vendors(books: Books) -> None:
    for number, name in enumerate(
        ("Bayview Nursery Supply", "Lagunitas Lumber Yard", "Pacific Stone & Rock", "Two Rivers Seed Co.")
    ):
        plant(
            VENDOR,
            books,
            FOUNDED + timedelta(days=number),
            DisplayName=name,
            CompanyName=name,
            PrintOnCheckName=name,
            Balance=0,
            Vendor1099=False,
            CurrencyRef={"value": "USD", "name": "United States Dollar"},
        )


def _customer(
    name: str,
    *,
    person: str = "",
    company: str = "",
    email: str = "",
    phone: str = "",
    bill: tuple[str, ...] = (),
    ship: tuple[str, ...] = (),
    under: str = "",
    balance: float = 0,
    active: bool = True,
    **more: Any,
) -> dict[str, Any]:
    """Say a customer in one line; `person` is "given family" or "given|middle|family"."""
    fields: dict[str, Any] = {"DisplayName": name, "balance": balance, "active": active, **more}
    parts = person.split("|") if "|" in person else person.rsplit(" ", 1)
    if person:
        fields |= dict(zip(("GivenName", "FamilyName"), (parts[0], parts[-1]), strict=True))
    if len(parts) == 3:
        fields["MiddleName"] = parts[1]
    if company:
        fields["CompanyName"] = company
    if email:
        fields["PrimaryEmailAddr"] = {"Address": email}
    if phone:
        fields["PrimaryPhone"] = {"FreeFormNumber": phone}
    if bill:
        fields["BillAddr"] = _address(*bill)
    if ship:
        fields["ShipAddr"] = _address(*ship)
    if under:
        fields |= {"Job": True, "under": under}
    return fields


_CUSTOMERS: tuple[dict[str, Any], ...] = (
    _customer(
        "Annie's Rose Nursery",
        person="Annie Castellano",
        company="Annie's Rose Nursery",
        email="hello@anniesroses.example",
        phone="(707) 555-0201",
        bill=("1420 Bodega Hwy", "Sebastopol", "CA", "95472"),
        ship=("1420 Bodega Hwy", "Sebastopol", "CA", "95472"),
        balance=239,
    ),
    _customer(
        "Breakwater Kayaks",
        person="Will Brandt",
        company="Breakwater Kayaks",
        email="paddle@breakwater.example",
        phone="(415) 555-0202",
        bill=("3 Schooner Ct", "Sausalito", "CA", "94965"),
        balance=85,
    ),
    _customer(
        "Copper Kettle Bakehouse",
        person="Grace Pardini",
        company="Copper Kettle Bakehouse",
        email="orders@copperkettle.example",
        phone="(707) 555-0203",
        bill=("212 Western Ave", "Petaluma", "CA", "94952"),
        Fax={"FreeFormNumber": "(707) 555-0204"},
    ),
    _customer(
        "Andr\u00e9s Ibarra",
        person="Andr\u00e9s Ibarra",
        email="andres@ibarra.example",
        phone="(650) 555-0205",
        bill=("18 Sequoia Ave", "Redwood City", "CA", "94061"),
    ),
    _customer(
        "Fenwick's Swim School",
        person="Carol Fenwick",
        company="Fenwick's Swim School",
        email="lanes@fenwickswim.example",
        phone="(415) 555-0206",
        bill=("90 Lagoon Rd", "San Rafael", "CA", "94901"),
        ship=("12 Pool Plaza", "Novato", "CA", "94947"),
    ),
    _customer("Miles Trevanian", person="Miles Trevanian", Taxable=False),
    _customer(
        "Gallant Cycle Works",
        person="Ruth Gallant",
        company="Gallant Cycle Works",
        email="shop@gallantcycle.example, accounts@gallantcycle.example",
        phone="(707) 555-0207",
        bill=("640 Fourth St", "Santa Rosa", "CA", "95404"),
        ship=("640 Fourth St", "Santa Rosa", "CA", "95404"),
        Mobile={"FreeFormNumber": "(707) 555-0208"},
    ),
    _customer(
        "Railroad Square Shop",
        person="Sasha Gallant",
        company="Gallant Cycle Works",
        email="shop@gallantcycle.example",
        phone="(707) 555-0209",
        bill=("640 Fourth St", "Santa Rosa", "CA", "95404"),
        under="Gallant Cycle Works",
        balance=477.5,
        BillWithParent=True,
    ),
    _customer(
        "31 Montecito Ct",
        person="Ruth Gallant",
        company="Gallant Cycle Works",
        email="shop@gallantcycle.example",
        phone="(707) 555-0207",
        bill=("640 Fourth St", "Santa Rosa", "CA", "95404"),
        ship=("31 Montecito Ct", "Santa Rosa", "CA", "95409"),
        under="Gallant Cycle Works",
        balance=85,
    ),
    _customer(
        "Meera Kr\u00eep\u00e2l",
        person="Meera Kr\u00eep\u00e2l",
        email="meera@kripal.example",
        phone="(415) 555-0210",
        bill=("77 Redwood Hwy", "Mill Valley", "CA", "94941"),
        balance=629.1,
    ),
    _customer(
        "Silver Shutter Studio",
        person="Lise Grunewald",
        company="Silver Shutter Studio",
        email="lise@silvershutter.example",
        phone="(415) 555-0211",
        bill=("1103 Fulton St", "San Francisco", "CA", "94117", "Suite 400"),
    ),
    _customer(
        "Gus's Garage",
        person="Gus Chin",
        company="Gus's Garage",
        email="service@gussgarage.example",
        phone="(650) 555-0212",
        bill=("12 Industrial Way", "Belmont", "CA", "94002"),
        balance=81,
    ),
    _customer(
        "John Hartwell",
        person="John Hartwell",
        email="john@hartwell.example",
        phone="(650) 555-0213",
        bill=("85 Pine St.", "San Mateo", "CA", "94401"),
        balance=450,
    ),
    _customer(
        "Jon Hartwell",
        person="Jon Hartwell",
        phone="(650) 555-0213",
        bill=("85 Pine Street", "San Mateo", "CA", "94401"),
        Notes="Possibly the same as John Hartwell? Ask Dana.",
    ),
    _customer(
        "Kate Sorensen",
        person="Kate Sorensen",
        email="kate@sorensen.example",
        phone="(650) 555-0214",
        bill=("45 First St.", "Pacifica", "CA", "94044"),
    ),
    _customer(
        "Katherine Sorensen",
        person="Katherine|R.|Sorensen",
        email="kate@sorensen.example",
        bill=("45 First Street", "Pacifica", "CA", "94044"),
        active=False,
    ),
    _customer(
        "Lemon Tree Preschool",
        person="Dot Alvarez",
        company="Lemon Tree Preschool",
        email="office@lemontree.example",
        phone="(707) 555-0215",
        bill=("789 Orchard Ln", "Cotati", "CA", "94931"),
        balance=75,
    ),
    _customer(
        "Malcolm Yoo",
        person="Malcolm Yoo",
        email="malcolm@yoo.example",
        phone="(650) 555-0216",
        bill=("36 Willow Rd", "Daly City", "CA", "94015"),
        balance=314.28,
    ),
    _customer(
        "Northgate Medical Supply",
        person="Paula Kersey",
        company="Northgate Medical Supply",
        email="ap@northgatemedical.example",
        phone="(415) 555-0217",
        bill=("900 Las Gallinas Ave", "San Rafael", "CA", "94903"),
        ship=("900 Las Gallinas Ave, Dock 3", "San Rafael", "CA", "94903"),
        balance=954.75,
        PreferredDeliveryMethod="Email",
    ),
    _customer(
        "Open Road Travel",
        person="Stef Rinaldi",
        company="Open Road Travel",
        email="trips@openroad.example",
        phone="(510) 555-0218",
        bill=("753 Solano Ave", "Albany", "CA", "94706"),
    ),
    _customer(
        "Pilar's Taquer\u00eda",
        person="Pilar Mart\u00ednez",
        company="Pilar's Taquer\u00eda",
        email="pilar@taqueriapilar.example",
        phone="(707) 555-0219",
        bill=("500 Sebastopol Rd", "Santa Rosa", "CA", "95407"),
        balance=226,
    ),
    _customer(
        "Quail Hollow Produce",
        person="Tomas Rondell",
        company="Quail Hollow Produce",
        email="stand@quailhollow.example",
        phone="(408) 555-0220",
        bill=("847 Almaden Rd", "San Jose", "CA", "95120"),
        balance=78.6,
    ),
    _customer(
        "Shira Benowitz",
        person="Shira Benowitz",
        email="studio@benowitz.example",
        phone="(415) 555-0221",
        bill=("19 Bolinas Rd", "Fairfax", "CA", "94930"),
    ),
    _customer(
        "Benowitz Ceramics",
        person="Shira Benowitz",
        company="Benowitz Ceramics",
        email="studio@benowitz.example",
        phone="(415) 555-0222",
        bill=("19 Bolinas Rd", "Fairfax", "CA", "94930"),
        under="Shira Benowitz",
        balance=274.5,
    ),
    _customer(
        "Sundstrom Family Grocery",
        person="Nils Sundstrom",
        company="Sundstrom Family Grocery",
        email="store@sundstrom.example",
        phone="(707) 555-0223",
        bill=("5647 Old Redwood Hwy", "Penngrove", "CA", "94951"),
        balance=362.07,
    ),
    _customer(
        "Tanuki Noodle Bar",
        person="Kenji Yamaguchi",
        company="Tanuki Noodle Bar",
        email="kenji@tanuki.example",
        phone="(973) 555-0224",
        bill=("898 Elm St.", "Maplewood", "NJ", "07040"),
        balance=160,
        SalesTermRef={"value": "3"},
    ),
    _customer(
        "Trevor Wainscott",
        person="Trevor Wainscott",
        email="trevor@wainscott.example",
        phone="(650) 555-0225",
        bill=("78 Frist St.", "Menlo Pakr", "CA", "94025"),
        balance=414.72,
    ),
    _customer(
        "Pixel Attic Games",
        person="Daniel Verhoeven-Hart",
        company="Pixel Attic Games",
        email="hi@pixelattic.example",
        phone="(650) 555-0226",
        bill=("125 Main St.", "Half Moon Bay", "CA", "94019"),
    ),
    _customer(
        "Vows by Winifred",
        person="Winifred Yates",
        company="Vows by Winifred",
        email="win@vowsbywinifred.example",
        phone="(650) 555-0227",
        bill=("135 Broadway", "Burlingame", "CA", "94010"),
    ),
    _customer(
        "Zellweger Consulting",
        person="Nina Zellweger",
        company="Zellweger Consulting",
        email="nina@zellweger-consulting.example",
        phone="(415) 555-0228",
        bill=("456 Miller Ave", "Mill Valley", "CA", "94941"),
        balance=375,
    ),
    _customer(
        "O'Brien & Sons",
        person="Maeve O'Brien",
        company="O'Brien & Sons",
        email="maeve@obriensons.example",
        phone="(707) 555-0173",
        bill=("16 Howard St", "Petaluma", "CA", "94952"),
        ship=("Yard 4, 2200 Lakeville Hwy", "Petaluma", "CA", "94954"),
    ),
    _customer(
        "O\u2019Brien and Sons Nursery",
        person="Maeve O'Brien",
        company="O\u2019Brien and Sons Nursery",
        bill=("2200 Lakeville Hwy", "Petaluma", "CA", "94954"),
        active=False,
    ),
    _customer(
        "Caf\u00e9 Ren\u00e9e",
        person="Ren\u00e9e D\u00e9sir",
        company="Caf\u00e9 Ren\u00e9e",
        email="renee@caferenee.example",
        phone="+1 707 555 0188",
        bill=("8 Kentucky St", "Petaluma", "CA", "94952"),
    ),
    _customer(
        "Mu\u00f1oz Family Trust",
        person="Lourdes Mu\u00f1oz",
        bill=("77 Olive Ln", "Sebastopol", "CA", "95472"),
        Taxable=False,
        ResaleNum="SR-1193",
    ),
    _customer(
        "Dr. Bj\u00f6rn \u00c5kerlund",
        person="Bj\u00f6rn \u00c5kerlund",
        Title="Dr.",
        email="bjorn@akerlund.example",
        phone="(707) 555-0119 ext. 4",
        bill=("1 Cherry Hill Ct", "Healdsburg", "CA", "95448"),
    ),
    _customer(
        "St. Isidore Parish",
        company="St. Isidore Parish",
        email="office@stisidore.example",
        phone="(707) 555-0126",
        bill=("100 Church Sq", "Cotati", "CA", "94931"),
        Taxable=False,
        TaxExemptionReasonId="3",
    ),
    _customer(
        "Cemetery Grounds",
        company="St. Isidore Parish",
        under="St. Isidore Parish",
        ship=("140 Hill Rd", "Cotati", "CA", "94931"),
        Taxable=False,
    ),
    _customer(
        "Rectory Garden",
        company="St. Isidore Parish",
        under="St. Isidore Parish",
        ship=("102 Church Sq", "Cotati", "CA", "94931"),
        Taxable=False,
    ),
    _customer(
        "Harborview HOA",
        company="Harborview Homeowners Association",
        email="board@harborviewhoa.example",
        phone="(415) 555-0161",
        bill=("PO Box 1180", "Tiburon", "CA", "94920"),
        ship=("1 Harborview Dr", "Tiburon", "CA", "94920", "Clubhouse"),
        balance=1240,
        SalesTermRef={"value": "3"},
    ),
    _customer("Phase 1", under="Harborview HOA", company="Harborview Homeowners Association", balance=310),
    _customer("Phase 2", under="Harborview HOA", company="Harborview Homeowners Association"),
    _customer("Common Areas", under="Harborview HOA:Phase 2", company="Harborview Homeowners Association"),
    _customer(
        "Larkspur Landing HOA",
        company="Larkspur Landing Homeowners Assoc.",
        email="manager@larkspurlanding.example",
        phone="(415) 555-0162",
        bill=("20 Ferry Plaza", "Larkspur", "CA", "94939"),
    ),
    _customer("Phase 1", under="Larkspur Landing HOA", company="Larkspur Landing Homeowners Assoc."),
    _customer(
        "Smith, Robert",
        person="Robert Smith",
        email="rsmith@inbox.example",
        phone="707-555-0131",
        bill=("9 Elm Ct", "Novato", "CA", "94945"),
    ),
    _customer(
        "Robert Smith",
        person="Robert Smith",
        email="bob.smith@mailbox.example",
        bill=("310 Grant Ave", "Novato", "CA", "94945"),
    ),
    _customer(
        "Bob Smith (Novato)",
        person="Bob Smith",
        phone="(415) 555-0132",
        bill=("310 Grant Avenue", "Novato", "CA", "94945"),
    ),
    _customer(
        "Acme Property Management",
        company="Acme Property Management, Inc.",
        email="ap@acmeproperty.example",
        phone="(415) 555-0190",
        bill=("500 Montgomery St", "San Francisco", "CA", "94111", "Floor 12"),
        ship=("61 Wharf St", "Sausalito", "CA", "94965"),
        balance=2875.4,
        PreferredDeliveryMethod="Email",
        WebAddr={"URI": "https://acmeproperty.example"},
    ),
    _customer(
        "ACME Property Mgmt",
        company="Acme Property Management",
        bill=("500 Montgomery", "San Francisco", "CA", "94111"),
        active=False,
    ),
    _customer(
        "61 Wharf St",
        under="Acme Property Management",
        company="Acme Property Management, Inc.",
        ship=("61 Wharf St", "Sausalito", "CA", "94965"),
    ),
    _customer(
        "Ngozi Okonkwo-Bell",
        person="Ngozi Okonkwo-Bell",
        email="ngozi@okonkwobell.example",
        phone="(510) 555-0107",
        bill=("2418 Haste St", "Berkeley", "CA", "94704", "Apt. 3"),
    ),
    _customer("Zo\u00eb Fran\u00e7ois", person="Zo\u00eb Fran\u00e7ois", email="zoe@francois.example"),
    _customer(
        "Nguy\u1ec5n Th\u1ecb Lan",
        person="Lan Nguy\u1ec5n",
        phone="(408) 555-0150",
        bill=("66 Story Rd", "San Jose", "CA", "95122"),
    ),
    _customer(
        "The \u201cBack 40\u201d Ranch",
        company="The Back 40 Ranch",
        person="Hal Purdy",
        phone="(707) 555-0109",
        bill=("RR 2 Box 40", "Valley Ford", "CA", "94972"),
    ),
    _customer(
        "Tidewater Dental Group",
        company="Tidewater Dental Group",
        email="frontdesk@tidewaterdental.example",
        phone="(415) 555-0178",
        bill=("22 Marina Blvd", "San Rafael", "CA", "94901"),
    ),
    _customer(
        "Vintners 100% Ltd",
        company="Vintners 100% Ltd",
        email="cellar@vintners100.example",
        bill=("5 Dry Creek Rd", "Healdsburg", "CA", "95448"),
    ),
    _customer("Walk-in"),
    _customer(
        "Whitaker Estate",
        person="Eleanor Whitaker",
        bill=("1 Whitaker Way", "Ross", "CA", "94957"),
        AlternatePhone={"FreeFormNumber": "(415) 555-0112"},
        active=False,
    ),
    _customer(
        "Yolanda Pe\u00f1a-Ortiz",
        person="Yolanda Pe\u00f1a-Ortiz",
        email="yolanda@penaortiz.example",
        phone="(707) 555-0115",
        bill=("418 B St", "Santa Rosa", "CA", "95401"),
    ),
    _customer(
        "Zimmermann G\u00e4rten GmbH",
        company="Zimmermann G\u00e4rten GmbH",
        person="J\u00fcrgen Zimmermann",
        email="kontakt@zimmermann-gaerten.example",
        phone="+49 30 5550112",
        bill=("Gartenstra\u00dfe 12", "Berlin", "", "10115"),
    ),
)


def _plant_customers(books: Books) -> dict[str, float]:
    """Make the customers and return what they are to owe, by Id."""
    planted: dict[str, Body] = {}
    balances: dict[str, float] = {}
    times = moments(pacific(2019, 3, 11, 16, 48), timedelta(days=41, seconds=-317))
    for customer, at in zip(_CUSTOMERS, times, strict=False):
        fields = dict(customer)
        under, balance = fields.pop("under", ""), fields.pop("balance")
        if under:
            fields["ParentRef"] = {"value": planted[under]["Id"]}
        kept = plant_customer(books, at, **fields)
        planted[kept["FullyQualifiedName"]] = kept
        if balance:
            balances[kept["Id"]] = balance
    return balances
