"""What the v3 API does with a call: query, read, write, CDC, batch. Knows no HTTP server."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from .answers import PDF, TEXT, Answer, json_answer
from .attaching import download_address, upload
from .bookkeeping import send
from .books import Books
from .clock import parse_moment, stamp, stamp_with_ms
from .entities import ENTITIES, TAX_CODE, entity_named
from .entities.spec import Body, Entity
from .faults import (
    BATCH_TOO_LARGE,
    INVALID_DATE,
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
from .pdf import form_as_pdf
from .query.grammar import Query, parse
from .query.meaning import columns_of, project, selection_of
from .rules.company import check_subscription, home_currency, is_in_the_us, rate_noted
from .taxservice import make_tax_code
from .templates import delete_template, write_template
from .writing import delete, not_found, void, write

LONGEST_REQUEST_ID = 50
LONGEST_BATCH_REQUEST_ID = 36
LONGEST_BATCH_ITEM_ID = 10
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
    content_type: str = ""
    here: str = ""
    """The simulator's own address, for links in answers."""

    @property
    def first(self) -> str:
        return self.steps[0].lower() if self.steps else ""

    @property
    def wishes(self) -> frozenset[str]:
        """What `include` asks for."""
        return frozenset(
            w.strip() for w in self.parameters.get("include", "").lower().split(",") if w.strip()
        )


def answer(call: Incoming) -> Answer:
    """Do what a call asks. Raises Fault."""
    special = _SPECIAL.get((call.method, "/".join(call.steps).lower()))
    if special is not None:
        return special(call)
    entity = entity_named(call.first)
    if call.method == "GET" and call.first == "download" and len(call.steps) == 2:
        return Answer(download_address(call.books, call.steps[1]).encode(), media_type=TEXT)
    if entity is not None:
        deed = _DEEDS.get((call.method, _shape(call)))
        if deed is not None:
            return deed(call, entity)
    raise not_simulated(f"{call.method} /{'/'.join(call.steps)}")


def _shape(call: Incoming) -> str:
    """Return the form of a path after the entity: "", "id", or "id/" and a word."""
    if len(call.steps) == 3:
        return f"id/{call.steps[2].lower()}"
    return {1: "", 2: "id"}.get(len(call.steps), "?")


def kind_of_call(method: str, steps: tuple[str, ...], body: bytes, operation: str = "") -> tuple[str, str]:
    """Say what a call is, for the log: its kind and the entity it is about."""
    first = steps[0].lower() if steps else ""
    if first in ("query", "cdc", "batch"):
        return first, ""
    entity = entity_named("Attachable" if first in ("upload", "download") else first)
    name = entity.name if entity else first
    if method == "GET":
        return ("pdf" if steps[2:] == ("pdf",) else "read"), name
    if operation == "delete":
        return "delete", name
    if steps[2:] == ("send",):
        return "update", name
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
    start, count = _with_pseudo_codes(books, entity, query)
    rows = books.page(selection, start=start, rows=count)
    paths = columns_of(query, entity)
    if paths is not None:
        rows = [orjson.dumps(project(orjson.loads(row), paths)) for row in rows]
    return _page(entity, rows, start=query.start)


PSEUDO_CODES = ("TAX", "NON", "CustomSalesTax")


def _with_pseudo_codes(books: Books, entity: Entity, query: Query) -> tuple[int, int]:
    """Return the rows to read: with the American codes that QuickBooks adds to every first page."""
    if entity is not TAX_CODE or query.conditions or not is_in_the_us(books):
        return query.start, query.rows
    added = len(PSEUDO_CODES)
    return (1, query.rows + added) if query.start == 1 else (query.start + added, query.rows)


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
        entity.json_key.encode(),
        b",".join(rows),
        start,
        len(rows),
    )


# Read


def _read(call: Incoming, entity: Entity) -> Answer:
    raw = call.books.get_raw(entity, "1" if entity.singleton else call.steps[1])
    if raw is None:
        raise not_found(entity)
    return _envelope(entity, _linked(call, entity, raw), call.at)


def _read_whole(call: Incoming, entity: Entity) -> Answer:
    """Answer a path without an Id, which only some entities have."""
    if entity.singleton:
        return _read(call, entity)
    source = call.parameters.get("sourcecurrencycode", "").upper()
    if entity.name != "ExchangeRate" or not source:
        raise not_simulated(f"GET /{call.first}")
    day = call.parameters.get("asofdate") or call.at.date().isoformat()
    rate = rate_noted(call.books, source, home_currency(call.books)["value"], day)
    if rate is None:
        raise not_found(entity)
    return _envelope(entity, orjson.dumps(rate), call.at)


