"""The company's own people, to suggest as team members. Only looked up."""

from __future__ import annotations

from mapping.spec import Entity

ENTITY = Entity(
    name="employee",
    remote="Employee",
    label="employee",
    plural="employees",
    full_title="DisplayName",
    city="PrimaryAddr.City",
)
