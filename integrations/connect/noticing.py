"""Look whether somebody has disconnected inside QuickBooks, when its page sends a browser here (KP-38)."""

from __future__ import annotations

from contextlib import suppress

from django.core.cache import cache
from redis import RedisError

from accounts.tenancy import across_firms
from integrations.connect.signals import upkeep_wanted
from integrations.models import Connection, ConnectionState

_NOT_AGAIN_FOR_S = 60


def look_whether_it_ended(realm_id: str) -> None:
    """Have Intuit asked whether it still lets us in. Anybody may say so, so nothing else follows from it.

    At most once a minute for a company, and not at all while Valkey is out of order: the sweep looks daily.
    """
    if not (realm_id.isascii() and realm_id.isdecimal() and len(realm_id) <= 40):
        return
    with suppress(RedisError):
        if not cache.add(f"ended:{realm_id}", True, _NOT_AGAIN_FOR_S):
            return
        with across_firms(reason="QuickBooks names the company and no firm"):
            live = list(Connection.objects.filter(realm_id=realm_id, state=ConnectionState.CONNECTED))
        for connection in live:
            upkeep_wanted.send(Connection, connection=connection, check=True)
