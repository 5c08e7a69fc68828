"""Tax codes, rates and agencies. Readable here."""

from __future__ import annotations

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
        "LastFileDate": Text(),
        "TaxAgencyConfig": Text(),
    },
    name_field="DisplayName",
    is_list=False,
    in_cdc=False,
)
