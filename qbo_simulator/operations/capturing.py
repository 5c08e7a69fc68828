"""Change data capture: what changed since a moment."""

from __future__ import annotations

from datetime import datetime, timedelta

import orjson

from ..answers import Answer
from ..books import Books
from ..clock import parse_moment, stamp, stamp_with_ms
from ..entities import entity_named
from ..entities.spec import Entity
from ..faults import (
    INVALID_DATE,
    REQUIRED_MISSING,
    UNSUPPORTED,
    refuse,
)
from .incoming import Incoming
from .querying import page_of

CDC_DAYS = 30
CDC_OBJECTS = 1000


def changes(call: Incoming) -> Answer:
    responses = cdc_responses(
        call.books,
        call.parameters.get("entities", ""),
        call.parameters.get("changedSince", call.parameters.get("changedsince", "")),
        at=call.at,
    )
    content = b'{"CDCResponse":[{"QueryResponse":[%s]}],"time":"%s"}' % (
        b",".join(responses),
        stamp_with_ms(call.at).encode(),
    )
    return Answer(content)


def cdc_responses(books: Books, names: str, since: str, *, at: datetime) -> list[bytes]:
    """Return one part per entity asked for, at most 1000 objects in all."""
    entities = [_tracked(name.strip()) for name in names.split(",") if name.strip()]
    if not entities:
        raise refuse(REQUIRED_MISSING, "Required parameter entities is missing in the request", "entities")
    moment = _since(since, at)
    room, parts = CDC_OBJECTS, []
    for entity in entities:
        rows = books.changed_since(entity, moment, most=room)
        room -= len(rows)
        gone = books.deleted_since(entity, moment, most=room)
        room -= len(gone)
        rows += [_grave(id, at) for id, at in gone]
        parts.append(page_of(entity, rows, start=1))
    return parts


def _grave(id: str, at: datetime) -> bytes:
    return orjson.dumps(
        {"domain": "QBO", "status": "Deleted", "Id": id, "MetaData": {"LastUpdatedTime": stamp(at)}}
    )


def _tracked(name: str) -> Entity:
    entity = entity_named(name)
    if entity is None or not entity.in_cdc:
        raise refuse(UNSUPPORTED, f"Operation cdc is not supported for entity {name}.")
    return entity


def _since(text: str, at: datetime) -> datetime:
    if not text:
        raise refuse(
            REQUIRED_MISSING,
            "Required parameter changedSince is missing in the request",
            "changedSince",
        )
    try:
        moment = parse_moment(text)
    except (ValueError, OverflowError):
        raise refuse(INVALID_DATE, f"Invalid Date : {text}", "changedSince") from None
    if moment < at - timedelta(days=CDC_DAYS):
        raise refuse(
            UNSUPPORTED,
            f"Operation cdc with changedSince date {text} older than {CDC_DAYS} days is not supported.",
        )
    return moment
