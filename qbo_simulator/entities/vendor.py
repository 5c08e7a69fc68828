"""Vendor: those bought from. Readable here; its names are taken for customers too."""

from __future__ import annotations

from .spec import (
    ADDRESS,
    EMAIL,
    PHONE,
    WEB_ADDRESS,
    Entity,
    Flag,
    Number,
    Ref,
    Text,
)

VENDOR = Entity(
    "Vendor",
    {
        "Title": Text(16),
        "GivenName": Text(100),
        "MiddleName": Text(100),
        "FamilyName": Text(100),
        "Suffix": Text(16),
        "DisplayName": Text(500),
        "CompanyName": Text(100),
        "PrintOnCheckName": Text(100),
        "Active": Flag(),
        "PrimaryPhone": PHONE,
        "AlternatePhone": PHONE,
        "Mobile": PHONE,
        "Fax": PHONE,
        "PrimaryEmailAddr": EMAIL,
        "WebAddr": WEB_ADDRESS,
        "BillAddr": ADDRESS,
        "Balance": Number(read_only=True),
        "AcctNum": Text(100),
        "Vendor1099": Flag(),
        "TaxIdentifier": Text(20, queryable=False),
        "TermRef": Ref("Term"),
        "CurrencyRef": Ref(),
    },
    name_field="DisplayName",
    numbering="names",
)
