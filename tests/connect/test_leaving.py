"""Leave a company for another one: pinned by default, left only by the guided ways (B-13)."""

from __future__ import annotations

from threading import Thread

import pytest
from django.db import connection as database

from accounts.models import Client
from accounts.tenancy import working_for
from integrations.connect import connecting, disconnecting
from integrations.connect.upkeep import look_after, wanting
from integrations.models import Connection, Push, PushState
from mapping.models import (
    Book,
    Change,
    Clearing,
    Conflict,
    Draft,
    EntityPolicy,
    Link,
    RemoteRecord,
    Run,
    RunKind,
    RunOutcome,
    RunState,
    Standing,
)
from mapping.services import undoing
from tests.connect.conftest import CRAIG_HOLT, HARBOR_STREET, Traveller, book_of
from tests.connect.test_connecting import text
from tests.connect.test_disconnecting import KEEP, PURGE, cleared_between_kills, fill, left_over
from tests.processes import Simulator

pytestmark = pytest.mark.django_db

TYPED = {"typed": "Craig & Holt Landscaping"}


@pytest.fixture
def filled(connection: Connection, paula: Traveller) -> Connection:
    """The firm connected to Craig & Holt, with one of everything that came from it."""
    with working_for(paula.firm.pk):
        fill(connection, paula)
    return connection


@pytest.fixture
def kept(filled: Connection, paula: Traveller) -> Connection:
    """The same, disconnected and kept."""
    paula.client.post(paula.url("quickbooks_disconnect"), KEEP)
    return filled


def cleared(traveller: Traveller) -> None:
    """Let the background do all that is left to do."""
    connection = traveller.connection()
    assert connection
    with working_for(traveller.firm.pk):
        while look_after(connection.pk):
            pass


def deletion_of(traveller: Traveller, connection: Connection) -> str:
    return f"{traveller.url('quickbooks')}kept/{connection.book_id}/delete/"


def current_realms(traveller: Traveller) -> list[str]:
    with working_for(traveller.firm.pk):
        return list(Book.objects.filter(is_current=True).values_list("realm_id", flat=True))


# What was kept can be deleted later.


@pytest.mark.parametrize("screen", ["integrations", "quickbooks", "quickbooks_left"])
def test_a_firm_that_kept_finds_the_ways_out_where_it_looks(
    paula: Traveller, kept: Connection, screen: str
) -> None:
    shown = text(paula.client.get(paula.url(screen)))
    for words in ("Connect again", "Connect another company", "Delete what was kept"):
        assert words in shown


def test_deleting_what_was_kept_says_what_goes_in_numbers_and_asks_for_the_name(
    paula: Traveller, kept: Connection
) -> None:
    page = text(paula.client.get(deletion_of(paula, kept), HTTP_HX_REQUEST="true"))
    for words in ("4 records", "3 mappings", "1 exclusion", "cannot be undone", "All your clients"):
        assert words in page
    assert "That is not the name" not in page
    before = left_over(paula.firm.pk)
    answer = paula.client.post(deletion_of(paula, kept), {"typed": "Craig"})
    assert answer.status_code == 422
    assert "That is not the name" in text(answer)
    cleared(paula)
    assert left_over(paula.firm.pk) == before


def test_what_was_kept_is_deleted_and_then_another_company_may_come(
    simulator: Simulator, paula: Traveller, kept: Connection
) -> None:
    with working_for(paula.firm.pk):
        names = sorted(Client.objects.values_list("name", flat=True))
    page = text(paula.client.post(deletion_of(paula, kept), TYPED, follow=True))
    assert "4 records left" in page
    assert paula.client.post(paula.url("quickbooks_connect"), follow=True).status_code == 409
    cleared(paula)
    assert left_over(paula.firm.pk) == {}
    with working_for(paula.firm.pk):
        assert sorted(Client.objects.values_list("name", flat=True)) == names
        assert not Client.objects.filter(is_linked=True).exists()
    assert "is deleted" in text(paula.client.get(paula.url("quickbooks_left_status")))
    assert "Is this your firm’s books?" in text(paula.connect(HARBOR_STREET))
    paula.client.post(paula.url("quickbooks_confirm"), {"answer": "yes"})
    assert current_realms(paula) == [HARBOR_STREET]


