"""Which customers an import reads: active, inactive or all (JR-14, JR-16)."""

from __future__ import annotations

from django.db.models import TextChoices

from mapping.spec import Entity


class Scope(TextChoices):
    ACTIVE = "active", "Active"
    INACTIVE = "inactive", "Inactive"
    ALL = "all", "All"

    @property
    def where(self) -> str:
        """The WHERE clause; without one QuickBooks shows only active rows."""
        return _WHERE[self]

    @property
    def activities(self) -> list[bool]:
        """Whether records of this scope are active: yes, no, or both."""
        return [is_active for is_active in (True, False) if self.covers(is_active=is_active)]

    def covers(self, *, is_active: bool) -> bool:
        return self is Scope.ALL or is_active == (self is Scope.ACTIVE)


_WHERE = {
    Scope.ACTIVE: "Active = true",
    Scope.INACTIVE: "Active = false",
    Scope.ALL: "Active IN (true, false)",
}


def where(entity: Entity, scope: Scope) -> str:
    """Return the WHERE clause that reads a scope of this kind of record."""
    return scope.where if entity.has_inactive else ""
