"""Craig & Holt Landscaping: the built-in US company, with the untidiness of real books."""

from __future__ import annotations

from datetime import timedelta

from ..books import Books
from ..entities import (
    ACCOUNT,
    EMPLOYEE,
    VENDOR,
)
from ..entities.spec import Body
from .charts import SMALL_BUSINESS
from .craig_holt_customers import ORDINARY
from .craig_holt_goods import plant_items
from .craig_holt_oddities import ODD
from .history import plant_history
from .planting import (
    american_address,
    moments,
    pacific,
    plant,
    plant_accounts,
    plant_company_info,
    plant_customer,
    plant_preferences,
)
from .short_lists import FOUNDED, plant_currencies, plant_short_lists
from .story import Story


def plant_craig_holt(books: Books) -> None:
    with books.transaction():
        plant_company_info(
            books,
            FOUNDED,
            name="Craig & Holt Landscaping",
            legal_name="Craig & Holt Landscaping LLC",
            address=american_address("1188 Alder Creek Rd", "Petaluma", "CA", "94952") | {"Country": "USA"},
            email="office@craigandholt.example",
            phone="(707) 555-0140",
        )
        plant_preferences(books, FOUNDED, many_currencies=True)
        plant_short_lists(books)
        plant_currencies(books, home="USD", others=("CAD", "EUR", "GBP"))
        accounts = plant_accounts(ACCOUNT, books, FOUNDED, SMALL_BUSINESS)
        plant_items(books, accounts)
        _plant_employees(books)
        _plant_vendors(books)
        balances = _plant_customers(books)
        plant_history(Story(books, form_code="2", balances=balances))


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
            "PrimaryAddr": american_address(f"{40 + 7 * number} Bodega Ave", "Petaluma", "CA", "94952"),
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


def _plant_customers(books: Books) -> dict[str, float]:
    """Make the customers and return what they are to owe, by Id."""
    planted: dict[str, Body] = {}
    balances: dict[str, float] = {}
    times = moments(pacific(2019, 3, 11, 16, 48), timedelta(days=41, seconds=-317))
    for customer, at in zip((*ORDINARY, *ODD), times, strict=False):
        fields = dict(customer)
        under, balance = fields.pop("under", ""), fields.pop("balance")
        if under:
            fields["ParentRef"] = {"value": planted[under]["Id"]}
        kept = plant_customer(books, at, **fields)
        planted[kept["FullyQualifiedName"]] = kept
        if balance:
            balances[kept["Id"]] = balance
    return balances
