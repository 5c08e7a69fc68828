"""Hand out a connection's access token, renewed in time and by one hand at a time.

Two renewals with one refresh token may cost the whole connection (Intuit revokes both), and a call to
Intuit must not happen inside a transaction. So whoever renews first puts a claim on the row and commits
it; the others wait for what it writes. A claim ends by itself when its holder dies.
"""

from __future__ import annotations

import threading
import time
import uuid
from datetime import datetime, timedelta

import structlog
from django.db import InterfaceError, OperationalError
from django.db import connection as database
from django.utils import timezone

from accounts.tenancy import working_for
from integrations.connect.gateways import oauth
from integrations.connect.losing import NotConnected, lose
from integrations.connect.vault import Unreadable, lock, unlock
from integrations.models import Connection, ConnectionState
from integrations.quickbooks import NeedsReconnect, Tokens, Unavailable

log = structlog.get_logger(__name__)

RENEW_BEFORE = timedelta(minutes=5)
"""A call must not set out with a token that runs out on the way."""
CLAIM_LASTS = timedelta(minutes=3)
"""Longer than a renewal's time-outs and tries together."""
WAIT_AT_MOST_S = 60.0
STORE_FOR_S = 60.0
_LOOK_EVERY_S = 0.1

_USABLE = (ConnectionState.CONNECTED, ConnectionState.UNCONFIRMED)


def access_token_for(connection: Connection, *, instead_of: str | None = None) -> str:
    """Return a good access token, renewing it if need be. Never call this inside a transaction.

    ``instead_of`` is one that QuickBooks has just refused. Raises NotConnected, NeedsReconnect (the grant
    is gone, the connection marked, its admins told) or Unavailable (it could not be renewed just now).
    """
    give_up_at = time.monotonic() + WAIT_AT_MOST_S
    has_waited = False
    while True:
        row = _row(connection.pk)
        if (token := _good_token(row, instead_of)) is not None:
            return token
        if has_waited and row.renewal_claim is None:
            # Whoever renewed did not manage; asking again at once would only pile up.
            raise _could_not_renew()
        if (claim := _claim(row)) is not None:
            return _renew(row, claim)
        has_waited = True
        if time.monotonic() > give_up_at:
            raise _could_not_renew()
        time.sleep(_LOOK_EVERY_S)


def _row(pk: int) -> Connection:
    row = Connection.objects.filter(pk=pk).first()
    if row is None or row.access_token is None or row.state not in _USABLE:
        raise NotConnected
    return row


def _good_token(row: Connection, instead_of: str | None) -> str | None:
    assert row.access_token
    assert row.access_expires_at
    if row.access_expires_at - RENEW_BEFORE < timezone.now():
        return None
    token = _opened(row, row.access_token)
    return None if token == instead_of else token


def _opened(row: Connection, locked: bytes | memoryview) -> str:
    try:
        return unlock(locked)
    except Unreadable:
        log.error("tokens_unreadable", connection=row.pk)
        raise Unavailable(
            "The stored sign-in of this connection cannot be read.",
            advice="The operator should put the earlier key back into FIELD_ENCRYPTION_KEYS; "
            "reconnecting QuickBooks helps too.",
        ) from None


def _claim(row: Connection) -> uuid.UUID | None:
    """Take the renewal upon us, unless somebody alive has; one statement, so only one succeeds."""
    claim, now = uuid.uuid4(), timezone.now()
    if row.renewal_claim and row.renewal_claimed_until and row.renewal_claimed_until > now:
        return None
    as_seen = Connection.objects.filter(
        pk=row.pk,
        renewal_claim=row.renewal_claim,
        refresh_token=row.refresh_token,
        access_token=row.access_token,
    )
    return claim if as_seen.update(renewal_claim=claim, renewal_claimed_until=now + CLAIM_LASTS) else None


