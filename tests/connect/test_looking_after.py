"""Connections looked after without anybody asking: kept fresh, warned of, and their end noticed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core import mail
from django.db import OperationalError
from django.db import connection as database
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, User
from accounts.tenancy import working_for
from integrations.connect import connecting, tokens, upkeep
from integrations.connect.upkeep import look_after
from integrations.connect.warning import due, ending, warn
from integrations.models import Connection, ConnectionState
from integrations.quickbooks import OAuth, Tokens, Unavailable
from integrations.tasks import look_after_connection, look_after_connections
from tests.connect.conftest import CRAIG_HOLT, Traveller, at_intuit
from tests.connect.test_connecting import text
from tests.connect.test_tokens import let_expire, now
from tests.connect.test_tokens import renewals as renewals
from tests.processes import Simulator

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _in_firm(connection: Connection) -> Iterator[None]:
    # Nothing but what a test asks for is due.
    with working_for(connection.firm_id):
        Connection.objects.update(settings_read_at=timezone.now())
        yield


def warn_all() -> int:
    return sum(warn(pk) for _, pk in ending())


def let_end(connection: Connection, **in_: float) -> None:
    Connection.objects.filter(pk=connection.pk).update(hard_expires_at=timezone.now() + timedelta(**in_))


def test_a_connection_nobody_uses_is_renewed_once_a_day(connection: Connection, renewals: list[str]) -> None:
    assert upkeep.wanting() == []
    let_expire(connection, hours=2)
    assert upkeep.wanting() == []
    let_expire(connection, hours=21)
    assert upkeep.wanting() == [(connection.firm_id, connection.pk)]
    look_after(connection.pk)
    look_after(connection.pk)
    assert len(renewals) == 1
    assert upkeep.wanting() == []


def test_a_hundred_days_idle_do_not_end_a_connection(simulator: Simulator, connection: Connection) -> None:
    for _ in range(3):
        simulator.post("/_control/clock", json={"forward_s": 60 * 24 * 3600})
        let_expire(connection, hours=21)
        look_after(connection.pk)
        assert now(connection).is_live
    expires_at = now(connection).refresh_expires_at
    assert expires_at
    assert expires_at > timezone.now() + timedelta(days=99)


def test_the_sweep_hands_each_connection_to_a_worker(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[tuple[int, int], int]] = []
    monkeypatch.setattr(
        look_after_connection, "apply_async", lambda args, countdown: sent.append((args, countdown))
    )
    let_expire(connection, hours=21)
    assert look_after_connections() == 1
    assert sent == [((connection.firm_id, connection.pk), 0)]


def test_a_renewal_that_fails_is_tried_again_and_costs_nothing(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(self: OAuth, refresh_token: str) -> Tokens:
        raise Unavailable("down")

    monkeypatch.setattr(OAuth, "refresh", down)
    let_expire(connection, hours=21)
    assert not look_after(connection.pk)
    assert now(connection).is_live
    assert upkeep.wanting() == [(connection.firm_id, connection.pk)]


def test_fresh_tokens_are_stored_across_a_restart_of_the_database(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_expire(connection, minutes=1)
    really, failures = tokens._store, iter([OperationalError("server closed the connection")] * 2)

    def restarting(*given: object) -> bool:
        if (problem := next(failures, None)) is not None:
            raise problem
        return really(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(tokens, "_store", restarting)
    token = tokens.access_token_for(connection)
    monkeypatch.undo()
    assert tokens.access_token_for(connection) == token
    assert not database.in_atomic_block


@pytest.mark.parametrize(
    ("left", "warned", "expected"),
    [
        (15, None, None),
        (14, None, 14),
        (14, 14, None),
        (8, 14, None),
        (7, 14, 7),
        (6, 7, None),
        (1, 7, 1),
        (0, 1, None),
        (3, None, 7),
        (0, None, 1),
        (None, None, None),
    ],
)
def test_warnings_are_due_at_14_7_and_1_days_once_each(
    left: int | None, warned: int | None, expected: int | None
) -> None:
    assert due(left, warned) == expected


def test_who_connected_is_warned_and_at_the_last_day_another_admin_too(
    connection: Connection, partner: User, admin: User
) -> None:
    """B-14."""
    let_end(connection, days=20)
    assert warn_all() == 0
    let_end(connection, days=13.5)
    assert warn_all() == 1
    assert warn_all() == 0
    assert [one.to for one in mail.outbox] == [[partner.email]]
    assert "14 days left" in mail.outbox[0].subject
    assert reverse("quickbooks", kwargs={"slug": connection.firm.slug}) in mail.outbox[0].body
    let_end(connection, days=6.5)
    assert warn_all() == 1
    let_end(connection, hours=20)
    assert warn_all() == 1
    assert [one.to[0] for one in mail.outbox] == [partner.email, partner.email, partner.email, admin.email]
    assert "1 day left" in mail.outbox[-1].subject
    assert warn_all() == 0


def test_where_who_connected_has_left_another_admin_is_warned(
    connection: Connection, partner: User, admin: User
) -> None:
    Membership.objects.filter(user=partner).delete()
    let_end(connection, days=10)
    warn_all()
    assert [one.to for one in mail.outbox] == [[admin.email]]


def test_the_rolling_end_counts_as_well_and_a_later_end_forgets_the_warnings(connection: Connection) -> None:
    Connection.objects.update(refresh_expires_at=timezone.now() + timedelta(days=5))
    assert warn_all() == 1
    assert now(connection).warned_days == 7
    Connection.objects.update(refresh_expires_at=timezone.now() + timedelta(days=100))
    assert warn_all() == 0
    assert now(connection).warned_days is None


def test_the_banner_counts_down_for_those_who_can_reconnect(
    connection: Connection, paula: Traveller, stella: Traveller
) -> None:
    clients = reverse("clients", kwargs={"slug": paula.firm.slug})
    let_end(connection, days=20)
    assert "left for the connection" not in text(paula.client.get(clients))
    let_end(connection, days=2.5)
    page = text(paula.client.get(clients))
    assert "3 days left for the connection to QuickBooks" in page
    assert paula.url("quickbooks_connect") in page
    assert "left for the connection" not in text(stella.client.get(clients))
    assert "3 days left for the connection" in text(stella.client.get(stella.url("quickbooks")))
    let_end(connection, hours=5)
    assert "One day left" in text(paula.client.get(clients))


def test_reconnecting_forgets_warnings_and_the_end_that_was_noticed(
    connection: Connection, partner: User
) -> None:
    Connection.objects.update(
        warned_days=7, ended_there_at=timezone.now(), state=ConnectionState.NEEDS_RECONNECT
    )
    connecting.receive(at_intuit(connecting.begin(connection.firm, by=partner)), by=partner)
    row = now(connection)
    assert row.is_live
    assert row.warned_days is None
    assert row.ended_there_at is None


def disconnect_inside_quickbooks(simulator: Simulator) -> None:
    assert simulator.post("/_control/tokens/revoke", json={"realm": CRAIG_HOLT}).ok


def test_a_disconnect_inside_quickbooks_is_noticed_by_the_daily_look(
    simulator: Simulator, connection: Connection, paula: Traveller, partner: User, admin: User
) -> None:
    """KP-38: there is no webhook for it."""
    disconnect_inside_quickbooks(simulator)
    let_expire(connection, hours=21)
    look_after(connection.pk)
    row = now(connection)
    assert row.needs_reconnect
    assert row.ended_there_at
    page = text(paula.client.get(paula.url("quickbooks")))
    assert "was disconnected inside QuickBooks on" in page
    assert "Disconnected inside QuickBooks on" in page
    look_after(connection.pk)
    assert sorted(one.to[0] for one in mail.outbox) == sorted([partner.email, admin.email])
    assert "disconnected QBO Sync inside QuickBooks" in mail.outbox[0].body


def test_a_consent_that_ran_out_is_not_called_a_disconnect(
    simulator: Simulator, connection: Connection, paula: Traveller
) -> None:
    disconnect_inside_quickbooks(simulator)
    let_end(connection, days=-1)
    let_expire(connection, hours=21)
    look_after(connection.pk)
    row = now(connection)
    assert row.needs_reconnect
    assert row.ended_there_at is None
    assert "consent has run out" in text(paula.client.get(paula.url("quickbooks")))


def landed(paula: Traveller, realm: str) -> str:
    answer = paula.client.get(reverse("quickbooks_disconnected_there"), {"realmId": realm})
    assert answer.status_code == 200
    return text(answer)


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int, bool]]:
    sent: list[tuple[int, int, bool]] = []
    monkeypatch.setattr(look_after_connection, "delay", lambda *args: sent.append(args))
    return sent


def test_quickbooks_sending_a_browser_here_after_a_disconnect_has_it_looked_at(
    simulator: Simulator, connection: Connection, paula: Traveller, looked_at: list[tuple[int, int, bool]]
) -> None:
    paula.client.logout()
    assert "was disconnected in QuickBooks" in landed(paula, CRAIG_HOLT)
    assert looked_at == [(connection.firm_id, connection.pk, True)]
    look_after(connection.pk, check=True)
    assert now(connection).is_live
    disconnect_inside_quickbooks(simulator)
    look_after(connection.pk, check=True)
    assert now(connection).ended_there_at


def test_anybody_may_say_so_and_nothing_follows_from_it_but_a_look_a_minute(
    connection: Connection, paula: Traveller, looked_at: list[tuple[int, int, bool]]
) -> None:
    pages = {landed(paula, realm) for realm in (CRAIG_HOLT, CRAIG_HOLT, "123", "", "x" * 900, "١٢٣")}
    assert len(looked_at) == 1
    assert len(pages) == 1 or len({page.replace("\n", "")[-400:] for page in pages}) == 1
    assert now(connection).is_live
