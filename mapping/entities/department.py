"""Locations, which QuickBooks' API calls departments. Only looked up."""

from __future__ import annotations

from mapping.spec import Entity

ENTITY = Entity(
    name="department",
    remote="Department",
    label="location",
    plural="locations",
    title="Name",
)
