"""Say 14, 7 and 1 days ahead that a connection is about to end (B-14)."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Least
from django.utils import timezone

from accounts.models import User
from accounts.tenancy import across_firms, working_for
from integrations.connect.telling import tell_that_it_ends_soon, who_can_connect
from integrations.models import Connection, ConnectionState
from integrations.models.connections import WARN_DAYS


def warn_all() -> int:
    """Send the warnings that are due, of all firms; return how many connections were warned of."""
    horizon = timezone.now() + timedelta(days=max(WARN_DAYS))
    with across_firms(reason="any firm's connection may be about to end"):
        live = Connection.objects.filter(state=ConnectionState.CONNECTED).annotate(
            end=Least("refresh_expires_at", "hard_expires_at")
        )
        live.filter(end__gt=horizon, warned_days__isnull=False).update(warned_days=None)
        ending = list(live.filter(end__lte=horizon).order_by("end").values_list("firm_id", "pk"))
    return sum(_warn(firm_id, pk) for firm_id, pk in ending)


def _warn(firm_id: int, pk: int) -> bool:
    with working_for(firm_id), transaction.atomic():
        connection = (
            Connection.objects.select_for_update(no_key=True, of=("self",)).select_related("firm").get(pk=pk)
        )
        days = due(connection.days_left, connection.warned_days)
        if days is None or not connection.is_live:
            return False
        connection.warned_days = days
        connection.save(update_fields=["warned_days"])
        tell_that_it_ends_soon(connection, _whom(connection, days))
    return True


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
