"""CompanyInfo: one object, whose Id is "1" and never the realm's."""

from __future__ import annotations

from ..rules.company import business
from .spec import ADDRESS, EMAIL, PHONE, WEB_ADDRESS, Body, Change, Day, Entity, Opaque, Text

_NOT_TO_WRITE = ("Country", "NameValue", "CompanyStartDate", "FiscalYearStartMonth", "SupportedLanguages")


def _prepare(change: Change) -> None:
    """Keep what only QuickBooks itself changes, whatever an app sends."""
    before: Body = change.before or {}
    if not change.after.get("CompanyName"):
        raise business("A company needs a name.", "CompanyName")
    if not change.by_bookkeeper:
        change.after.update({name: before[name] for name in _NOT_TO_WRITE if name in before})


COMPANY_INFO = Entity(
    "CompanyInfo",
    {
        "CompanyName": Text(1024),
        "LegalName": Text(1024),
        "CompanyAddr": ADDRESS,
        "CustomerCommunicationAddr": ADDRESS,
        "LegalAddr": ADDRESS,
        "CustomerCommunicationEmailAddr": EMAIL,
        "PrimaryPhone": PHONE,
        "Email": EMAIL,
        "WebAddr": WEB_ADDRESS,
        "CompanyStartDate": Day(),
        "FiscalYearStartMonth": Text(),
        "Country": Text(),
        "SupportedLanguages": Text(),
        "DefaultTimeZone": Text(),
        "EmployerId": Text(),
        "NameValue": Opaque(),
    },
    name_field="CompanyName",
    writable=True,
    is_list=False,
    singleton=True,
    in_cdc=False,
    prepare=_prepare,
)
