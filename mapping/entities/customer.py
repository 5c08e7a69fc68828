"""Customers there are clients here (CV-2..9, KP-12..17).

QuickBooks' reference: the Customer entity of the Accounting API. Never read or written: balances,
products and anything to do with bills and pay (CV-10).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from accounts.models import Client, Kind
from accounts.services import bulk_clients
from mapping.spec import Entity, Field, Payload, Values
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
_LOCAL = tuple(field.local for field in FIELDS)


class Clients:
    """The clients' side, many rows at a time."""

    def read(self, ids: Sequence[int]) -> Mapping[int, Values]:
        return _values(Client.objects.current().filter(pk__in=ids).order_by("pk").select_for_update())

    def glance(self, ids: Sequence[int]) -> Mapping[int, Values]:
        return _values(Client.objects.current().filter(pk__in=ids))

    def create(self, firm_id: int, rows: Sequence[Values]) -> Sequence[int]:
        return bulk_clients.create_clients(firm_id, [{**row, "is_linked": True} for row in rows])

    def update(self, rows: Mapping[int, Values], *, is_edit: bool = False) -> None:
        bulk_clients.update_clients(rows, is_edit=is_edit)

    def mark_linked(self, ids: Sequence[int], *, linked: bool) -> None:
        bulk_clients.mark_linked(ids, linked=linked)

    def changed_at(self, ids: Sequence[int]) -> Mapping[int, datetime]:
        return dict(Client.objects.filter(pk__in=ids).values_list("pk", "updated_at"))

    def edited_at(self, ids: Sequence[int]) -> Mapping[int, datetime]:
        moment = Coalesce("contact_edited_at", "updated_at")
        return dict(Client.objects.filter(pk__in=ids).values_list("pk", moment))

    def changed_since(self, moment: datetime | None, *, after_id: int, limit: int) -> Sequence[int]:
        changed = Client.objects.current().filter(is_linked=True, pk__gt=after_id)
        if moment is not None:
            changed = changed.filter(updated_at__gte=moment)
        return list(changed.order_by("pk").values_list("pk", flat=True)[:limit])

    def new_since(self, moment: datetime, *, after_id: int, limit: int) -> Sequence[int]:
        new = Client.objects.current().filter(is_linked=False, created_at__gte=moment, pk__gt=after_id)
        return list(new.order_by("pk").values_list("pk", flat=True)[:limit])

    def withdraw(self, ids: Sequence[int]) -> None:
        bulk_clients.archive(ids)


def _values(clients: QuerySet[Client]) -> Mapping[int, Values]:
    return {row.pop("pk"): row for row in clients.values("pk", *_LOCAL)}


def _defaults(payload: Payload) -> Values:
    # Nobody has agreed to marketing mail by being a customer in the books (KP-9, KP-10).
    kind = Kind.ORGANISATION if payload.get("CompanyName") else Kind.PERSON
    return {"kind": kind.value, "is_marketable": False}


ENTITY = Entity(
    name="customer",
    remote="Customer",
    label="customer",
    plural="customers",
    local=Clients(),
    local_label="client",
    local_plural="clients",
    fields=FIELDS,
    defaults=_defaults,
)
