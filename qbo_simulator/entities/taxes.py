"""Tax codes, rates and agencies. Agencies are written; codes and rates come from the tax service."""

from __future__ import annotations

from .names import settle_name
from .spec import Entity, Flag, Number, Opaque, Ref, Text

TAX_CODE = Entity(
    "TaxCode",
    {
        "Name": Text(100),
        "Description": Text(),
        "Active": Flag(),
        "Hidden": Flag(),
        "Taxable": Flag(),
        "TaxGroup": Flag(),
        "TaxCodeConfigType": Text(),
        "SalesTaxRateList": Opaque(),
        "PurchaseTaxRateList": Opaque(),
        "AdjustmentTaxRateList": Opaque(),
    },
    in_cdc=False,
)

TAX_RATE = Entity(
    "TaxRate",
    {
        "Name": Text(100),
        "Description": Text(),
        "Active": Flag(),
        "RateValue": Number(),
        "AgencyRef": Ref("TaxAgency"),
        "SpecialTaxType": Text(),
        "DisplayType": Text(),
        "EffectiveTaxRate": Opaque(),
        "OriginalTaxRate": Text(),
        "TaxReturnLineRef": Ref(),
    },
    in_cdc=False,
)


TAX_AGENCY = Entity(
    "TaxAgency",
    {
        "DisplayName": Text(100),
        "TaxRegistrationNumber": Text(),
        "TaxTrackedOnSales": Flag(),
        "TaxTrackedOnPurchases": Flag(),
        "LastFileDate": Text(read_only=True),
        "TaxAgencyConfig": Text(read_only=True),
    },
    name_field="DisplayName",
    is_list=False,
    in_cdc=False,
    writable=True,
    defaults=lambda books: {
        "TaxTrackedOnSales": True,
        "TaxTrackedOnPurchases": False,
        "TaxAgencyConfig": "USER_DEFINED",
    },
    prepare=settle_name,
)
