"""What tax applies to a line. Only looked up; QuickBooks never tells its changes, so it is read whole."""

from __future__ import annotations

from mapping.spec import Entity

ENTITY = Entity(
    name="tax_code",
    remote="TaxCode",
    label="tax code",
    plural="tax codes",
    title="Name",
    full_title="Name",
    is_in_changes=False,
    after=("tax_rate",),
)
