"""The people and firms that tests speak of."""

from __future__ import annotations

from dataclasses import dataclass

from allauth.account.models import EmailAddress

from accounts.models import Firm, Membership, User
from accounts.roles import Role
from accounts.tenancy import across_firms

PASSWORD = "three brown ledgers"


@dataclass(frozen=True)
class Cast:
    """Two firms with a wall between them, and somebody who belongs to neither."""

    firm: Firm
    other_firm: Firm
    partner: User
    admin: User
    staff: User
    viewer: User
    rival: User
    """Partner of the other firm."""
    stranger: User
    """Signed up, member of nothing."""


def gather() -> Cast:
    """Write the whole cast to the database."""
    firm = Firm.objects.create(name="Bright Ledger Accounting", slug="bright-ledger")
    other_firm = Firm.objects.create(name="Harbor & Main CPAs", slug="harbor-main")
    return Cast(
        firm=firm,
        other_firm=other_firm,
        partner=member(firm, Role.PARTNER, "Paula Partner"),
        admin=member(firm, Role.ADMIN, "Adam Admin"),
        staff=member(firm, Role.STAFF, "Stella Staff"),
        viewer=member(firm, Role.VIEWER, "Victor Viewer"),
        rival=member(other_firm, Role.PARTNER, "Rita Rival"),
        stranger=person("Sam Stranger"),
    )


def member(firm: Firm, role: Role, name: str) -> User:
    """Write a new person who holds this role in the firm."""
    user = person(name)
    with across_firms(reason="setting a test's scene"):
        Membership.objects.create(firm=firm, user=user, role=role)
    return user


def person(name: str) -> User:
    """Write a new person with a verified address: "Paula Partner" is paula@example.com."""
    user = User.objects.create_user(f"{name.split()[0].lower()}@example.com", PASSWORD, name=name)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user
