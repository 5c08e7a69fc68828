"""When invoices are due. Only looked up."""

from __future__ import annotations

from mapping.spec import Entity

ENTITY = Entity(
    name="term",
    remote="Term",
    label="payment term",
    plural="payment terms",
    title="Name",
    full_title="Name",
)
