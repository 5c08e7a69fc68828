"""A firm connected to a company of its own in the simulated QuickBooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Firm
from integrations.connect import gateway_for, vault
from integrations.models import Connection, ConnectionState
from integrations.quickbooks import Patience, QuickBooks
from integrations.sync import importing
from integrations.sync.importing import More
from integrations.sync.scope import Scope
from mapping.models import Book, Run
from mapping.services import runs
from tests.processes import Simulator

_realms = count(9_000_000_000_000_001)


@dataclass
class Company:
    """The bookkeeper's side of one company."""

    simulator: Simulator
    realm: str

    def control(self, address: str, /, **given: Any) -> Any:
        answer = self.simulator.post(f"/_control{address}", json=given)
        assert answer.ok, answer.text
        return answer.json()

    def add(self, name: str, **more: Any) -> dict[str, Any]:
        return dict(self.control(f"/companies/{self.realm}/customers", DisplayName=name, **more))

    def change(self, id: str, **fields: Any) -> None:
        self.control(f"/companies/{self.realm}/customers/{id}", **fields)

    def inactivate(self, id: str) -> None:
        self.control(f"/companies/{self.realm}/customers/{id}/inactivate")

    def generate(self, customers: int) -> None:
        self.control(f"/companies/{self.realm}/generate", customers=customers)

    def fail(self, kind: str, **how: Any) -> None:
        self.control("/faults", kind=kind, realm=self.realm, **how)

    def queries(self) -> list[dict[str, Any]]:
        answer = self.simulator.get("/_control/calls", params={"realm": self.realm, "limit": 1000})
        return list(answer.json()["calls"])


@pytest.fixture
def company(simulator: Simulator) -> Iterator[Company]:
    company = Company(simulator, str(next(_realms)))
    company.control("/companies", name="Craig's Design and Landscaping", realm=company.realm)
    yield company
    simulator.post("/_control/reset")


def connect(firm: Firm, company: Company) -> Connection:
    """Write the connection that consenting would leave."""
    tokens = company.control("/tokens", realm=company.realm)
    later = timezone.now() + timedelta(days=1)
    book = Book.objects.create(firm=firm, realm_id=company.realm, company_name="Craig's Design")
    return Connection.objects.create(
        firm=firm,
        state=ConnectionState.CONNECTED,
        realm_id=company.realm,
        company_name=book.company_name,
        book=book,
        access_token=vault.lock(tokens["access_token"]),
        refresh_token=vault.lock(tokens["refresh_token"]),
        access_expires_at=later,
        refresh_expires_at=later,
    )


@pytest.fixture
def connection(in_firm: Firm, company: Company) -> Connection:
    return connect(in_firm, company)


@pytest.fixture
def book(connection: Connection) -> Book:
    assert connection.book
    return connection.book


@pytest.fixture
def quickbooks(connection: Connection) -> Iterator[QuickBooks]:
    with gateway_for(connection, patience=Patience(tries=2, first_pause_s=0.01, wait_s=5)) as client:
        yield client


Import = Callable[..., Run]


@pytest.fixture
def import_all(book: Book, quickbooks: QuickBooks) -> Import:
    """Import in this process, as a worker would, until the run ends."""

    def import_now(scope: Scope = Scope.ALL) -> Run:
        return worked_out(importing.begin(book, "customer", scope=scope, by=None), quickbooks)

    return import_now


def worked_out(run: Run, quickbooks: QuickBooks) -> Run:
    claimed = runs.claim(run.pk)
    assert claimed
    for _ in range(20):
        if not isinstance(importing.work(claimed, quickbooks, for_s=30), More):
            break
        claimed.refresh_from_db()
    run.refresh_from_db()
    assert not run.is_unfinished, "it did not end here: is a worker at it as well?"
    return run
