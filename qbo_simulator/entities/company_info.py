"""CompanyInfo: one object, whose Id is "1" and never the realm's."""

from __future__ import annotations

from .spec import ADDRESS, EMAIL, PHONE, WEB_ADDRESS, Day, Entity, Opaque, Text

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
    is_list=False,
    singleton=True,
    in_cdc=False,
)
