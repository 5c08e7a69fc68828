"""E-mails about the connection, to the people who can do something about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from smtplib import SMTPRecipientsRefused
from typing import Any

import structlog
from django.conf import settings
from django.core.cache import cache
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import Firm, Membership, User
from accounts.roles import Permission, Role, roles_that_may
from integrations.connect.posting import MAIL_PROBLEMS, hand_over, post
from integrations.models import Connection
from mapping.models import Run, RunOutcome
from mapping.reasons import REASONS
from mapping.runwords import records_of
from mapping.words import counted

log = structlog.get_logger(__name__)


def who_can_connect() -> list[Membership]:
    """Return the chosen firm's members who may connect QuickBooks, partners first."""
    able = Membership.objects.select_related("user", "firm").filter(
        role__in=roles_that_may(Permission.CONNECT), user__is_active=True
    )
    order = list(Role)
    return sorted(able, key=lambda one: (order.index(Role(one.role)), str(one.user)))


class NotTold(Exception):
    """The mail server did not take it: to be tried again."""


@contextmanager
def telling_alone(connection: Connection) -> Iterator[bool]:
    """Give whether nobody else is writing about this connection just now."""
    key = f"telling:{connection.pk}"
    is_alone = cache.add(key, True, _TELLING_S)
    try:
        yield is_alone
    finally:
        if is_alone:
            cache.delete(key)


_TELLING_S = 300


def tell_that_it_needs_reconnect(connection: Connection) -> bool:
    """Tell whoever can mend it why it ended, and note that they know; return False: nothing more to do. Raises NotTold."""
    with telling_alone(connection) as is_alone:
        if is_alone:
            _tell_at_once(
                [one.user for one in who_can_connect()],
                "needs_reconnect",
                f"QuickBooks needs to be reconnected: {connection.company_name}",
                connection.firm,
                connection=connection,
                why=connection.untold_end,
                link=_address("quickbooks", connection.firm),
            )
            same = Connection.objects.filter(pk=connection.pk, connected_at=connection.connected_at)
            same.update(untold_end="")
    return False


def tell_that_it_ends_soon(connection: Connection, people: Iterable[User]) -> None:
    """Raises NotTold."""
    left = counted(connection.days_left or 0, "day")
    _tell_at_once(
        people,
        "ends_soon",
        f"QuickBooks connection of {connection.company_name}: {left} left",
        connection.firm,
        connection=connection,
        left=left,
        link=_address("quickbooks", connection.firm),
    )


def tell_that_somebody_asks(firm: Firm, person: User) -> None:
    _tell(
        [one.user for one in who_can_connect()],
        "asked",
        f"{person} asks you to connect QuickBooks",
        firm,
        person=person,
        link=_address("integrations", firm),
    )


def tell_that_it_is_connected(connection: Connection, people: Iterable[User]) -> None:
    _tell(
        people,
        "connected",
        f"QuickBooks is connected: {connection.company_name}",
        connection.firm,
        connection=connection,
        link=_address("manage", connection.firm),
    )


def tell_of_missed_records(run: Run) -> None:
    """Say what a weekly check found that no refresh had told, some of it by name."""
    missed = RunOutcome.objects.filter(run=run, outcome="missed").order_by("pk")
    _tell(
        [one.user for one in who_can_connect()],
        "missed",
        f"The weekly check of {run.book.company_name} found {counted(run.missed, 'missed record')}",
        run.firm,
        run=run,
        records=records_of(run),
        some=[(one.name, REASONS[one.reason].says) for one in missed[:NAMED]],
        more=max(0, run.missed - NAMED),
        link=_address("run", run.firm, pk=run.pk),
    )


NAMED = 10
"""Records that an e-mail names; the rest stand on the run's page."""


def _address(name: str, firm: Firm, **of: Any) -> str:
    return settings.SITE_URL + reverse(name, kwargs={"slug": firm.slug, **of})


def _tell_at_once(people: Iterable[User], template: str, subject: str, firm: Firm, **context: Any) -> None:
    """Send one e-mail to each person. Raises NotTold where it is to be tried again, for all of them."""
    for person in people:
        try:
            hand_over(subject, _body(template, firm, person, context), person.email)
        except SMTPRecipientsRefused:
            # Trying again would write to the others again and again.
            log.error("mail_address_refused", person=person.pk)
        except MAIL_PROBLEMS as problem:
            log.error("mail_not_sent_yet", reason=type(problem).__name__)
            raise NotTold from problem


def _tell(people: Iterable[User], template: str, subject: str, firm: Firm, **context: Any) -> None:
    """Send one e-mail to each person once the transaction is through, as soon as the mail server takes it."""
    for person in people:
        post(firm, person.email, subject, _body(template, firm, person, context))


def _body(template: str, firm: Firm, reader: User, context: dict[str, Any]) -> str:
    return render_to_string(f"integrations/mail/{template}.txt", {"firm": firm, "reader": reader, **context})
