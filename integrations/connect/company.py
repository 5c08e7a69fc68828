"""A company's own card and preferences, as QuickBooks has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from integrations.connect.clients import gateway_for
from integrations.models import Connection
from integrations.quickbooks import Patience, Payload
from mapping.models import Book


@dataclass(frozen=True)
class Company:
    """What a person recognises a company by."""

    realm_id: str
    name: str
    legal_name: str
    address: str
    country: str

    @classmethod
    def of(cls, realm_id: str, info: Payload) -> Company:
        return cls(
            realm_id=realm_id,
            name=str(info.get("CompanyName") or info.get("LegalName") or f"Company {realm_id}"),
            legal_name=str(info.get("LegalName") or ""),
            address=_lines(info.get("CompanyAddr") or info.get("LegalAddr") or {}),
            country=str(info.get("Country") or ""),
        )


def _lines(address: dict[str, Any]) -> str:
    """Write an address as lines; QuickBooks keeps it in parts, or all of it in Line1 to Line5."""
    town = " ".join(
        str(address[part]) for part in ("City", "CountrySubDivisionCode", "PostalCode") if address.get(part)
    )
    lines = [str(address.get(f"Line{number}") or "") for number in range(1, 6)]
    return "\n".join(filter(None, [*lines, town]))


def read_settings(connection: Connection, *, patience: Patience | None = None) -> None:
    """Read the card and the preferences anew, by two calls. Raises a QuickBooksError."""
    with gateway_for(connection, patience=patience) as quickbooks:
        company = Company.of(connection.realm_id, quickbooks.company_info())
        preferences = quickbooks.preferences()
    with transaction.atomic():
        rows = Connection.objects.filter(pk=connection.pk, realm_id=company.realm_id)
        rows.update(
            company_name=company.name,
            legal_name=company.legal_name,
            address=company.address,
            country=company.country,
            preferences=preferences,
            settings_read_at=timezone.now(),
        )
        Book.objects.filter(connection=connection.pk).update(
            company_name=company.name, country=company.country
        )


@dataclass(frozen=True)
class Setting:
    """A preference of the company that matters to what is synced, in words."""

    label: str
    value: str


def settings_of(connection: Connection) -> list[Setting]:
    """Return the preferences worth showing, of those last read; none where none were read yet."""
    if not connection.preferences:
        return []
    return [Setting(label, say(_at(connection.preferences, path))) for label, path, say in _SHOWN]


def _at(preferences: Payload, path: str) -> Any:
    value: Any = preferences
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _on(value: Any) -> str:
    return "On" if str(value).lower() == "true" else "Off"


def _text(value: Any) -> str:
    return str(value or "")


_SHOWN = (
    ("Home currency", "CurrencyPrefs.HomeCurrency.value", _text),
    ("Several currencies", "CurrencyPrefs.MultiCurrencyEnabled", _on),
    ("Sales tax", "TaxPrefs.UsingSalesTax", _on),
    ("Own invoice numbers", "SalesFormsPrefs.CustomTxnNumbers", _on),
)
