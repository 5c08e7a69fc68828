"""Batches: up to thirty items, each undone by itself when it fails."""

from __future__ import annotations

from typing import Any

import orjson

from ..answers import Answer, json_answer
from ..clock import stamp_with_ms
from ..entities import ENTITIES
from ..entities.spec import Body
from ..faults import (
    BATCH_TOO_LARGE,
    REQUIRED_MISSING,
    UNKNOWN_PROPERTY,
    Fault,
    not_simulated,
    refuse,
)
from .capturing import cdc_responses
from .incoming import Incoming, json_object, too_long
from .querying import query_response
from .saving import do, replaying

LONGEST_BATCH_REQUEST_ID = 36
LONGEST_BATCH_ITEM_ID = 10
BATCH_ITEMS = 30


def batch(call: Incoming) -> Answer:
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
        responses = _with_room([_batch_item(call, item) for item in items], call.most_objects)
    return json_answer({"BatchItemResponse": responses, "time": stamp_with_ms(call.at)})


def _with_room(responses: list[Body], most: int | None) -> list[Body]:
    """Keep the answers that fit and refuse the others. Intuit says how many, not what happens then."""
    held, kept = 0, []
    for response in responses:
        size = _objects_in(response)
        if most is not None and held + size > most:
            refusal = refuse(
                BATCH_TOO_LARGE, f"Batch size exceeded : an answer holds {most} objects at most."
            )
            kept.append({"Fault": refusal.body(), "bId": response["bId"]})
            continue
        held += size
        kept.append(response)
    return kept


def _objects_in(response: Body) -> int:
    parts = [response.get("QueryResponse", {})]
    for changes in response.get("CDCResponse", []):
        parts += changes["QueryResponse"]
    return sum(len(rows) for part in parts for rows in part.values() if isinstance(rows, list))


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
