"""What is remembered in Valkey, without which every page must answer all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis import ConnectionError as NoConnection
from redis import RedisError
from redis import TimeoutError as NoAnswer
from redis.backoff import NoBackoff
from redis.retry import Retry

from accounts import silence

ANSWER_WITHIN_S = 1.0
_IMPATIENTLY = {
    "socket_timeout": ANSWER_WITHIN_S,
    "socket_connect_timeout": ANSWER_WITHIN_S,
    # Once more for a connection that was open when the server started anew; not after a time-out.
    "retry": Retry(NoBackoff(), 1, supported_errors=(NoConnection,)),
}


class ImpatientCache(RedisCache):
    """Valkey, waited for a second. Raises RedisError, and at once where it has just been silent."""

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, {**params, "OPTIONS": _IMPATIENTLY | params.get("OPTIONS", {})})
        self._address = str(server)

    def asked(self, name: str, *args: Any, **kwargs: Any) -> Any:
        if silence.is_silent(self._address):
            raise NoAnswer("Valkey did not answer a moment ago")
        try:
            return getattr(super(), name)(*args, **kwargs)
        except NoAnswer:
            silence.note(self._address)
            raise


class ForgivingCache(ImpatientCache):
    """Valkey, and this process's own memory while it is out of order: locks and limits then hold in each process.

    Not for sessions: what another process deletes meanwhile would still be remembered here.
    """

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        # Django makes a cache for each thread; by its name they share this one.
        self._own = LocMemCache(f"instead of {server}", {})

    def asked(self, name: str, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().asked(name, *args, **kwargs)
        except RedisError:
            return getattr(self._own, name)(*args, **kwargs)


def _asking(name: str) -> Callable[..., Any]:
    def ask(self: ImpatientCache, *args: Any, **kwargs: Any) -> Any:
        return self.asked(name, *args, **kwargs)

    ask.__name__ = name
    return ask


for _name in (
    "add",
    "get",
    "set",
    "touch",
    "delete",
    "get_many",
    "has_key",
    "incr",
    "set_many",
    "delete_many",
    "clear",
):
    setattr(ImpatientCache, _name, _asking(_name))
