"""QuickBooks' limits can be switched on, each with a number of its own (facts, 6)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from qbo_simulator.simulator import HARBOR_STREET

from .conftest import Connected, Simulated

MANY = 10_000
TERMS = {"BatchItemRequest": [{"bId": "1", "Query": "select * from Term"}]}


def read(books: Connected, times: int) -> list[int]:
    return [books.call("GET", "/customer/12").status_code for _ in range(times)]


def test_there_are_no_limits_unless_switched_on(simulated: Simulated, books: Connected) -> None:
    assert read(books, 30) == [200] * 30
    assert simulated.look("/status")["throttles"] == {
        "enabled": False,
        "format": "xml",
        "per_minute": 500,
        "per_second": 10,
        "batches_per_minute": 120,
        "reports_per_minute": 200,
        "combined_per_minute": 800,
        "at_once": 10,
        "batch_objects": 1000,
    }


@pytest.mark.parametrize("limit", ["per_minute", "per_second", "combined_per_minute"])
def test_calls_beyond_a_limit_are_refused(simulated: Simulated, books: Connected, limit: str) -> None:
    simulated.control("/throttles", **{"per_second": MANY, limit: 3})
    assert read(books, 5) == [200, 200, 200, 429, 429]
    assert simulated.connected(HARBOR_STREET).call("GET", "/preferences").status_code == 200


def test_the_refusal_is_xml_whatever_was_asked_for_and_names_no_time(
    simulated: Simulated, books: Connected
) -> None:
    simulated.control("/throttles", per_second=0)
    answer = books.call("GET", "/customer/12")
    assert answer.headers["content-type"] == "application/xml;charset=UTF-8"
    assert (
        '<Error code="3001"><Message>message=ThrottleExceeded; errorCode=003001; statusCode=429'
        in answer.text
    )
    assert "Retry-After" not in answer.headers
    assert answer.headers["intuit_tid"]


def test_the_refusal_may_be_json_as_the_gateway_makes_it(simulated: Simulated, books: Connected) -> None:
    """Intuit answers in both (facts, 5.1)."""
    simulated.control("/throttles", per_second=0, format="json")
    answer = books.call("GET", "/customer/12")
    (error,) = answer.json()["fault"]["error"]
    assert (answer.status_code, error["code"]) == (429, "3001")
    assert error["message"] == "message=ThrottleExceeded; errorCode=003001; statusCode=429"
    simulated.control("/reset")
    assert simulated.look("/status")["throttles"]["format"] == "xml"


def test_batches_have_a_limit_of_their_own(simulated: Simulated, books: Connected) -> None:
    simulated.control("/throttles", per_second=MANY, batches_per_minute=2)
    assert [books.post("batch", TERMS).status_code for _ in range(3)] == [200, 200, 429]
    assert read(books, 1) == [200]


def test_reports_have_a_limit_of_their_own(simulated: Simulated, books: Connected) -> None:
    simulated.control("/throttles", per_second=MANY, reports_per_minute=1)
    statuses = [books.call("GET", "/reports/CustomerBalance").status_code for _ in range(2)]
    assert (statuses[0] == 429, statuses[1]) == (False, 429)
    assert read(books, 1) == [200]


def test_only_so_many_calls_are_under_way_at_once(simulated: Simulated, books: Connected) -> None:
    simulated.control("/throttles", per_second=MANY, at_once=2)
    simulated.control("/delay", ms=500)
    with ThreadPoolExecutor(4) as pool:
        statuses = list(
            pool.map(lambda _: simulated.connected().call("GET", "/customer/12").status_code, range(4))
        )
    assert sorted(statuses) == [200, 200, 429, 429]
    simulated.control("/delay", ms=0)
    assert read(books, 1) == [200]


def test_the_answer_to_a_batch_holds_so_many_objects(simulated: Simulated, books: Connected) -> None:
    writes = {"bId": "new", "operation": "update", "Customer": {"Id": "12"}}
    batch = {
        "BatchItemRequest": [
            {"bId": "one", "Query": "select * from Customer maxresults 30"},
            {"bId": "two", "Query": "select * from Customer maxresults 21"},
            {"bId": "three", "Query": "select * from Customer maxresults 20"},
            writes,
        ]
    }
    assert all("QueryResponse" in part for part in books.post("batch", batch).json()["BatchItemResponse"][:3])
    simulated.control("/throttles", batch_objects=50)
    one, two, three, new = books.post("batch", batch).json()["BatchItemResponse"]
    assert (len(one["QueryResponse"]["Customer"]), len(three["QueryResponse"]["Customer"])) == (30, 20)
    assert (two["bId"], two["Fault"]["Error"][0]["code"]) == ("two", "1040")
    assert new["Fault"]["Error"][0]["code"] != "1040"


def test_a_limit_that_is_no_number_is_refused(simulated: Simulated) -> None:
    assert simulated.control_status("/throttles", per_second="few") == 400
    assert simulated.control_status("/throttles", per_fortnight=4) == 400
