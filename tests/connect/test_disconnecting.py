"""Disconnect: said beforehand in numbers, told to Intuit, and the data kept or deleted as chosen (KP-34, KP-38, X9)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from pytest_django import Settings

from accounts.models import Client
from accounts.tenancy import working_for
from integrations.connect import clearing, disconnecting
from integrations.connect.upkeep import look_after, wanting
from integrations.models import (
    Announcement,
    Connection,
    Cursor,
    ImportPage,
    Push,
    PushBatch,
    PushState,
    Schedule,
)
from mapping.models import (
    Book,
    Change,
    Clearing,
    Conflict,
    Draft,
    DraftChoice,
    EntityPolicy,
    Exclusion,
    Inclusion,
    Link,
    RemoteBody,
    RemoteRecord,
    Run,
    RunKind,
    RunOutcome,
    RunPart,
    RunState,
    Standing,
    policy_of,
)
from mapping.policy import DEFAULT
from mapping.services import forgetting
from tests.connect.conftest import HARBOR_STREET, Traveller, book_of
from tests.connect.test_connecting import is_alive, text
from tests.connect.test_reset import mapped_client, push
from tests.processes import Simulator

pytestmark = pytest.mark.django_db

PURGE = {"data_choice": "purge", "typed": "Craig & Holt Landscaping"}
KEEP = {"data_choice": "keep"}
FROM_QUICKBOOKS = (
    RemoteRecord,
    RemoteBody,
    Link,
    Exclusion,
    Inclusion,
    Conflict,
    Draft,
    DraftChoice,
    RunOutcome,
    RunPart,
    Cursor,
    Push,
    PushBatch,
    Announcement,
    ImportPage,
    EntityPolicy,
    Schedule,
)


def fill(connection: Connection, traveller: Traveller, *, clients: int = 3) -> list[Link]:
    """One of everything that comes from QuickBooks, and more of what is mapped."""
    whose = {"firm_id": connection.firm_id}
    links = [mapped_client(connection, f"Client {number}") for number in range(clients)]
    first = links[0].record
    book, person = book_of(connection), connection.connected_by
    assert person
    for link in links:
        RemoteBody.objects.create(**whose, record=link.record, payload={"Id": link.record.remote_id})
        Conflict.objects.create(**whose, link=link, entity="customer", fields={})
    left_out = RemoteRecord.objects.create(
        **whose,
        book=book,
        entity="customer",
        remote_id="left out",
        sync_token="0",
        digest=uuid4(),
        name="Left out",
        standing=Standing.EXCLUDED,
    )
    Exclusion.objects.create(**whose, record=left_out)
    EntityPolicy.objects.create(**whose, book=book, entity="customer", direction="both", new_here="create")
    Schedule.objects.get_or_create(book=book, defaults={"firm_id": book.firm_id})
    run = Run.objects.create(
        **whose, book=book, kind=RunKind.IMPORT, entity="customer", state=RunState.DONE, created=clients
    )
    Inclusion.objects.create(**whose, record=first, run_id=run.pk, excluded_at=run.created_at)
    RunOutcome.objects.create(**whose, run=run, record=first, outcome="skipped", reason="no_name")
    RunOutcome.objects.create(**whose, run=run, outcome="skipped", reason="no_name")
    RunPart.objects.create(**whose, run=run, after_id=0, up_to_id=9)
    ImportPage.objects.create(**whose, run=run, start_position=1)
    draft = Draft.objects.create(**whose, book=book, entity="customer", person=person)
    DraftChoice.objects.create(**whose, draft=draft, record=left_out, choice="later")
    Cursor.objects.create(**whose, book=book, entity="customer")
    batch = PushBatch.objects.create(**whose, book=book, request_id=uuid4(), body=b"{}")
    push(connection, links[0].local_id, PushState.PLANNED, record=first)
    push(connection, links[1].local_id, PushState.SENT, batch=batch)
    Announcement.objects.create(**whose, book=book, remote="Customer", remote_id="1", operation="update")
    return links


def left_over(firm_id: int) -> dict[str, int]:
    with working_for(firm_id):
        counts = {model.__name__: model._default_manager.count() for model in FROM_QUICKBOOKS}
    return {name: number for name, number in counts.items() if number}


def test_the_dialog_says_what_stops_and_what_stays_in_numbers(
    paula: Traveller, connection: Connection
) -> None:
    with working_for(paula.firm.pk):
        fill(connection, paula)
        Run.objects.create(firm=paula.firm, book=book_of(connection), kind=RunKind.IMPORT, entity="customer")
    page = text(paula.client.get(paula.url("quickbooks_disconnect"), HTTP_HX_REQUEST="true"))
    for words in (
        "<b>1 run</b>",
        "<b>1 change</b>",
        "4 records, 3 mappings",
        "1 exclusion",
        "cannot be undone",
        "conflicts and your Sync settings stay as they are",
        "your Sync settings for this company, with their times, are deleted",
    ):
        assert words in page
    assert "<html" not in page


def test_disconnecting_and_keeping_stops_work_says_so_and_loses_nothing(
    simulator: Simulator, paula: Traveller, connection: Connection
) -> None:
    with working_for(paula.firm.pk):
        fill(connection, paula)
        Cursor.objects.update(ours_until=connection.connected_at)
        run = Run.objects.create(
            firm=paula.firm, book=book_of(connection), kind=RunKind.IMPORT, entity="customer"
        )
    before = left_over(paula.firm.pk)
    page = text(paula.client.post(paula.url("quickbooks_disconnect"), KEEP, follow=True))
    for words in ("1 run was cancelled", "1 change waiting to be sent was dropped", "My apps", "are kept"):
        assert words in page
    assert left_over(paula.firm.pk) == before
    with working_for(paula.firm.pk):
        run.refresh_from_db()
        assert run.state == RunState.CANCELLED
        # What is out with a batch keeps its request, to be replayed and never guessed.
        assert set(Push.objects.values_list("state", flat=True)) == {PushState.DROPPED, PushState.SENT}
        assert Cursor.objects.get().ours_until is None


def test_intuit_is_told_in_the_background_and_the_keys_go(
    simulator: Simulator, paula: Traveller, connection: Connection
) -> None:
    page = text(paula.client.post(paula.url("quickbooks_disconnect"), KEEP, follow=True))
    assert "Intuit is being told" in page
    after = paula.connection()
    assert after
    assert after.access_token is None
    assert after.is_being_given_back
    assert wanting() == [(connection.firm_id, connection.pk)]
    with working_for(paula.firm.pk):
        look_after(connection.pk)
    after = paula.connection()
    assert after
    assert after.refresh_token is None
    assert not is_alive(connection)
    assert wanting() == []
    status = text(paula.client.get(paula.url("quickbooks_left_status")))
    assert "was given back" in status
    assert "hx-get" not in status


def test_while_quickbooks_is_down_it_is_tried_again_until_it_hears(
    simulator: Simulator, paula: Traveller, connection: Connection, settings: Settings
) -> None:
    address, settings.QBO_SIMULATOR_URL = settings.QBO_SIMULATOR_URL, "http://localhost:9"
    assert "is disconnected" in text(paula.client.post(paula.url("quickbooks_disconnect"), KEEP, follow=True))
    with working_for(paula.firm.pk):
        look_after(connection.pk)
        assert Connection.objects.get().is_being_given_back
        settings.QBO_SIMULATOR_URL = address
        look_after(connection.pk)
    assert not is_alive(connection)


def test_a_token_nobody_can_read_is_forgotten(paula: Traveller, connection: Connection) -> None:
    with working_for(paula.firm.pk):
        Connection.objects.update(refresh_token=b"garbage")
        disconnecting.disconnect(connection)
        look_after(connection.pk)
        assert Connection.objects.get().refresh_token is None


def test_reconnecting_after_keeping_goes_on_with_the_same_books(
    simulator: Simulator, paula: Traveller, connection: Connection
) -> None:
    with working_for(paula.firm.pk):
        fill(connection, paula)
    paula.client.post(paula.url("quickbooks_disconnect"), KEEP)
    assert "connected again" in text(paula.connect())
    again = paula.connection()
    assert again
    assert again.is_live
    assert again.book_id == connection.book_id
    with working_for(paula.firm.pk):
        assert Run.objects.unfinished().get().kind == RunKind.REFRESH
        look_after(connection.pk)
    # Nothing that was to be given back takes the new grant along.
    assert is_alive(again)


@pytest.mark.parametrize("typed", ["", "Craig", "Harbor Street Coffee Roasters"])
def test_deleting_asks_for_the_companys_name(paula: Traveller, connection: Connection, typed: str) -> None:
    answer = paula.client.post(paula.url("quickbooks_disconnect"), PURGE | {"typed": typed})
    assert answer.status_code == 422
    assert "That is not the name" in text(answer)
    after = paula.connection()
    assert after
    assert after.is_live


def test_deleting_takes_all_that_came_from_quickbooks_and_leaves_the_clients(
    simulator: Simulator, paula: Traveller, connection: Connection
) -> None:
    with working_for(paula.firm.pk):
        links = fill(connection, paula)
        names = sorted(Client.objects.values_list("name", flat=True))
    assert set(left_over(paula.firm.pk)) == {model.__name__ for model in FROM_QUICKBOOKS}
    page = text(paula.client.post(paula.url("quickbooks_disconnect"), PURGE, follow=True))
    assert "4 records left" in page
    with working_for(paula.firm.pk):
        while look_after(connection.pk):
            pass
        assert sorted(Client.objects.values_list("name", flat=True)) == names
        assert not Client.objects.filter(is_linked=True).exists()
        assert Change.objects.filter(kind="unlinked", local_id=links[0].local_id).exists()
        assert Run.objects.get(state=RunState.DONE).created == 3
        assert policy_of(connection.book_id or 0, "customer") == DEFAULT, "nothing is sent by an old word"
    assert left_over(paula.firm.pk) == {}
    assert "is deleted" in text(paula.client.get(paula.url("quickbooks_left_status")))
    assert "was deleted" in text(paula.client.get(paula.url("quickbooks")))


def test_deleting_touches_no_other_firms_data(
    simulator: Simulator, paula: Traveller, rita: Traveller, connection: Connection
) -> None:
    rita.connect(HARBOR_STREET)
    rita.client.post(rita.url("quickbooks_confirm"), {"answer": "yes"})
    theirs = rita.connection()
    assert theirs
    with working_for(rita.firm.pk):
        fill(theirs, rita)
    before = left_over(rita.firm.pk)
    with working_for(paula.firm.pk):
        fill(connection, paula)
        disconnecting.disconnect(connection, then=Clearing.DELETE)
        while look_after(connection.pk):
            pass
    assert left_over(paula.firm.pk) == {}
    assert left_over(rita.firm.pk) == before


def cleared_between_kills(paula: Traveller, connection: Connection, monkeypatch: pytest.MonkeyPatch) -> int:
    """Clear away to the end, killed after every other step; return how often."""

    class Killed(BaseException):
        pass

    monkeypatch.setattr(forgetting, "ROWS", 2)
    really = forgetting.delete_some
    lives = iter(range(10_000))

    def then_dies(rows: Any) -> int:
        deleted = really(rows)
        if deleted and next(lives) % 2:
            raise Killed
        return deleted

    monkeypatch.setattr(forgetting, "delete_some", then_dies)
    monkeypatch.setattr(clearing, "delete_some", then_dies)
    deaths = 0
    while wanting():
        with working_for(paula.firm.pk):
            try:
                look_after(connection.pk)
            except Killed:
                deaths += 1
        assert deaths < 200
    return deaths


@pytest.mark.django_db(transaction=True)
def test_deleting_goes_on_after_a_kill_at_any_step(
    paula: Traveller, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    with working_for(paula.firm.pk):
        fill(connection, paula, clients=4)
        disconnecting.disconnect(connection, then=Clearing.DELETE)
        Connection.objects.update(refresh_token=None)
    assert cleared_between_kills(paula, connection, monkeypatch) > 5
    assert left_over(paula.firm.pk) == {}


def test_deleting_waits_for_who_still_writes(paula: Traveller, connection: Connection) -> None:
    with working_for(paula.firm.pk):
        fill(connection, paula)
        run = Run.objects.create(
            firm=paula.firm,
            book=book_of(connection),
            kind=RunKind.IMPORT,
            entity="customer",
            state=RunState.RUNNING,
            heartbeat_at=connection.connected_at,
        )
        disconnecting.disconnect(connection, then=Clearing.DELETE)
        Connection.objects.update(refresh_token=None)
        assert look_after(connection.pk)
        assert RemoteRecord.objects.exists()
        Run.objects.filter(pk=run.pk).update(created_at="2026-01-01T00:00Z", heartbeat_at="2026-01-01T00:00Z")
        assert not look_after(connection.pk)
        assert not RemoteRecord.objects.exists()
        run.refresh_from_db()
        assert run.state == RunState.CANCELLED


def test_while_deleting_nothing_new_is_connected_and_afterwards_any_company_may_come(
    simulator: Simulator, paula: Traveller, connection: Connection
) -> None:
    with working_for(paula.firm.pk):
        fill(connection, paula)
    paula.client.post(paula.url("quickbooks_disconnect"), PURGE)
    page = paula.client.post(paula.url("quickbooks_connect"), follow=True)
    assert page.status_code == 409
    assert "still being cleared away" in text(page)
    with working_for(paula.firm.pk):
        while look_after(connection.pk):
            pass
    assert "Is this your firm’s books?" in text(paula.connect(HARBOR_STREET))
    paula.client.post(paula.url("quickbooks_confirm"), {"answer": "yes"})
    with working_for(paula.firm.pk):
        assert [book.realm_id for book in Book.objects.filter(is_current=True)] == [HARBOR_STREET]
