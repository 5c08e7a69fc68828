"""The whole simulated QuickBooks in one data folder: its people, companies and their books."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from . import loading
from .aside import Aside
from .books import Books
from .companies.abroad import plant_cedar_sound, plant_thornbury
from .companies.craig_holt import plant_craig_holt
from .companies.invention import add_invented_customers, found_company
from .companies.small import (
    plant_bright_ledger,
    plant_bright_ledger_consulting,
    plant_harbor_street,
)
from .entities.spec import Entity
from .registry import Company, Person, Registry
from .webhooks.journal import last_number
from .webhooks.outbox import OUTBOX, Outbox

CRAIG_HOLT = "9341453100000017"
HARBOR_STREET = "9341453100000025"
BRIGHT_LEDGER = "9341453100000033"
BRIGHT_LEDGER_CONSULTING = "9341453100000041"
CEDAR_SOUND = "9341453100000058"
THORNBURY = "9341453100000066"
GENERATED = "9341453100000108"

PASSWORD = "simulated"

PEOPLE = (
    Person("owner@craigandholt.example", PASSWORD, "Dana", "Holt", "Owner of one company"),
    Person("books@severalshops.example", PASSWORD, "Priya", "Raman", "Keeps the books of several companies"),
    Person(
        "accountant@brightledger.example",
        PASSWORD,
        "Maya",
        "Lindqvist",
        "Accountant, uses QuickBooks Online Accountant",
        is_accountant=True,
    ),
    Person("staff@craigandholt.example", PASSWORD, "Toby", "Marsh", "Not an admin: may not connect apps"),
    Person(
        "books@overseas.example",
        PASSWORD,
        "Rhys",
        "Okonjo",
        "Keeps the books of a Canadian and a British company",
    ),
)
OWNER, SEVERAL, ACCOUNTANT, STAFF, OVERSEAS = (person.email for person in PEOPLE)

_BUILT_IN: tuple[tuple[Company, Callable[[Books], None], dict[str, str]], ...] = (
    (
        Company(CRAIG_HOLT, "Craig & Holt Landscaping", "company"),
        plant_craig_holt,
        {OWNER: "admin", SEVERAL: "admin", ACCOUNTANT: "admin", STAFF: "standard"},
    ),
    (
        Company(HARBOR_STREET, "Harbor Street Coffee Roasters", "company"),
        plant_harbor_street,
        {SEVERAL: "admin", ACCOUNTANT: "admin"},
    ),
    (
        Company(BRIGHT_LEDGER, "Bright Ledger Accounting", "firm"),
        plant_bright_ledger,
        {ACCOUNTANT: "admin"},
    ),
    (
        Company(BRIGHT_LEDGER_CONSULTING, "Bright Ledger Consulting", "company"),
        plant_bright_ledger_consulting,
        {ACCOUNTANT: "admin"},
    ),
    (
        Company(CEDAR_SOUND, "Cedar Sound Cycles", "company"),
        plant_cedar_sound,
        {OVERSEAS: "admin"},
    ),
    (
        Company(THORNBURY, "Thornbury & Vale Joinery", "company"),
        plant_thornbury,
        {OVERSEAS: "admin"},
    ),
)
_PLANTS = {company.realm: plant for company, plant, _ in _BUILT_IN}


class Simulator:
    """Opens a data folder, planting the built-in companies in an empty one."""

    def __init__(self, data: Path) -> None:
        self.data = data
        (data / "companies").mkdir(parents=True, exist_ok=True)
        self.registry = Registry(data / "registry.sqlite")
        self.clock = self.registry.clock
        self.registry.on_connect = self._mark_connection
        self.on_change: Callable[[str], None] | None = None
        """Called with the company in which something webhooks tell of was changed."""
        self._books: dict[str, Books] = {}
        self.aside = Aside(self.file_of)
        self._plant_built_in()

    def close(self) -> None:
        self.aside.close()
        for books in self._books.values():
            books.close()
        self.registry.close()

    def books(self, realm: str) -> Books:
        """Return the books of a company. Raises KeyError for an unknown realm."""
        if realm not in self._books:
            if self.registry.company(realm) is None:
                raise KeyError(realm)
            if realm in _PLANTS and not self.file_of(realm).exists():
                with self.registry.alone():
                    if not self.file_of(realm).exists():
                        self._make(realm, _PLANTS[realm])
            self._books[realm] = Books(self.file_of(realm))
            self._books[realm].on_change = lambda: self._tell(realm)
        return self._books[realm]

    def file_of(self, realm: str) -> Path:
        return self.data / "companies" / f"{realm}.sqlite"

    def count(self, realm: str, entity: Entity) -> int:
        return self.books(realm).counts().get(entity.name, 0)

    def load(self, folder: Path) -> tuple[Company, dict[str, int]]:
        """Load recorded objects as a company, or leave it as it is if it was loaded before."""
        name = loading.company_name(folder)
        realm = loading.realm_for(name)
        company = self.registry.company(realm)
        if company is not None:
            return company, self.books(realm).counts()
        company = Company(realm, name, "company")
        counts: dict[str, int] = {}

        def plant(books: Books) -> None:
            counts.update(loading.load(books, folder, at=self.clock.now()))

        self._found(company, plant, {SEVERAL: "admin", ACCOUNTANT: "admin"})
        return company, counts

    def generated_company(self, realm: str | None = None) -> Company:
        """Return the company with this realm, or the generated one; found it if need be."""
        wanted = realm or GENERATED
        known = self.registry.company(wanted)
        return known or self.found("Pacific Ridge Home Services", realm=wanted)

    def generate(self, how_many: int, *, realm: str | None = None, seed: int = 1) -> Company:
        company = self.generated_company(realm)
        fill(self.file_of(company.realm), how_many, seed=seed)
        return company

    def found(self, name: str, *, realm: str | None = None) -> Company:
        """Found a company without customers."""
        company = Company(realm or loading.realm_for(name), name, "company")
        self._found(
            company,
            lambda books: found_company(books, name=name),
            {SEVERAL: "admin", ACCOUNTANT: "admin"},
        )
        return company

    def _tell(self, realm: str) -> None:
        if self.on_change is not None:
            self.on_change(realm)

    def _mark_connection(self, realm: str) -> None:
        """Note where a company's journal is when it gets connected: webhooks tell what comes after."""
        self.books(realm)
        with closing(Outbox(self.data / OUTBOX)) as outbox:
            outbox.start_at(realm, last_number(self.file_of(realm)))

    def _plant_built_in(self) -> None:
        # Alone, because `token` may be asked for while the server starts for the first time.
        with self.registry.alone():
            for person in PEOPLE:
                if self.registry.person(person.email) is None:
                    self.registry.add_person(person)
            for company, _, members in _BUILT_IN:
                if self.registry.company(company.realm) is None:
                    self._enter(company, members)
        # The first company is what nearly everybody comes for; the others can wait until asked for.
        self.books(CRAIG_HOLT)

    def _found(self, company: Company, plant: Callable[[Books], None], members: dict[str, str]) -> None:
        self._make(company.realm, plant)
        self._enter(company, members)

    def _enter(self, company: Company, members: dict[str, str]) -> None:
        self.registry.add_company(company)
        for email, role in members.items():
            self.registry.add_member(email, company.realm, role=role)

    def _make(self, realm: str, plant: Callable[[Books], None]) -> None:
        """Make the books aside and move them in place whole, should another process look."""
        aside = self.data / "companies" / f".{realm}.{os.getpid()}"
        aside.unlink(missing_ok=True)
        books = Books(aside)
        try:
            plant(books)
            books.checkpoint()
        finally:
            books.close()
        aside.rename(self.file_of(realm))


def fill(file: Path, how_many: int, *, seed: int = 1) -> None:
    """Add invented customers to a company's file, over a connection of its own."""
    books = Books(file)
    try:
        add_invented_customers(books, how_many, seed=seed)
    finally:
        books.close()
