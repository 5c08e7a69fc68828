"""What a connection needs without anybody asking: derived from its row, so that nothing is forgotten.

A signal has it looked after at once; a sweep finds what was lost on the way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

import structlog
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.tenancy import across_firms
from integrations.connect import clearing, company, disconnecting, tokens
from integrations.connect.telling import NotTold, tell_that_it_needs_reconnect
from integrations.models import Connection, ConnectionState
from integrations.quickbooks import QuickBooksError
from mapping.models import Book

log = structlog.get_logger(__name__)

IDLE = timedelta(hours=20)
"""A connection whose access token ran out so long ago is looked in on: its refresh token, good for a
hundred days, is renewed, and a disconnection inside QuickBooks is noticed. A renewal is no metered call."""
AT_ONCE = 200
"""Connections one sweep announces; the others' turn comes with the next, so that they spread."""


@dataclass(frozen=True)
class Duty:
    """Something to be done for connections in a certain state."""

    when: Callable[[datetime], Q | Exists]
    do: Callable[[Connection], bool]
    """Does some of it; returns whether there is more to do at once. May raise a QuickBooksError or NotTold."""


def _keep_fresh(connection: Connection) -> bool:
    tokens.access_token_for(connection)
    return False


def _read_settings(connection: Connection) -> bool:
    company.read_settings(connection)
    return False


_LEFT = Book.objects.filter(firm=OuterRef("firm")).exclude(clearing="")

DUTIES = (
    Duty(
        lambda now: Q(state=ConnectionState.DISCONNECTED, refresh_token__isnull=False),
        disconnecting.give_back,
    ),
    Duty(lambda now: Exists(_LEFT), clearing.clear_some),
    Duty(lambda now: Q(state=ConnectionState.CONNECTED, access_expires_at__lt=now - IDLE), _keep_fresh),
    Duty(lambda now: Q(state=ConnectionState.CONNECTED, settings_read_at=None), _read_settings),
    Duty(
        lambda now: Q(state=ConnectionState.NEEDS_RECONNECT) & ~Q(untold_end=""), tell_that_it_needs_reconnect
    ),
)


def wanting() -> list[tuple[int, int]]:
    """Return (firm id, connection id) of those that need something, longest neglected first."""
    now = timezone.now()
    with across_firms(reason="any firm's connection may need looking after"):
        found = Connection.objects.filter(reduce(or_, (Q(duty.when(now)) for duty in DUTIES)))
        ordered = found.order_by("access_expires_at", "pk")
        return list(ordered.values_list("firm_id", "pk")[:AT_ONCE])


def look_after(connection_id: int, *, check: bool = False) -> bool:
    """Do what the connection needs; return whether there is more to do at once.

    ``check`` also asks Intuit now whether it still lets us in. What QuickBooks refuses stays to be done.
    """
    is_unfinished = False
    if check:
        _try(tokens.check, connection_id, Q(state=ConnectionState.CONNECTED))
    for duty in DUTIES:
        is_unfinished |= bool(_try(duty.do, connection_id, duty.when(timezone.now())))
    return is_unfinished


def _try(do: Callable[[Connection], bool | None], connection_id: int, when: Q | Exists) -> bool | None:
    connection = Connection.objects.select_related("book", "firm").filter(when, pk=connection_id).first()
    if connection is None:
        return False
    try:
        return do(connection)
    except QuickBooksError as refusal:
        log.info("connection_looked_after_later", kind=type(refusal).__name__, status=refusal.status)
    except NotTold:
        log.info("connection_looked_after_later", kind="NotTold")
    return False
