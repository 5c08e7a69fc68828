"""A firm that has imported a handful of customers, and people to look at them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser

from accounts.models import Client, Firm, User
from accounts.services import bulk_clients
from accounts.tenancy import working_for
from mapping.entities import ENTITIES
from mapping.models import Book, RemoteRecord, Run
from mapping.services import carrying_out, mirroring, runs
from tests.conftest import SignIn

CUSTOMER = ENTITIES["customer"]


@pytest.fixture
def book(firm: Firm) -> Book:
    """The firm's books: Craig's, with nothing imported yet."""
    _number_from_10_000()
    with working_for(firm.pk):
        return Book.objects.create(
            firm=firm, realm_id="4620816365000000000", company_name="Craig's Landscaping"
        )


def _number_from_10_000() -> None:
    """Give ids five digits, so that one shown as "10,000" where a machine reads it is noticed."""
    with connection.cursor() as cursor:
        for table in ("mapping_remoterecord", "accounts_client", "mapping_run", "mapping_change"):
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), greatest(10000, "
                f"nextval(pg_get_serial_sequence('{table}', 'id'))))"
            )


@dataclass
class Scene:
    """Sets a test's scene in the first firm, and looks at what came of it."""

    firm: Firm
    book: Book

    def customer(self, name: str, *, email: str = "", city: str = "", **more: Any) -> RemoteRecord:
        """Import one customer, as QuickBooks sends it."""
        with working_for(self.firm.pk):
            number = RemoteRecord.objects.count() + 1
            payload = {"Id": str(number), "SyncToken": "0", "DisplayName": name, **more}
            if email:
                payload["PrimaryEmailAddr"] = {"Address": email}
            if city:
                payload["BillAddr"] = {"City": city, **more.get("BillAddr", {})}
            mirroring.store(self.book, CUSTOMER, [payload])
            return RemoteRecord.objects.get(remote_id=str(number))

    def client(self, name: str, **fields: Any) -> Client:
        with working_for(self.firm.pk):
            (pk,) = bulk_clients.create_clients(self.firm.pk, [{"name": name, **fields}])
            return Client.objects.get(pk=pk)

    def now(self, thing: Any) -> Any:
        """Read a row again as it is now."""
        with working_for(self.firm.pk):
            return type(thing).objects.get(pk=thing.pk)

    def carry_out(self) -> Run:
        """Do what the worker would: finish the newest run."""
        with working_for(self.firm.pk):
            newest = Run.objects.order_by("-pk").first()
            assert newest is not None
            run = runs.claim(newest.pk)
            if run:
                while carrying_out.carry_out(run, parts=5):
                    pass
            return Run.objects.get(pk=newest.pk)


@pytest.fixture
def scene(firm: Firm, book: Book) -> Scene:
    return Scene(firm, book)


@pytest.fixture
def at(firm: Firm) -> Callable[..., str]:
    """Addresses of the first firm: ``at("manage")``, ``at("record_map", 7)``."""
    from django.urls import reverse

    def address(name: str, pk: int | None = None, query: str = "") -> str:
        kwargs: dict[str, Any] = {"slug": firm.slug} | ({"pk": pk} if pk is not None else {})
        return reverse(name, kwargs=kwargs) + (f"?{query}" if query else "")

    return address


@pytest.fixture
def staff_browser(staff: User, signed_in: SignIn) -> Browser:
    return signed_in(staff)


@pytest.fixture
def viewer_browser(viewer: User, signed_in: SignIn) -> Browser:
    return signed_in(viewer)
