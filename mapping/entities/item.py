"""What the company sells. Looked up until products are synced; categories are items too."""

from __future__ import annotations

from mapping.spec import Entity

ENTITY = Entity(
    name="item",
    remote="Item",
    label="product or service",
    plural="products and services",
    title="Name",
    after=("account", "tax_code"),
)
