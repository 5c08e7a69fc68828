"""Say 14, 7 and 1 days ahead that a connection is about to end (B-14)."""

from __future__ import annotations

from datetime import timedelta
from functools import reduce
from operator import or_

from django.db.models import Q
from django.db.models.functions import Least
from django.utils import timezone

from accounts.models import User
from accounts.tenancy import across_firms
from integrations.connect.telling import tell_that_it_ends_soon, telling_alone, who_can_connect
from integrations.models import Connection, ConnectionState
from integrations.models.connections import WARN_DAYS


def ending() -> list[tuple[int, int]]:
    """Return (firm id, connection id) of all firms' connections whose next warning is due, the first to end first."""
    now = timezone.now()
    with across_firms(reason="any firm's connection may be about to end"):
        live = Connection.objects.filter(state=ConnectionState.CONNECTED).annotate(
            end=Least("refresh_expires_at", "hard_expires_at")
        )
        horizon = now + timedelta(days=max(WARN_DAYS))
        live.filter(end__gt=horizon, warned_days__isnull=False).update(warned_days=None)
        unwarned = [
            Q(end__lte=now + timedelta(days=days)) & (Q(warned_days=None) | Q(warned_days__gt=days))
            for days in WARN_DAYS
        ]
        return list(live.filter(reduce(or_, unwarned)).order_by("end").values_list("firm_id", "pk"))


def warn(connection_id: int) -> bool:
    """Send the warning that is due, and note it once it is on its way; return whether one was due. Raises NotTold."""
    connection = Connection.objects.select_related("firm").filter(pk=connection_id).first()
    if connection is None or not connection.is_live:
        return False
    days = due(connection.days_left, connection.warned_days)
    if days is None:
        return False
    with telling_alone(connection) as is_alone:
        if is_alone:
            tell_that_it_ends_soon(connection, _whom(connection, days))
            same = Connection.objects.filter(pk=connection.pk, connected_at=connection.connected_at)
            same.update(warned_days=days)
    return is_alone


def due(days_left: int | None, warned: int | None) -> int | None:
    """Return which warning is due, by its days; None where none is or it has been given.

    >>> due(6, 14), due(6, 7), due(1, None), due(15, None)
    (7, None, 1, None)
    """
    if days_left is None:
        return None
    reached = [days for days in WARN_DAYS if days_left <= days]
    if not reached or (warned is not None and warned <= min(reached)):
        return None
    return min(reached)


def _whom(connection: Connection, days: int) -> list[User]:
    """Return who connected; with a day to go, or if that person has left, somebody else who can."""
    able = [one.user for one in who_can_connect()]
    first = [one for one in able if one.pk == connection.connected_by_id]
    others = [one for one in able if one not in first]
    return first + others[:1] if days == min(WARN_DAYS) or not first else first
