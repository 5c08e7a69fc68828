"""The way for the rest of the product to a firm's QuickBooks."""

from __future__ import annotations

from integrations.connect.gateways import quickbooks
from integrations.connect.tokens import ConnectionGrant
from integrations.models import Connection
from integrations.quickbooks import Patience, QuickBooks


def gateway_for(connection: Connection, *, patience: Patience | None = None) -> QuickBooks:
    """Return a client for this connection's company. Close it, or use it as a context manager.

    Its tokens renew themselves; a grant that is gone marks the connection and tells its admins.
    """
    return quickbooks(connection.realm_id, ConnectionGrant(connection), patience=patience)
