"""Access tokens renew themselves: in time, once, and never at the cost of the connection."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection as database
from django.utils import timezone

from accounts.models import Firm, User
from accounts.tenancy import working_for
from integrations.connect import NotConnected, connecting, disconnecting, gateway_for, tokens, upkeep
from integrations.connect.tokens import ConnectionGrant, access_token_for
from integrations.connect.vault import lock, unlock
from integrations.models import Connection, ConnectionState
from integrations.quickbooks import NeedsReconnect, OAuth, Tokens, Unavailable
from tests.connect.conftest import at_intuit
from tests.processes import Simulator

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _in_firm(connection: Connection) -> Iterator[None]:
    with working_for(connection.firm_id):
        yield


@pytest.fixture
def renewals(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The refresh tokens sent to Intuit, whose real answers still come."""
    sent: list[str] = []
    really = OAuth.refresh

    def noted(self: OAuth, refresh_token: str) -> Tokens:
        sent.append(refresh_token)
        return really(self, refresh_token)

    monkeypatch.setattr(OAuth, "refresh", noted)
    return sent


def let_expire(connection: Connection, **ago: int) -> None:
    Connection.objects.filter(pk=connection.pk).update(access_expires_at=timezone.now() - timedelta(**ago))


def now(connection: Connection) -> Connection:
    return Connection.objects.get(pk=connection.pk)


def in_threads(number: int, work: Callable[[], str]) -> list[str | BaseException]:
    """Run the work at the same time in threads that each have a database connection of their own."""

    def one(_: int) -> str | BaseException:
        try:
            return work()
        except Exception as problem:
            return problem
        finally:
            database.close()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(one, range(number)))


def test_a_good_token_is_used_as_it_is(connection: Connection, renewals: list[str]) -> None:
    assert connection.access_token
    assert access_token_for(connection) == unlock(connection.access_token)
    assert renewals == []


def test_a_token_is_renewed_before_it_runs_out(connection: Connection, renewals: list[str]) -> None:
    let_expire(connection, minutes=-4)
    access_token_for(connection)
    assert len(renewals) == 1
    expires_at = now(connection).access_expires_at
    assert expires_at
    assert expires_at > timezone.now() + timedelta(minutes=50)


def test_fifty_threads_meeting_one_expired_token_renew_it_once(
    connection: Connection, renewals: list[str]
) -> None:
    let_expire(connection, minutes=1)

    def ask() -> str:
        with working_for(connection.firm_id):
            return access_token_for(connection)

    handed_out = in_threads(50, ask)
    assert len(renewals) == 1
    assert len(set(handed_out)) == 1
    row = now(connection)
    assert row.access_token
    assert handed_out[0] == unlock(row.access_token)
    assert row.renewal_claim is None


def test_fifty_threads_refused_by_quickbooks_renew_once(
    simulator: Simulator, connection: Connection, renewals: list[str]
) -> None:
    simulator.post("/_control/tokens/expire", json={"realm": connection.realm_id})
    with gateway_for(connection) as quickbooks:
        answers = in_threads(50, lambda: str(quickbooks.count("Customer")))
    assert len(set(answers)) == 1
    assert not isinstance(answers[0], BaseException)
    assert len(renewals) == 1


def test_a_rotated_refresh_token_is_kept(simulator: Simulator, connection: Connection) -> None:
    before = now(connection).refresh_token
    simulator.post("/_control/clock", json={"forward_s": 25 * 3600})
    with gateway_for(connection) as quickbooks:
        assert quickbooks.count("Customer")
    after = now(connection).refresh_token
    assert before
    assert after
    assert unlock(before) != unlock(after)
    let_expire(connection, minutes=1)
    assert access_token_for(connection)