def test_a_connected_company_is_disconnected_first(paula: Traveller, filled: Connection) -> None:
    before = left_over(paula.firm.pk)
    answer = paula.client.post(deletion_of(paula, filled), TYPED)
    assert answer.status_code == 302
    assert answer["Location"] == paula.url("quickbooks_disconnect")
    cleared(paula)
    assert left_over(paula.firm.pk) == before


# The pin, and going over to another company.


def test_another_company_is_told_apart_by_name_and_number_and_the_ways_are_offered(
    simulator: Simulator, paula: Traveller, filled: Connection
) -> None:
    answer = paula.connect(HARBOR_STREET)
    assert answer.status_code == 409
    page = text(answer)
    for words in (CRAIG_HOLT, HARBOR_STREET, "Connect again", "Go over to Harbor Street", "Back to"):
        assert words in page
    still = paula.connection()
    assert still
    assert (still.is_live, still.realm_id) == (True, CRAIG_HOLT)


def test_looking_at_the_switch_and_cancelling_changes_nothing(
    simulator: Simulator, paula: Traveller, filled: Connection
) -> None:
    before = left_over(paula.firm.pk)
    paula.connect(HARBOR_STREET)
    page = text(paula.client.get(paula.url("quickbooks_switch")))
    for words in (
        "Go over to Harbor Street",
        HARBOR_STREET,
        "3 mappings",
        "4 records",
        "do not carry over",
        "1 change",
        "Cancel, stay with Craig",
    ):
        assert words in page
    cleared(paula)
    assert left_over(paula.firm.pk) == before
    still = paula.connection()
    assert still
    assert still.is_live
    assert current_realms(paula) == [CRAIG_HOLT]


@pytest.mark.parametrize("is_connected", [True, False], ids=["connected", "disconnected"])
def test_going_over_keeps_the_old_company_as_history_and_carries_nothing_into_the_new(
    simulator: Simulator, paula: Traveller, filled: Connection, is_connected: bool
) -> None:
    if not is_connected:
        paula.client.post(paula.url("quickbooks_disconnect"), KEEP)
    paula.connect(HARBOR_STREET)
    page = text(paula.client.post(paula.url("quickbooks_switch"), KEEP, follow=True))
    assert "being put away" in page
    assert paula.client.post(paula.url("quickbooks_connect"), follow=True).status_code == 409
    cleared(paula)
    assert "Connect Harbor Street" in text(paula.client.get(paula.url("quickbooks_left")))
    assert "Is this your firm’s books?" in text(paula.connect(HARBOR_STREET))
    paula.client.post(paula.url("quickbooks_confirm"), {"answer": "yes"})
    assert current_realms(paula) == [HARBOR_STREET]
    # The old records and the results of runs stay; what could send or take in is gone.
    held = left_over(paula.firm.pk)
    assert {"RemoteRecord", "RemoteBody", "RunOutcome", "Exclusion"} <= set(held)
    for name in ("Link", "Conflict", "Push", "PushBatch", "Cursor", "EntityPolicy", "Draft", "Announcement"):
        assert name not in held
    with working_for(paula.firm.pk):
        now = Connection.objects.select_related("book").get()
        assert book_of(now).realm_id == HARBOR_STREET
        assert not RemoteRecord.objects.filter(book=now.book).exists()
        assert not RemoteRecord.objects.filter(standing=Standing.MAPPED).exists()
        assert not Client.objects.filter(is_linked=True).exists()
        assert Change.objects.filter(kind="unlinked").count() == 3
    page = text(paula.client.get(paula.url("quickbooks")))
    assert "Earlier companies" in page
    assert "4 records kept as history" in page


def test_going_over_may_delete_the_old_company_instead(
    simulator: Simulator, paula: Traveller, filled: Connection
) -> None:
    refused = paula.client.post(paula.url("quickbooks_switch"), {"data_choice": "purge", "typed": "Craig"})
    assert refused.status_code == 422
    still = paula.connection()
    assert still
    assert still.is_live
    paula.client.post(paula.url("quickbooks_switch"), PURGE)
    cleared(paula)
    assert left_over(paula.firm.pk) == {}
    assert "Is this your firm’s books?" in text(paula.connect(HARBOR_STREET))


