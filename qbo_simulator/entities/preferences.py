"""Preferences: the company's switches, one object whose Id is "1". Readable here."""

from __future__ import annotations

from .spec import Entity, Opaque

PREFERENCES = Entity(
    "Preferences",
    {
        "AccountingInfoPrefs": Opaque(),
        "ProductAndServicesPrefs": Opaque(),
        "SalesFormsPrefs": Opaque(),
        "EmailMessagesPrefs": Opaque(),
        "VendorAndPurchasesPrefs": Opaque(),
        "TimeTrackingPrefs": Opaque(),
        "TaxPrefs": Opaque(),
        "CurrencyPrefs": Opaque(),
        "ReportPrefs": Opaque(),
        "OtherPrefs": Opaque(),
    },
    is_list=False,
    singleton=True,
)
