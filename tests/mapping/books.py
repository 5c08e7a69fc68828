"""QuickBooks records and clients for tests of the mapping."""

from __future__ import annotations

from typing import Any

from accounts.models import Client, Firm
from mapping.entities import ENTITIES
from mapping.models import Book, RemoteRecord
from mapping.services import mirroring

CUSTOMER = ENTITIES["customer"]

AMY = {
    "Id": "1",
    "SyncToken": "0",
    "DisplayName": "Amy's Bird Sanctuary",
    "FullyQualifiedName": "Amy's Bird Sanctuary",
    "CompanyName": "Amy's Bird Sanctuary",
    "GivenName": "Amy",
    "FamilyName": "Lauterbach",
    "PrimaryEmailAddr": {"Address": "birds@example.com"},
    "PrimaryPhone": {"FreeFormNumber": "(650) 555-3311"},
    "BillAddr": {
        "Id": "2",
        "Line1": "4581 Finch St.",
        "Line2": "Suite 9",
        "Line3": "Back door",
        "City": "Bayshore",
        "CountrySubDivisionCode": "CA",
        "PostalCode": "94326",
        "Lat": "INVALID",
        "Long": "INVALID",
    },
    "Active": True,
    "MetaData": {"CreateTime": "2026-01-11T16:48:43-08:00", "LastUpdatedTime": "2026-02-16T21:26:20-08:00"},
    "sparse": False,
    "domain": "QBO",
}


def customer(id: str, name: str, **more: Any) -> dict[str, Any]:
    return {
        "Id": id,
        "SyncToken": "0",
        "DisplayName": name,
        "FullyQualifiedName": name,
        "Active": True,
        **more,
    }


def open_book(firm: Firm) -> Book:
    return Book.objects.create(firm=firm, realm_id="9341", company_name="Craig's Design")


def mirrored(book: Book, *payloads: dict[str, Any]) -> list[RemoteRecord]:
    """Put objects into the mirror and return their rows in the same order."""
    mirroring.store(book, CUSTOMER, payloads)
    rows = {row.remote_id: row for row in RemoteRecord.objects.filter(book=book)}
    return [rows[payload["Id"]] for payload in payloads]


def client(firm: Firm, name: str, **more: Any) -> Client:
    return Client.objects.create(firm=firm, name=name, **more)
