"""What holds for every kind of record, one declaration after the other, against the simulated QuickBooks."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts.models import Firm
from integrations.connect import gateway_for
from integrations.models import Connection
from integrations.quickbooks import Patience, QuickBooks
from integrations.sync import cursors, importing
from integrations.sync.scope import Scope
from mapping.entities import ENTITIES
from mapping.models import Book, RemoteRecord, RunState
from mapping.services import mirroring
from mapping.spec import Entity
from mapping.transform import at
from tests.importing.conftest import Company, connect, worked_out
from tests.processes import Simulator

pytestmark = pytest.mark.django_db(transaction=True)

CANADIAN = "9341453100000058"
"""The built-in company with something of everything, taxes included."""
WRITTEN: dict[str, dict[str, Any]] = {
    "customer": {"DisplayName": "Brand new"},
    "employee": {"GivenName": "Brand", "FamilyName": "New"},
    "item": {"Name": "Brand new", "Type": "Service", "IncomeAccountRef": {"value": "1"}},
    "account": {"Name": "Brand new", "AccountType": "Expense"},
    "term": {"Name": "Brand new", "DueDays": 3},
    "payment_method": {"Name": "Brand new"},
    "department": {"Name": "Brand new"},
    "class": {"Name": "Brand new"},
}
"""What a bookkeeper adds; tax codes and rates are only read."""


@pytest.fixture
def books(in_firm: Firm, simulator: Simulator) -> Book:
    connection = connect(in_firm, Company(simulator, CANADIAN))
    assert connection.book
    return connection.book


@pytest.fixture
def reader(books: Book) -> Any:
    with gateway_for(Connection.objects.get(), patience=Patience(tries=2, first_pause_s=0.01)) as client:
        yield client


@pytest.mark.parametrize("entity", ENTITIES.values(), ids=ENTITIES)
def test_every_declaration_is_pulled_whole_and_again_for_nothing(
    entity: Entity, books: Book, reader: QuickBooks, simulator: Simulator
) -> None:
    """B-11, and each of an entity's answers: whole, counted, unchanged, changed, inactive, gone."""
    run = worked_out(importing.begin(books, entity.name, scope=Scope.ALL), reader)
    assert (run.state, run.problem, run.count_here) == (RunState.DONE, "", run.count_there)
    there = {row["Id"]: row for row in reader.page(entity.remote, 1, where=Scope.ALL.where)}
    assert there, "the company has some of each"
    assert dict(RemoteRecord.objects.values_list("remote_id", "body__payload")) == there
    for record in RemoteRecord.objects.all():
        assert record.name == at(there[record.remote_id], entity.title)
        assert record.changed_there_at

    before = RemoteRecord.objects.aggregate(at=Max("changed_run_id"))["at"]
    again = worked_out(importing.begin(books, entity.name, scope=Scope.ALL), reader)
    assert (again.created, again.updated, again.unchanged) == (0, 0, len(there))
    assert RemoteRecord.objects.aggregate(at=Max("changed_run_id"))["at"] == before

    one = RemoteRecord.objects.earliest("pk")
    with transaction.atomic():
        assert [gone.pk for gone in mirroring.mark_gone(books, entity, [one.remote_id])] == [one.pk]
    back = worked_out(importing.begin(books, entity.name, scope=Scope.ALL), reader)
    one.refresh_from_db()
    assert (one.gone_at, back.updated, back.problem) == (None, 1, "")
    mirroring.store(books, entity, [{**one.payload, "Active": False, "SyncToken": "99"}])
    one.refresh_from_db()
    assert not one.is_active


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_new_and_what_is_made_inactive_there_is_followed(
    name: str, company: Company, book: Book, quickbooks: QuickBooks, refresh: Any
) -> None:
    """B-17 for every kind of record that QuickBooks tells of."""
    entity = ENTITIES[name]

    for each in ENTITIES:
        cursors.read_until(book, [each], timezone.now())
    fields = dict(WRITTEN[name])
    if name == "item":
        account = company.control(
            f"/companies/{company.realm}/account", Name="Sales of all", AccountType="Income"
        )
        fields["IncomeAccountRef"] = {"value": account["Id"]}
    id = company.control(f"/companies/{company.realm}/{entity.remote.lower()}", **fields)["Id"]
    refresh()
    record = RemoteRecord.objects.get(entity=name, remote_id=id)
    assert record.is_active
    company.control(f"/companies/{company.realm}/{entity.remote.lower()}/{id}", Active=False)
    refresh()
    record.refresh_from_db()
    assert (record.is_active, record.gone_at) == (False, None)
