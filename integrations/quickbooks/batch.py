"""Several writes in one call, each taken or refused by itself. Pure: composes the call, reads the answer.

Source: Intuit, "Batch operations", read 2026-11. The answer has status 200 though every item failed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import orjson

from integrations.quickbooks.answers import Payload
from integrations.quickbooks.errors import QuickBooksError, not_understood
from integrations.quickbooks.faults import as_error, complaints_in

MOST_ITEMS = 30
LONGEST_ITEM_ID = 10
"""Of a batch with a request id."""


class Verb(StrEnum):
    CREATE = "create"
    UPDATE = "update"


@dataclass(frozen=True)
class Item:
    id: str
    """Tells the items of one batch apart; QuickBooks answers in any order."""
    verb: Verb
    entity: str
    """QuickBooks' own name of it, as Customer."""
    body: Payload


@dataclass(frozen=True)
class Results:
    """What became of each item, by its id."""

    written: dict[str, Payload] = field(default_factory=dict)
    """Whole objects as QuickBooks stores them now."""
    refused: dict[str, QuickBooksError] = field(default_factory=dict)


def composed(items: Sequence[Item]) -> bytes:
    """Return the body of a batch: the same bytes for the same items. Raises ValueError."""
    ids = [item.id for item in items]
    if not 0 < len(items) <= MOST_ITEMS:
        raise ValueError(f"A batch holds 1 to {MOST_ITEMS} items, not {len(items)}.")
    if len(set(ids)) != len(ids) or any(not 0 < len(id) <= LONGEST_ITEM_ID for id in ids):
        raise ValueError(f"Each item needs an id of its own of at most {LONGEST_ITEM_ID} characters.")
    requests = [{"bId": item.id, "operation": item.verb, item.entity: item.body} for item in items]
    return orjson.dumps({"BatchItemRequest": requests}, option=orjson.OPT_SORT_KEYS)


def results_in(body: bytes, answer: Payload, *, intuit_tid: str = "") -> Results:
    """Return the answer of each item that ``body`` asked for; an item left without one is not understood.

    Raises Unavailable where the answer is not that of a batch.
    """
    results = Results()
    responses = answer.get("BatchItemResponse")
    if not isinstance(responses, list):
        raise not_understood(intuit_tid=intuit_tid)
    answered = {str(one.get("bId", "")): one for one in responses if isinstance(one, dict)}
    for asked in orjson.loads(body)["BatchItemRequest"]:
        _read(results, asked["bId"], _entity(asked), answered.get(asked["bId"], {}), intuit_tid)
    return results


def _read(results: Results, id: str, entity: str, one: Payload, intuit_tid: str) -> None:
    if isinstance(one.get(entity), dict):
        results.written[id] = one[entity]
    elif one.get("Fault") or one.get("fault"):
        results.refused[id] = as_error(
            200, complaints_in(orjson.dumps(one)), headers={"intuit_tid": intuit_tid}
        )
    else:
        results.refused[id] = not_understood(intuit_tid=intuit_tid)


def _entity(asked: Payload) -> str:
    return next(key for key in asked if key not in ("bId", "operation"))