def test_turning_the_new_company_down_returns_to_the_old_ones_place(
    simulator: Simulator, paula: Traveller, kept: Connection
) -> None:
    paula.client.post(paula.url("quickbooks_switch"), KEEP)
    cleared(paula)
    paula.connect(HARBOR_STREET)
    paula.client.post(paula.url("quickbooks_confirm"), {"answer": "no"})
    back = paula.connection()
    assert back
    assert (back.is_disconnected, back.realm_id, back.refresh_token) == (True, CRAIG_HOLT, None)
    assert "4 records" in text(paula.client.get(paula.url("quickbooks_left")))


def test_the_old_company_can_come_back_and_is_mapped_anew(
    simulator: Simulator, paula: Traveller, kept: Connection
) -> None:
    paula.client.post(paula.url("quickbooks_switch"), KEEP)
    cleared(paula)
    assert "Is this your firm’s books?" in text(paula.connect(CRAIG_HOLT))
    paula.client.post(paula.url("quickbooks_confirm"), {"answer": "yes"})
    assert current_realms(paula) == [CRAIG_HOLT]
    with working_for(paula.firm.pk):
        standings = RemoteRecord.objects.filter(book=kept.book_id).values_list("standing", flat=True)
        assert sorted(standings) == ["excluded", "unmapped", "unmapped", "unmapped"]
        assert not EntityPolicy.objects.exists(), "nothing is sent by an old word"


def test_history_can_be_deleted_while_another_company_is_connected(
    simulator: Simulator, paula: Traveller, kept: Connection
) -> None:
    paula.client.post(paula.url("quickbooks_switch"), KEEP)
    cleared(paula)
    paula.connect(HARBOR_STREET)
    paula.client.post(paula.url("quickbooks_confirm"), {"answer": "yes"})
    now = paula.connection()
    assert now
    with working_for(paula.firm.pk):
        fill(now, paula)
        new = {model: model._default_manager.filter(book=now.book).count() for model in (RemoteRecord, Link)}
    paula.client.post(deletion_of(paula, kept), TYPED)
    cleared(paula)
    with working_for(paula.firm.pk):
        assert not RemoteRecord.objects.filter(book=kept.book_id).exists()
        for model, number in new.items():
            assert model._default_manager.filter(book=now.book).count() == number > 0
        assert Client.objects.filter(is_linked=True).count() == 3
    after = paula.connection()
    assert after
    assert (after.is_live, after.realm_id) == (True, HARBOR_STREET)
    assert "Earlier companies" not in text(paula.client.get(paula.url("quickbooks")))


def test_a_company_that_is_being_deleted_cannot_be_connected_meanwhile(
    simulator: Simulator, paula: Traveller, kept: Connection
) -> None:
    paula.client.post(paula.url("quickbooks_switch"), KEEP)
    cleared(paula)
    paula.connect(HARBOR_STREET)
    paula.client.post(deletion_of(paula, kept), TYPED)
    answer = paula.connect(CRAIG_HOLT)
    assert answer.status_code == 409
    assert "cleared away" in text(answer)


