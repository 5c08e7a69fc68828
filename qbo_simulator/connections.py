"""The grants and tokens apps hold, with the settings and the clock they depend on. One SQLite file."""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from .clock import Clock

CLIENT_ID = "SIMULATED_CLIENT_ID"
CLIENT_SECRET = "SIMULATED_CLIENT_SECRET"
WEBHOOK_VERIFIER = "SIMULATED_VERIFIER"

CODE_LIFETIME_S = 600
ACCESS_LIFETIME_S = 3600
REFRESH_LIFETIME_S = 8_726_400
ROTATION_AFTER_S = 24 * 3600
GRANT_LIFETIME_S = 5 * 365 * 24 * 3600

_SCHEMA = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS people (
    email TEXT PRIMARY KEY, password TEXT NOT NULL, given_name TEXT NOT NULL,
    family_name TEXT NOT NULL, says TEXT NOT NULL, is_accountant INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS companies (realm TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS memberships (
    email TEXT NOT NULL, realm TEXT NOT NULL, role TEXT NOT NULL,
    PRIMARY KEY (email, realm)
);
CREATE TABLE IF NOT EXISTS sessions (
    token TEXT PRIMARY KEY, email TEXT NOT NULL, expires REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS grants (
    id INTEGER PRIMARY KEY, client_id TEXT NOT NULL, realm TEXT NOT NULL, email TEXT NOT NULL,
    scope TEXT NOT NULL, granted REAL NOT NULL, revoked REAL
);
CREATE TABLE IF NOT EXISTS codes (
    code TEXT PRIMARY KEY, grant_id INTEGER NOT NULL, redirect_uri TEXT NOT NULL,
    expires REAL NOT NULL, used INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS refresh_tokens (
    value TEXT PRIMARY KEY, grant_id INTEGER NOT NULL, issued REAL NOT NULL,
    expires REAL NOT NULL, superseded REAL
);
CREATE TABLE IF NOT EXISTS access_tokens (
    value TEXT PRIMARY KEY, grant_id INTEGER NOT NULL, expires REAL NOT NULL
);
"""


@dataclass(frozen=True)
class Grant:
    id: int
    client_id: str
    realm: str
    email: str
    scope: str
    granted: float
    revoked: float | None

    @property
    def scopes(self) -> list[str]:
        return self.scope.split()


@dataclass(frozen=True)
class Tokens:
    """What a token answer carries. Lifetimes in seconds from now."""

    grant: Grant
    access_token: str
    refresh_token: str
    access_expires_in: int
    refresh_expires_in: int
    hard_expires_in: int


class TokenRefused(Exception):
    """Why a code or a refresh token is not good: the text of `error_description`."""


class Connections:
    """What apps may do, and until when."""

    def __init__(self, file: Path) -> None:
        self._db = sqlite3.connect(file, isolation_level=None, timeout=30)
        self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;")
        self._db.executescript(_SCHEMA)
        frozen_at = self.setting("clock_frozen_at")
        self.clock = Clock(
            offset_s=float(self.setting("clock_offset_s") or 0),
            frozen_at=float(frozen_at) if frozen_at else None,
            skipped_s=float(self.setting("clock_skipped_s") or 0),
        )
        self._refreshed: dict[str, float] = {}
        self.on_connect: Callable[[str], None] | None = None
        """Called when a company that no app is connected to is being connected."""

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes from writing for a while; all is undone when it fails."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # Settings and clock

    def setting(self, name: str) -> str | None:
        row = self._db.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def set(self, name: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))

    def move_clock(self, seconds: float) -> None:
        self.clock.forward(seconds)
        self._keep_clock()

    def set_clock(self, moment: datetime) -> None:
        self.clock.move_to(moment.timestamp())
        self._keep_clock()

    def set_clock_right(self) -> None:
        self.clock.set_right()
        self._keep_clock()

    def freeze_clock(self, *, frozen: bool) -> None:
        """Let the clock stand still, or run on from where it stands."""
        if frozen:
            self.clock.freeze()
        else:
            self.clock.unfreeze()
        self._keep_clock()

    def _keep_clock(self) -> None:
        """Keep the clock for the next start, and for commands beside the server."""
        frozen_at = self.clock.frozen_at
        self.set("clock_offset_s", str(self.clock.offset_s))
        self.set("clock_skipped_s", str(self.clock.skipped_s))
        self.set("clock_frozen_at", "" if frozen_at is None else repr(frozen_at))

    # Grants and tokens

    def grant(self, *, client_id: str, realm: str, email: str, scope: str) -> Grant:
        if self.on_connect is not None and not self.live_connections(realm):
            self.on_connect(realm)
        row = self._db.execute(
            "INSERT INTO grants (client_id, realm, email, scope, granted) VALUES (?, ?, ?, ?, ?) RETURNING *",
            (client_id, realm, email, scope, self.clock.epoch()),
        ).fetchone()
        return Grant(*row)

    def issue_code(self, grant: Grant, *, redirect_uri: str) -> str:
        code = "AB1" + secrets.token_urlsafe(36)
        expires = self.clock.epoch() + CODE_LIFETIME_S
        self._db.execute(
            "INSERT INTO codes (code, grant_id, redirect_uri, expires) VALUES (?, ?, ?, ?)",
            (code, grant.id, redirect_uri, expires),
        )
        return code

    def exchange_code(self, code: str, *, client_id: str, redirect_uri: str) -> Tokens:
        """Give tokens for a code, once. A second try also takes the first tokens away."""
        row = self._db.execute(
            "SELECT grant_id, redirect_uri, expires, used FROM codes WHERE code = ?", (code,)
        ).fetchone()
        if row is None:
            raise TokenRefused("Invalid authorization code")
        grant_id, expected_uri, expires, used = row
        if used:
            self.revoke_grant(grant_id)
            raise TokenRefused("Invalid authorization code")
        if expires <= self.clock.epoch():
            raise TokenRefused("Authorization code has expired")
        if redirect_uri != expected_uri:
            raise TokenRefused("Invalid redirect uri")
        grant = self._live_grant(grant_id, client_id)
        self._db.execute("UPDATE codes SET used = 1 WHERE code = ?", (code,))
        return self.new_tokens(grant)

    def refresh(self, value: str, *, client_id: str) -> Tokens:
        """Give a new access token; the refresh token itself stays for its first 24 hours."""
        row = self._db.execute(
            "SELECT grant_id, issued, expires, superseded FROM refresh_tokens WHERE value = ?",
            (value,),
        ).fetchone()
        if row is None:
            raise TokenRefused("Incorrect or invalid refresh token")
        grant_id, issued, expires, superseded = row
        now = self.clock.epoch()
        if superseded is not None and superseded + self.rotation_grace_s <= now:
            raise TokenRefused("Incorrect or invalid refresh token")
        grant = self._live_grant(grant_id, client_id)
        if self._is_refreshed_at_once(value):
            self.revoke_grant(grant_id)
            raise TokenRefused("Incorrect or invalid refresh token")
        if expires <= now or grant.granted + GRANT_LIFETIME_S <= now:
            raise TokenRefused("Token has been expired or revoked")
        if superseded is not None:
            return self._tokens(grant, *self._newest_refresh_token(grant))
        if now - issued < ROTATION_AFTER_S:
            return self._tokens(grant, value, expires)
        return self._rotate(grant, value)

    @property
    def rotation_grace_s(self) -> float:
        """How long a refresh token that was replaced stays good."""
        return float(self.setting("rotation_grace_s") or 0)

    @property
    def race_window_s(self) -> float:
        """Within which a second refresh with one token counts as concurrent; 0 for never.

        Where it does, the second is refused and the connection is dead, as is reported of Intuit.
        """
        return float(self.setting("race_window_s") or 0)

    def _is_refreshed_at_once(self, value: str) -> bool:
        last, now = self._refreshed.get(value), time.monotonic()
        self._refreshed[value] = now
        return last is not None and now - last < self.race_window_s

    def _rotate(self, grant: Grant, value: str) -> Tokens:
        self._db.execute(
            "UPDATE refresh_tokens SET superseded = ? WHERE value = ?",
            (self.clock.epoch(), value),
        )
        return self.new_tokens(grant)

    def _newest_refresh_token(self, grant: Grant) -> tuple[str, float]:
        row = self._db.execute(
            "SELECT value, expires FROM refresh_tokens WHERE grant_id = ? AND superseded IS NULL",
            (grant.id,),
        ).fetchone()
        return str(row[0]), float(row[1])

    def new_tokens(self, grant: Grant) -> Tokens:
        now = self.clock.epoch()
        expires = min(now + REFRESH_LIFETIME_S, grant.granted + GRANT_LIFETIME_S)
        value = f"AB11{int(expires)}{secrets.token_urlsafe(27)}"
        self._db.execute(
            "INSERT INTO refresh_tokens VALUES (?, ?, ?, ?, NULL)",
            (value, grant.id, now, expires),
        )
        return self._tokens(grant, value, expires)

    def _tokens(self, grant: Grant, refresh_token: str, refresh_expires: float) -> Tokens:
        now = self.clock.epoch()
        # As long as Intuit's, so that a column too short for them is found here.
        access_token = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0.." + secrets.token_urlsafe(600)
        self._db.execute("DELETE FROM access_tokens WHERE expires <= ?", (now - 86_400,))
        self._db.execute(
            "INSERT INTO access_tokens VALUES (?, ?, ?)",
            (access_token, grant.id, now + ACCESS_LIFETIME_S),
        )
        return Tokens(
            grant=grant,
            access_token=access_token,
            refresh_token=refresh_token,
            access_expires_in=ACCESS_LIFETIME_S,
            refresh_expires_in=round(refresh_expires - now),
            hard_expires_in=round(grant.granted + GRANT_LIFETIME_S - now),
        )

    def _live_grant(self, grant_id: int, client_id: str) -> Grant:
        grant = self._grant(grant_id)
        if grant.revoked is not None or grant.client_id != client_id:
            raise TokenRefused("Token has been expired or revoked")
        return grant

    def _grant(self, grant_id: int) -> Grant:
        return Grant(*self._db.execute("SELECT * FROM grants WHERE id = ?", (grant_id,)).fetchone())

    def grant_of_access_token(self, value: str) -> tuple[Grant, bool] | None:
        """Return the grant behind an access token and whether the token is still good."""
        row = self._db.execute(
            "SELECT grant_id, expires FROM access_tokens WHERE value = ?", (value,)
        ).fetchone()
        if row is None:
            return None
        grant = self._grant(row[0])
        return grant, grant.revoked is None and row[1] > self.clock.epoch()

    def revoke_token(self, value: str) -> bool:
        """Revoke the grant behind an access or a refresh token; False if nobody knows it."""
        row = self._db.execute(
            "SELECT grant_id FROM refresh_tokens WHERE value = ? "
            "UNION SELECT grant_id FROM access_tokens WHERE value = ?",
            (value, value),
        ).fetchone()
        if row is None or self._grant(row[0]).revoked is not None:
            return False
        self.revoke_grant(row[0])
        return True

    def revoke_grant(self, grant_id: int) -> None:
        self._db.execute(
            "UPDATE grants SET revoked = ? WHERE id = ? AND revoked IS NULL",
            (self.clock.epoch(), grant_id),
        )

    def disconnect(self, realm: str) -> int:
        """Take every app's access to a company away, as its owner can inside QuickBooks."""
        changed = self._db.execute(
            "UPDATE grants SET revoked = ? WHERE realm = ? AND revoked IS NULL",
            (self.clock.epoch(), realm),
        )
        return changed.rowcount

    def expire_access_tokens(self, realm: str | None = None) -> int:
        """Let access tokens expire now, of one company or of all; return how many."""
        changed = self._db.execute(
            "UPDATE access_tokens SET expires = ? WHERE expires > ? AND "
            "(? IS NULL OR grant_id IN (SELECT id FROM grants WHERE realm = ?))",
            (self.clock.epoch(), self.clock.epoch(), realm, realm),
        )
        return changed.rowcount

    def connected_realms(self) -> frozenset[str]:
        rows = self._db.execute("SELECT DISTINCT realm FROM grants WHERE revoked IS NULL")
        return frozenset(row[0] for row in rows)

    def live_connections(self, realm: str) -> int:
        row = self._db.execute(
            "SELECT count(*) FROM grants WHERE realm = ? AND revoked IS NULL", (realm,)
        ).fetchone()
        return int(row[0])
