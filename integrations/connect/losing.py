"""What happens when QuickBooks no longer lets us in."""

from __future__ import annotations

import structlog

from integrations.connect.telling import tell_that_it_needs_reconnect
from integrations.models import Connection, ConnectionState
from integrations.quickbooks import NeedsReconnect

log = structlog.get_logger(__name__)


class NotConnected(NeedsReconnect):
    """There is no connection to speak over; nobody need be told."""

    def __init__(self) -> None:
        super().__init__(
            "QuickBooks is not connected.", advice="Connect QuickBooks under Settings > Integrations."
        )


def lose(connection: Connection, error: NeedsReconnect) -> None:
    """Mark the connection as needing a person, once, and tell those who can mend it.

    ``connected_at`` names the grant: a call that set out before a reconnect cannot undo it.
    """
    if isinstance(error, NotConnected):
        return
    lost = Connection.objects.filter(
        pk=connection.pk, state=ConnectionState.CONNECTED, connected_at=connection.connected_at
    ).update(state=ConnectionState.NEEDS_RECONNECT)
    if lost:
        log.warning("connection_lost", realm_id=connection.realm_id, fault=error.code, tid=error.intuit_tid)
        tell_that_it_needs_reconnect(connection, error)
