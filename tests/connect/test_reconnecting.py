"""Reconnecting works whatever else is broken, and work goes on where it stopped (B-13, B-24)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.tenancy import working_for
from integrations import tasks
from integrations.models import Connection, ConnectionState, Push, PushState
from integrations.sync.outbox import pushes_planned
from mapping.models import Book, Run, RunKind, RunState
from mapping.services.runs import run_is_due
from tests.connect.conftest import HARBOR_STREET, Traveller, book_of
from tests.connect.test_connecting import api_works, text
from tests.connect.test_reset import push
from tests.processes import Simulator

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _lost(connection: Connection) -> None:
    with working_for(connection.firm_id):
        Connection.objects.update(state=ConnectionState.NEEDS_RECONNECT)


def stopped(connection: Connection, entity: str = "customer", **more: object) -> Run:
    given = {"kind": RunKind.IMPORT, "state": RunState.FAILED, "problem": "needs_reconnect"} | more
    return Run.objects.create(
        firm_id=connection.firm_id, book=book_of(connection), entity=entity, handled=2000, **given
    )


def test_runs_that_stopped_go_on_and_waiting_changes_are_sent(
    simulator: Simulator, paula: Traveller, connection: Connection
) -> None:
    announced: list[int] = []
    due: list[Run] = []

    def planned(*, book: Book, **_: object) -> None:
        announced.append(book.pk)

    def heard(*, run: Run, **_: object) -> None:
        due.append(run)

    pushes_planned.connect(planned)
    run_is_due.connect(heard)
    with working_for(paula.firm.pk):
        run = stopped(connection)
        waiting = push(connection, 7, PushState.PLANNED)
    page = text(paula.connect())
    assert "1 stopped run and 1 waiting change will go on now" in page
    with working_for(paula.firm.pk):
        run.refresh_from_db()
        assert run.state == RunState.QUEUED
        assert run.handled == 2000
        assert due == [run]
        assert Push.objects.get(pk=waiting.pk).state == PushState.PLANNED
    assert announced == [connection.book_id]


def test_only_the_latest_of_several_stopped_runs_goes_on(
    simulator: Simulator, paula: Traveller, connection: Connection
) -> None:
    now = timezone.now()
    with working_for(paula.firm.pk):
        older = stopped(connection, created_at=now - timedelta(days=2))
        latest = stopped(connection, created_at=now - timedelta(days=1))
        stopped_otherwise = stopped(connection, "item", problem="refused")
        superseded = stopped(connection, "account", created_at=now - timedelta(days=1))
        stopped(connection, "account", state=RunState.DONE, problem="")
    paula.connect()
    with working_for(paula.firm.pk):
        states = {run.pk: run.state for run in Run.objects.all()}
    assert states[latest.pk] == RunState.QUEUED
    assert {states[run.pk] for run in (older, stopped_otherwise, superseded)} == {RunState.FAILED}


def test_another_company_resumes_nothing(
    simulator: Simulator, paula: Traveller, connection: Connection
) -> None:
    with working_for(paula.firm.pk):
        run = stopped(connection)
    assert paula.connect(HARBOR_STREET).status_code == 409
    with working_for(paula.firm.pk):
        run.refresh_from_db()
    assert run.state == RunState.FAILED


def test_tokens_nobody_can_read_do_not_stand_in_the_way(
    simulator: Simulator, paula: Traveller, connection: Connection, settings: Settings
) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    assert "connected again" in text(paula.connect())
    again = paula.connection()
    assert again
    assert api_works(simulator, again)


def test_valkey_out_of_order_does_not_stand_in_the_way(
    simulator: Simulator,
    paula: Traveller,
    connection: Connection,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    def nobody_takes_it(*_: object, **__: object) -> None:
        raise OperationalError("no broker")

    settings.REDIS_URL = "redis://localhost:9/0"
    settings.CACHES = {name: {**of, "LOCATION": settings.REDIS_URL} for name, of in settings.CACHES.items()}
    for task in (tasks.read_pages, tasks.look_after_connection):
        monkeypatch.setattr(task, "apply_async", nobody_takes_it)
    with working_for(paula.firm.pk):
        run = stopped(connection)
    with django_capture_on_commit_callbacks(execute=True):
        page = text(paula.connect())
    assert "connected again" in page
    with working_for(paula.firm.pk):
        assert Connection.objects.get().is_live
        run.refresh_from_db()
    # The sweep announces it again once there is a broker.
    assert run.state == RunState.QUEUED


def test_a_disconnected_company_may_come_back_while_valkey_is_out_of_order(
    simulator: Simulator, paula: Traveller, connection: Connection, settings: Settings
) -> None:
    settings.REDIS_URL = "redis://localhost:9/0"
    settings.CACHES = {name: {**of, "LOCATION": settings.REDIS_URL} for name, of in settings.CACHES.items()}
    with working_for(paula.firm.pk), transaction.atomic():
        Connection.objects.update(state=ConnectionState.CONNECTED)
    assert "is disconnected" in text(
        paula.client.post(paula.url("quickbooks_disconnect"), {"data_choice": "keep"}, follow=True)
    )
    assert "Is this your firm’s books?" in text(paula.connect())