def test_the_answer_is_stored_before_it_is_used(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_expire(connection, minutes=1)
    token = access_token_for(connection)
    stored = now(connection).access_token
    assert stored
    assert unlock(stored) == token
    assert not database.in_atomic_block


def test_a_revoked_grant_needs_a_person_stops_and_tells_partners_and_admins(
    simulator: Simulator, connection: Connection, partner: User, admin: User
) -> None:
    simulator.post("/_control/tokens/revoke", json={"realm": connection.realm_id})
    let_expire(connection, minutes=1)
    with pytest.raises(NeedsReconnect):
        access_token_for(connection)
    assert now(connection).state == ConnectionState.NEEDS_RECONNECT
    upkeep.look_after(connection.pk)
    assert sorted(one.to[0] for one in mail.outbox) == sorted([partner.email, admin.email])
    assert "/settings/integrations/quickbooks/" in mail.outbox[0].body
    with pytest.raises(NotConnected):
        access_token_for(connection)
    upkeep.look_after(connection.pk)
    assert len(mail.outbox) == 2


def test_a_company_that_throws_us_out_during_a_call_needs_a_person(
    simulator: Simulator, connection: Connection
) -> None:
    simulator.post("/_control/tokens/revoke", json={"realm": connection.realm_id})
    with gateway_for(connection) as quickbooks, pytest.raises(NeedsReconnect):
        quickbooks.count("Customer")
    assert now(connection).needs_reconnect


def test_a_stale_refusal_cannot_undo_a_reconnect(
    simulator: Simulator, connection: Connection, firm: Firm, partner: User
) -> None:
    old = ConnectionGrant(now(connection))
    connecting.receive(at_intuit(connecting.begin(firm, by=partner)), by=partner)
    old.lost(NeedsReconnect("late news"))
    assert now(connection).is_live
    assert mail.outbox == []


def test_a_reconnect_during_a_refused_renewal_wins(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_expire(connection, minutes=1)
    fresh = {"access_token": lock("newer"), "refresh_token": lock("other")}

    def refused(self: OAuth, refresh_token: str) -> Tokens:
        Connection.objects.filter(pk=connection.pk).update(**fresh)
        raise NeedsReconnect("invalid_grant")

    monkeypatch.setattr(OAuth, "refresh", refused)
    assert access_token_for(connection) == "newer"
    assert now(connection).is_live


def test_quickbooks_out_of_order_costs_nothing(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_expire(connection, minutes=1)

    def down(self: OAuth, refresh_token: str) -> Tokens:
        raise Unavailable("down")

    with monkeypatch.context() as patched:
        patched.setattr(OAuth, "refresh", down)
        with pytest.raises(Unavailable):
            access_token_for(connection)
    row = now(connection)
    assert row.is_live
    assert row.renewal_claim is None
    assert mail.outbox == []
    assert access_token_for(connection)


def test_those_who_waited_for_a_failed_renewal_do_not_pile_up(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_expire(connection, minutes=1)
    tries: list[str] = []
    waiting: set[int] = set()
    really = tokens._row

    def seen(pk: int) -> Connection:
        row = really(pk)
        if row.renewal_claim:
            waiting.add(threading.get_ident())
        return row

    def down_once_all_the_others_wait(self: OAuth, refresh_token: str) -> Tokens:
        tries.append(refresh_token)
        deadline = time.monotonic() + 30
        while len(waiting) < 19 and time.monotonic() < deadline:
            time.sleep(0.05)
        raise Unavailable("down")

    monkeypatch.setattr(tokens, "_row", seen)
    monkeypatch.setattr(OAuth, "refresh", down_once_all_the_others_wait)

    def ask() -> str:
        with working_for(connection.firm_id):
            return access_token_for(connection)

    answers = in_threads(20, ask)
    assert all(isinstance(one, Unavailable) for one in answers)
    assert len(tries) == 1


def test_a_claim_left_by_a_dead_worker_runs_out(connection: Connection, renewals: list[str]) -> None:
    let_expire(connection, minutes=1)
    Connection.objects.filter(pk=connection.pk).update(
        renewal_claim="00000000-0000-0000-0000-000000000001",
        renewal_claimed_until=timezone.now() + timedelta(seconds=0.5),
    )
    assert access_token_for(connection)
    assert len(renewals) == 1


def test_a_disconnect_during_a_renewal_stays_a_disconnect(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_expire(connection, minutes=1)
    really = OAuth.refresh

    def meanwhile(self: OAuth, refresh_token: str) -> Tokens:
        answer = really(self, refresh_token)
        disconnecting.disconnect(connection)
        return answer

    monkeypatch.setattr(OAuth, "refresh", meanwhile)
    with pytest.raises(NotConnected):
        access_token_for(connection)
    row = now(connection)
    assert row.is_disconnected
    assert row.access_token is None
