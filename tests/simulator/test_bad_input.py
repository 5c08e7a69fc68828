"""Whatever is sent instead of a proper object gets a fault of QuickBooks' own, and changes nothing."""

from __future__ import annotations

import random
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qbo_simulator.books import Books
from qbo_simulator.entities import ENTITIES
from qbo_simulator.faults import Fault
from qbo_simulator.operations import Incoming, answer
from qbo_simulator.simulator import CRAIG_HOLT, Simulator

ODD: tuple[Any, ...] = (
    *(None, "", 0, -1, 1e308, 10**15, True, "true", "x" * 5000, "NaN", "1e999", "2026-13-01", "\x00"),
    *([], {}, [1], [None], [[]], {"a": 1}, {"value": None}, {"value": {}}, {"value": "12"}, {"value": "TAX"}),
    [{"Amount": "abc"}],
    [{"DetailType": "GroupLineDetail"}],
    [{"DetailType": "SalesItemLineDetail", "Amount": 5, "SalesItemLineDetail": None}],
)
WAYS: tuple[dict[str, str], ...] = (
    {},
    {"operation": "delete"},
    {"operation": "void"},
    {"operation": "update", "include": "void"},
    {"include": "allowduplicatedocnum,invoiceLink"},
)


class Undo(Exception):
    """Raised to take back what a request did, so that every one meets the same books."""


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    simulator = Simulator(tmp_path_factory.mktemp("bad_input"))
    yield simulator.books(CRAIG_HOLT)
    simulator.close()


def spoiled(value: Any, dice: random.Random) -> Any:
    """Return a value with one thing in it missing or replaced by something odd."""
    if dice.random() < 0.2 or not isinstance(value, dict | list) or not value:
        return deepcopy(dice.choice(ODD))
    copy = deepcopy(value)
    key = dice.choice(list(copy)) if isinstance(copy, dict) else dice.randrange(len(copy))
    if isinstance(copy, dict) and dice.random() < 0.2:
        del copy[key]
    else:
        copy[key] = spoiled(copy[key], dice)
    return copy


def call(books: Books, path: str, body: Any, parameters: dict[str, str]) -> None:
    content = orjson.dumps(body)
    try:
        with books.transaction():
            answer(Incoming(books, CRAIG_HOLT, "POST", (path,), parameters, content, datetime.now(UTC)))
            raise Undo
    except (Undo, Fault):
        pass


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), way=st.sampled_from(WAYS), times=st.integers(1, 3), new=st.booleans())
def test_a_spoiled_object_is_answered_by_a_fault_at_most(
    there: Books, seed: int, way: dict[str, str], times: int, new: bool
) -> None:
    dice = random.Random(seed)
    entity = dice.choice(ENTITIES)
    body: Any = dice.choice(there.all_named(entity.name))
    if new:
        body.pop("Id", None)
    for _ in range(times):
        body = spoiled(body, dice)
    before = there.counts()
    call(there, entity.name.lower(), body, way)
    call(
        there, "batch", {"BatchItemRequest": [{"bId": "1", "operation": "create", entity.json_key: body}]}, {}
    )
    assert there.counts() == before
