"""Invent as many believable customers as wanted, the same ones for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from ..books import Books
from ..clock import PACIFIC
from ..entities import ACCOUNT, CUSTOMER
from ..entities.spec import Body
from ..ledger.opening import owe_more
from ..rules.money import ZERO, exact
from .charts import SERVICE_FIRM
from .planting import pacific, plant_accounts, plant_company_info, plant_preferences
from .short_lists import plant_short_lists

T = TypeVar("T")

FOUNDED = pacific(2015, 1, 5)


def _words(text: str, between: str = " ") -> list[str]:
    return text.split(between)


_GIVEN = _words(
    "Aaron Abigail Adele Ahmed Alejandra Amara Andre Anika Anneliese Antonio Bea Beatriz Benjamin "
    "Brigid Camille Carlos Chlo\u00e9 Colm Daniela Darius Deepa Elena Elliot Emeka Esther Fatima "
    "Fionn Gabriel Gita Hannah Hugo Imani Ingrid Isaac Jamal Jana Jos\u00e9 Julia Kai Keiko Lars "
    "Leila Liam Luc\u00eda Magnus Marisol Mei Miriam Nadia Nathan Nikhil Noor Olga Oscar Paloma "
    "Priya Quentin Rafael Rosa Ruth Samir Selma Sof\u00eda Tariq Tess Tom\u00e1s Uma Valentina "
    "Victor Wanda Wei Ximena Yara Yusuf Zachary Zora"
)
_FAMILY = _words(
    "Abernathy Acosta Adeyemi Albrecht Alvarado Baptiste Barros Bergstr\u00f6m Bhatt Boateng "
    "Brennan Calloway Castellanos Chaudhry Chen Choi D'Amico D'Souza Dahl Delgado Diallo Dubois "
    "Eriksen Esposito Fairchild Farouk Fitzgerald Fuentes Gallagher Garc\u00eda Goldberg Greene "
    "Gupta Haddad Hagen Harrington Hayashi Holloway Ibrahim Ivanov Jacobsen Jensen Kapoor Kaur "
    "Kelleher Kowalski Laurent Lefebvre Lindholm Lopez MacLeod Mahoney Marchetti M\u00fcller Nakagawa "
    "Ng Nguyen Novak O'Connor O'Neill Okafor Olsen Ortega Park Patel Pereira Petrov Quintero Ramsey "
    "Reyes Rossi Sandoval Schultz Sharma Silva Sokolov Stavros Sullivan Takahashi Thorne Tran Ueda "
    "Vargas Villanueva Wagner Watanabe Whitfield Xu Yamamoto Zapata Zielinski"
)
_TRADES = _words(
    "Plumbing|Bakery|Dental|Roofing|Legal Group|Auto Repair|Farms|Properties|Electric|Daycare|"
    "Veterinary Clinic|Bistro|Landscaping|Fitness|Woodworks|Market|Optical|Brewing|Consulting|"
    "Transport|Pharmacy|Flooring|Salon|Studio|Outfitters|Insurance Agency|Construction|Catering",
    between="|",
)
_TAILS = ("", "", "", ", LLC", " & Sons", " Inc.", " Co.", " Partners")
_STREETS = _words(
    "Alder|Birch|Cedar|Dogwood|Elm|Fir|Grove|Hawthorn|Iris|Juniper|Kestrel|Laurel|Maple|Nutmeg|"
    "Orchard|Pine|Quarry|River|Spruce|Tamarack|Union|Valley|Willow|Yarrow",
    between="|",
)
_WAYS = ("St.", "Ave.", "Rd.", "Ln.", "Blvd.", "Ct.")
_PLACES = (
    ("San Rafael", "CA", "94901"),
    ("Portland", "OR", "97205"),
    ("Tacoma", "WA", "98402"),
    ("Boise", "ID", "83702"),
    ("Reno", "NV", "89501"),
    ("Tucson", "AZ", "85701"),
    ("Santa Fe", "NM", "87501"),
    ("Austin", "TX", "78701"),
    ("Duluth", "MN", "55802"),
    ("Madison", "WI", "53703"),
    ("Savannah", "GA", "31401"),
    ("Burlington", "VT", "05401"),
    ("Ithaca", "NY", "14850"),
    ("Asheville", "NC", "28801"),
)
_USD = {"value": "USD", "name": "United States Dollar"}


def found_company(books: Books, *, name: str) -> None:
    """Plant the bare company: its info, preferences and short lists."""
    with books.transaction():
        plant_company_info(
            books,
            FOUNDED,
            name=name,
            legal_name=f"{name}, Inc.",
            address={
                "Line1": "1 Ridge Way",
                "City": "Reno",
                "Country": "USA",
                "CountrySubDivisionCode": "NV",
                "PostalCode": "89501",
            },
            email="office@pacificridge.example",
            phone="(775) 555-0100",
        )
        plant_preferences(books, FOUNDED)
        plant_short_lists(books)
        # The same chart as a small firm's, with nothing in it yet.
        plant_accounts(ACCOUNT, books, FOUNDED, [row[:4] for row in SERVICE_FIRM])


def add_invented_customers(books: Books, how_many: int, *, seed: int = 1) -> None:
    """Add that many customers, with names nobody has yet. One transaction."""
    with books.transaction():
        first = int(books.next_id(CUSTOMER))
        owed = _Owed()
        people = invented_customers(how_many, first=first, seed=seed)
        books.add_many(CUSTOMER, map(owed.count, people))
        books.skip_ids(CUSTOMER, first + how_many - 1)
        owe_more(books, owed.together)


class _Owed:
    """Adds up what people owe while they pass by."""

    def __init__(self) -> None:
        self.together = ZERO

    def count(self, person: Body) -> Body:
        self.together += exact(person["Balance"])
        return person


def invented_customers(how_many: int, *, first: int, seed: int) -> Iterator[Body]:
    """Yield customers with ids from `first` on; about one in thirty is inactive.

    A name that was given already gets the id behind it, and so does every name of a
    later call, for the earlier ones are not known to it.
    """
    dice = random.Random(f"{seed}/{first}")
    given: set[str] = set()
    may_be_plain = first < 1_000
    for id in range(first, first + how_many):
        person = _pick(dice, _GIVEN), _pick(dice, _FAMILY)
        company = _company_name(dice, person[1]) if dice.random() < 0.4 else ""
        name = company or f"{person[0]} {person[1]}"
        if name in given or not may_be_plain:
            name = f"{name} {id}"
        else:
            given.add(name)
        yield _body(dice, id, name, person, company)


def _pick(dice: random.Random, pool: Sequence[T]) -> T:
    # random.choice takes three times as long, and there are ten picks to a customer.
    return pool[int(dice.random() * len(pool))]


def _company_name(dice: random.Random, family: str) -> str:
    return f"{family} {_pick(dice, _TRADES)}{_pick(dice, _TAILS)}"


def _body(dice: random.Random, id: int, name: str, person: tuple[str, str], company: str) -> Body:
    active = dice.random() >= 0.033
    shown = name if active else f"{name} (deleted)"
    body: Body = {
        "Id": str(id),
        "SyncToken": "0",
        "domain": "QBO",
        "sparse": False,
        "GivenName": person[0],
        "FamilyName": person[1],
        "DisplayName": shown,
        "FullyQualifiedName": shown,
        "PrintOnCheckName": name,
        "Active": active,
        "Taxable": dice.random() < 0.7,
        "Job": False,
        "BillWithParent": False,
        "Balance": round(dice.random() * 2000, 2) if dice.random() < 0.3 else 0,
        "CurrencyRef": _USD,
        "PreferredDeliveryMethod": _pick(dice, ("Print", "Email", "None")),
        "IsProject": False,
        "ClientEntityId": "0",
        "MetaData": _times(dice, id),
        "BillAddr": _address(dice, id),
    }
    body["BalanceWithJobs"] = body["Balance"]
    if company:
        body["CompanyName"] = company
    if dice.random() < 0.85:
        body["PrimaryEmailAddr"] = {"Address": f"customer{id}@mail{id % 40}.example"}
    if dice.random() < 0.8:
        body["PrimaryPhone"] = {"FreeFormNumber": f"({200 + id % 700}) 555-{id % 10_000:04d}"}
    return body


def _times(dice: random.Random, id: int) -> Body:
    made = FOUNDED.astimezone(UTC) + timedelta(seconds=37 * id)
    changed = made + timedelta(seconds=int(dice.random() * 90 * 86_400))
    return {"CreateTime": _stamp(made), "LastUpdatedTime": _stamp(changed)}


def _stamp(moment: datetime) -> str:
    return moment.astimezone(PACIFIC).isoformat(timespec="seconds")


def _address(dice: random.Random, id: int) -> Body:
    city, state, zip = _pick(dice, _PLACES)
    return {
        "Id": str(10_000_000 + id),
        "Line1": f"{1 + int(dice.random() * 9_998)} {_pick(dice, _STREETS)} {_pick(dice, _WAYS)}",
        "City": city,
        "CountrySubDivisionCode": state,
        "PostalCode": zip,
    }
