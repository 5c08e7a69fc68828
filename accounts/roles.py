"""Who may do what. Roles are ordered in the tables below, never compared in views."""

from __future__ import annotations

from django.db.models import TextChoices


class Role(TextChoices):
    PARTNER = "partner", "Partner"
    ADMIN = "admin", "Admin"
    STAFF = "staff", "Staff"
    VIEWER = "viewer", "Viewer"

    @property
    def plural(self) -> str:
        return self.label if self is Role.STAFF else f"{self.label}s"


class Permission(TextChoices):
    """A thing a role may do, named as the person would say it."""

    VIEW = "view", "see clients and QuickBooks data"
    EDIT_CLIENTS = "edit_clients", "add and change clients"
    MAP = "map", "map and exclude customers"
    SYNC = "sync", "import from QuickBooks"
    CONNECT = "connect", "connect, reset and disconnect QuickBooks"
    MANAGE_TEAM = "manage_team", "invite people and change roles"


_STAFF = frozenset({Permission.VIEW, Permission.EDIT_CLIENTS, Permission.MAP, Permission.SYNC})
_EVERYTHING = frozenset(Permission)

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.PARTNER: _EVERYTHING,
    Role.ADMIN: _EVERYTHING,
    Role.STAFF: _STAFF,
    Role.VIEWER: frozenset({Permission.VIEW}),
}
"""What each role may do (design: Partner and Admin connect and decide; Staff map, exclude and fix)."""


def roles_that_may(permission: Permission) -> list[Role]:
    return [role for role, granted in GRANTS.items() if permission in granted]