def _linked(call: Incoming, entity: Entity, raw: bytes) -> bytes:
    """Add the link under which the customer sees an invoice, if it was asked for and can be had."""
    if "invoicelink" not in call.wishes or entity.name != "Invoice":
        return raw
    body = orjson.loads(raw)
    payable = body.get("AllowOnlineCreditCardPayment") or body.get("AllowOnlineACHPayment")
    if not payable or not body.get("BillEmail"):
        return raw
    key = hashlib.sha256(f"{call.realm}/{body['Id']}".encode()).hexdigest()
    body["InvoiceLink"] = f"https://connect.intuit.com/t/scs-v1-{key}?locale=en_US&cta=v3invoicelink"
    return orjson.dumps(body)


def _envelope(entity: Entity, raw: bytes, at: datetime) -> Answer:
    time = stamp_with_ms(at).encode()
    return Answer(b'{"%s":%s,"time":"%s"}' % (entity.json_key.encode(), raw, time))


def _pdf(call: Incoming, entity: Entity) -> Answer:
    if not entity.printable:
        raise not_simulated(f"GET /{'/'.join(call.steps)}")
    body = call.books.get(entity, call.steps[1])
    if body is None:
        raise not_found(entity)
    info = call.books.look("CompanyInfo", "1") or {}
    return Answer(form_as_pdf(entity.name, body, company=info.get("CompanyName", "")), media_type=PDF)


# Write


def _write(call: Incoming, entity: Entity) -> Answer:
    return replaying(call, lambda: _written(call, entity))


def _written(call: Incoming, entity: Entity) -> Answer:
    given = json_object(call.body)
    # Some clients wrap the object in its name, as answers are.
    if len(given) == 1 and isinstance(inner := next(iter(given.values())), dict):
        given = inner if next(iter(given)) in (entity.name, entity.json_key) else given
    kept = do(call.books, entity, given, call.parameters.get("operation", ""), call.wishes, at=call.at)
    return _envelope(entity, _linked(call, entity, orjson.dumps(kept)), call.at)


def do(
    books: Books, entity: Entity, given: Body, operation: str, wishes: frozenset[str], *, at: datetime
) -> Body:
    """Create, update, void or delete, as the operation and the wishes say. Raises Fault."""
    operation = operation.lower()
    if operation not in ("", "create", "update", "delete", "void"):
        raise refuse(UNSUPPORTED, f"Operation {operation} is not supported for {entity.name}.")
    if entity.wrapped:
        if operation == "void":
            raise refuse(UNSUPPORTED, f"Operation void is not supported for {entity.name}.")
        return (delete_template if operation == "delete" else write_template)(books, given, at=at)
    if operation == "delete":
        return delete(entity, books, given, at=at)
    if operation == "void" or "void" in wishes:
        return void(entity, books, given, at=at)
    return write(entity, books, given, at=at, wishes=wishes)


def _send(call: Incoming, entity: Entity) -> Answer:
    if not entity.sendable:
        raise not_simulated(f"POST /{'/'.join(call.steps)}")
    return replaying(call, lambda: _sent(call, entity))


def _sent(call: Incoming, entity: Entity) -> Answer:
    check_subscription(call.books)
    to = call.parameters.get("sendTo", "")
    kept = send(call.books, entity, call.steps[1], to=to, at=call.at)
    return _envelope(entity, orjson.dumps(kept), call.at)


def _upload(call: Incoming) -> Answer:
    return replaying(call, lambda: _uploaded(call))


def _uploaded(call: Incoming) -> Answer:
    check_subscription(call.books)
    answers = upload(call.books, call.body, call.content_type, at=call.at, here=call.here, realm=call.realm)
    return json_answer({"AttachableResponse": answers, "time": stamp_with_ms(call.at)})


def _tax_service(call: Incoming) -> Answer:
    def made() -> Answer:
        code = make_tax_code(call.books, json_object(call.body), at=call.at)
        return json_answer({**code, "time": stamp_with_ms(call.at)})

    return replaying(call, made)


