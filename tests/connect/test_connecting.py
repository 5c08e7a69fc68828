"""Connect QuickBooks through a real OAuth round trip; whatever fails leaves nothing half-connected."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from pytest_django import Settings

from accounts.models import Firm, Membership, User
from accounts.tenancy import across_firms, working_for
from integrations.models import AuthorizationAttempt, Connection, ConnectionState
from mapping.models import Book, RemoteRecord
from tests.conftest import SignIn
from tests.connect.conftest import CRAIG_HOLT, HARBOR_STREET, Traveller, at_intuit
from tests.processes import Simulator

pytestmark = pytest.mark.django_db


def text(answer: Any) -> str:
    return str(answer.content.decode())


def api_works(simulator: Simulator, connection: Connection) -> bool:
    from integrations.connect import gateway_for

    with working_for(connection.firm_id), gateway_for(connection) as quickbooks:
        return quickbooks.count("Customer") > 0


def test_a_partner_connects_the_firms_books(simulator: Simulator, paula: Traveller, partner: User) -> None:
    page = paula.connect()
    assert "Is this your firm’s books?" in text(page)
    assert "Craig &amp; Holt Landscaping" in text(page)
    waiting = paula.connection()
    assert waiting
    assert waiting.state == ConnectionState.UNCONFIRMED

    page = paula.client.post(paula.url("quickbooks_confirm"), {"answer": "yes"}, follow=True)
    assert "Your QuickBooks Online account is connected." in text(page)
    assert 'data-level="success"' in text(page)
    connection = paula.connection()
    assert connection
    assert connection.is_live
    assert connection.book
    assert connection.book.realm_id == connection.realm_id == CRAIG_HOLT
    assert connection.connected_by == partner
    assert connection.hard_expires_at
    assert api_works(simulator, connection)


def test_the_confirmation_banner_shows_once(simulator: Simulator, paula: Traveller) -> None:
    paula.connect()
    paula.client.post(paula.url("quickbooks_confirm"), {"answer": "yes"}, follow=True)
    assert "account is connected." not in text(paula.client.get(paula.url("quickbooks")))


def test_tokens_are_stored_encrypted(simulator: Simulator, paula: Traveller) -> None:
    paula.connect()
    connection = paula.connection()
    assert connection
    assert connection.access_token
    assert connection.refresh_token
    assert bytes(connection.access_token).startswith(b"gAAAA")
    assert bytes(connection.refresh_token).startswith(b"gAAAA")


def test_only_the_digest_of_the_state_is_stored(simulator: Simulator, paula: Traveller) -> None:
    state = paula.set_out().split("state=")[1]
    with across_firms(reason="looking at what is stored"):
        attempt = AuthorizationAttempt.objects.get()
    assert state not in str(vars(attempt))


def test_no_choose_another_forgets_the_company_and_gives_the_grant_back(
    simulator: Simulator, paula: Traveller
) -> None:
    paula.connect()
    refused = paula.connection()
    assert refused
    page = paula.client.post(paula.url("quickbooks_confirm"), {"answer": "no"}, follow=True)
    assert "was not connected" in text(page)
    assert paula.connection() is None
    assert not is_alive(refused)
    assert "Harbor Street" in text(paula.connect(HARBOR_STREET))


def is_alive(connection: Connection) -> bool:
    """Whether QuickBooks still accepts the grant this row held."""
    from integrations.connect.gateways import oauth
    from integrations.connect.vault import unlock
    from integrations.quickbooks import NeedsReconnect

    assert connection.refresh_token
    try:
        oauth().refresh(unlock(connection.refresh_token))
    except NeedsReconnect:
        return False
    return True


def assert_nothing_connected(traveller: Traveller) -> None:
    assert traveller.connection() is None
    with across_firms(reason="looking for leavings"):
        assert not Book.objects.exists()


def test_declined_consent_is_told_and_leaves_nothing(simulator: Simulator, paula: Traveller) -> None:
    page = paula.come_back(at_intuit(paula.set_out(), decision="cancel"))
    assert "You did not connect QuickBooks" in text(page)
    assert "Connect again" in text(page)
    assert_nothing_connected(paula)


def test_a_wrong_state_is_told_and_leaves_nothing(simulator: Simulator, paula: Traveller) -> None:
    answer = at_intuit(paula.set_out()) | {"state": "made-up"}
    page = paula.come_back(answer)
    assert page.status_code == 400
    assert "This sign-in did not start here" in text(page)
    assert_nothing_connected(paula)


@pytest.mark.parametrize("missing", ["state", "realmId", "code"])
def test_an_answer_that_lacks_something_is_told(simulator: Simulator, paula: Traveller, missing: str) -> None:
    answer = at_intuit(paula.set_out())
    del answer[missing]
    page = paula.come_back(answer)
    assert page.status_code == 400
    assert "Nothing was connected" in text(page)
    assert_nothing_connected(paula)


def test_a_state_counts_once(simulator: Simulator, paula: Traveller) -> None:
    answer = at_intuit(paula.set_out())
    paula.come_back(answer)
    page = paula.come_back(answer)
    assert "This step was already done" in text(page)
    connection = paula.connection()
    assert connection
    assert is_alive(connection)


def test_a_state_lasts_ten_minutes(simulator: Simulator, paula: Traveller) -> None:
    answer = at_intuit(paula.set_out())
    with across_firms(reason="letting time go by"):
        attempt = AuthorizationAttempt.objects.get()
        assert attempt.expires_at - attempt.created_at <= timedelta(minutes=10, seconds=1)
        attempt.expires_at -= timedelta(minutes=11)
        attempt.save()
    assert "That took too long" in text(paula.come_back(answer))
    assert_nothing_connected(paula)


def test_a_reused_code_is_told_and_leaves_nothing(
    simulator: Simulator, paula: Traveller, rita: Traveller
) -> None:
    answer = at_intuit(paula.set_out())
    rita.come_back(answer | {"state": at_intuit(rita.set_out())["state"]})
    page = paula.come_back(answer)
    assert "QuickBooks did not accept the sign-in" in text(page)
    assert paula.connection() is None


def test_another_person_cannot_finish_it_and_its_owner_still_can(
    simulator: Simulator, paula: Traveller, adam: Traveller
) -> None:
    answer = at_intuit(paula.set_out())
    page = adam.come_back(answer)
    assert page.status_code == 403
    assert "Somebody else started this connection" in text(page)
    assert_nothing_connected(paula)
    assert "Is this your firm’s books?" in text(paula.come_back(answer))


def test_somebody_of_another_firm_learns_nothing_of_this_one(
    simulator: Simulator, paula: Traveller, rita: Traveller
) -> None:
    page = rita.come_back(at_intuit(paula.set_out()))
    assert page.status_code == 403
    assert paula.firm.name not in text(page)
    assert rita.connection() is None


def test_a_lost_role_on_the_way_is_told(simulator: Simulator, paula: Traveller, partner: User) -> None:
    answer = at_intuit(paula.set_out())
    with working_for(paula.firm.pk):
        Membership.objects.filter(user=partner).update(role="staff")
    page = paula.come_back(answer)
    assert page.status_code == 403
    assert "You may not connect QuickBooks" in text(page)
    assert_nothing_connected(paula)


def test_signed_out_on_the_way_back_means_signing_in_first(simulator: Simulator, paula: Traveller) -> None:
    answer = at_intuit(paula.set_out())
    paula.client.logout()
    page = paula.client.get(reverse("quickbooks_callback"), answer)
    assert page.status_code == 302
    assert page["Location"].startswith(reverse("account_login"))
    assert_nothing_connected(paula)


def test_staff_cannot_set_out_or_confirm(simulator: Simulator, stella: Traveller) -> None:
    assert stella.client.post(stella.url("quickbooks_connect")).status_code == 403
    assert stella.client.post(stella.url("quickbooks_confirm"), {"answer": "yes"}).status_code == 403
    assert stella.client.post(stella.url("quickbooks_disconnect")).status_code == 403


@pytest.fixture
def nobody_answers(settings: Settings) -> None:
    settings.QBO_SIMULATOR_URL = "http://localhost:9"


def test_quickbooks_down_at_the_start_is_told(nobody_answers: None, paula: Traveller) -> None:
    page = paula.client.post(paula.url("quickbooks_connect"), follow=True)
    assert page.status_code == 503
    assert "QuickBooks cannot be reached" in text(page)
    with across_firms(reason="looking for leavings"):
        assert not AuthorizationAttempt.objects.exists()


def test_quickbooks_down_on_the_way_back_is_told_and_leaves_nothing(
    simulator: Simulator, paula: Traveller, settings: Settings
) -> None:
    answer = at_intuit(paula.set_out())
    settings.QBO_SIMULATOR_URL = "http://localhost:9"
    page = paula.come_back(answer)
    assert page.status_code == 503
    assert "QuickBooks cannot be reached" in text(page)
    assert_nothing_connected(paula)


def test_a_company_that_cannot_be_read_is_not_connected_and_its_grant_given_back(
    simulator: Simulator, paula: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    from integrations.connect import connecting

    given_back: list[str] = []
    monkeypatch.setattr(connecting, "_give_back", given_back.append)
    answer = at_intuit(paula.set_out())
    simulator.post("/_control/faults", json={"kind": "500", "count": 9, "path": "companyinfo"})
    page = paula.come_back(answer)
    assert "QuickBooks cannot be reached" in text(page)
    assert len(given_back) == 1
    assert_nothing_connected(paula)


def test_a_realm_the_grant_is_not_for_is_refused(simulator: Simulator, paula: Traveller) -> None:
    answer = at_intuit(paula.set_out(), realm=CRAIG_HOLT) | {"realmId": HARBOR_STREET}
    page = paula.come_back(answer)
    assert "QuickBooks does not let us into this company" in text(page)
    assert_nothing_connected(paula)


def test_wrong_keys_are_the_operators_matter(
    simulator: Simulator, paula: Traveller, settings: Settings
) -> None:
    answer = at_intuit(paula.set_out())
    settings.QBO_CLIENT_SECRET = "wrong"
    page = paula.come_back(answer)
    assert "This installation cannot connect to QuickBooks" in text(page)
    assert_nothing_connected(paula)


def test_reconnecting_the_same_company_needs_no_second_confirmation(
    simulator: Simulator, paula: Traveller, connection: Connection
) -> None:
    with working_for(paula.firm.pk):
        Connection.objects.update(state=ConnectionState.NEEDS_RECONNECT)
    page = paula.connect()
    assert "QuickBooks is connected again." in text(page)
    again = paula.connection()
    assert again
    assert again.is_live
    assert again.book_id == connection.book_id
    assert api_works(simulator, again)


def test_another_company_is_refused_by_name_and_the_old_connection_stays(
    simulator: Simulator, paula: Traveller, connection: Connection
) -> None:
    page = paula.connect(HARBOR_STREET)
    assert page.status_code == 409
    assert "Craig &amp; Holt Landscaping" in text(page)
    assert "Harbor Street Coffee Roasters" in text(page)
    still = paula.connection()
    assert still
    assert still.realm_id == CRAIG_HOLT
    assert still.is_live
    assert api_works(simulator, still)


def test_after_a_disconnect_without_any_records_another_company_may_come(
    simulator: Simulator, paula: Traveller, connection: Connection
) -> None:
    paula.client.post(paula.url("quickbooks_disconnect"), {"data_choice": "keep"})
    assert "Is this your firm’s books?" in text(paula.connect(HARBOR_STREET))
    paula.client.post(paula.url("quickbooks_confirm"), {"answer": "yes"})
    now = paula.connection()
    assert now
    assert now.book
    assert now.book.realm_id == HARBOR_STREET
    with working_for(paula.firm.pk):
        assert [book.realm_id for book in Book.objects.filter(is_current=True)] == [HARBOR_STREET]


def test_after_a_disconnect_with_records_the_company_stays_pinned(
    simulator: Simulator, paula: Traveller, connection: Connection
) -> None:
    assert connection.book
    with working_for(paula.firm.pk):
        RemoteRecord.objects.create(
            firm=paula.firm,
            book=connection.book,
            entity="customer",
            remote_id="1",
            sync_token="0",
            digest="0" * 32,
            name="Amy",
        )
    paula.client.post(paula.url("quickbooks_disconnect"), {"data_choice": "keep"})
    assert paula.connect(HARBOR_STREET).status_code == 409
    assert "Your QuickBooks Online account is connected." in text(paula.connect(CRAIG_HOLT))


def test_a_second_trip_before_confirming_replaces_the_first_and_gives_it_back(
    simulator: Simulator, paula: Traveller
) -> None:
    paula.connect(CRAIG_HOLT)
    first = paula.connection()
    assert "Harbor Street" in text(paula.connect(HARBOR_STREET))
    assert first
    assert not is_alive(first)


def test_two_firms_connect_without_seeing_each_other(
    simulator: Simulator, paula: Traveller, rita: Traveller, signed_in: SignIn, other_firm: Firm
) -> None:
    paula.connect(CRAIG_HOLT)
    rita.connect(HARBOR_STREET)
    ours, theirs = paula.connection(), rita.connection()
    assert ours
    assert theirs
    assert (ours.realm_id, theirs.realm_id) == (CRAIG_HOLT, HARBOR_STREET)
    assert "Craig" not in text(rita.client.get(rita.url("integrations")))


def test_a_hand_made_callback_address_cannot_show_a_problem_page_of_another_firm(
    paula: Traveller, rita: Traveller
) -> None:
    assert rita.client.get(paula.url("quickbooks_problem")).status_code == 404
