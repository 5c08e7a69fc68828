"""Sessions that stand in PostgreSQL and are only remembered in Valkey: without it people stay signed in."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.contrib.sessions.backends.cached_db import SessionStore as CachedStore
from redis import RedisError


class SessionStore(CachedStore):
    """Django's own survives a cache out of order when it saves, but not when it reads or deletes."""

    def load(self) -> dict[str, Any]:
        try:
            return dict(super().load())
        except RedisError:
            stored = self._get_session_from_db()  # type: ignore[attr-defined]
            return self.decode(stored.session_data) if stored else {}

    def exists(self, session_key: str) -> bool:
        try:
            return bool(super().exists(session_key))
        except RedisError:
            return bool(super(CachedStore, self).exists(session_key))

    def delete(self, session_key: str | None = None) -> None:
        # From PostgreSQL it is gone by then; what Valkey remembers runs out.
        with suppress(RedisError):
            super().delete(session_key)
