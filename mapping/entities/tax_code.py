"""What tax applies to a line. Only looked up; QuickBooks never tells its changes, so it is read whole.

An American company's lines know TAX and NON. They come with every answer, beside the codes there are.
Source: python-quickbooks' test of TaxCode, which asks for one and gets four.
"""

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
    uncounted=frozenset({"TAX", "NON", "CustomSalesTax"}),
    after=("tax_rate",),
)
