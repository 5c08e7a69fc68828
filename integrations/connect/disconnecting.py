"""End a connection. The tokens go; the books stay, or go too, as chosen."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import structlog
from django.db import transaction
from django.utils import timezone

from accounts.models import Firm
from integrations.connect.gateways import oauth
from integrations.connect.signals import upkeep_wanted
from integrations.connect.vault import Unreadable, unlock
from integrations.models import Connection, ConnectionState, Cursor, Push, PushState
from integrations.quickbooks import QuickBooksError
from mapping.models import Book, Clearing, Run
from mapping.services.runs import ask_to_cancel

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Farewell:
    """What a disconnection has put an end to."""

    runs: int = 0
    pushes: int = 0


def disconnect(connection: Connection, *, then: Clearing | None = None) -> Farewell:
    """Stop work and let nobody speak over the connection any more; what remains to be done follows by itself.

    Works when everything else is broken. The refresh token stays, locked away, until Intuit has taken the
    grant back. Where ``then`` says so, all that came from QuickBooks is deleted or put away in the background.
    """
    with transaction.atomic():
        _alone_with(connection.firm_id)
        row = (
            Connection.objects.select_for_update(no_key=True, of=("self",))
            .select_related("book")
            .get(pk=connection.pk)
        )
        row.state = ConnectionState.DISCONNECTED
        row.access_token = row.access_expires_at = row.refresh_expires_at = row.hard_expires_at = None
        row.renewal_claim = row.renewal_claimed_until = None
        row.warned_days = row.ended_there_at = None
        row.untold_end = ""
        row.save()
        ended = _stop_work(row.book) if row.book else Farewell()
        if row.book and then:
            _leave(row.book, then)
        upkeep_wanted.send(Connection, connection=row)
    log.info("quickbooks_disconnected", firm=row.firm_id, realm_id=row.realm_id, then=then)
    return ended


def clear(book: Book, how: Clearing) -> bool:
    """Have what was kept of a company deleted or put away in the background; return whether that begins now.

    Not while the firm works with it or is about to: then it is disconnected first.
    """
    with transaction.atomic():
        _alone_with(book.firm_id)
        row = Connection.objects.select_for_update(no_key=True, of=("self",)).first()
        if row is None or (row.realm_id == book.realm_id and not row.is_disconnected):
            return False
        _stop_work(book)
        _leave(book, how)
        upkeep_wanted.send(Connection, connection=row)
    log.info("quickbooks_data_to_be_cleared", firm=book.firm_id, realm_id=book.realm_id, how=how)
    return True


def _alone_with(firm_id: int) -> None:
    """Let nobody who comes back from Intuit take up meanwhile what is being left (``connecting``)."""
    Firm.objects.select_for_update(no_key=True).get(pk=firm_id)


def _leave(book: Book, how: Clearing) -> None:
    """Have no screen work with the book any more. What is being deleted is not put away instead."""
    Book.objects.filter(pk=book.pk).exclude(clearing=Clearing.DELETE).update(is_current=False, clearing=how)


def _stop_work(book: Book) -> Farewell:
    unfinished = list(Run.objects.unfinished().filter(book=book))
    for run in unfinished:
        ask_to_cancel(run)
    planned = Push.objects.filter(book=book, state=PushState.PLANNED)
    dropped = planned.update(state=PushState.DROPPED, settled_at=timezone.now())
    # What was dropped is found again: after a reconnection all of ours is compared anew.
    Cursor.objects.filter(book=book).update(ours_until=None)
    return Farewell(len(unfinished), dropped)


def give_back(connection: Connection) -> bool:
    """End the grant at Intuit and forget its token. Where Intuit cannot be reached, it stays to be done.

    Never call this inside a transaction. Idempotent. Raises a QuickBooksError only where trying again helps.
    """
    if grant := _grant_of(connection):
        try:
            oauth().revoke(grant)
        except QuickBooksError as refusal:
            if refusal.retryable:
                raise
            log.warning("grant_not_given_back", status_code=refusal.status, intuit_tid=refusal.intuit_tid)
    Connection.objects.filter(
        pk=connection.pk, state=ConnectionState.DISCONNECTED, refresh_token=connection.refresh_token
    ).update(refresh_token=None)
    return False


def _grant_of(connection: Connection) -> str:
    with suppress(Unreadable):
        return unlock(connection.refresh_token) if connection.refresh_token else ""
    return ""
