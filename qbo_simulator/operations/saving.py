"""Everything that changes the books, once for each request id."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import orjson

from ..answers import Answer, json_answer
from ..attaching import upload
from ..bookkeeping import send
from ..books import Books
from ..clock import stamp_with_ms
from ..entities.spec import Body, Entity
from ..faults import (
    UNSUPPORTED,
    not_simulated,
    refuse,
)
from ..rules.company import check_subscription
from ..taxservice import make_tax_code
from ..templates import delete_template, write_template
from ..writing import delete, void, write
from .incoming import Incoming, json_object, too_long
from .reading import envelope, linked

LONGEST_REQUEST_ID = 50


def save(call: Incoming, entity: Entity) -> Answer:
    return replaying(call, lambda: _written(call, entity))


def _written(call: Incoming, entity: Entity) -> Answer:
    given = json_object(call.body)
    # Some clients wrap the object in its name, as answers are.
    if len(given) == 1 and isinstance(inner := next(iter(given.values())), dict):
        given = inner if next(iter(given)) in (entity.name, entity.json_key) else given
    kept = do(call.books, entity, given, call.parameters.get("operation", ""), call.wishes, at=call.at)
    return envelope(entity, linked(call, entity, orjson.dumps(kept)), call.at)


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


def send_form(call: Incoming, entity: Entity) -> Answer:
    if not entity.sendable:
        raise not_simulated(f"POST /{'/'.join(call.steps)}")
    return replaying(call, lambda: _sent(call, entity))


def _sent(call: Incoming, entity: Entity) -> Answer:
    check_subscription(call.books)
    to = call.parameters.get("sendTo", "")
    kept = send(call.books, entity, call.steps[1], to=to, at=call.at)
    return envelope(entity, orjson.dumps(kept), call.at)


def upload_file(call: Incoming) -> Answer:
    return replaying(call, lambda: _uploaded(call))


def _uploaded(call: Incoming) -> Answer:
    check_subscription(call.books)
    answers = upload(call.books, call.body, call.content_type, at=call.at, here=call.here, realm=call.realm)
    return json_answer({"AttachableResponse": answers, "time": stamp_with_ms(call.at)})


def tax_service(call: Incoming) -> Answer:
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
