"""Who may do what: people, companies, and the connections between apps and companies."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from .connections import (
    CLIENT_ID,
    CLIENT_SECRET,
    WEBHOOK_VERIFIER,
    Connections,
    Grant,
    TokenRefused,
    Tokens,
)

__all__ = [
    "CLIENT_ID",
    "CLIENT_SECRET",
    "WEBHOOK_VERIFIER",
    "Company",
    "Grant",
    "Membership",
    "Person",
    "Registry",
    "TokenRefused",
    "Tokens",
]

SESSION_LIFETIME_S = 12 * 3600


@dataclass(frozen=True)
class Person:
    email: str
    password: str
    given_name: str
    family_name: str
    says: str
    """What the sign-in page tells about this demo user."""
    is_accountant: bool | int = False

    @property
    def full_name(self) -> str:
        return f"{self.given_name} {self.family_name}"

    @property
    def subject(self) -> str:
        """The OpenID `sub`: stable, and telling nothing."""
        return hashlib.sha256(self.email.encode()).hexdigest()[:36]


@dataclass(frozen=True)
class Company:
    realm: str
    name: str
    kind: str
    """`company`, or `firm` for books held in QuickBooks Online Accountant itself."""


@dataclass(frozen=True)
class Membership:
    company: Company
    role: str

    @property
    def may_connect(self) -> bool:
        return self.role == "admin"


class Registry(Connections):
    """Who may do what, all of it."""

    # People and companies

    def add_person(self, person: Person) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO people VALUES (?, ?, ?, ?, ?, ?)",
            (
                person.email,
                person.password,
                person.given_name,
                person.family_name,
                person.says,
                person.is_accountant,
            ),
        )

    def people(self) -> list[Person]:
        rows = self._db.execute("SELECT * FROM people ORDER BY rowid")
        return [Person(*row) for row in rows]

    def person(self, email: str) -> Person | None:
        wanted = email.strip().lower()
        return next((p for p in self.people() if p.email == wanted), None)

    def add_company(self, company: Company) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO companies VALUES (?, ?, ?)",
            (company.realm, company.name, company.kind),
        )

    def rename(self, realm: str, name: str) -> None:
        self._db.execute("UPDATE companies SET name = ? WHERE realm = ?", (name, realm))

    def companies(self) -> list[Company]:
        return [Company(*r) for r in self._db.execute("SELECT * FROM companies ORDER BY rowid")]

    def company(self, realm: str) -> Company | None:
        row = self._db.execute("SELECT * FROM companies WHERE realm = ?", (realm,)).fetchone()
        return None if row is None else Company(*row)

    def add_member(self, email: str, realm: str, *, role: str = "admin") -> None:
        self._db.execute("INSERT OR REPLACE INTO memberships VALUES (?, ?, ?)", (email, realm, role))

    def memberships(self, email: str) -> list[Membership]:
        rows = self._db.execute(
            "SELECT c.realm, c.name, c.kind, m.role FROM memberships m "
            "JOIN companies c USING (realm) WHERE m.email = ? ORDER BY c.rowid",
            (email,),
        )
        return [Membership(Company(*row[:3]), row[3]) for row in rows]

    def an_admin_of(self, realm: str) -> str | None:
        row = self._db.execute(
            "SELECT email FROM memberships WHERE realm = ? AND role = 'admin' ORDER BY rowid",
            (realm,),
        ).fetchone()
        return None if row is None else str(row[0])

    # Signing in on the consent pages

    def sign_in(self, email: str, password: str) -> str | None:
        """Return a new session's token, or None when e-mail and password do not match."""
        person = self.person(email)
        if person is None or person.password != password:
            return None
        token = secrets.token_urlsafe(24)
        expires = self.clock.epoch() + SESSION_LIFETIME_S
        self._db.execute("INSERT INTO sessions VALUES (?, ?, ?)", (token, person.email, expires))
        return token

    def sign_out(self, token: str) -> None:
        self._db.execute("DELETE FROM sessions WHERE token = ?", (token,))

    def signed_in(self, token: str) -> Person | None:
        row = self._db.execute(
            "SELECT email FROM sessions WHERE token = ? AND expires > ?",
            (token, self.clock.epoch()),
        ).fetchone()
        return None if row is None else self.person(row[0])
