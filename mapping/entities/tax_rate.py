"""The rates tax codes are made of. Only looked up; QuickBooks never tells their changes, so they are read whole."""

from __future__ import annotations

from mapping.spec import Entity

ENTITY = Entity(
    name="tax_rate",
    remote="TaxRate",
    label="tax rate",
    plural="tax rates",
    title="Name",
    full_title="Name",
    is_in_changes=False,
)
