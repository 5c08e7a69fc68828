"""Count every call, because Intuit does.

Reads are *CorePlus*, metered and capped by the month; writes are *Core* and free. Each item in a batch
counts by itself. Source: Intuit App Partner Program, "Best practices for API optimization", read 2026-11.
"""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
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
    def count(self, realm_id: str, charged: list[Charge]) -> None: ...


_KEEP_S = 400 * 24 * 3600


class RedisMeter:
    def __init__(self, server: redis.Redis, *, namespace: str = "qbo") -> None:
        self._server = server
        self._namespace = namespace

    def count(self, realm_id: str, charged: list[Charge]) -> None:
        """Add to this month's counts, of the company and of all companies. Never fails a call."""
        totals = Counter(f"{charge.kind}:{charge.entity}" for charge in charged)
        with suppress(redis.RedisError), self._server.pipeline(transaction=False) as pipe:
            for whose in (realm_id, "all"):
                key = self._key(whose, datetime.now(UTC))
                for name, number in totals.items():
                    pipe.hincrby(key, name, number)
                pipe.expire(key, _KEEP_S)
            pipe.execute()

    def this_month(self, realm_id: str = "all") -> dict[Charge, int]:
        """Return calls by kind and entity since the first of the month (UTC)."""
        stored = cast(dict[bytes, bytes], self._server.hgetall(self._key(realm_id, datetime.now(UTC))))
        return {_charge_named(name.decode()): int(number) for name, number in stored.items()}

    def _key(self, whose: str, moment: datetime) -> str:
        return f"{self._namespace}:{{{whose}}}:calls:{moment:%Y-%m}"


def _charge_named(name: str) -> Charge:
    kind, _, entity = name.partition(":")
    return Charge(Kind(kind), entity)


class NoMeter:
    def count(self, realm_id: str, charged: list[Charge]) -> None: ...
