"""What the v3 API does with a call: query, read, write, CDC, batch. Knows no HTTP server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from .answers import Answer, json_answer
from .books import Books
from .clock import parse_moment, stamp_with_ms
from .entities import ENTITIES, entity_named
from .entities.spec import Body, Entity
from .faults import (
    BATCH_TOO_LARGE,
    INVALID_DATE,
    OBJECT_NOT_FOUND,
    QUERY_INVALID,
    REQUIRED_MISSING,
    STRING_LENGTH,
    UNKNOWN_PROPERTY,
    UNSUPPORTED,
    Complaint,
    Fault,
    not_simulated,
    refuse,
)
from .query.grammar import Query, parse
from .query.meaning import columns_of, project, selection_of
from .writing import write

LONGEST_REQUEST_ID = 50
CDC_DAYS = 30
CDC_OBJECTS = 1000
BATCH_ITEMS = 30


@dataclass(frozen=True)
class Incoming:
    """A call that was let in: whose books, what, and when."""

    books: Books
    realm: str
    method: str
    steps: tuple[str, ...]
    """The path below the company, cut at its slashes."""
    parameters: Mapping[str, str]
    body: bytes
    at: datetime

    @property
    def first(self) -> str:
        return self.steps[0].lower() if self.steps else ""


def answer(call: Incoming) -> Answer:
    """Do what a call asks. Raises Fault."""
    special = _SPECIAL.get((call.method, call.first))
    if special is not None and len(call.steps) == 1:
        return special(call)
    entity = entity_named(call.first)
    if entity is None:
        raise not_simulated(f"{call.method} /{'/'.join(call.steps)}")
    if call.method == "GET":
        return _read(call, entity)
    if call.method == "POST" and len(call.steps) == 1:
        return _write(call, entity)
    raise not_simulated(f"{call.method} /{'/'.join(call.steps)}")


def kind_of_call(method: str, steps: tuple[str, ...], body: bytes) -> tuple[str, str]:
    """Say what a call is, for the log: its kind and the entity it is about."""
    first = steps[0].lower() if steps else ""
    if first in ("query", "cdc", "batch"):
        return first, ""
    entity = entity_named(first)
    name = entity.name if entity else first
    if method == "GET":
        return "read", name
    return ("update" if _names_an_id(body) else "create"), name


def _names_an_id(body: bytes) -> bool:
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return isinstance(given, dict) and bool(given.get("Id"))


# Query


def statement_of(method: str, parameters: Mapping[str, str], body: bytes) -> str:
    """Return the query statement: the body of a POST, else the `query` parameter."""
    if method == "POST" and body.strip():
        try:
            return body.decode().strip()
        except UnicodeDecodeError:
            raise refuse(UNSUPPORTED, "Bad request: the statement is not UTF-8.") from None
    return parameters.get("query", "").strip()


def _query(call: Incoming) -> Answer:
    statement = statement_of(call.method, call.parameters, call.body)
    if not statement:
        raise refuse(REQUIRED_MISSING, "Required parameter query is missing in the request", "query")
    response = query_response(call.books, statement, at=call.at)
    return Answer(b'{"QueryResponse":%s,"time":"%s"}' % (response, stamp_with_ms(call.at).encode()))


def query_response(books: Books, statement: str, *, at: datetime) -> bytes:
    """Return the inside of a QueryResponse as JSON text."""
    query = parse(statement)
    entity = _queried(query)
    selection = selection_of(query, entity, now=at)
    if query.counting:
        return b'{"totalCount":%d}' % books.count(selection)
    rows = books.page(selection, start=query.start, rows=query.rows)
    paths = columns_of(query, entity)
    if paths is not None:
        rows = [orjson.dumps(project(orjson.loads(row), paths)) for row in rows]
    return _page(entity, rows, start=query.start)


def _queried(query: Query) -> Entity:
    entity = entity_named(query.entity)
    if entity is None:
        raise refuse(
            QUERY_INVALID,
            f"QueryValidationError: Metadata not found for Entity : {query.entity}. "
            "This simulator does not know it.",
        )
    return entity


def _page(entity: Entity, rows: list[bytes], *, start: int) -> bytes:
    if not rows:
        return b"{}"
    # The rows are JSON already; parsing them only to write them again would be the
    # larger part of the work of a page.
    return b'{"%s":[%s],"startPosition":%d,"maxResults":%d}' % (
        entity.name.encode(),
        b",".join(rows),
        start,
        len(rows),
    )


# Read


def _read(call: Incoming, entity: Entity) -> Answer:
    if entity.singleton:
        id = "1"
    elif len(call.steps) == 2:
        id = call.steps[1]
    else:
        raise not_simulated(f"GET /{'/'.join(call.steps)}")
    raw = call.books.get_raw(entity, id)
    if raw is None:
        raise refuse(
            OBJECT_NOT_FOUND,
            "Object Not Found : Something you're trying to use has been made inactive. "
            "Check the fields with accounts, customers, items, vendors or employees.",
            entity.name,
        )
    return _envelope(entity, raw, call.at)


def _envelope(entity: Entity, raw: bytes, at: datetime) -> Answer:
    time = stamp_with_ms(at).encode()
    return Answer(b'{"%s":%s,"time":"%s"}' % (entity.name.encode(), raw, time))


# Write


def _write(call: Incoming, entity: Entity) -> Answer:
    return replaying(call, lambda: _written(call, entity))


def _written(call: Incoming, entity: Entity) -> Answer:
    operation = call.parameters.get("operation", "").lower()
    if operation not in ("", "create", "update"):
        raise refuse(UNSUPPORTED, f"Operation {operation} is not supported for {entity.name}.")
    given = json_object(call.body)
    # Some clients wrap the object in its name, as answers are.
    if list(given) == [entity.name] and isinstance(given[entity.name], dict):
        given = given[entity.name]
    kept = write(entity, call.books, given, at=call.at)
    return _envelope(entity, orjson.dumps(kept), call.at)


def replaying(call: Incoming, execute: Callable[[], Answer]) -> Answer:
    """Execute a write once for each `requestid`; a repeated one gets the first answer again."""
    request_id = call.parameters.get("requestid", "")
    if not request_id:
        return execute()
    if len(request_id) > LONGEST_REQUEST_ID:
        raise refuse(
            STRING_LENGTH,
            "String length specified does not match the supported length. "
            f"Min:1 Max:{LONGEST_REQUEST_ID} supported. Supplied length: {len(request_id)}",
            "requestid",
        )
    known = call.books.replay(request_id)
    if known is not None:
        return Answer(known[1], known[0])
    with call.books.transaction():
        made = execute()
        call.books.remember(request_id, made.status, made.content)
    return made


def json_object(body: bytes) -> Body:
    """Read a request's body. Raises Fault when it is not a JSON object in UTF-8."""
    try:
        body.decode()
        given = orjson.loads(body)
    except UnicodeDecodeError:
        raise refuse(UNSUPPORTED, "Unsupported Operation : the body is not UTF-8.") from None
    except orjson.JSONDecodeError as error:
        raise Fault([Complaint(UNKNOWN_PROPERTY, f"Property Name:{error}")]) from None
    if not isinstance(given, dict):
        raise refuse(UNKNOWN_PROPERTY, "Property Name:an object was expected")
    return given


