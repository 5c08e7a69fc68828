"""What happens when QuickBooks no longer lets us in."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.db import transaction
from django.utils import timezone

from integrations.connect.signals import upkeep_wanted
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
    """Mark the connection as needing a person, once, and have those told who can mend it.

    ``connected_at`` names the grant: a call that set out before a reconnect cannot undo it.
    """
    if isinstance(error, NotConnected):
        return
    with transaction.atomic():
        row = (
            Connection.objects.select_for_update(no_key=True)
            .filter(pk=connection.pk, state=ConnectionState.CONNECTED, connected_at=connection.connected_at)
            .first()
        )
        if row is None:
            return
        row.state, row.ended_there_at = ConnectionState.NEEDS_RECONNECT, _ended_there_at(row, error)
        row.untold_end = error.sentence
        row.save(update_fields=["state", "ended_there_at", "untold_end"])
        upkeep_wanted.send(Connection, connection=row)
    log.warning("connection_lost", realm_id=row.realm_id, fault=error.code, tid=error.intuit_tid)


_NO_LONGER_LET_IN = frozenset({"invalid_grant", "3100"})


def _ended_there_at(row: Connection, error: NeedsReconnect) -> datetime | None:
    """Return now where a grant ended before its time: somebody took it back inside QuickBooks.

    There is no webhook for it. Source: facts, 1.6 "Revoke / disconnect".
    """
    now = timezone.now()
    ran_out = row.ends_at is not None and row.ends_at <= now
    return now if error.code in _NO_LONGER_LET_IN and not ran_out else None
