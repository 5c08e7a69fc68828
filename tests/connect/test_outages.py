"""What outlasts a mail server that is down, and a Valkey that was emptied."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
import redis
from django.conf import settings
from django.core import mail
from django.utils import timezone

from accounts.models import Firm, User
from accounts.tenancy import across_firms, working_for
from integrations.connect import asking, counting_calls, gateway_for, posting, standing, upkeep
from integrations.connect.losing import lose
from integrations.connect.telling import tell_of_missed_records
from integrations.connect.warning import ending
from integrations.models import AccessRequest, CallCount, Connection, Letter
from integrations.quickbooks import NeedsReconnect
from integrations.tasks import send_letter, send_letters, warn_of_end
from mapping.models import Run, RunKind, RunState
from tests.connect.test_tokens import now

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _in_firm(connection: Connection) -> Iterator[None]:
    with working_for(connection.firm_id):
        Connection.objects.update(settings_read_at=timezone.now())
        # Connecting made a call of its own.
        counting_calls.keep()
        CallCount.objects.all().delete()
        yield


class MailServer:
    """Takes e-mails, unless it is down or refuses an address."""

    problem: Exception | None = None

    def take(self, subject: str, body: str, sender: None, to: list[str]) -> int:
        if self.problem and not (
            isinstance(self.problem, SMTPRecipientsRefused) and to[0] not in self.refused
        ):
            raise self.problem
        return mail.send_mail(subject, body, sender, to)

    @property
    def refused(self) -> dict[str, Any]:
        assert isinstance(self.problem, SMTPRecipientsRefused)
        return self.problem.recipients


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> MailServer:
    server = MailServer()
    monkeypatch.setattr(posting, "send_mail", server.take)
    return server


def test_a_warning_the_mail_server_did_not_take_is_sent_once_it_does(
    connection: Connection, server: MailServer
) -> None:
    """B-14."""
    Connection.objects.update(hard_expires_at=timezone.now() + timedelta(days=6))
    server.problem = ConnectionRefusedError()
    for _ in range(2):
        assert ending() == [(connection.firm_id, connection.pk)]
        warn_of_end(connection.firm_id, connection.pk)
    assert now(connection).warned_days is None
    server.problem = None
    warn_of_end(connection.firm_id, connection.pk)
    warn_of_end(connection.firm_id, connection.pk)
    assert len(mail.outbox) == 1
    assert now(connection).warned_days == 7
    assert ending() == []


def test_the_mail_that_somebody_must_reconnect_is_sent_once_the_server_takes_it(
    connection: Connection, server: MailServer, partner: User, admin: User
) -> None:
    server.problem = ConnectionRefusedError()
    lose(now(connection), NeedsReconnect("The person who connected is no longer an admin."))
    upkeep.look_after(connection.pk)
    assert now(connection).needs_reconnect
    assert upkeep.wanting() == [(connection.firm_id, connection.pk)]
    server.problem = None
    upkeep.look_after(connection.pk)
    assert sorted(one.to[0] for one in mail.outbox) == sorted([partner.email, admin.email])
    assert "no longer an admin" in mail.outbox[0].body
    upkeep.look_after(connection.pk)
    assert len(mail.outbox) == 2
    assert upkeep.wanting() == []


def test_an_address_that_is_refused_does_not_have_the_others_told_again(
    connection: Connection, server: MailServer, partner: User, admin: User
) -> None:
    server.problem = SMTPRecipientsRefused({partner.email: (550, b"no such person")})
    lose(now(connection), NeedsReconnect("It ended."))
    upkeep.look_after(connection.pk)
    upkeep.look_after(connection.pk)
    assert [one.to for one in mail.outbox] == [[admin.email]]
    assert upkeep.wanting() == []


def somebody_asks(connection: Connection, staff: User) -> None:
    asking.ask(connection.firm, by=staff)


def it_is_connected(connection: Connection, staff: User) -> None:
    AccessRequest.objects.create(firm=connection.firm, person=staff)
    asking.answer_requests(connection)


def records_were_missed(connection: Connection, staff: User) -> None:
    drift = {"drift": {"created": 1, "updated": 0, "gone": 0}}
    about = {"firm": connection.firm, "book": connection.book, "entity": "customer", "options": drift}
    tell_of_missed_records(Run.objects.create(kind=RunKind.CHECK, state=RunState.DONE, **about))


@pytest.mark.parametrize("happens", [somebody_asks, it_is_connected, records_were_missed])
def test_what_people_are_told_reaches_them_once_the_mail_server_takes_it(
    connection: Connection,
    server: MailServer,
    staff: User,
    happens: Callable[[Connection, User], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """B-11, B-23: also where the server is down for hours, and whatever crashes meanwhile."""
    queued: list[tuple[int, int]] = []
    monkeypatch.setattr(send_letter, "delay", lambda *which: queued.append(which))
    server.problem = ConnectionRefusedError()
    happens(connection, staff)
    written = Letter.objects.count()
    assert written
    assert send_letters() == 0, "it was tried just now"
    for _ in range(2):
        Letter.objects.update(written_at=timezone.now() - timedelta(hours=1), tried_at=None)
        assert send_letters() == written
        send_letter(*queued[-1])
    assert mail.outbox == []
    server.problem = None
    Letter.objects.update(tried_at=timezone.now() - timedelta(hours=1))
    send_letters()
    for which in queued:
        send_letter(*which)
    assert len(mail.outbox) == written
    assert not Letter.objects.exists()


def test_what_is_no_news_any_more_is_not_sent(
    connection: Connection, server: MailServer, staff: User
) -> None:
    server.problem = ConnectionRefusedError()
    somebody_asks(connection, staff)
    Letter.objects.update(written_at=timezone.now() - timedelta(days=4), tried_at=None)
    assert send_letters() == 0
    assert not Letter.objects.exists()


def call(connection: Connection, times: int) -> None:
    with gateway_for(connection) as quickbooks:
        for _ in range(times):
            quickbooks.count("Customer")


def empty_valkey() -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as valkey:
        valkey.flushdb()


def test_the_months_calls_outlast_an_emptied_valkey(connection: Connection) -> None:
    call(connection, 2)
    assert counting_calls.keep() == 1
    empty_valkey()
    call(connection, 1)
    counting_calls.keep()
    assert counting_calls.keep() == 0
    assert standing.calls_this_month().reads == 3
    assert list(CallCount.objects.values_list("kind", "entity", "calls")) == [("core_plus", "customer", 3)]


def test_two_firms_of_one_company_have_counts_of_their_own(
    connection: Connection, other_firm: Firm, firm: Firm
) -> None:
    call(connection, 1)
    with working_for(other_firm.pk):
        theirs = Connection.objects.create(
            firm=other_firm,
            **{
                name: getattr(connection, name)
                for name in (
                    "state",
                    "realm_id",
                    "company_name",
                    "access_token",
                    "refresh_token",
                    "access_expires_at",
                    "refresh_expires_at",
                )
            },
        )
        call(theirs, 3)
    counting_calls.keep()
    assert standing.calls_this_month().reads == 1
    with across_firms(reason="to see both"):
        counts = dict(CallCount.objects.values_list("firm", "calls"))
    assert counts == {firm.pk: 1, other_firm.pk: 3}


def test_what_was_taken_by_somebody_who_died_is_kept_by_the_next(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    call(connection, 2)
    with monkeypatch.context() as patch:
        patch.setattr(counting_calls, "_ADD", "SELECT 1 / 0")
        with pytest.raises(Exception, match="division by zero"):
            counting_calls.keep()
    call(connection, 1)
    counting_calls.keep()
    counting_calls.keep()
    assert standing.calls_this_month().reads == 3
