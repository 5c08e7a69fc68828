"""Count every call, because Intuit does.

Reads are *CorePlus*, metered and capped by the month; writes are *Core* and free. Each item in a batch
counts by itself. Source: Intuit App Partner Program, "Best practices for API optimization", read 2026-11.
"""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Protocol, cast

import orjson
import redis


class Kind(StrEnum):
    CORE = "core"
    CORE_PLUS = "core_plus"
    FAILED = "failed"


@dataclass(frozen=True)
class Charge:
    kind: Kind
    entity: str


_FROM = re.compile(r"\bfrom\s+(\w+)", re.I)


def charges(path: str, method: str, body: str | bytes) -> list[Charge]:
    """Return what a call to ``path`` (below the company) costs, one charge per metered call."""
    resource = path.partition("/")[0]
    if resource == "query":
        return [_query_charge(body)]
    if resource == "batch":
        return [_item_charge(item) for item in orjson.loads(body).get("BatchItemRequest", [])]
    return [Charge(Kind.CORE_PLUS if method == "GET" else Kind.CORE, resource)]


def _query_charge(statement: str | bytes) -> Charge:
    text = statement.decode() if isinstance(statement, bytes) else statement
    found = _FROM.search(text)
    return Charge(Kind.CORE_PLUS, found[1].lower() if found else "query")


def _item_charge(item: dict[str, Any]) -> Charge:
    if "Query" in item:
        return _query_charge(item["Query"])
    entity = next((key for key in item if key not in ("bId", "operation", "optionsData")), "batch")
    return Charge(Kind.CORE, entity.lower())


class Meter(Protocol):
    def count(self, charged: list[Charge]) -> None: ...


@dataclass(frozen=True)
class Counted:
    """Calls of one kind since they were last taken."""

    whose: int
    month: date
    """Its first day, in UTC."""
    charge: Charge
    calls: int


class RedisMeter:
    """Counts at no cost to a call; what was counted is to be taken and kept elsewhere every few seconds."""

    def __init__(self, server: redis.Redis, *, namespace: str = "qbo") -> None:
        self._server = server
        self._counting = f"{namespace}:{{calls}}:counting"
        self._taken = f"{namespace}:{{calls}}:taken"

    def of(self, whose: int) -> MeterOf:
        return MeterOf(self, whose)

    def count(self, whose: int, charged: list[Charge]) -> None:
        """Add to this month's counts of somebody. Never fails a call."""
        month = datetime.now(UTC).strftime("%Y-%m")
        with suppress(redis.RedisError), self._server.pipeline(transaction=False) as pipe:
            for charge, number in Counter(charged).items():
                pipe.hincrby(self._counting, f"{whose}:{month}:{charge.kind}:{charge.entity}", number)
            pipe.execute()

    def take(self) -> list[Counted]:
        """Return what was counted since; the same again until it is said to be ``kept``. One taker at a time."""
        with suppress(redis.ResponseError):  # There is nothing to take.
            self._server.renamenx(self._counting, self._taken)
        stored = cast(dict[bytes, bytes], self._server.hgetall(self._taken))
        return [_counted(name.decode(), int(number)) for name, number in stored.items()]

    def kept(self) -> None:
        self._server.delete(self._taken)


@dataclass(frozen=True)
class MeterOf:
    """Counts for one."""

    meter: RedisMeter
    whose: int

    def count(self, charged: list[Charge]) -> None:
        self.meter.count(self.whose, charged)


def _counted(name: str, number: int) -> Counted:
    whose, month, kind, entity = name.split(":", 3)
    return Counted(int(whose), date.fromisoformat(f"{month}-01"), Charge(Kind(kind), entity), number)


class NoMeter:
    def count(self, charged: list[Charge]) -> None: ...
