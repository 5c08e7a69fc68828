"""Let other firms in: a task works for a turn, and for a short one where others wait.

Without this a firm of half a million customers would hold every worker for as long as its turns last.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from time import monotonic

import redis
from django.conf import settings

SHORTEST_S = 1.0
"""A turn this long is never cut short: starting one costs a part of it."""
_ASK_EVERY_S = 0.2


def nobody_waits() -> bool:
    return False


def others_wait(*queues: str) -> bool:
    """Return whether tasks stand in one of these queues that no worker has taken. False where the broker is silent."""
    try:
        return any(_broker(settings.CELERY_BROKER_URL).llen(queue) for queue in queues or ("bulk",))
    except redis.RedisError:
        return False


@lru_cache(maxsize=2)
def _broker(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)


def anybody_waits() -> bool:
    """Return whether any work waits: of people, or of the night."""
    return others_wait("interactive", "bulk")


class Every:
    """Something to be done at most every so often."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._due_at = 0.0

    @property
    def is_due(self) -> bool:
        now = monotonic()
        if now < self._due_at:
            return False
        self._due_at = now + self._seconds
        return True


class Turn:
    """A stretch of time: over at its end, or earlier as soon as others wait."""

    def __init__(self, longest_s: float, others_wait: Callable[[], bool] = nobody_waits) -> None:
        begun = monotonic()
        self._ends = begun + longest_s
        self._ask_at = begun + SHORTEST_S
        self._others_wait = others_wait

    @property
    def is_over(self) -> bool:
        now = monotonic()
        if now >= self._ask_at:
            self._ask_at = now + _ASK_EVERY_S
            if self._others_wait():
                self._ends = now
        return now >= self._ends
