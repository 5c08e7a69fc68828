"""Queries: a statement in, rows out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import orjson

from ..answers import Answer
from ..books import Books
from ..clock import stamp_with_ms
from ..entities import TAX_CODE, entity_named
from ..entities.spec import Entity
from ..faults import (
    QUERY_INVALID,
    REQUIRED_MISSING,
    UNSUPPORTED,
    Fault,
    refuse,
)
from ..query.grammar import Query, parse
from ..query.meaning import columns_of, project, selection_of
from ..rules.company import is_in_the_us
from .incoming import Incoming
from .reading import linked


def statement_of(method: str, parameters: Mapping[str, str], body: bytes) -> str:
    """Return the query statement: the body of a POST, else the `query` parameter."""
    if method == "POST" and body.strip():
        try:
            return body.decode().strip()
        except UnicodeDecodeError:
            raise refuse(UNSUPPORTED, "Bad request: the statement is not UTF-8.") from None
    return parameters.get("query", "").strip()


def query(call: Incoming) -> Answer:
    statement = statement_of(call.method, call.parameters, call.body)
    if not statement:
        raise refuse(REQUIRED_MISSING, "Required parameter query is missing in the request", "query")
    response = query_response(
        call.books, statement, at=call.at, finish=lambda entity, row: linked(call, entity, row)
    )
    return Answer(b'{"QueryResponse":%s,"time":"%s"}' % (response, stamp_with_ms(call.at).encode()))


def is_search(call: Incoming) -> bool:
    """Tell whether a call is a query for which every row of a large company may be looked at."""
    if call.first != "query" or not call.books.is_large:
        return False
    try:
        parsed = parse(statement_of(call.method, call.parameters, call.body))
        selection = selection_of(parsed, _queried(parsed), now=call.at)
    except Fault:
        return False
    is_counted = parsed.counting and selection.is_whole
    return not (selection.along or selection.is_led or is_counted)


def query_response(
    books: Books, statement: str, *, at: datetime, finish: Callable[[Entity, bytes], bytes] | None = None
) -> bytes:
    """Return the inside of a QueryResponse as JSON text; `finish` adds to whole objects."""
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
    elif finish is not None:
        rows = [finish(entity, row) for row in rows]
    return page_of(entity, rows, start=query.start)


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


def page_of(entity: Entity, rows: list[bytes], *, start: int) -> bytes:
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
