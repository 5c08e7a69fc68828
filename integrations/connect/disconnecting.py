"""End a connection. The books stay; the tokens go."""

from __future__ import annotations

from contextlib import suppress

import structlog
from django.db import transaction

from integrations.connect.gateways import oauth
from integrations.connect.vault import Unreadable, unlock
from integrations.models import Connection, ConnectionState
from integrations.quickbooks import QuickBooksError
from mapping.models import Run
from mapping.services.runs import ask_to_cancel

log = structlog.get_logger(__name__)


def disconnect(connection: Connection) -> bool:
    """Stop work, wipe the tokens, then tell Intuit; return whether Intuit heard it.

    Works when everything else is broken: what cannot be told is left for the person to do in QuickBooks.
    """
    with transaction.atomic():
        row = Connection.objects.select_for_update().get(pk=connection.pk)
        grant = _grant_of(row)
        Connection.objects.filter(pk=row.pk).update(
            state=ConnectionState.DISCONNECTED,
            access_token=None,
            refresh_token=None,
            access_expires_at=None,
            refresh_expires_at=None,
            hard_expires_at=None,
            renewal_claim=None,
            renewal_claimed_until=None,
        )
        for run in Run.objects.unfinished().filter(book=row.book) if row.book else ():
            ask_to_cancel(run)
    log.info("quickbooks_disconnected", firm=row.firm_id, realm_id=row.realm_id)
    return _told(grant)


def _grant_of(row: Connection) -> str:
    with suppress(Unreadable):
        return unlock(row.refresh_token) if row.refresh_token else ""
    return ""


def _told(grant: str) -> bool:
    if not grant:
        return False
    try:
        oauth().revoke(grant)
    except QuickBooksError:
        return False
    return True