def _renew(row: Connection, claim: uuid.UUID) -> str:
    assert row.refresh_token
    try:
        fresh = oauth().refresh(_opened(row, row.refresh_token))
    except NeedsReconnect as refusal:
        return _instead_of_a_refused_renewal(row, claim, refusal)
    except BaseException:
        _release(row, claim)
        raise
    if not _stored_whatever_happens(row, claim, fresh):
        # Reconnected or disconnected meanwhile: what stands there now is the truth.
        return _newer_token(row)
    return fresh.access


def _stored_whatever_happens(row: Connection, claim: uuid.UUID, fresh: Tokens) -> bool:
    """Store the answer, also across a restart of PostgreSQL: the old tokens may be worth nothing now."""
    give_up_at = time.monotonic() + STORE_FOR_S
    while True:
        try:
            return _store(row, claim, fresh)
        except (OperationalError, InterfaceError):
            if time.monotonic() > give_up_at:
                raise
            database.close()
            time.sleep(_LOOK_EVERY_S)


def _store(row: Connection, claim: uuid.UUID, fresh: Tokens) -> bool:
    ours = Connection.objects.filter(pk=row.pk, renewal_claim=claim, refresh_token=row.refresh_token)
    return bool(ours.update(**columns_for(fresh), renewal_claim=None, renewal_claimed_until=None))


def columns_for(tokens: Tokens) -> dict[str, bytes | datetime | None]:
    """Return the columns of a connection that hold these tokens."""
    return {
        "access_token": lock(tokens.access),
        "refresh_token": lock(tokens.refresh),
        "access_expires_at": tokens.access_expires_at,
        "refresh_expires_at": tokens.refresh_expires_at,
        "hard_expires_at": tokens.hard_expires_at,
    }


def _instead_of_a_refused_renewal(row: Connection, claim: uuid.UUID, refusal: NeedsReconnect) -> str:
    """Look once more before giving the connection up: somebody may have reconnected meanwhile."""
    is_still_the_same = Connection.objects.filter(pk=row.pk, refresh_token=row.refresh_token).exists()
    _release(row, claim)
    if not is_still_the_same:
        return _newer_token(row)
    lose(row, refusal)
    raise refusal


def _newer_token(row: Connection) -> str:
    newer = _row(row.pk)
    assert newer.access_token
    return _opened(newer, newer.access_token)


def _release(row: Connection, claim: uuid.UUID) -> None:
    Connection.objects.filter(pk=row.pk, renewal_claim=claim).update(
        renewal_claim=None, renewal_claimed_until=None
    )


def _could_not_renew() -> Unavailable:
    return Unavailable(
        "The sign-in to QuickBooks could not be renewed just now.",
        advice="Nothing needs doing: it is tried again by itself.",
    )


class ConnectionGrant:
    """A connection's tokens for one client, kept at hand so that threads need no database between renewals."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._home = threading.get_ident()
        self._guard = threading.Lock()
        self._token = ""
        self._good_until: datetime | None = None

    def token(self, *, instead_of: str | None = None) -> str:
        with self._guard:
            if self._good_until is None or self._good_until < timezone.now() or self._token == instead_of:
                self._fetch(instead_of)
            return self._token

    def _fetch(self, instead_of: str | None) -> None:
        try:
            with working_for(self._connection.firm_id):
                self._token = access_token_for(self._connection, instead_of=instead_of)
                expires_at = _row(self._connection.pk).access_expires_at
        finally:
            self._leave_no_connection_behind()
        self._good_until = expires_at - RENEW_BEFORE if expires_at else None

    def lost(self, error: NeedsReconnect) -> None:
        try:
            with working_for(self._connection.firm_id):
                lose(self._connection, error)
        finally:
            self._leave_no_connection_behind()

    def _leave_no_connection_behind(self) -> None:
        """A pool's thread has a database connection of its own, which nobody else would close."""
        if threading.get_ident() != self._home:
            database.close()


def check(connection: Connection) -> None:
    """Have the tokens renewed now, whatever their age, which shows whether Intuit still honours them.

    Costs no metered call. Raises like ``access_token_for``.
    """
    row = _row(connection.pk)
    assert row.access_token
    access_token_for(row, instead_of=_opened(row, row.access_token))
