"""Reset connection and Refresh settings: begin anew and lose nothing (KP-33, KP-35, KP-36, X9)."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import Client, User
from accounts.tenancy import working_for
from integrations.connect import gateways, resetting
from integrations.connect.company import settings_of
from integrations.connect.upkeep import look_after
from integrations.models import Connection, Cursor, Operation, Push, PushState
from integrations.quickbooks.limiter import Permit
from integrations.sync import refreshing
from integrations.sync.outbox import pushes_planned
from mapping.models import Book, Cause, Link, RemoteRecord, Run, RunKind, RunState, Standing
from tests.connect.conftest import CRAIG_HOLT, Traveller, book_of
from tests.connect.test_connecting import text
from tests.processes import Simulator

pytestmark = pytest.mark.django_db


def mapped_client(connection: Connection, name: str = "Amy's Bird Sanctuary") -> Link:
    """A client mapped to a record, as after an import; in the connection's firm."""
    client = Client.objects.create(firm_id=connection.firm_id, name=name, is_linked=True)
    record = RemoteRecord.objects.create(
        firm_id=connection.firm_id,
        book=book_of(connection),
        entity="customer",
        remote_id=str(client.pk),
        sync_token="0",
        digest=uuid4(),
        name=name,
        standing=Standing.MAPPED,
    )
    return Link.objects.create(
        firm_id=connection.firm_id,
        book=book_of(connection),
        entity="customer",
        record=record,
        local_id=client.pk,
        base={},
    )


def push(connection: Connection, local_id: int, state: PushState, **more: object) -> Push:
    return Push.objects.create(
        firm_id=connection.firm_id,
        book=book_of(connection),
        entity="customer",
        local_id=local_id,
        operation=Operation.UPDATE,
        state=state,
        values={"name": "Amy"},
        **more,
    )


def test_the_dialog_says_what_changes_and_what_stays_in_numbers(
    paula: Traveller, connection: Connection
) -> None:
    with working_for(paula.firm.pk):
        link = mapped_client(connection)
        push(connection, link.local_id, PushState.HELD, reason="duplicate_name")
    page = text(paula.client.get(paula.url("quickbooks_reset"), HTTP_HX_REQUEST="true"))
    for words in ("What changes", "What stays", "1 mapping", "1 change", "Nothing drops out of the sync"):
        assert words in page
    assert "<html" not in page


def test_a_reset_forgets_how_far_was_read_and_keeps_everything_else(
    simulator: Simulator, paula: Traveller, connection: Connection
) -> None:
    started: list[int] = []

    def start(*, book: Book, **_: object) -> None:
        started.append(book.pk)

    pushes_planned.connect(start)
    with working_for(paula.firm.pk):
        link = mapped_client(connection)
        waiting = push(connection, link.local_id, PushState.HELD, reason="duplicate_name", tries=3)
        moment = timezone.now()
        cursor = Cursor.objects.create(
            firm=paula.firm,
            book=book_of(connection),
            entity="customer",
            changed_until=moment,
            ours_until=moment,
            read_at=moment,
            counted_at=moment,
        )
        page = text(paula.client.post(paula.url("quickbooks_reset"), follow=True))
        assert "1 held change will be sent again" in page
        waiting.refresh_from_db()
        cursor.refresh_from_db()
        assert (waiting.state, waiting.reason, waiting.tries) == (PushState.PLANNED, "", 0)
        assert cursor.changed_until is cursor.counted_at is None
        assert cursor.ours_until == moment
        assert Run.objects.get().kind == RunKind.REFRESH
        assert Link.objects.filter(pk=link.pk).exists()
        assert RemoteRecord.objects.filter(pk=link.record_id, standing=Standing.MAPPED).exists()
        assert Client.objects.get(pk=link.local_id).is_linked
        connection.refresh_from_db()
    assert connection.is_live
    assert connection.settings_read_at is None
    assert started == [connection.book_id]


def test_a_reset_lets_go_of_the_slower_pace(
    simulator: Simulator, paula: Traveller, connection: Connection
) -> None:
    limiter = gateways.limiter()
    limiter.pause(CRAIG_HOLT, seconds=60)
    assert not isinstance(limiter.ask(CRAIG_HOLT), Permit)
    paula.client.post(paula.url("quickbooks_reset"))
    permit = limiter.ask(CRAIG_HOLT)
    assert isinstance(permit, Permit)
    limiter.give_back(permit)


@pytest.mark.django_db(transaction=True)
def test_settings_are_read_again_and_shown(
    simulator: Simulator, paula: Traveller, connection: Connection
) -> None:
    with working_for(paula.firm.pk):
        Connection.objects.update(company_name="Old name", country="")
        Book.objects.update(company_name="Old name")
        assert "being read again" in text(
            paula.client.post(paula.url("quickbooks_settings_again"), follow=True)
        )
        assert "hx-get" in text(paula.client.get(paula.url("quickbooks_settings")))
        look_after(connection.pk)
        row = Connection.objects.get()
        assert row.company_name == "Craig & Holt Landscaping"
        assert Book.objects.get().company_name == "Craig & Holt Landscaping"
        assert ("Home currency", "USD") in [(one.label, one.value) for one in settings_of(row)]
    page = text(paula.client.get(paula.url("quickbooks_settings")))
    assert "USD" in page
    assert "hx-get" not in page


def test_staff_may_do_none_of_it(connection: Connection, stella: Traveller) -> None:
    page = text(stella.client.get(stella.url("quickbooks")))
    for name in ("quickbooks_reset", "quickbooks_settings_again", "quickbooks_disconnect"):
        assert stella.url(name) not in page
        assert stella.client.post(stella.url(name)).status_code == 403


def test_a_lost_connection_is_reconnected_before_it_is_reset(
    paula: Traveller, connection: Connection
) -> None:
    with working_for(paula.firm.pk):
        Connection.objects.update(state="needs_reconnect")
    page = text(paula.client.post(paula.url("quickbooks_reset"), follow=True))
    assert "Reconnect QuickBooks first" in page


def test_a_refresh_under_way_does_not_put_back_what_a_reset_forgot(
    paula: Traveller, connection: Connection
) -> None:
    with working_for(paula.firm.pk):
        person = User.objects.get(email="paula@example.com")
        under_way = refreshing.begin(book_of(connection), cause=Cause.NIGHTLY)
        Run.objects.filter(pk=under_way.pk).update(state=RunState.RUNNING)
        resetting.reset(connection, by=person)
        under_way.refresh_from_db()
        under_way.options = {"told": ["customer"], "answered_at": timezone.now().isoformat()}
        refreshing._end(under_way)
        under_way.refresh_from_db()
        assert under_way.state == RunState.CANCELLED
        assert not Cursor.objects.exclude(changed_until=None).exists()
        assert refreshing.going(book_of(connection)) not in (None, under_way)
