"""The simulated QuickBooks as its own process, and a client that speaks plain HTTP to it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import intuitlib.config
import pytest
import requests
from intuitlib.client import AuthClient
from quickbooks import QuickBooks

from qbo_simulator.registry import CLIENT_ID, CLIENT_SECRET
from qbo_simulator.simulator import CRAIG_HOLT, OWNER, PASSWORD

ROOT = Path(__file__).resolve().parents[2]
CALLBACK = "http://localhost:8000/callback"
ACCOUNTING = "com.intuit.quickbooks.accounting"
TIMEOUT_S = 20


def _speak() -> requests.Session:
    """Return a connection that stays open, and does not look through the environment for proxies."""
    http = requests.Session()
    http.trust_env = False
    return http


@pytest.fixture
def _fresh_valkey() -> None:
    """The simulator knows no Valkey."""


def start(data: Path, *arguments: str) -> tuple[subprocess.Popen[str], str]:
    """Start a server on a free port and return it with its address once it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", "qbo_simulator", "serve", "--port", "0", "--data", str(data), *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"ready: (http://[\d.:]+)/", line):
            return process, found.group(1)
    raise AssertionError("The simulator ended before it was ready.")


def stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    process.communicate(timeout=TIMEOUT_S)


@dataclass
class Simulated:
    """A running simulator."""

    url: str
    data: Path
    http: requests.Session = field(default_factory=_speak)

    def control(self, path: str, /, **given: Any) -> Any:
        answer = self.http.post(f"{self.url}/_control{path}", json=given, timeout=TIMEOUT_S)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def control_status(self, path: str, /, **given: Any) -> int:
        return self.http.post(f"{self.url}/_control{path}", json=given, timeout=TIMEOUT_S).status_code

    def look(self, path: str, /, **parameters: Any) -> Any:
        answer = self.http.get(f"{self.url}/_control{path}", params=parameters, timeout=TIMEOUT_S)
        return answer.json()

    def events(self, realm: str) -> list[dict[str, Any]]:
        """Return all that ever changed in a company, oldest first."""
        told: list[dict[str, Any]] = []
        while newer := self.look(f"/companies/{realm}/events", after=told[-1]["number"] if told else 0)[
            "events"
        ]:
            told += newer
        return told

    def connected(self, realm: str = CRAIG_HOLT) -> Connected:
        facts = self.control("/tokens", realm=realm)
        return Connected(self.url, realm, facts["access_token"], facts["refresh_token"])

    def token_request(self, **form: str) -> requests.Response:
        return self.http.post(
            f"{self.url}/oauth2/v1/tokens/bearer",
            data=form,
            auth=(CLIENT_ID, CLIENT_SECRET),
            timeout=TIMEOUT_S,
        )


@dataclass
class Connected:
    """An app's connection to one company."""

    url: str
    realm: str
    access_token: str
    refresh_token: str
    http: requests.Session = field(default_factory=_speak)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access_token}", "Accept": "application/json"}

    def call(self, method: str, path: str, **how: Any) -> requests.Response:
        headers = {**self.headers, **how.pop("headers", {})}
        address = f"{self.url}/v3/company/{self.realm}{path}"
        return self.http.request(method, address, headers=headers, timeout=TIMEOUT_S, **how)

    def ask(self, statement: str) -> requests.Response:
        content = {"Content-Type": "application/text"}
        return self.call("POST", "/query", data=statement.encode(), headers=content)

    def query(self, statement: str) -> dict[str, Any]:
        answer = self.ask(statement)
        assert answer.status_code == 200, answer.text
        response: dict[str, Any] = answer.json()["QueryResponse"]
        return response

    def names(self, statement: str) -> list[str]:
        return [row["DisplayName"] for row in self.query(statement).get("Customer", [])]

    def try_write(self, customer: Any, **parameters: str) -> requests.Response:
        return self.call("POST", "/customer", json=customer, params=parameters)

    def write(self, **customer: Any) -> dict[str, Any]:
        answer = self.try_write(customer)
        assert answer.status_code == 200, answer.text
        kept: dict[str, Any] = answer.json()["Customer"]
        return kept

    def change(self, kept: dict[str, Any], **fields: Any) -> dict[str, Any]:
        return self.write(Id=kept["Id"], SyncToken=kept["SyncToken"], sparse=True, **fields)

    def read(self, id: str) -> dict[str, Any]:
        kept: dict[str, Any] = self.call("GET", f"/customer/{id}").json()["Customer"]
        return kept

    # Any entity

    def post(self, entity: str, body: Any, **parameters: str) -> requests.Response:
        return self.call("POST", f"/{entity.lower()}", json=body, params=parameters)

    def make(self, entity: str, **fields: Any) -> dict[str, Any]:
        return self.done(entity, self.post(entity, fields))

    def edit(self, entity: str, kept: dict[str, Any], **fields: Any) -> dict[str, Any]:
        return self.done(entity, self.post(entity, {**version(kept), "sparse": True, **fields}))

    def done(self, entity: str, answer: requests.Response) -> dict[str, Any]:
        assert answer.status_code == 200, answer.text
        kept: dict[str, Any] = answer.json()[entity]
        return kept

    def fetch(self, entity: str, id: str, **parameters: str) -> dict[str, Any]:
        return self.done(entity, self.call("GET", f"/{entity.lower()}/{id}", params=parameters))

    def rows(self, statement: str) -> list[dict[str, Any]]:
        response = self.query(statement)
        return next((value for value in response.values() if isinstance(value, list)), [])

    def one(self, statement: str) -> dict[str, Any]:
        return self.rows(f"{statement} MAXRESULTS 1")[0]


