"""Never ask a company's QuickBooks more than Intuit allows, whichever worker or host is asking.

All counting is in Redis, by its clock, in one atomic script. What is counted is thrown away with
Redis: an emptied Redis starts counting anew, and a 429 then pauses everybody.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import astuple, dataclass
from time import sleep
from typing import Any, Protocol

import redis

from integrations.quickbooks.errors import Unavailable


@dataclass(frozen=True)
class Limits:
    """Intuit's, per company. Source: "Limits and throttles", read 2026-11."""

    per_minute: int = 500
    per_second: int = 10
    in_flight: int = 10
    batch_per_minute: int = 120

    def leaving_room(self) -> Limits:
        """Return four fifths of each: what work that nobody waits for may use, so that a person finds a place."""
        return Limits(*(max(1, 4 * limit // 5) for limit in astuple(self)))


@dataclass(frozen=True)
class Permit:
    realm_id: str
    holder: str


@dataclass(frozen=True)
class Wait:
    seconds: float


class Limiter(Protocol):
    def ask(self, realm_id: str, *, batch: bool = False) -> Permit | Wait:
        """Return a permit for one call now, or how long to wait before asking again."""

    def give_back(self, permit: Permit, *, still_there_s: float = 0.0) -> None:
        """End a call; where no answer came it keeps its place in flight for as long as QuickBooks may be at it."""

    def pause(self, realm_id: str, *, seconds: float) -> None:
        """Let nobody call for a while, and then more slowly for some minutes."""


_SLACK_MS = 50
_ON_THE_WAY_MS = 500
# Calls bunch up on the way. One counts from when it must have arrived: when it was answered, or half a
# second after it set out, whichever is sooner. So no window of Intuit's holds more than its limit.
LEASE_S = 12.0
"""A permit that nobody renews for so long belongs to a dead worker."""
_SLOW_FOR_MS = 300_000

# KEYS: paused, slowed, in flight, then one per window.
# ARGV: holder, lease ms, in flight, ms on the way at most, then span ms and limit of each window.
# Answers 0 for a permit, else milliseconds to wait.
_ASK = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local wait = redis.call('PTTL', KEYS[1])
if wait < 0 then wait = 0 end
local slower = 2 ^ tonumber(redis.call('GET', KEYS[2]) or '0')

redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now)
if redis.call('ZCARD', KEYS[3]) >= math.max(1, math.floor(ARGV[3] / slower)) then
  wait = math.max(wait, 20)
end
for i = 4, #KEYS do
  local span = tonumber(ARGV[2 * i - 3])
  local limit = math.max(1, math.floor(ARGV[2 * i - 2] / slower))
  redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now - span)
  local used = redis.call('ZCARD', KEYS[i])
  if used >= limit then
    local leaves = redis.call('ZRANGE', KEYS[i], used - limit, used - limit, 'WITHSCORES')
    wait = math.max(wait, math.min(leaves[2], now) + span - now + 1)
  end
end
if wait > 0 then return wait end

redis.call('ZADD', KEYS[3], now + ARGV[2], ARGV[1])
if redis.call('PTTL', KEYS[3]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[3], ARGV[2]) end
for i = 4, #KEYS do
  redis.call('ZADD', KEYS[i], now + ARGV[4], ARGV[1])
  redis.call('PEXPIRE', KEYS[i], ARGV[2 * i - 3] + ARGV[4])
end
return 0
"""

# KEYS: in flight, then one per window. ARGV: holder, ms for which QuickBooks may still be at it.
_ENDED = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
if tonumber(ARGV[2]) > 0 then
  redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
  if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
else
  redis.call('ZREM', KEYS[1], ARGV[1])
end
for i = 2, #KEYS do redis.call('ZADD', KEYS[i], 'XX', 'LT', now, ARGV[1]) end
"""

# KEYS: paused, slowed. ARGV: pause ms, how long to go slower. A longer pause is never cut short,
# and a burst of 429s inside one pause counts once.
_PAUSE = """
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  local slower = math.min(3, tonumber(redis.call('GET', KEYS[2]) or '0') + 1)
  redis.call('SET', KEYS[2], slower, 'PX', ARGV[1] + ARGV[2])
end
if left < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], 1, 'PX', ARGV[1]) end
"""


# KEYS: in flight. ARGV: lease ms, holder.
_RENEW = """
local clock = redis.call('TIME')
local ends = clock[1] * 1000 + math.floor(clock[2] / 1000) + ARGV[1]
redis.call('ZADD', KEYS[1], 'XX', ends, ARGV[2])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
"""


class _Renewal:
    """Renews the permits one process holds for as long as it lives, so that their leases can be short.

    The thread runs only while something is held.
    """

    def __init__(self, server: redis.Redis, lease_s: float) -> None:
        self._lease_s = lease_s
        self._renew = server.register_script(_RENEW)
        self._held: dict[str, str] = {}
        self._guard = threading.Lock()
        self._is_running = False

    def hold(self, key: str, holder: str) -> None:
        with self._guard:
            self._held[holder] = key
            if not self._is_running:
                threading.Thread(target=self._keep, name="permits", daemon=True).start()
                self._is_running = True

    def let_go(self, holder: str) -> None:
        with self._guard:
            self._held.pop(holder, None)

    def _keep(self) -> None:
        while True:
            sleep(self._lease_s / 4)
            with self._guard:
                self._is_running = bool(self._held)
                held = list(self._held.items())
            if not held:
                return
            for holder, key in held:
                # Without Redis nobody gets a new permit either; the next round tries again.
                with suppress(redis.RedisError):
                    self._renew(keys=[key], args=[int(self._lease_s * 1000), holder])


class RedisLimiter:
    """One count per company, shared by every process that uses the same Redis and namespace."""

    def __init__(
        self, server: redis.Redis, limits: Limits, *, namespace: str = "qbo", lease_s: float = LEASE_S
    ) -> None:
        self.limits = limits
        self._lease_ms = int(lease_s * 1000)
        self._server = server
        self._namespace = namespace
        self._ask = server.register_script(_ASK)
        self._ended = server.register_script(_ENDED)
        self._pause = server.register_script(_PAUSE)
        self._renewal = _Renewal(server, lease_s)

    def ask(self, realm_id: str, *, batch: bool = False) -> Permit | Wait:
        holder = uuid.uuid4().hex
        windows = [("second", 1000, self.limits.per_second), ("minute", 60_000, self.limits.per_minute)]
        if batch:
            windows.append(("batch", 60_000, self.limits.batch_per_minute))
        keys = self._keys(realm_id, "paused", "slowed", "in-flight", *(name for name, _, _ in windows))
        arguments: list[Any] = [holder, self._lease_ms, self.limits.in_flight, _ON_THE_WAY_MS]
        for _, span_ms, limit in windows:
            arguments += [span_ms + _SLACK_MS, limit]
        with _redis_must_answer():
            wait_ms = int(self._ask(keys=keys, args=arguments))
        if wait_ms:
            return Wait(wait_ms / 1000)
        self._renewal.hold(keys[2], holder)
        return Permit(realm_id, holder)

    def give_back(self, permit: Permit, *, still_there_s: float = 0.0) -> None:
        self._renewal.let_go(permit.holder)
        # Lost with Redis or with the worker, the permit runs out by itself.
        with suppress(redis.RedisError):
            self._ended(
                keys=self._keys(permit.realm_id, "in-flight", "second", "minute", "batch"),
                args=[permit.holder, int(still_there_s * 1000)],
            )

    def pause(self, realm_id: str, *, seconds: float) -> None:
        with suppress(redis.RedisError):
            self._pause(
                keys=self._keys(realm_id, "paused", "slowed"), args=[int(seconds * 1000), _SLOW_FOR_MS]
            )

    def forgive(self, realm_id: str) -> None:
        """Go at full pace again after a refusal. What was called lately still counts. May raise RedisError."""
        self._server.delete(*self._keys(realm_id, "paused", "slowed"))

    def _keys(self, realm_id: str, *names: str) -> list[str]:
        return [f"{self._namespace}:{{{realm_id}}}:{name}" for name in names]


@contextmanager
def _redis_must_answer() -> Iterator[None]:
    try:
        yield
    except redis.RedisError as problem:
        raise Unavailable(
            "Our own call counter did not answer, so QuickBooks was not asked.",
            advice="Nothing needs doing: it is tried again by itself.",
        ) from problem


class NoLimits:
    """For a lone script against the simulator."""

    def ask(self, realm_id: str, *, batch: bool = False) -> Permit | Wait:
        return Permit(realm_id, "")

    def give_back(self, permit: Permit, *, still_there_s: float = 0.0) -> None: ...

    def pause(self, realm_id: str, *, seconds: float) -> None: ...
