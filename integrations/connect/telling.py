"""E-mails about the connection, to the people who can do something about it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from smtplib import SMTPException
from typing import Any

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import Firm, Membership, User
from accounts.roles import Permission, Role, roles_that_may
from integrations.models import Connection
from integrations.quickbooks import QuickBooksError
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


def tell_that_it_needs_reconnect(connection: Connection, error: QuickBooksError) -> None:
    _tell(
        [one.user for one in who_can_connect()],
        "needs_reconnect",
        f"QuickBooks needs to be reconnected: {connection.company_name}",
        connection.firm,
        connection=connection,
        why=error.sentence,
        link=_address("quickbooks", connection.firm),
    )


def tell_that_it_ends_soon(connection: Connection, people: Iterable[User]) -> None:
    left = counted(connection.days_left or 0, "day")
    _tell(
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


def _tell(people: Iterable[User], template: str, subject: str, firm: Firm, **context: Any) -> None:
    """Send one e-mail to each person once the transaction is through."""
    for person in people:
        body = render_to_string(
            f"integrations/mail/{template}.txt", {"firm": firm, "reader": person, **context}
        )
        transaction.on_commit(partial(_send, " ".join(subject.split()), body, person.email))


def _send(subject: str, body: str, address: str) -> None:
    try:
        send_mail(subject, body, None, [address])
    except (SMTPException, OSError) as problem:
        # The screens say the same; a mail server out of order must not stop a connection.
        log.error("mail_not_sent", reason=type(problem).__name__)
