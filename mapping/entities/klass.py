"""Classes, by which companies sort what they earn and spend. Only looked up."""

from __future__ import annotations

from mapping.spec import Entity

ENTITY = Entity(
    name="class",
    remote="Class",
    label="class",
    plural="classes",
    title="Name",
)
