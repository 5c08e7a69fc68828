"""Up to thirty writes in one call: composed the same each time, each item answered by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import orjson
import pytest
import requests
import responses
from hypothesis import given
from hypothesis import strategies as st

from integrations.quickbooks import (
    DuplicateName,
    FixedGrant,
    Item,
    NotFound,
    QuickBooks,
    QuickBooksError,
    ReadOnlyCompany,
    Refused,
    Stale,
    Throttled,
    Unavailable,
    Verb,
    composed,
    environment,
    problems_in,
)
from integrations.quickbooks.batch import results_in
from tests.gateway.conftest import COMPANY, PausesNoted, Tally
from tests.gateway.test_faults import NGINX, THROTTLED
from tests.processes import Simulator

BATCH = f"{COMPANY}/batch"
THROTTLED_JSON = b'{"fault":{"error":[{"message":"message=ThrottleExceeded; errorCode=003001; statusCode=429","code":"3001"}]}}'


def customer(id: str, name: str) -> Item:
    return Item(id, Verb.CREATE, "Customer", {"DisplayName": name})


def refusal(id: str, code: str) -> dict[str, Any]:
    error = {"Message": "No", "Detail": f"no to {id}", "code": code, "element": ""}
    return {"bId": id, "Fault": {"type": "ValidationFault", "Error": [error]}}


def test_a_batch_is_composed_the_same_way_whatever_order_the_fields_came_in() -> None:
    one = composed([Item("1", Verb.UPDATE, "Customer", {"Id": "5", "SyncToken": "0", "sparse": True})])
    other = composed([Item("1", Verb.UPDATE, "Customer", {"sparse": True, "SyncToken": "0", "Id": "5"})])
    assert one == other
    assert json.loads(one) == {
        "BatchItemRequest": [
            {"bId": "1", "operation": "update", "Customer": {"Id": "5", "SyncToken": "0", "sparse": True}}
        ]
    }


@pytest.mark.parametrize(
    "items",
    [
        [],
        [customer(str(number), "Amy") for number in range(31)],
        [customer("1", "Amy"), customer("1", "Bob")],
        [customer("12345678901", "Amy")],
        [customer("", "Amy")],
    ],
    ids=["none", "too many", "one id twice", "id too long", "no id"],
)
def test_what_quickbooks_would_not_take_as_a_batch_is_not_composed(items: list[Item]) -> None:
    with pytest.raises(ValueError):
        composed(items)


def test_each_item_is_answered_by_its_id_in_whatever_order() -> None:
    body = composed([customer(str(number), f"Amy {number}") for number in range(1, 8)])
    answer = {
        "BatchItemResponse": [
            refusal("2", "6240"),
            {"Customer": {"Id": "9", "DisplayName": "Amy 1"}, "bId": "1"},
            refusal("5", "6190"),
            refusal("3", "5010"),
            refusal("4", "610"),
            refusal("6", "2050"),
        ]
    }
    results = results_in(body, answer)
    assert results.written == {"1": {"Id": "9", "DisplayName": "Amy 1"}}
    assert {id: type(error) for id, error in results.refused.items()} == {
        "2": DuplicateName,
        "3": Stale,
        "4": NotFound,
        "5": ReadOnlyCompany,
        "6": Refused,
        "7": Unavailable,  # It was left without an answer.
    }
    assert results.refused["2"].detail == "no to 2"


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inside: (
        st.lists(inside)
        | st.dictionaries(st.sampled_from(["Fault", "Error", "code", "bId", "Customer"]) | st.text(), inside)
    ),
    max_leaves=10,
)


@given(inside=st.lists(anything))
def test_no_answer_breaks_the_reader_and_no_item_is_forgotten(inside: list[Any]) -> None:
    body = composed([customer("1", "Amy"), customer("2", "Bob")])
    results = results_in(body, {"BatchItemResponse": inside})
    assert results.written.keys() | results.refused.keys() == {"1", "2"}
    assert all(isinstance(error, QuickBooksError) for error in results.refused.values())


@pytest.mark.parametrize(
    ("status", "trouble", "kind"),
    [
        (429, THROTTLED, "text/xml"),
        (429, THROTTLED_JSON, "application/json"),
        (500, b'{"Fault":{"Error":[{"code":"10000"}],"type":"SystemFault"}}', "application/json"),
        (502, NGINX, "text/html"),
    ],
    ids=["429 in XML", "429 in JSON", "500", "502 in HTML"],
)
def test_trouble_is_answered_with_the_same_bytes_and_the_same_request_id(
    wire: responses.RequestsMock, quickbooks: QuickBooks, status: int, trouble: bytes, kind: str
) -> None:
    wire.post(BATCH, body=trouble, status=status, content_type=kind)
    wire.post(BATCH, body=requests.ConnectionError("cut"))
    wire.post(BATCH, json={"BatchItemResponse": [{"Customer": {"Id": "9"}, "bId": "1"}]})
    body = composed([customer("1", "O'Brien & Söhne")])
    assert quickbooks.batch(body, request_id="abc").written == {"1": {"Id": "9"}}
    assert {call.request.body for call in wire.calls} == {body}
    assert {call.request.url for call in wire.calls} == {f"{BATCH}?minorversion=75&requestid=abc"}


def test_endless_trouble_is_told_and_a_throttle_pauses_everybody(
    wire: responses.RequestsMock, quickbooks: QuickBooks, limiter: PausesNoted
) -> None:
    wire.post(BATCH, body=THROTTLED_JSON, status=429)
    with pytest.raises(Throttled):
        quickbooks.batch(composed([customer("1", "Amy")]), request_id="abc")
    assert set(limiter.pauses) == {60.0}


def test_a_page_of_html_is_not_taken_for_an_answer(
    wire: responses.RequestsMock, quickbooks: QuickBooks
) -> None:
    wire.post(BATCH, json={"time": "x"})
    with pytest.raises(Unavailable):
        quickbooks.batch(composed([customer("1", "Amy")]), request_id="abc")


def test_each_item_is_counted_as_a_write(
    wire: responses.RequestsMock, quickbooks: QuickBooks, tally: Tally
) -> None:
    wire.post(BATCH, json={"BatchItemResponse": []})
    quickbooks.batch(composed([customer("1", "Amy"), customer("2", "Bob")]), request_id="abc")
    assert [(charge.kind, charge.entity) for charge in tally.counted] == [("core", "customer")] * 2


# Against a whole simulated QuickBooks.


@pytest.fixture
def there(simulator: Simulator) -> Iterator[QuickBooks]:
    granted = simulator.post("/_control/tokens", json={}).json()
    with QuickBooks(
        granted["realm_id"],
        grant=FixedGrant(granted["access_token"]),
        environment=environment("simulator", simulator_url=simulator.url),
        sleep=lambda seconds: None,
    ) as client:
        yield client
    simulator.post("/_control/reset")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", ["500", "502", "cut"])
def test_a_batch_in_trouble_is_done_once(
    simulator: Simulator, there: QuickBooks, kind: str, when: str
) -> None:
    before = there.count("Customer")
    simulator.post("/_control/faults", json={"kind": kind, "when": when, "path": "batch"})
    names = [f"Trouble {uuid4().hex}" for _ in range(3)]
    body = composed([customer(str(number), name) for number, name in enumerate(names)])
    results = there.batch(body, request_id=str(uuid4()))
    assert [results.written[str(number)]["DisplayName"] for number in range(3)] == names
    assert there.count("Customer") == before + 3


def test_a_replayed_batch_answers_as_at_first(there: QuickBooks) -> None:
    name, request_id = f"Once {uuid4().hex}", str(uuid4())
    body = composed([customer("1", name), customer("2", name)])
    first = there.batch(body, request_id=request_id)
    again = there.batch(body, request_id=request_id)
    assert isinstance(first.refused["2"], DuplicateName)
    assert again.written == first.written
    assert again.refused.keys() == {"2"}


# What QuickBooks takes for a field.


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        ({"DisplayName": "Smith: Sons"}, {"DisplayName": "cannot hold a colon"}),
        ({"GivenName": "Amy\tJo"}, {"GivenName": "cannot hold a tab"}),
        ({"DisplayName": "Amy\nJo"}, {"DisplayName": "cannot hold a line break"}),
        ({"DisplayName": "  "}, {"DisplayName": "cannot be empty"}),
        ({"DisplayName": "a" * 501}, {"DisplayName": "can have 500 characters and has 501"}),
        ({"CompanyName": "a" * 101}, {"CompanyName": "can have 100 characters and has 101"}),
        (
            {"PrimaryEmailAddr": {"Address": "amy at home"}},
            {"PrimaryEmailAddr.Address": "is no e-mail address"},
        ),
        (
            {"BillAddr": {"PostalCode": "1" * 31}},
            {"BillAddr.PostalCode": "can have 30 characters and has 31"},
        ),
        ({"DisplayName": 'O\'Brien \\ "Söhne" – 100 %'}, {}),
        ({"DisplayName": " " + "a" * 500 + " "}, {}),
        ({"PrimaryEmailAddr": {"Address": "a@b.co, c@d.co"}}, {}),
        ({"PrimaryEmailAddr": {"Address": ""}, "PrimaryPhone": {"FreeFormNumber": ""}}, {}),
        ({"Unheard": "of: it"}, {}),
    ],
)
def test_what_quickbooks_would_refuse_is_known_beforehand(
    payload: dict[str, Any], problem: dict[str, str]
) -> None:
    """4.1 Limits table, 4.2 Customer."""
    assert problems_in("Customer", payload) == problem


def test_the_simulator_agrees_about_what_is_accepted(there: QuickBooks) -> None:
    bodies: list[dict[str, Any]] = [
        {"DisplayName": f"{uuid4().hex}: Sons"},
        {"DisplayName": uuid4().hex, "PrimaryPhone": {"FreeFormNumber": "1" * 31}},
        {"DisplayName": uuid4().hex, "PrimaryPhone": {"FreeFormNumber": "1" * 30}},
        {"DisplayName": uuid4().hex, "PrimaryEmailAddr": {"Address": "a@b.co, c@d.co"}},
        {"DisplayName": uuid4().hex, "PrimaryEmailAddr": {"Address": f"{'a' * 96}@b.co"}},
        {"DisplayName": uuid4().hex, "BillAddr": {"Line1": "a" * 501}},
    ]
    items = [Item(str(number), Verb.CREATE, "Customer", body) for number, body in enumerate(bodies)]
    results = there.batch(composed(items), request_id=str(uuid4()))
    refused = {str(number) for number, body in enumerate(bodies) if problems_in("Customer", body)}
    assert results.refused.keys() == refused == {"0", "1", "4", "5"}


def test_the_bytes_of_a_batch_are_json_that_says_what_was_given() -> None:
    body = composed([customer("1", "O'Brien")])
    assert orjson.loads(body)["BatchItemRequest"][0]["Customer"] == {"DisplayName": "O'Brien"}
