"""A firm with as many customers and clients as one likes, for pictures and for measuring."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.db import connection

from accounts.models import Firm
from accounts.services import bulk_clients
from mapping.entities import ENTITIES
from mapping.models import Book
from mapping.services import mirroring

FIRST = [
    "Ada",
    "Ben",
    "Chloé",
    "Dario",
    "Elif",
    "Femi",
    "Grace",
    "Hugo",
    "Inés",
    "José",
    "Kofi",
    "Lena",
    "Mats",
    "Nora",
    "Omar",
    "Priya",
    "Quinn",
    "Rosa",
    "Søren",
    "Tess",
]
LAST = [
    "Adler",
    "Brennan",
    "Castillo",
    "Dubois",
    "Eriksen",
    "Fontana",
    "García",
    "Hughes",
    "Ivanov",
    "Jansen",
    "Kowalski",
    "Lindqvist",
    "Müller",
]
LAST += [
    "Nakamura",
    "O'Brien",
    "Patel",
    "Quispe",
    "Rossi",
    "Silva",
    "Thornton",
    "Ueda",
    "Vance",
    "Whitfield",
    "Xu",
    "Young",
    "Zimmer",
]
TRADES = [
    "Bakery",
    "Plumbing",
    "Landscaping",
    "Dental",
    "Robotics",
    "Freight",
    "Catering",
    "Roofing",
    "Optics",
    "Studio",
    "Farms",
    "Legal",
]
CITIES = [
    "Austin",
    "Boise",
    "Chicago",
    "Denver",
    "Erie",
    "Fresno",
    "Galveston",
    "Hartford",
    "Irvine",
    "Juneau",
    "Knoxville",
    "Lansing",
]
ENDINGS = ["LLC", "Inc.", "& Sons", "Group", "Co."]
_BATCH = 5_000


def customers(count: int, *, seed: int = 1) -> Iterator[dict[str, Any]]:
    """Yield payloads as QuickBooks sends them, with ids from 1."""
    dice = random.Random(seed)
    for number in range(1, count + 1):
        yield customer(number, dice)


def customer(number: int, dice: random.Random) -> dict[str, Any]:
    first, last, trade, city = dice.choice(FIRST), dice.choice(LAST), dice.choice(TRADES), dice.choice(CITIES)
    name = f"{last} {trade} {dice.choice(ENDINGS)} {number}"
    payload = {
        "Taxable": True,
        "BillAddr": {
            "Id": str(number),
            "Line1": f"{number % 900 + 10} {dice.choice(LAST)} Street",
            "City": city,
            "Country": "USA",
            "CountrySubDivisionCode": "TX",
            "PostalCode": f"{10000 + number % 89999}",
            "Lat": "37.4307072",
            "Long": "-122.4295234",
        },
        "Job": False,
        "BillWithParent": False,
        "Balance": number % 400,
        "BalanceWithJobs": number % 400,
        "CurrencyRef": {"value": "USD", "name": "United States Dollar"},
        "PreferredDeliveryMethod": "Print",
        "domain": "QBO",
        "sparse": False,
        "Id": str(number),
        "SyncToken": "0",
        "MetaData": {
            "CreateTime": "2026-01-01T16:48:43-07:00",
            "LastUpdatedTime": "2026-02-02T16:48:43-07:00",
        },
        "GivenName": first,
        "FamilyName": last,
        "FullyQualifiedName": name,
        "CompanyName": name,
        "DisplayName": name,
        "PrintOnCheckName": name,
        "Active": number % 29 != 0,
        "PrimaryPhone": {"FreeFormNumber": f"(555) 555-{number % 10000:04}"},
    }
    if number % 7:
        payload["PrimaryEmailAddr"] = {"Address": f"{first}.{last}.{number}@example.com".lower()}
    return payload


def mirror(book: Book, payloads: Iterator[dict[str, Any]]) -> None:
    while batch := list(islice(payloads, _BATCH)):
        mirroring.store(book, ENTITIES["customer"], batch)


def clients(firm: Firm, count: int, *, seed: int = 2) -> list[int]:
    """Add clients, some of them named exactly like one of ``customers`` with the same numbers."""
    dice, twins, ids = random.Random(seed), customers(count), list[int]()
    rows = (_client(number, twin, dice) for number, twin in enumerate(twins, 1))
    while batch := list(islice(rows, _BATCH)):
        ids += bulk_clients.create_clients(firm.pk, batch)
    return ids


def _client(number: int, twin: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    is_twin = number % 10 == 0
    name = twin["DisplayName"] if is_twin else f"{dice.choice(FIRST)} {dice.choice(LAST)} {number}"
    return {"name": name, "email": f"c{number}@example.org", "city": dice.choice(CITIES), "phone": "555-0100"}


def settle(book: Book, *, mapped: int, excluded: int) -> None:
    """Map the first customers to the first clients, and exclude the next ones, in three statements."""
    with connection.cursor() as cursor:
        cursor.execute(_MAP, {"firm": book.firm_id, "book": book.pk, "count": mapped})
        cursor.execute(_EXCLUDE, {"firm": book.firm_id, "book": book.pk, "count": excluded})


_MAP = """
    WITH pairs AS (
        SELECT theirs.id AS record_id, ours.id AS local_id
        FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM mapping_remoterecord
              WHERE firm_id = %(firm)s AND book_id = %(book)s ORDER BY id LIMIT %(count)s) theirs
        JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place FROM accounts_client
              WHERE firm_id = %(firm)s ORDER BY id LIMIT %(count)s) ours USING (place)
    ), links AS (
        INSERT INTO mapping_link (firm_id, book_id, entity, record_id, local_id, base, linked_at)
        SELECT %(firm)s, %(book)s, 'customer', record_id, local_id, '{}', now() FROM pairs
    ), standing AS (
        UPDATE mapping_remoterecord SET standing = 'mapped' WHERE id IN (SELECT record_id FROM pairs)
    )
    UPDATE accounts_client SET is_linked = true WHERE id IN (SELECT local_id FROM pairs)
"""
_EXCLUDE = """
    WITH chosen AS (
        UPDATE mapping_remoterecord SET standing = 'excluded' WHERE id IN (
            SELECT id FROM mapping_remoterecord
            WHERE firm_id = %(firm)s AND book_id = %(book)s AND standing = 'unmapped' ORDER BY id LIMIT %(count)s
        ) RETURNING id
    )
    INSERT INTO mapping_exclusion (firm_id, record_id, reason, excluded_at)
    SELECT %(firm)s, id, '', now() FROM chosen
"""
