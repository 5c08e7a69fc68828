"""What every page of a firm has to know about its connection: whether somebody must reconnect, or soon must."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest

from accounts.models import Membership
from accounts.roles import Permission
from integrations.connect import standing
from integrations.models import Connection

_SHOW_DATA = {"manage", "conflicts", "not_sent", "runs", "sync_settings"}


def troubled_connection(request: HttpRequest) -> dict[str, Callable[[], Connection | None]]:
    """Offer ``troubled_connection``, asked for only by the pages that show it."""
    membership: Membership | None = getattr(request, "membership", None)
    if membership is None:
        return {}
    can_mend = membership.may(Permission.CONNECT)
    page = request.resolver_match.url_name if request.resolver_match else ""
    return {"troubled_connection": lambda: _troubled(can_mend=can_mend, shows_data=page in _SHOW_DATA)}


def _troubled(*, can_mend: bool, shows_data: bool) -> Connection | None:
    """An end that is merely near disturbs only those who can do something about it.

    After a disconnection, pages that show what was kept say that it no longer moves.
    """
    connection = standing.current()
    if connection is None:
        return None
    is_shown = connection.needs_reconnect or (can_mend and connection.ends_soon)
    is_left = connection.is_disconnected and connection.book is not None and connection.book.is_current
    return connection if is_shown or (shows_data and is_left) else None
