"""Change data capture, and several requests in one call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from .conftest import Connected, Simulated, fault, fault_code
from .test_writing_customers import new_name


def ago(**how: float) -> str:
    return (datetime.now(UTC) - timedelta(**how)).isoformat(timespec="seconds")


def captured(books: Connected, entities: str, since: str) -> list[dict[str, object]]:
    answer = books.call("GET", "/cdc", params={"entities": entities, "changedSince": since})
    assert answer.status_code == 200, answer.text
    parts: list[dict[str, object]] = answer.json()["CDCResponse"][0]["QueryResponse"]
    return parts


def test_changes_come_whole_with_an_empty_part_for_what_did_not_change(books: Connected) -> None:
    kept = books.change(books.write(DisplayName=new_name()), Active=False)
    customers, items = captured(books, "Customer,Item", ago(seconds=5))
    assert items == {}
    assert customers["startPosition"] == 1
    assert kept in customers["Customer"]  # type: ignore[operator]


def test_what_did_not_change_stays_out(books: Connected) -> None:
    assert captured(books, "Employee", ago(days=29)) == [{}]


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"entities": "Customer", "changedSince": ago(days=31)}, "500"),
        ({"entities": "TaxCode", "changedSince": ago(days=1)}, "500"),
        ({"entities": "Customer"}, "2020"),
        ({"changedSince": ago(days=1)}, "2020"),
        ({"entities": "Customer", "changedSince": "lately"}, "2100"),
    ],
)
def test_a_capture_that_cannot_be_is_refused(books: Connected, parameters: dict[str, str], code: str) -> None:
    assert fault_code(books.call("GET", "/cdc", params=parameters)) == code


def test_a_batch_answers_each_item_for_itself(books: Connected) -> None:
    name = new_name()
    items = [
        {"bId": "a", "operation": "create", "Customer": {"DisplayName": name}},
        {"bId": "b", "operation": "create", "Customer": {"DisplayName": name}},
        {"bId": "c", "Query": "select count(*) from Employee"},
        {"bId": "d", "operation": "delete", "Invoice": {"Id": "999999", "SyncToken": "0"}},
        {"bId": "e", "Query": "select nothing"},
    ]
    answer = books.call("POST", "/batch", json={"BatchItemRequest": items})
    assert answer.status_code == 200
    by_id = {item["bId"]: item for item in answer.json()["BatchItemResponse"]}
    assert by_id["a"]["Customer"]["DisplayName"] == name
    assert by_id["b"]["Fault"]["Error"][0]["code"] == "6240"
    assert by_id["c"]["QueryResponse"] == {"totalCount": 6}
    assert by_id["d"]["Fault"]["Error"][0]["code"] == "610"
    assert by_id["e"]["Fault"]["Error"][0]["code"] == "4000"


def test_a_batch_holds_thirty_items(books: Connected) -> None:
    items = [{"bId": str(n), "Query": "select * from Term"} for n in range(31)]
    answer = books.call("POST", "/batch", json={"BatchItemRequest": items})
    assert fault_code(answer) == "1040"
    assert fault(answer)["Message"] == "Batch size exceeded"


def test_a_batch_sent_again_is_not_executed_again(books: Connected) -> None:
    name = new_name()
    body = {"BatchItemRequest": [{"bId": "1", "operation": "create", "Customer": {"DisplayName": name}}]}
    first, again = (
        books.call("POST", "/batch", json=body, params={"requestid": f"batch {name}"}) for _ in range(2)
    )
    assert first.json() == again.json()
    assert "Customer" in again.json()["BatchItemResponse"][0]


def test_a_bookkeepers_change_is_captured_too(simulated: Simulated, books: Connected) -> None:
    name = new_name()
    simulated.control(f"/companies/{books.realm}/customers", DisplayName=name)
    (customers,) = captured(books, "Customer", ago(seconds=5))
    names = [c["DisplayName"] for c in customers["Customer"]]  # type: ignore[attr-defined]
    assert name in names