def test_a_run_of_a_company_that_was_left_cannot_be_undone(
    simulator: Simulator, paula: Traveller, filled: Connection
) -> None:
    with working_for(paula.firm.pk):
        link = Link.objects.order_by("pk")[0]
        run = Run.objects.create(
            firm=paula.firm, book=book_of(filled), kind=RunKind.MAP, entity="customer", state=RunState.DONE
        )
        Change.objects.create(
            firm=paula.firm, entity="customer", local_id=link.local_id, kind="linked", run_id=run.pk
        )
        assert undoing.refusal(run) is None
    paula.client.post(paula.url("quickbooks_switch"), KEEP)
    cleared(paula)
    with working_for(paula.firm.pk):
        reason = undoing.refusal(Run.objects.select_related("book").get(pk=run.pk))
        assert reason
        assert reason.code == "undo_of_left_books"
    assert paula.client.get(f"{paula.url('runs')}{run.pk}/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_putting_away_goes_on_after_a_kill_at_any_step(
    paula: Traveller, filled: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    paula.client.post(paula.url("quickbooks_switch"), KEEP)
    with working_for(paula.firm.pk):
        Connection.objects.update(refresh_token=None)
    assert cleared_between_kills(paula, filled, monkeypatch) > 3
    with working_for(paula.firm.pk):
        for model in (Link, Conflict, Draft, Push):
            assert not model._default_manager.exists()
        assert RemoteRecord.objects.count() == 4
        assert RunOutcome.objects.exists()
        assert not RemoteRecord.objects.filter(standing=Standing.MAPPED).exists()
        assert not Client.objects.filter(is_linked=True).exists()


def test_putting_away_waits_for_who_still_writes(paula: Traveller, filled: Connection) -> None:
    with working_for(paula.firm.pk):
        run = Run.objects.create(
            firm=paula.firm,
            book=book_of(filled),
            kind=RunKind.MAP,
            entity="customer",
            state=RunState.RUNNING,
            heartbeat_at=filled.connected_at,
        )
    paula.client.post(paula.url("quickbooks_switch"), KEEP)
    with working_for(paula.firm.pk):
        assert look_after(filled.pk)
        assert Link.objects.count() == 3
        Run.objects.filter(pk=run.pk).update(state=RunState.CANCELLED)
        assert not look_after(filled.pk)
        assert not Link.objects.exists()
        assert not Push.objects.filter(state=PushState.PLANNED).exists()


@pytest.mark.django_db(transaction=True)
def test_who_comes_back_from_intuit_first_keeps_what_another_wants_to_delete(
    simulator: Simulator, paula: Traveller, kept: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    book, was_cleared = book_of(kept), []

    def clear() -> None:
        with working_for(paula.firm.pk):
            was_cleared.append(disconnecting.clear(book, Clearing.DELETE))
        database.close()

    other = Thread(target=clear)
    really = connecting.pinned_to

    def while_another_deletes(row: Connection) -> Book | None:
        pinned = really(row)
        if not other.ident:
            other.start()
            other.join(timeout=0.5)
            assert other.is_alive(), "who is first is waited for"
        return pinned

    monkeypatch.setattr(connecting, "pinned_to", while_another_deletes)
    assert "connected again" in text(paula.connect())
    other.join(timeout=10)
    assert was_cleared == [False]
    assert current_realms(paula) == [CRAIG_HOLT]
    with working_for(paula.firm.pk):
        assert RemoteRecord.objects.count() == 4
        assert book_of(Connection.objects.select_related("book").get()).clearing == ""


# The walls.


def test_staff_can_neither_switch_nor_delete(
    simulator: Simulator, paula: Traveller, stella: Traveller, kept: Connection
) -> None:
    before = left_over(paula.firm.pk)
    for address, given in ((stella.url("quickbooks_switch"), KEEP), (deletion_of(stella, kept), TYPED)):
        assert stella.client.get(address).status_code == 403
        assert stella.client.post(address, given).status_code == 403
    for screen in ("quickbooks", "quickbooks_left"):
        shown = text(stella.client.get(stella.url(screen)))
        assert "Connect another company" not in shown
        assert "Delete what was kept" not in shown
    assert wanting() in ([], [(paula.firm.pk, kept.pk)])
    assert left_over(paula.firm.pk) == before
    assert current_realms(paula) == [CRAIG_HOLT]


def test_another_firm_reaches_neither(
    simulator: Simulator, paula: Traveller, rita: Traveller, kept: Connection
) -> None:
    before = left_over(paula.firm.pk)
    for address, given in ((paula.url("quickbooks_switch"), KEEP), (deletion_of(paula, kept), TYPED)):
        assert rita.client.get(address).status_code == 404
        assert rita.client.post(address, given).status_code == 404
    assert rita.client.get(deletion_of(rita, kept)).status_code == 404
    assert rita.client.post(deletion_of(rita, kept), TYPED).status_code == 404
    assert left_over(paula.firm.pk) == before
    assert current_realms(paula) == [CRAIG_HOLT]
