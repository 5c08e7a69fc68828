"""Change data capture, and several requests in one call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from .conftest import Connected, Simulated, fault, fault_code, line, version
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
    customers, budgets = captured(books, "Customer,Budget", ago(seconds=5))
    assert budgets == {}
    assert customers["startPosition"] == 1
    assert kept in customers["Customer"]  # type: ignore[operator]


def test_what_did_not_change_stays_out(books: Connected) -> None:
    assert captured(books, "Budget", ago(days=29)) == [{}]


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
        {"bId": "c", "Query": "select count(*) from Budget"},
        {"bId": "d", "operation": "delete", "Invoice": {"Id": "999999", "SyncToken": "0"}},
        {"bId": "e", "Query": "select nothing"},
    ]
    answer = books.call("POST", "/batch", json={"BatchItemRequest": items})
    assert answer.status_code == 200
    by_id = {item["bId"]: item for item in answer.json()["BatchItemResponse"]}
    assert by_id["a"]["Customer"]["DisplayName"] == name
    assert by_id["b"]["Fault"]["Error"][0]["code"] == "6240"
    assert by_id["c"]["QueryResponse"] == {"totalCount": 1}
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
    names = [c.get("DisplayName") for c in customers["Customer"]]  # type: ignore[attr-defined]
    assert name in names


def test_what_was_deleted_is_captured_after_what_is_there(books: Connected) -> None:
    kept, gone = (books.make("Invoice", CustomerRef={"value": "12"}, Line=[line(3)]) for _ in range(2))
    books.post("Invoice", version(gone), operation="delete")
    (invoices,) = captured(books, "Invoice", ago(seconds=5))
    rows: list[dict[str, Any]] = invoices["Invoice"]  # type: ignore[assignment]
    assert kept in rows
    assert rows[-1]["status"] == "Deleted"
    assert (rows[-1]["Id"], "LastUpdatedTime" in rows[-1]["MetaData"]) == (gone["Id"], True)


def test_a_batch_deletes_voids_and_captures(books: Connected) -> None:
    sold = {"CustomerRef": {"value": "12"}, "Line": [line(3)]}
    first, second = books.make("Invoice", **sold), books.make("Invoice", **sold)
    paid = books.make("Payment", CustomerRef={"value": "12"}, TotalAmt=1)
    items = [
        {"bId": "1", "operation": "delete", "Invoice": version(first)},
        {
            "bId": "2",
            "operation": "update",
            "optionsData": "void",
            "Payment": {**version(paid), "sparse": True},
        },
        {"bId": "3", "operation": "update", "Invoice": {**version(second), "SyncToken": "9", "sparse": True}},
        {"bId": "4", "CDCQuery": {"Entities": "Invoice,Budget", "ChangedSince": ago(seconds=5)}},
    ]
    answers = books.post("batch", {"BatchItemRequest": items}).json()["BatchItemResponse"]
    assert answers[0]["Invoice"]["status"] == "Deleted"
    assert answers[1]["Payment"]["PrivateNote"] == "Voided"
    assert answers[2]["Fault"]["Error"][0]["code"] == "5010"
    assert answers[3]["CDCResponse"][0]["QueryResponse"][1] == {}


def test_a_batch_item_that_fails_leaves_nothing_behind(books: Connected) -> None:
    """A smaller invoice first takes money out of its payment; then its e-mail turns out to be missing."""
    who = {"value": books.write(DisplayName=new_name())["Id"]}
    sold = books.make("Invoice", CustomerRef=who, Line=[line(10)])
    link = [{"Amount": 10, "LinkedTxn": [{"TxnId": sold["Id"], "TxnType": "Invoice"}]}]
    paid = books.make("Payment", CustomerRef=who, TotalAmt=10, Line=link)
    now = books.fetch("Invoice", sold["Id"])
    smaller = {
        **version(now),
        "sparse": True,
        "Line": [line(4)],
        "LinkedTxn": [{"TxnId": "0", "TxnType": "Estimate"}],
    }
    items = [{"bId": "1", "operation": "update", "Invoice": smaller}]
    answers = books.post("batch", {"BatchItemRequest": items}).json()["BatchItemResponse"]
    assert answers[0]["Fault"]["Error"][0]["code"] == "610"
    assert books.fetch("Payment", paid["Id"]) == paid
    assert books.fetch("Invoice", sold["Id"]) == now


def test_a_batch_is_repeated_only_with_the_same_items(books: Connected) -> None:
    def send(id: str, request_id: str) -> Any:
        item = {"bId": id, "operation": "create", "Customer": {"DisplayName": new_name()}}
        return books.call(
            "POST", "/batch", json={"BatchItemRequest": [item]}, params={"requestid": request_id}
        )

    name = new_name()
    first, same, other = send("1", name), send("1", name), send("2", name)
    assert first.json() == same.json()
    assert (
        other.json()["BatchItemResponse"][0]["Customer"] != first.json()["BatchItemResponse"][0]["Customer"]
    )
    assert fault_code(send("1", "r" * 37)) == "2050"
    assert fault_code(send("b" * 11, new_name())) == "2050"


@pytest.mark.parametrize("entity", ["Invoice", "Payment", "Vendor", "Term", "Estimate"])
def test_a_request_sent_again_is_executed_once_whatever_it_is(books: Connected, entity: str) -> None:
    name = new_name()
    bodies: dict[str, dict[str, Any]] = {
        "Invoice": {"CustomerRef": {"value": "12"}, "Line": [line(3)]},
        "Estimate": {"CustomerRef": {"value": "12"}, "Line": [line(3)]},
        "Payment": {"CustomerRef": {"value": "12"}, "TotalAmt": 1},
        "Vendor": {"DisplayName": name},
        "Term": {"Name": name[:31], "DueDays": 3},
    }
    body = bodies[entity]
    first = books.done(entity, books.post(entity, body, requestid=f"{entity} {name}"))
    assert books.done(entity, books.post(entity, body, requestid=f"{entity} {name}")) == first
