"""What QuickBooks' webhooks say, and whether it is QuickBooks that says it. Pure functions.

Source: Intuit's webhook pages and the CloudEvents announcement of November 2025, read 2026-11.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson


class Malformed(ValueError):
    """A body that is neither an array of CloudEvents nor the older eventNotifications."""


@dataclass(frozen=True)
class Event:
    """One record of which QuickBooks says that something became of it."""

    realm_id: str
    remote: str
    """QuickBooks' name of the entity in lower case; the two formats differ in case."""
    remote_id: str
    operation: str
    happened_at: datetime | None


def is_signed(body: bytes, signature: str, *, verifier: str) -> bool:
    """Return whether the raw body carries the signature that only QuickBooks and we can make."""
    if not verifier:
        return False
    made = base64.b64encode(hmac.new(verifier.encode(), body, hashlib.sha256).digest())
    return hmac.compare_digest(made, signature.strip().encode())


def events_in(body: bytes) -> list[Event]:
    """Return the events of a delivery, of all its companies. Raises Malformed.

    An event that names no record that can be is passed over: refusing it would hold back those beside it
    and those that follow.
    """
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError as problem:
        raise Malformed from problem
    if isinstance(said, dict) and "specversion" in said:
        said = [said]
    if isinstance(said, list):
        found = [event for one in said if isinstance(one, dict) for event in _cloud_event(one)]
    elif isinstance(said, dict) and isinstance(said.get("eventNotifications"), list):
        found = [
            event for one in said["eventNotifications"] if isinstance(one, dict) for event in _older(one)
        ]
    else:
        raise Malformed
    return [event for event in found if event.realm_id and event.remote and _may_be_an_id(event.remote_id)]


LONGEST_ID, LONGEST_OPERATION = 64, 20


def _may_be_an_id(text: str) -> bool:
    return 0 < len(text) <= LONGEST_ID and text.isprintable()


def _cloud_event(said: dict[str, Any]) -> Iterator[Event]:
    """Read one whose type is like ``qbo.customer.created.v1``."""
    parts = str(said.get("type") or "").lower().split(".")
    if len(parts) < 3 or parts[0] != "qbo":
        return
    remote, operation = parts[1], parts[2]
    data = said.get("data")
    lost = data.get("deletedid") if isinstance(data, dict) else None
    yield from _both(
        said.get("intuitaccountid"), remote, said.get("intuitentityid"), lost, operation, said.get("time")
    )


_OPERATIONS = {
    "create": "created",
    "update": "updated",
    "delete": "deleted",
    "merge": "merged",
    "void": "voided",
}
"""The older words in those of CloudEvents."""


def _older(said: dict[str, Any]) -> Iterator[Event]:
    change = said.get("dataChangeEvent")
    entities = change.get("entities") if isinstance(change, dict) else None
    for one in entities if isinstance(entities, list) else ():
        if isinstance(one, dict):
            operation = str(one.get("operation") or "").lower()
            yield from _both(
                said.get("realmId"),
                str(one.get("name") or "").lower(),
                one.get("id"),
                one.get("deletedId"),
                _OPERATIONS.get(operation, operation),
                one.get("lastUpdated"),
            )


def _both(realm: Any, remote: str, id: Any, lost: Any, operation: str, at: Any) -> Iterator[Event]:
    """Of a merge, tell of the record that stayed and of the one that is gone."""
    happened_at = _moment(at)
    # One we do not know is read like any other: what it is called does not matter.
    operation = operation[:LONGEST_OPERATION] if operation.isprintable() else ""
    yield Event(str(realm or ""), remote, str(id or ""), operation, happened_at)
    if lost:
        yield Event(str(realm or ""), remote, str(lost), "deleted", happened_at)


def _moment(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
