"""What every page of a firm has to know about its connection: whether somebody must reconnect, or soon must."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest

from accounts.models import Membership
from accounts.roles import Permission
from integrations.connect import standing
from integrations.models import Connection


def troubled_connection(request: HttpRequest) -> dict[str, Callable[[], Connection | None]]:
    """Offer ``troubled_connection``, asked for only by the pages that show it."""
    membership: Membership | None = getattr(request, "membership", None)
    if membership is None:
        return {}
    return {"troubled_connection": lambda: _troubled(can_mend=membership.may(Permission.CONNECT))}


def _troubled(*, can_mend: bool) -> Connection | None:
    """An end that is merely near disturbs only those who can do something about it."""
    connection = standing.current()
    if connection is None:
        return None
    is_shown = connection.needs_reconnect or (can_mend and connection.ends_soon)
    return connection if is_shown else None
