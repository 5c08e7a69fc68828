"""A firm that sells things, connected to a company of its own, with items declared as products."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import Firm, User
from integrations.quickbooks import ALL, QuickBooks
from integrations.sync import cursors
from integrations.sync.scope import Scope
from mapping.entities import ENTITIES
from mapping.models import Book, RemoteRecord, Run, RunKind
from mapping.services import carrying_out, mirroring, runs, undoing
from mapping.spec import Entity
from tests.conftest import SignIn
from tests.importing.conftest import Company, worked_out
from tests.shop import item
from tests.shop.models import Product
from tests.sync.conftest import book, company, connection, quickbooks, refresh

__all__ = ["book", "company", "connection", "quickbooks", "refresh"]


@pytest.fixture(autouse=True)
def kind(monkeypatch: pytest.MonkeyPatch) -> Entity:
    """Have the one file where the product's own declarations are found."""
    monkeypatch.setitem(ENTITIES, "item", item.ENTITY)
    return item.ENTITY


@dataclass
class Shop:
    """Both sides of the firm's products, its people's browser and the worker's part."""

    firm: Firm
    company: Company
    book: Book
    quickbooks: QuickBooks
    browser: Browser
    income: str
    refresh: Callable[..., Run]

    def stock(self, name: str, **more: Any) -> dict[str, Any]:
        """Add an item there."""
        fields = {"Type": "Service", "IncomeAccountRef": {"value": self.income}, **more}
        return dict(self.company.control(f"/companies/{self.company.realm}/item", Name=name, **fields))

    def change(self, id: str, **fields: Any) -> None:
        self.company.control(f"/companies/{self.company.realm}/item/{id}", **fields)

    def there(self, name: str) -> dict[str, Any]:
        [found] = [one for one in self.quickbooks.page("Item", 1, where=ALL) if one["Name"] == name]
        return dict(found)

    def product(self, name: str, **more: Any) -> Product:
        return Product.objects.create(firm=self.firm, name=name, **more)

    def here(self, name: str) -> Product:
        return Product.objects.get(name=name)

    def at(self, name: str, *, kind: str = "item", **more: Any) -> str:
        """Return the address of a screen about items."""
        return reverse(name, kwargs={"slug": self.firm.slug, **({"kind": kind} if kind else {}), **more})

    def see(self, name: str, *, kind: str = "item", **more: Any) -> str:
        answer = self.browser.get(self.at(name, kind=kind, **more))
        assert answer.status_code == 200
        return " ".join(answer.text.split())

    def post(self, name: str, *, kind: str = "item", pk: Any = None, **data: Any) -> str:
        more = {} if pk is None else {"pk": pk}
        answer = self.browser.post(self.at(name, kind=kind, **more), data, follow=True)
        assert answer.status_code == 200
        return " ".join(answer.text.split())

    def imported(self) -> Run:
        self.post("import_customers", scope=Scope.ALL)
        return worked_out(Run.objects.get(kind=RunKind.IMPORT, entity="item"), self.quickbooks)

    def carried_out(self) -> Run:
        """Do what a worker does with the choices that were saved."""
        run = runs.claim(Run.objects.get(kind=RunKind.MAP, entity="item").pk)
        assert run
        while carrying_out.carry_out(run, parts=5):
            pass
        return Run.objects.get(pk=run.pk)

    def decide(self, **data: Any) -> str:
        """Choose Sync settings: see what they mean, then save them."""
        said = self.post("sync_settings_review", **data)
        self.post("sync_settings_review", **data, reviewed="yes")
        return said

    def undone(self, run: Run) -> Run:
        self.post("run_undo", kind="", pk=run.pk)
        begun = runs.claim(Run.objects.get(kind=RunKind.UNDO).pk)
        assert begun
        while undoing.carry_on(begun, batches=1):
            pass
        return Run.objects.get(pk=begun.pk)


@pytest.fixture
def shop(
    in_firm: Firm,
    company: Company,
    book: Book,
    quickbooks: QuickBooks,
    refresh: Callable[..., Run],
    partner: User,
    signed_in: SignIn,
) -> Shop:
    income = company.control(f"/companies/{company.realm}/account", Name="Sales", AccountType="Income")
    mirroring.store(book, ENTITIES["account"], [income])
    for each in ENTITIES:
        if each != "item":
            cursors.read_until(book, [each], timezone.now())
    return Shop(in_firm, company, book, quickbooks, signed_in(partner), income["Id"], refresh)


@pytest.fixture
def mapped(shop: Shop) -> Shop:
    """A pump on both sides, mapped."""
    shop.stock("Pump", UnitPrice=12.5)
    shop.product("Pump")
    shop.imported()
    shop.post("map_save")
    shop.carried_out()
    return shop


def record_of(name: str) -> RemoteRecord:
    return RemoteRecord.objects.get(entity="item", name=name)