def version(kept: dict[str, Any]) -> dict[str, Any]:
    """Return what names an object as it was seen."""
    return {"Id": kept["Id"], "SyncToken": kept["SyncToken"]}


def line(amount: float, code: str = "", **detail: Any) -> dict[str, Any]:
    """Return a line that sells something."""
    inside = {**detail, **({"TaxCodeRef": {"value": code}} if code else {})}
    return {"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": inside}


def applied(amount: float, target: dict[str, Any], kind: str = "Invoice") -> dict[str, Any]:
    """Return a line of a payment."""
    return {"Amount": amount, "LinkedTxn": [{"TxnId": target["Id"], "TxnType": kind}]}


def fault(answer: requests.Response) -> dict[str, str]:
    """Return the first error of a fault in the capitalised shape."""
    error: dict[str, str] = answer.json()["Fault"]["Error"][0]
    return error


def fault_code(answer: requests.Response) -> str:
    assert answer.status_code == 400, answer.text
    return fault(answer)["code"]


@dataclass
class Visitor:
    """A person in front of the consent pages, with a browser that follows no redirects."""

    url: str
    http: requests.Session = field(default_factory=_speak)
    state: str = "a-state"
    scope: str = ACCOUNTING

    @property
    def request(self) -> dict[str, str]:
        return {
            "client_id": CLIENT_ID,
            "response_type": "code",
            "scope": self.scope,
            "redirect_uri": CALLBACK,
            "state": self.state,
        }

    def open(self, **instead: str) -> requests.Response:
        return self.http.get(
            f"{self.url}/connect/oauth2",
            params={**self.request, **instead},
            allow_redirects=False,
            timeout=TIMEOUT_S,
        )

    def submit(self, step: str, **form: str) -> requests.Response:
        return self.http.post(
            f"{self.url}/connect/oauth2/{step}",
            params=self.request,
            data=form,
            allow_redirects=False,
            timeout=TIMEOUT_S,
        )

    def sign_in(self, email: str = OWNER, password: str = PASSWORD) -> requests.Response:
        return self.submit("sign-in", email=email, password=password)

    def connect(self, realm: str = CRAIG_HOLT) -> requests.Response:
        return self.submit("decision", decision="connect", realm=realm)


def a_simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    """Start a simulator with new data, and stop it afterwards."""
    data = tmp_path_factory.mktemp("simulated")
    process, url = start(data)
    yield Simulated(url, data)
    stop(process)


@pytest.fixture(scope="session")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    yield from a_simulator(tmp_path_factory)


@pytest.fixture
def simulated(process: Simulated) -> Iterator[Simulated]:
    """The running simulator with all switches off and the clock right, before and after."""
    process.control("/reset")
    yield process
    process.control("/reset")
    process.control("/clock", at="now", frozen=False)


@pytest.fixture
def books(simulated: Simulated) -> Connected:
    """A connection to Craig & Holt Landscaping."""
    return simulated.connected()


@pytest.fixture
def visitor(simulated: Simulated) -> Visitor:
    return Visitor(simulated.url)


@pytest.fixture
def auth(simulated: Simulated, monkeypatch: pytest.MonkeyPatch) -> Any:
    """intuit-oauth's client of the simulated app."""
    discovery = f"{simulated.url}/.well-known/openid_sandbox_configuration/"
    monkeypatch.setitem(intuitlib.config.DISCOVERY_URL, "sandbox", discovery)
    return AuthClient(
        client_id=CLIENT_ID, client_secret=CLIENT_SECRET, environment="sandbox", redirect_uri=CALLBACK
    )


@pytest.fixture
def qb(auth: Any, books: Connected, monkeypatch: pytest.MonkeyPatch) -> Any:
    """python-quickbooks' client, which refreshes its token as it starts."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setattr(QuickBooks, "sandbox_api_url_v3", f"{books.url}/v3")
    return QuickBooks(
        auth_client=auth, refresh_token=books.refresh_token, company_id=books.realm, minorversion=75
    )
