"""Read what QuickBooks answers when all went well, and notice when it only looks as if it had."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
import requests

from integrations.quickbooks.errors import not_understood
from integrations.quickbooks.faults import fault_in

Payload = dict[str, Any]


def as_it_came(response: requests.Response) -> requests.Response:
    return response


def as_bytes(response: requests.Response) -> bytes:
    """Return the body of a JSON answer; a fault or a page of HTML under status 200 raises."""
    body = response.content
    # A query's answer begins with its only key; whatever does not may be a fault in disguise.
    if not body.startswith(b'{"QueryResponse"'):
        parsed(response)
    return body


def parsed(response: requests.Response) -> Payload:
    answer = loads(response.content, intuit_tid=response.headers.get("intuit_tid", ""))
    if "Fault" in answer or answer.get("fault"):
        raise fault_in(response.status_code, response.headers, response.content)
    return answer


def loads(body: bytes, *, intuit_tid: str = "") -> Payload:
    """Parse a JSON object; bytes that are no UTF-8 and halves of emoji become replacement characters."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        answer = _loads_leniently(body, intuit_tid)
    if not isinstance(answer, dict):
        raise not_understood(intuit_tid=intuit_tid)
    return answer


def _loads_leniently(body: bytes, intuit_tid: str) -> Any:
    try:
        answer = json.loads(body.decode("utf-8", "replace"))
    except ValueError:
        raise not_understood(intuit_tid=intuit_tid) from None
    whole = json.dumps(answer, ensure_ascii=False).encode("utf-16", "surrogatepass")
    return json.loads(whole.decode("utf-16", "replace"))


def rows_in(entity: str, answer: Payload) -> list[Payload]:
    """Return a query answer's rows. No rows come as no key at all."""
    rows: list[Payload] = answer.get("QueryResponse", {}).get(entity, [])
    return rows


CDC_LIMIT = 1000
"""Objects in one change-data answer; one that is full is incomplete and cannot be continued."""


@dataclass(frozen=True)
class Changes:
    """What changed since a moment."""

    rows: dict[str, list[Payload]] = field(default_factory=dict)
    """Whole objects by entity, inactive ones included; an entity without changes has an empty list."""
    deleted: dict[str, list[str]] = field(default_factory=dict)
    """Ids of deleted objects by entity."""
    is_full: bool = False
    """Whether the answer reached its limit: read by query instead, and leave the cursor where it is."""
    answered_at: datetime | None = None
    """QuickBooks' own clock, for the next cursor."""


def changes_in(entities: Iterable[str], answer: Payload) -> Changes:
    rows: dict[str, list[Payload]] = {entity: [] for entity in entities}
    deleted: dict[str, list[str]] = {entity: [] for entity in rows}
    for block in _blocks(answer):
        for entity in block.keys() & rows.keys():
            for one in block[entity]:
                if one.get("status") == "Deleted":
                    deleted[entity].append(str(one["Id"]))
                else:
                    rows[entity].append(one)
    seen = sum(map(len, rows.values())) + sum(map(len, deleted.values()))
    return Changes(rows, deleted, seen >= CDC_LIMIT, _moment(answer.get("time")))


def _blocks(answer: Payload) -> Iterable[Payload]:
    """An entity without changes stands as an empty object in its place."""
    for part in answer.get("CDCResponse", []):
        yield from part.get("QueryResponse", [])


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
