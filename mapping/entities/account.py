"""The chart of accounts, for what has to name one. Only looked up."""

from __future__ import annotations

from mapping.spec import Entity

ENTITY = Entity(
    name="account",
    remote="Account",
    label="account",
    plural="accounts",
    title="Name",
)
