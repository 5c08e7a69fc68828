"""The bodies of notifications: an array of CloudEvents, or the older eventNotifications."""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from .happenings import Happening

_VERBS = {
    "Create": "created",
    "Update": "updated",
    "Delete": "deleted",
    "Merge": "merged",
    "Void": "voided",
    "Emailed": "emailed",
}
_NAMESPACE = uuid.UUID("6f1a54a1-5f5e-4b4e-9d43-54c1bd3a8a11")


def cloud_events(happenings: Sequence[Happening], *, client_id: str) -> bytes:
    """Write one event after the other, whatever company it is of."""
    return orjson.dumps([_cloud_event(h, source=source(client_id)) for h in happenings])


def lean_cloud_events(happenings: Sequence[Happening], *, client_id: str) -> bytes:
    """Write them without what a sender may leave out: the content type, and data where there is none."""
    events = [_cloud_event(h, source=source(client_id)) for h in happenings]
    return orjson.dumps([_lean(event) for event in events])


def event_notifications(happenings: Sequence[Happening], *, client_id: str) -> bytes:
    """Write the older format: the events of each company together."""
    realms = dict.fromkeys(h.realm for h in happenings)
    notifications = [
        {
            "realmId": realm,
            "dataChangeEvent": {"entities": [_entity(h) for h in happenings if h.realm == realm]},
        }
        for realm in realms
    ]
    return orjson.dumps({"eventNotifications": notifications})


FORMATS: dict[str, Callable[..., bytes]] = {
    "cloudevents": cloud_events,
    "cloudevents-lean": lean_cloud_events,
    "legacy": event_notifications,
}


def source(client_id: str) -> str:
    """Return what stands for the app as the source of its events."""
    return "intuit." + base64.b64encode(hashlib.sha256(client_id.encode()).digest()).decode()


def event_id(happening: Happening) -> str:
    """Return an id that is the same whenever the event is told again."""
    return str(uuid.uuid5(_NAMESPACE, f"{happening.realm} {happening.number}"))


def _cloud_event(happening: Happening, *, source: str) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": event_id(happening),
        "source": source,
        "type": f"qbo.{happening.entity.lower()}.{_VERBS[happening.operation]}.v1",
        "datacontenttype": "application/json",
        "time": _zulu(happening.at),
        "intuitentityid": happening.id,
        "intuitaccountid": happening.realm,
        "data": {} if happening.deleted_id is None else {"deletedid": happening.deleted_id},
    }


def _lean(event: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if value and name != "datacontenttype"}


def _entity(happening: Happening) -> dict[str, str]:
    told = {
        "name": happening.entity,
        "id": happening.id,
        "operation": happening.operation,
        "lastUpdated": _zulu(happening.at),
    }
    return told if happening.deleted_id is None else {**told, "deletedId": happening.deleted_id}


def _zulu(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"
