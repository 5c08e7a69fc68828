"""The way for the rest of the product to a firm's QuickBooks."""

from __future__ import annotations

from integrations.connect.gateways import quickbooks
from integrations.connect.tokens import ConnectionGrant
from integrations.models import Connection
from integrations.quickbooks import Patience, QuickBooks


def gateway_for(
    connection: Connection, *, patience: Patience | None = None, leaves_room: bool = False
) -> QuickBooks:
    """Return a client for this connection's company. Close it, or use it as a context manager.

    Work that nobody waits for ``leaves_room`` for people. Its tokens renew themselves; a grant that is gone marks the connection and tells its admins.
    """
    return quickbooks(
        connection.realm_id,
        ConnectionGrant(connection),
        firm_id=connection.firm_id,
        patience=patience,
        leaves_room=leaves_room,
    )
