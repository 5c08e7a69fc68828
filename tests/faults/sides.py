"""A firm and its company: what people do on either side, and how both sides stand."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from typing import Any

import orjson
import requests

from accounts.models import Client, Firm, User
from accounts.services.clients import archive_clients, restore_clients, save_client
from integrations.models import Connection
from mapping.entities import ENTITIES
from mapping.models import Book, RemoteRecord
from mapping.spec import Values
from mapping.transform import to_local, to_remote
from tests.importing.conftest import Company

CUSTOMER = ENTITIES["customer"]
FIELDS = tuple(each.local for each in CUSTOMER.fields)

Payload = dict[str, Any]


def as_stored(payload: Payload) -> Payload:
    """What QuickBooks makes of a payload: outer blanks go, inner ones of the name are one, blanks are left out."""
    kept: Payload = {}
    for name, value in payload.items():
        value = as_stored(value) if isinstance(value, dict) else value
        value = value.strip() if isinstance(value, str) else value
        value = " ".join(str(value).split()) if name == "DisplayName" else value
        if value not in ("", {}, None):
            kept[name] = value
    return kept


def as_theirs(name: str, ours: str) -> str:
    """Return what a value of ours becomes there, as it is read back."""
    said = {"Id": "1", "DisplayName": "x", **to_remote(CUSTOMER, {name: ours})}
    return str(to_local(CUSTOMER, as_stored(said))[name])


def stands_for(name: str, ours: str, theirs: str) -> bool:
    return ours == theirs or as_theirs(name, ours) == theirs


@dataclass
class Theirs:
    """The bookkeeper's side. Reads past the API, from the simulator's own file, so that no fault strikes."""

    company: Company
    http: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        file = self.company.simulator.data / "data" / "companies" / f"{self.company.realm}.sqlite"
        self._file = sqlite3.connect(
            f"file:{file}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
        )
        self._file.text_factory = bytes

    def close(self) -> None:
        self._file.close()
        self.http.close()

    def customers(self) -> dict[str, Payload]:
        rows = self._file.execute("SELECT body FROM objects WHERE entity = 'Customer'")
        return {str(one["Id"]): one for one in (orjson.loads(body) for (body,) in rows)}

    def control(self, address: str, /, **given: Any) -> Payload | None:
        """Ask the control API; None where QuickBooks' rules do not allow it."""
        answer = self.http.post(f"{self.company.simulator.url}/_control{address}", json=given, timeout=10)
        assert answer.ok or answer.status_code in (400, 404), answer.text
        return dict(answer.json()) if answer.ok else None

    def add(self, name: str) -> Payload | None:
        return self.control(f"/companies/{self.company.realm}/customers", DisplayName=name)

    def change(self, id: str, name: str, value: str) -> None:
        now = self.customers()[id]
        said: Payload = to_remote(CUSTOMER, {name: value})
        for top, inner in said.items():
            if isinstance(inner, dict):
                whole = {**now.get(top, {}), **inner}
                said[top] = {part: each for part, each in whole.items() if each not in ("", None)}
        fields = {top: inner or None for top, inner in said.items()}
        self.control(f"/companies/{self.company.realm}/customers/{id}", **fields)

    def turn(self, id: str) -> None:
        """Make a customer inactive, or active again."""
        deed = "inactivate" if self.customers()[id].get("Active", True) else "activate"
        self.control(f"/companies/{self.company.realm}/customers/{id}/{deed}")

    def merge(self, lost: str, into: str) -> None:
        self.control(f"/companies/{self.company.realm}/customer/{lost}/merge", into=into)

    def fail(self, kind: str, *, when: str, count: int) -> None:
        self.control("/faults", kind=kind, when=when, count=count, realm=self.company.realm, hang_s=0.3)

    def behave(self) -> None:
        url = f"{self.company.simulator.url}/_control/faults"
        assert self.http.delete(url, timeout=10).ok


@dataclass
class Ours:
    """The firm's side, as its people use it."""

    firm: Firm
    book: Book
    connection: Connection
    person: User

    def clients(self) -> dict[int, Client]:
        return {client.pk: client for client in Client.objects.order_by("pk")}

    def records(self) -> list[RemoteRecord]:
        return list(RemoteRecord.objects.of(self.book, "customer").order_by("pk"))

    def change(self, client_id: int, name: str, value: str) -> None:
        client = Client.objects.get(pk=client_id)
        setattr(client, name, value)
        save_client(client=client, by=self.person, fields=[name])

    def add(self, name: str) -> Client:
        return save_client(client=Client(name=name), by=self.person)

    def turn(self, client_id: int) -> None:
        """Archive a client, or bring it back."""
        some = Client.objects.filter(pk=client_id)
        does = restore_clients if some.archived().exists() else archive_clients
        does(clients=some, by=self.person)


def values_of(client: Client) -> Values:
    return {name: getattr(client, name) for name in FIELDS}