# Change data capture


def _cdc(call: Incoming) -> Answer:
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
        parts.append(_page(entity, rows, start=1))
    return parts


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


# Batch


def _batch(call: Incoming) -> Answer:
    return replaying(call, lambda: _batched(call))


def _batched(call: Incoming) -> Answer:
    items = json_object(call.body).get("BatchItemRequest")
    if not isinstance(items, list) or not items:
        raise refuse(
            REQUIRED_MISSING,
            "Required parameter BatchItemRequest is missing in the request",
            "BatchItemRequest",
        )
    if len(items) > BATCH_ITEMS:
        raise refuse(
            BATCH_TOO_LARGE,
            f"Batch size exceeded : {len(items)} items were sent, {BATCH_ITEMS} are allowed.",
        )
    responses = [_batch_item(call, item) for item in items]
    return json_answer({"BatchItemResponse": responses, "time": stamp_with_ms(call.at)})


def _batch_item(call: Incoming, item: Any) -> Body:
    id = item.get("bId", "") if isinstance(item, dict) else ""
    try:
        return {**_batch_result(call, item), "bId": id}
    except Fault as fault:
        return {"Fault": fault.body(), "bId": id}


def _batch_result(call: Incoming, item: Any) -> Body:
    if not isinstance(item, dict):
        raise refuse(UNKNOWN_PROPERTY, "Property Name:BatchItemRequest is not an object")
    if "Query" in item:
        response = query_response(call.books, str(item["Query"]), at=call.at)
        return {"QueryResponse": orjson.loads(response)}
    named = [(e, item[e.name]) for e in ENTITIES if e.name in item]
    operation = str(item.get("operation", "")).lower()
    if not named or operation not in ("create", "update"):
        what = next((k for k in item if k not in ("bId", "operation", "optionsData")), "nothing")
        raise not_simulated(f"{operation or 'batch'} {what}")
    entity, given = named[0]
    if not isinstance(given, dict):
        raise refuse(UNKNOWN_PROPERTY, f"Property Name:{entity.name} is not an object")
    return {entity.name: write(entity, call.books, given, at=call.at)}


_SPECIAL: dict[tuple[str, str], Callable[[Incoming], Answer]] = {
    ("GET", "query"): _query,
    ("POST", "query"): _query,
    ("GET", "cdc"): _cdc,
    ("POST", "batch"): _batch,
}