def replaying(
    call: Incoming, execute: Callable[[], Answer], *, longest: int = LONGEST_REQUEST_ID, besides: str = ""
) -> Answer:
    """Execute a write once for each `requestid`; a repeated one gets the first answer again."""
    request_id = call.parameters.get("requestid", "")
    if not request_id:
        return execute()
    if len(request_id) > longest:
        raise too_long(request_id, longest, "requestid")
    key = request_id + besides
    known = call.books.replay(key)
    if known is not None:
        return Answer(known[1], known[0])
    with call.books.transaction():
        made = execute()
        call.books.remember(key, made.status, made.content)
    return made


def too_long(text: str, longest: int, name: str) -> Fault:
    return refuse(
        STRING_LENGTH,
        "String length specified does not match the supported length. "
        f"Min:1 Max:{longest} supported. Supplied length: {len(text)}",
        name,
    )


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
        gone = books.deleted_since(entity, moment, most=room)
        room -= len(gone)
        rows += [_grave(id, at) for id, at in gone]
        parts.append(_page(entity, rows, start=1))
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


# Batch


def _batch(call: Incoming) -> Answer:
    items = _items(call)
    ids = [str(item.get("bId", "")) for item in items if isinstance(item, dict)]
    if call.parameters.get("requestid") and any(len(id) > LONGEST_BATCH_ITEM_ID for id in ids):
        raise too_long(max(ids, key=len), LONGEST_BATCH_ITEM_ID, "bId")
    return replaying(
        call,
        lambda: _batched(call, items),
        longest=LONGEST_BATCH_REQUEST_ID,
        besides="\n" + ",".join(ids),
    )


def _items(call: Incoming) -> list[Any]:
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
    return items


def _batched(call: Incoming, items: list[Any]) -> Answer:
    # One transaction for the file's sake; each item is still undone by itself when it fails.
    with call.books.transaction():
        responses = [_batch_item(call, item) for item in items]
    return json_answer({"BatchItemResponse": responses, "time": stamp_with_ms(call.at)})


def _batch_item(call: Incoming, item: Any) -> Body:
    id = item.get("bId", "") if isinstance(item, dict) else ""
    try:
        with call.books.transaction():
            return {**_batch_result(call, item), "bId": id}
    except Fault as fault:
        return {"Fault": fault.body(), "bId": id}


def _batch_result(call: Incoming, item: Any) -> Body:
    if not isinstance(item, dict):
        raise refuse(UNKNOWN_PROPERTY, "Property Name:BatchItemRequest is not an object")
    if "Query" in item:
        response = query_response(call.books, str(item["Query"]), at=call.at)
        return {"QueryResponse": orjson.loads(response)}
    if "CDCQuery" in item:
        return {"CDCResponse": [{"QueryResponse": _batched_changes(call, item["CDCQuery"])}]}
    named = [(e, item[key]) for e in ENTITIES for key in {e.json_key, e.name} if key in item]
    operation = str(item.get("operation", "")).lower()
    if not named or operation not in ("create", "update", "delete", "void"):
        what = next((k for k in item if k not in ("bId", "operation", "optionsData")), "nothing")
        raise not_simulated(f"{operation or 'batch'} {what}")
    entity, given = named[0]
    if not isinstance(given, dict):
        raise refuse(UNKNOWN_PROPERTY, f"Property Name:{entity.name} is not an object")
    wishes = frozenset(w.strip() for w in str(item.get("optionsData") or "").lower().split(",") if w.strip())
    return {entity.json_key: do(call.books, entity, given, operation, wishes, at=call.at)}


def _batched_changes(call: Incoming, asked: Any) -> list[Any]:
    if not isinstance(asked, dict):
        raise refuse(UNKNOWN_PROPERTY, "Property Name:CDCQuery is not an object")
    given = {name.lower(): value for name, value in asked.items()}
    names = given.get("entities", "")
    names = ",".join(str(n) for n in names) if isinstance(names, list) else str(names)
    responses = cdc_responses(call.books, names, str(given.get("changedsince", "")), at=call.at)
    return [orjson.loads(response) for response in responses]


_SPECIAL: dict[tuple[str, str], Callable[[Incoming], Answer]] = {
    ("GET", "query"): _query,
    ("POST", "query"): _query,
    ("GET", "cdc"): _cdc,
    ("POST", "batch"): _batch,
    ("POST", "upload"): _upload,
    ("POST", "taxservice/taxcode"): _tax_service,
}

_DEEDS: dict[tuple[str, str], Callable[[Incoming, Entity], Answer]] = {
    ("GET", ""): _read_whole,
    ("GET", "id"): _read,
    ("GET", "id/pdf"): _pdf,
    ("POST", ""): _write,
    ("POST", "id/send"): _send,
}
