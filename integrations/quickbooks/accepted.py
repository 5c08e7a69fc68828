"""Which values QuickBooks takes for a field, known before sending it.

Sources: Intuit's reference pages of Customer, Employee and Vendor, and its schema files for
addresses; read 2026-11. A field that is not listed takes anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Payload = Mapping[str, Any]


@dataclass(frozen=True)
class Text:
    longest: int
    forbids: str = ""
    is_required: bool = False
    """It cannot be emptied."""
    is_email: bool = False

    def problem(self, value: str) -> str:
        """Return what is wrong with a value, as the end of a sentence about the field, or nothing."""
        value = value.strip()
        if not value:
            return "cannot be empty" if self.is_required else ""
        if found := next(
            (name for sign, name in _SIGNS.items() if sign in self.forbids and sign in value), ""
        ):
            return f"cannot hold {found}"
        if self.is_email and not all(_EMAIL.fullmatch(one.strip()) for one in value.split(",")):
            return "is no e-mail address"
        if len(value) > self.longest:
            return f"can have {self.longest} characters and has {len(value)}"
        return ""


_SIGNS = {":": "a colon", "\t": "a tab", "\n": "a line break"}
_IN_NAMES = ":\t\n"
# QuickBooks keeps several addresses in one field, with commas between.
_EMAIL = re.compile(r"[^@\s,]+@[^@\s,]+\.[^@\s,]+")

_ADDRESS = {
    **{f"Line{number}": Text(500) for number in range(1, 6)},
    "City": Text(255),
    "Country": Text(255),
    "CountrySubDivisionCode": Text(255),
    "PostalCode": Text(30),
}
_PERSON = {
    "DisplayName": Text(500, forbids=_IN_NAMES, is_required=True),
    "Title": Text(16, forbids=_IN_NAMES),
    "GivenName": Text(100, forbids=_IN_NAMES),
    "MiddleName": Text(100, forbids=_IN_NAMES),
    "FamilyName": Text(100, forbids=_IN_NAMES),
    "Suffix": Text(16, forbids=_IN_NAMES),
    "PrimaryEmailAddr.Address": Text(100, is_email=True),
}
_TRADER = {
    **_PERSON,
    "CompanyName": Text(100),
    "PrimaryPhone.FreeFormNumber": Text(30),
    "WebAddr.URI": Text(1000),
    "Notes": Text(2000),
    **{f"BillAddr.{part}": text for part, text in _ADDRESS.items()},
}
ACCEPTED: Mapping[str, Mapping[str, Text]] = {
    "Customer": _TRADER,
    "Vendor": _TRADER,
    "Employee": {
        **_PERSON,
        "PrimaryPhone.FreeFormNumber": Text(20),
        **{f"PrimaryAddr.{part}": text for part, text in _ADDRESS.items()},
    },
    "Item": {
        "Name": Text(100, forbids=_IN_NAMES, is_required=True),
        "Sku": Text(100),
        "Description": Text(4000),
    },
}


def problems_in(entity: str, payload: Payload) -> dict[str, str]:
    """Return what QuickBooks would not take, by path: ``{"DisplayName": "cannot hold a colon"}``."""
    rules = ACCEPTED.get(entity, {})
    return {
        path: problem
        for path, value in _texts(payload)
        if path in rules and (problem := rules[path].problem(value))
    }


def _texts(payload: Payload, under: str = "") -> Iterator[tuple[str, str]]:
    for name, value in payload.items():
        if isinstance(value, Mapping):
            yield from _texts(value, f"{under}{name}.")
        elif isinstance(value, str):
            yield f"{under}{name}", value
