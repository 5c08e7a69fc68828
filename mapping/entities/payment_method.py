"""How customers pay. Only looked up."""

from __future__ import annotations

from mapping.spec import Entity

ENTITY = Entity(
    name="payment_method",
    remote="PaymentMethod",
    label="payment method",
    plural="payment methods",
    title="Name",
    full_title="Name",
)
