"""What every page of a firm has to know about its connection: whether somebody must reconnect."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest

from integrations.connect import standing
from integrations.models import Connection


def lost_connection(request: HttpRequest) -> dict[str, Callable[[], Connection | None]]:
    """Offer ``lost_connection``, asked for only by the pages that show it."""
    if getattr(request, "membership", None) is None:
        return {}
    return {"lost_connection": _lost}


def _lost() -> Connection | None:
    connection = standing.current()
    return connection if connection and connection.needs_reconnect else None
