"""Begin anew with a connected company without losing anything: the reset of the three-dot menu (KP-33, X9)."""

from __future__ import annotations

from contextlib import suppress

import structlog
from django.db import transaction
from redis import RedisError

from accounts.models import User
from integrations.connect import gateways
from integrations.connect.signals import upkeep_wanted
from integrations.models import Connection, Cursor
from integrations.sync import counting, mending, refreshing
from mapping.entities import ENTITIES
from mapping.models import Book, Cause

log = structlog.get_logger(__name__)


def refresh_settings(connection: Connection) -> None:
    """Have the company's card and preferences read anew; nothing else changes."""
    with transaction.atomic():
        Connection.objects.filter(pk=connection.pk).update(settings_read_at=None)
        upkeep_wanted.send(Connection, connection=connection)


def reset(connection: Connection, *, by: User) -> int:
    """Have everything read anew and counted, from now on; return how many held changes are tried again.

    Clients, links, the mirror and the history stay, and so do the decisions about them.
    """
    assert connection.book
    with transaction.atomic():
        Connection.objects.select_for_update(no_key=True, of=("self",)).get(pk=connection.pk)
        refreshing.give_up(connection.book)
        Cursor.objects.filter(book=connection.book).update(changed_until=None, counted_at=None)
        tried_again = mending.try_all_again(connection.book)
        refresh_settings(connection)
        refreshing.begin(connection.book, cause=Cause.PERSON, by=by)
    _forget_what_is_known(connection.realm_id, connection.book)
    log.info("quickbooks_reset", firm=connection.firm_id, realm_id=connection.realm_id)
    return tried_again


def _forget_what_is_known(realm_id: str, book: Book) -> None:
    """What lies in Valkey: the pace that a refusal slowed down, and counts asked for lately."""
    with suppress(RedisError):
        gateways.limiter().forgive(realm_id)
        for entity in ENTITIES:
            counting.forget(book, entity)
