"""People at the product and at the simulated Intuit, and a connection for those who need one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from django.test import Client
from django.urls import reverse

from accounts.models import Firm, User
from accounts.tenancy import working_for
from integrations.connect import connecting, standing
from integrations.models import Connection
from mapping.models import Book
from tests.conftest import SignIn
from tests.processes import Simulator

CRAIG_HOLT, HARBOR_STREET = "9341453100000017", "9341453100000025"
OWNER, SEVERAL, ACCOUNTANT = (
    "owner@craigandholt.example",
    "books@severalshops.example",
    "accountant@brightledger.example",
)


def at_intuit(
    address: str, *, email: str = SEVERAL, realm: str = CRAIG_HOLT, decision: str = "connect"
) -> dict[str, str]:
    """Walk through Intuit's pages as this person; return what the browser comes back with."""
    parts = urlsplit(address)
    here = f"{parts.scheme}://{parts.netloc}/connect/oauth2"
    with requests.Session() as browser:
        assert browser.get(address, timeout=10).ok
        who = {"email": email, "password": "simulated"}
        assert browser.post(f"{here}/sign-in?{parts.query}", data=who, timeout=10).ok
        answer = browser.post(
            f"{here}/decision?{parts.query}",
            data={"realm": realm, "decision": decision},
            timeout=10,
            allow_redirects=False,
        )
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def book_of(connection: Connection) -> Book:
    assert connection.book
    return connection.book


@dataclass
class Traveller:
    """Somebody of a firm at a browser."""

    client: Client
    firm: Firm
    address: str = field(default="")

    def url(self, name: str) -> str:
        return reverse(name, kwargs={"slug": self.firm.slug})

    def set_out(self) -> str:
        """Press Connect; return the address at Intuit."""
        answer = self.client.post(self.url("quickbooks_connect"))
        assert answer.status_code == 200, answer
        return str(answer.context["address"])

    def come_back(self, answer: dict[str, str]) -> Any:
        return self.client.get(reverse("quickbooks_callback"), answer, follow=True)

    def connect(self, realm: str = CRAIG_HOLT) -> Any:
        """The whole trip, up to the confirmation page."""
        return self.come_back(at_intuit(self.set_out(), realm=realm))

    def connection(self) -> Connection | None:
        with working_for(self.firm.pk):
            return standing.current()


@pytest.fixture
def paula(signed_in: SignIn, partner: User, firm: Firm) -> Traveller:
    return Traveller(signed_in(partner), firm)


@pytest.fixture
def adam(signed_in: SignIn, admin: User, firm: Firm) -> Traveller:
    return Traveller(signed_in(admin), firm)


@pytest.fixture
def stella(signed_in: SignIn, staff: User, firm: Firm) -> Traveller:
    return Traveller(signed_in(staff), firm)


@pytest.fixture
def rita(signed_in: SignIn, rival: User, other_firm: Firm) -> Traveller:
    return Traveller(signed_in(rival), other_firm)


@pytest.fixture
def simulator(simulator: Simulator) -> Iterator[Simulator]:
    """The simulated QuickBooks that all tests share, put in order again after each."""
    yield simulator
    simulator.post("/_control/reset")


@pytest.fixture
def connection(simulator: Simulator, firm: Firm, partner: User) -> Connection:
    """The firm connected to Craig & Holt."""
    with working_for(firm.pk):
        received = connecting.receive(at_intuit(connecting.begin(firm, by=partner)), by=partner)
        return connecting.confirm(received.connection, by=partner)
