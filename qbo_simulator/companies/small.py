"""Three smaller built-in companies, so that pickers have something to pick from."""

from __future__ import annotations

from datetime import timedelta

from ..books import Books
from ..entities import ACCOUNT, EMPLOYEE, ITEM
from .charts import SERVICE_FIRM
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
from .short_lists import plant_short_lists

FOUNDED = pacific(2021, 8, 2)


def plant_harbor_street(books: Books) -> None:
    _plant(
        books,
        name="Harbor Street Coffee Roasters",
        domain="harborstreet.example",
        city="Astoria",
        state="OR",
        postal_code="97103",
        services=(("House Blend, 5 lb", 62), ("Espresso, 5 lb", 68), ("Machine Service Visit", 120)),
        employees=("Noor Haddad", "Casey Lindgren"),
        customers=(
            "Bridgewater Bistro",
            "Columbia River Inn",
            "Coffee Girl & Co.",
            "Fort George Public House",
            "Frite & Scoop",
            "Hotel Elliott",
            "Reveille Bookshop",
            "Street 14 Caf\u00e9",
            "The Rusty Cup",
            "Wet Dog Caf\u00e9",
            "Peter Pan Market",
            "Blue Scorcher Bakery",
        ),
    )


def plant_bright_ledger(books: Books) -> None:
    _plant(
        books,
        name="Bright Ledger Accounting",
        domain="brightledger.example",
        city="Boise",
        state="ID",
        postal_code="83702",
        services=(("Monthly Bookkeeping", 450), ("Tax Return, Business", 1200), ("Advisory Hour", 180)),
        employees=("Maya Lindqvist", "Oren Katz", "Priya Raman"),
        customers=(
            "Craig & Holt Landscaping",
            "Harbor Street Coffee Roasters",
            "Tidewater Dental Group",
            "Sawtooth Outfitters",
            "D'Angelo Brothers Masonry",
            "Treasure Valley Physical Therapy",
            "Rivera Household",
            "Okafor & Lind LLP",
            "Juniper Street Daycare",
            "Bitterroot Brewing Co.",
        ),
    )


def plant_bright_ledger_consulting(books: Books) -> None:
    _plant(
        books,
        name="Bright Ledger Consulting",
        domain="brightledger.example",
        city="Boise",
        state="ID",
        postal_code="83702",
        services=(("Advisory Hour", 210), ("Systems Setup", 1500)),
        employees=("Maya Lindqvist",),
        customers=("Sawtooth Outfitters", "Bitterroot Brewing Co.", "Gem State Fabricators"),
    )


def _plant(
    books: Books,
    *,
    name: str,
    domain: str,
    city: str,
    state: str,
    postal_code: str,
    services: tuple[tuple[str, float], ...],
    employees: tuple[str, ...],
    customers: tuple[str, ...],
) -> None:
    place = {"City": city, "CountrySubDivisionCode": state, "PostalCode": postal_code}
    with books.transaction():
        plant_company_info(
            books,
            FOUNDED,
            name=name,
            legal_name=name,
            address={"Line1": "210 Main St", **place, "Country": "USA"},
            email=f"office@{domain}",
            phone="(208) 555-0100",
        )
        plant_preferences(books, FOUNDED)
        plant_short_lists(books)
        accounts = plant_accounts(ACCOUNT, books, FOUNDED, SERVICE_FIRM)
        for service, price in services:
            plant(
                ITEM,
                books,
                FOUNDED,
                Name=service,
                FullyQualifiedName=service,
                Type="Service",
                Taxable=False,
                UnitPrice=price,
                PurchaseCost=0,
                TrackQtyOnHand=False,
                IncomeAccountRef=ref(accounts["Fees"]),
            )
        for employee in employees:
            given, family = employee.split(" ", 1)
            plant(
                EMPLOYEE,
                books,
                FOUNDED,
                GivenName=given,
                FamilyName=family,
                DisplayName=employee,
                PrintOnCheckName=employee,
                BillableTime=False,
                PrimaryEmailAddr={"Address": f"{given.lower()}@{domain}"},
            )
        for number, (customer, at) in enumerate(
            zip(customers, moments(FOUNDED, timedelta(days=90, minutes=13)), strict=False)
        ):
            plant_customer(
                books,
                at,
                DisplayName=customer,
                CompanyName=customer,
                PrimaryEmailAddr={"Address": f"billing{number + 1}@customers.example"},
                BillAddr={"Line1": f"{100 + 12 * number} Commercial St", **place},
            )
