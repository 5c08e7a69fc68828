"""Lists that are only looked up arrive whole, from every kind of company."""

from __future__ import annotations

import pytest

from accounts.models import Firm
from integrations.connect import gateway_for
from integrations.models import Cursor
from integrations.quickbooks import QuickBooks
from integrations.sync import importing
from integrations.sync.scope import Scope
from mapping.entities import ENTITIES
from mapping.models import Book, RemoteRecord, RunState
from tests.importing.conftest import Company, connect, worked_out
from tests.processes import Simulator

pytestmark = pytest.mark.django_db(transaction=True)

TAX_CODE = ENTITIES["tax_code"]


@pytest.mark.parametrize(
    "name", ["Craig & Holt Landscaping", "Cedar Sound Cycles", "Thornbury & Vale Joinery"]
)
def test_every_list_of_a_built_in_company_is_read_whole(
    simulator: Simulator, in_firm: Firm, name: str
) -> None:
    """American, Canadian and British: taxes are told differently in each."""
    companies = simulator.get("/_control/companies").json()["companies"]
    connection = connect(
        in_firm, Company(simulator, next(one["realm"] for one in companies if one["name"] == name))
    )
    assert connection.book
    with gateway_for(connection) as quickbooks:
        for entity in ENTITIES.values():
            if entity.is_mirror_only:
                begun = importing.begin(connection.book, entity.name, scope=Scope.ALL, by=None)
                run = worked_out(begun, quickbooks)
                assert (entity.name, run.state, run.problem) == (entity.name, RunState.DONE, "")
                assert RemoteRecord.objects.of(connection.book, entity.name).count() == run.count_there


def test_codes_that_quickbooks_sends_and_does_not_count_are_not_taken_for_a_gap(
    book: Book, quickbooks: QuickBooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Facts, queries: three American codes come with every first page, whatever the number asked for."""
    counted = QuickBooks.count
    monkeypatch.setattr(QuickBooks, "count", lambda self, *given, **how: counted(self, *given, **how) - 3)
    run = worked_out(importing.begin(book, "tax_code", scope=Scope.ALL, by=None), quickbooks)
    assert (run.state, run.problem, run.calls) == (RunState.DONE, "", 4)
    assert set(RemoteRecord.objects.values_list("remote_id", flat=True)) > TAX_CODE.uncounted
    assert Cursor.objects.get(entity="tax_code").changed_until, "and the next look need not read all anew"


def test_a_code_that_was_not_sent_is_still_missed(
    book: Book, quickbooks: QuickBooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B-11, B-20."""
    counted = QuickBooks.count
    monkeypatch.setattr(QuickBooks, "count", lambda self, *given, **how: counted(self, *given, **how) + 1)
    run = worked_out(importing.begin(book, "tax_code", scope=Scope.ALL, by=None), quickbooks)
    assert (run.state, run.problem) == (RunState.DONE, "incomplete")
