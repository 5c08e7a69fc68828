"""Customers there are clients here (CV-2..9, KP-12..17).

QuickBooks' reference: the Customer entity of the Accounting API. Never read or written: balances,
products and anything to do with bills and pay (CV-10).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from accounts.models import Client, Kind
from accounts.services import bulk_clients
from mapping.spec import Entity, Field, Payload, Values
from mapping.table import Table
from mapping.transform import NAME, TEXT, lines

FIELDS = (
    Field("name", "DisplayName", NAME, "Name", max_length=500),
    Field("company_name", "CompanyName", TEXT, "Company name", max_length=500),
    Field("first_name", "GivenName", TEXT, "First name", max_length=100),
    Field("middle_name", "MiddleName", TEXT, "Middle name", max_length=100),
    Field("last_name", "FamilyName", TEXT, "Last name", max_length=100),
    Field("email", "PrimaryEmailAddr.Address", TEXT, "E-mail", max_length=254),
    # Only QuickBooks' Phone field; mobile, fax and other numbers do not travel (KP-16).
    Field("phone", "PrimaryPhone.FreeFormNumber", TEXT, "Phone", max_length=60),
    Field("address", "BillAddr.Line1", TEXT, "Address", max_length=1000),
    Field(
        "address_2",
        ("BillAddr.Line2", "BillAddr.Line3", "BillAddr.Line4", "BillAddr.Line5"),
        lines(4),
        "Address 2",
        max_length=2100,
    ),
    Field("city", "BillAddr.City", TEXT, "City", max_length=255),
    Field("state", "BillAddr.CountrySubDivisionCode", TEXT, "State", max_length=255),
    Field("zip", "BillAddr.PostalCode", TEXT, "ZIP", max_length=30),
    Field("country", "BillAddr.Country", TEXT, "Country", max_length=255),
)


class Clients(Table):
    """The clients' side, written by the ten thousand."""

    def create(self, firm_id: int, rows: Sequence[Values]) -> Sequence[int]:
        return bulk_clients.create_clients(firm_id, [{**row, "is_linked": True} for row in rows])

    def update(self, rows: Mapping[int, Values], *, is_edit: bool = False) -> None:
        bulk_clients.update_clients(rows, is_edit=is_edit)

    def mark_linked(self, ids: Sequence[int], *, linked: bool) -> None:
        bulk_clients.mark_linked(ids, linked=linked)

    def withdraw(self, ids: Sequence[int]) -> None:
        bulk_clients.archive(ids)


def _defaults(payload: Payload) -> Values:
    # Nobody has agreed to marketing mail by being a customer in the books (KP-9, KP-10).
    kind = Kind.ORGANISATION if payload.get("CompanyName") else Kind.PERSON
    return {"kind": kind.value, "is_marketable": False}


ENTITY = Entity(
    name="customer",
    remote="Customer",
    label="customer",
    plural="customers",
    local=Clients(
        Client,
        FIELDS,
        email="email",
        city="city",
        searched="search_text",
        edited="contact_edited_at",
        address="client",
        edit_address="client_edit",
    ),
    local_label="client",
    local_plural="clients",
    fields=FIELDS,
    defaults=_defaults,
    is_on_invoices=True,
)
