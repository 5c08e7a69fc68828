"""Tests make the simulator slow or faulty, look at what it was asked, and play the bookkeeper."""

from __future__ import annotations

import time

import pytest
import requests

from qbo_simulator.simulator import CRAIG_HOLT

from .conftest import Connected, Simulated, applied, line
from .test_writing_customers import new_name


def test_calls_can_be_delayed(simulated: Simulated, books: Connected) -> None:
    simulated.control("/delay", ms=300, path="/query")
    began = time.monotonic()
    books.call("GET", "/customer/12")
    assert time.monotonic() - began < 0.25
    books.query("SELECT COUNT(*) FROM Customer")
    assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize(
    ("kind", "status", "media_type", "words"),
    [
        ("429", 429, "application/xml", 'code="3001"'),
        ("429_json", 429, "application/json", "errorCode=003001; statusCode=429"),
        ("500", 500, "application/json", '"code":"10000"'),
        ("502", 502, "text/html", "502 Bad Gateway"),
        ("503", 503, "text/html", "503 Service"),
        ("504", 504, "text/html", "504 Gateway"),
        ("expired_token", 401, "application/json", "errorCode=003200"),
    ],
)
def test_the_next_calls_can_be_made_to_fail(
    simulated: Simulated, books: Connected, kind: str, status: int, media_type: str, words: str
) -> None:
    simulated.control("/faults", kind=kind, count=2)
    for _ in range(2):
        answer = books.call("GET", "/customer/12")
        assert answer.status_code == status
        assert answer.headers["content-type"].startswith(media_type)
        assert words in answer.text
        assert answer.headers["intuit_tid"]
    assert books.call("GET", "/customer/12").status_code == 200


def test_a_connection_can_be_cut(simulated: Simulated, books: Connected) -> None:
    simulated.control("/faults", kind="cut")
    with pytest.raises(requests.ConnectionError):
        books.call("GET", "/customer/12")
    assert books.call("GET", "/customer/12").status_code == 200


def test_a_call_can_hang(simulated: Simulated, books: Connected) -> None:
    simulated.control("/faults", kind="hang", hang_s=0.4)
    began = time.monotonic()
    assert books.call("GET", "/customer/12").status_code == 504
    assert time.monotonic() - began >= 0.4


def test_a_call_can_be_carried_out_after_its_caller_has_given_up(
    simulated: Simulated, books: Connected
) -> None:
    name = new_name()
    simulated.control("/faults", kind="late", hang_s=0.4, method="POST", path="/customer")
    body = {"DisplayName": name}
    address = f"{books.url}/v3/company/{books.realm}/customer?requestid={name}"
    with pytest.raises(requests.ReadTimeout):
        books.http.post(address, json=body, headers=books.headers, timeout=0.1)
    again = books.try_write(body, requestid=name).json()["Customer"]
    time.sleep(0.6)
    assert books.ask(f"SELECT COUNT(*) FROM Customer WHERE DisplayName = '{name}'").json()[
        "QueryResponse"
    ] == {"totalCount": 1}
    assert books.call("GET", f"/customer/{again['Id']}").json()["Customer"]["SyncToken"] == "0"


def test_an_answer_can_be_lost_after_the_call_was_executed(simulated: Simulated, books: Connected) -> None:
    name = new_name()
    simulated.control("/faults", kind="500", when="after", method="POST", path="/customer")
    lost = books.try_write({"DisplayName": name}, requestid=name)
    assert lost.status_code == 500
    again = books.try_write({"DisplayName": name}, requestid=name)
    assert again.json()["Customer"]["DisplayName"] == name


def test_only_calls_that_fit_are_struck(simulated: Simulated, books: Connected) -> None:
    simulated.control("/faults", kind="502", path="from Item")
    assert books.ask("SELECT COUNT(*) FROM Customer").status_code == 200
    assert books.ask("SELECT COUNT(*) FROM Item").status_code == 502


def test_a_fraction_of_all_calls_can_be_made_to_fail(simulated: Simulated, books: Connected) -> None:
    simulated.control("/faults", kind="500", fraction=0.5)
    statuses = [books.call("GET", "/customer/12").status_code for _ in range(40)]
    assert 5 < statuses.count(500) < 35


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("/faults", {"kind": "plague"}),
        ("/faults", {"kind": "500", "when": "never"}),
        ("/delay", {"ms": "long"}),
        ("/clock", {"forward_s": -5}),
        ("/companies", {}),
    ],
)
def test_a_control_request_that_makes_no_sense_is_refused(
    simulated: Simulated, path: str, given: dict[str, object]
) -> None:
    assert simulated.control_status(path, **given) == 400


def test_calls_are_recorded_and_counted(simulated: Simulated, books: Connected) -> None:
    name = new_name()
    books.query("SELECT COUNT(*) FROM Customer")
    books.query("SELECT * FROM Customer MAXRESULTS 1")
    books.call("GET", "/customer/12")
    kept = books.write(DisplayName=name)
    books.change(kept, Notes="x")
    books.ask("nonsense")
    calls = simulated.look("/calls", realm=CRAIG_HOLT)["calls"]
    assert [(c["kind"], c["entity"]) for c in calls] == [
        ("count", "Customer"),
        ("query", "Customer"),
        ("read", "Customer"),
        ("create", "Customer"),
        ("update", "Customer"),
        ("query", ""),
    ]
    assert (calls[-1]["status"], calls[-1]["fault"]) == (400, "4000")
    assert [c["number"] for c in simulated.look("/calls", since=calls[3]["number"])["calls"]] == [
        calls[4]["number"],
        calls[5]["number"],
    ]
    counters = simulated.look("/counters")
    assert (counters["total"], counters["core"], counters["core_plus"]) == (6, 2, 4)
    assert counters["by_realm"][CRAIG_HOLT]["create Customer"] == 1


def test_no_token_is_ever_recorded(simulated: Simulated, books: Connected) -> None:
    books.call("GET", "/customer/12")
    assert books.access_token not in str(simulated.look("/calls"))


def test_the_bookkeeper_changes_customers_without_a_sync_token(
    simulated: Simulated, books: Connected
) -> None:
    here = f"/companies/{CRAIG_HOLT}/customers"
    kept = simulated.control(here, DisplayName=new_name(), PrimaryEmailAddr={"Address": "a@b.example"})
    changed = simulated.control(f"{here}/{kept['Id']}", PrimaryEmailAddr=None, Notes="called")
    assert "PrimaryEmailAddr" not in changed
    assert changed["SyncToken"] == "1"
    assert books.read(kept["Id"]) == changed


def test_the_bookkeeper_makes_a_family_inactive_and_its_parent_active_again(
    simulated: Simulated, books: Connected
) -> None:
    parent = books.write(DisplayName=new_name())
    child = books.write(DisplayName="Shed", ParentRef={"value": parent["Id"]})
    here = f"/companies/{CRAIG_HOLT}/customers/{parent['Id']}"
    simulated.control(f"{here}/inactivate")
    assert books.read(child["Id"])["Active"] is False
    gone = books.read(parent["Id"])
    assert (gone["Active"], gone["DisplayName"]) == (False, f"{parent['DisplayName']} (deleted)")
    back = simulated.control(f"{here}/activate")
    assert (back["Active"], back["DisplayName"]) == (True, parent["DisplayName"])


def test_companies_are_listed_with_what_they_hold(simulated: Simulated, books: Connected) -> None:
    companies = {c["realm"]: c for c in simulated.look("/companies")["companies"]}
    craig_holt = companies[CRAIG_HOLT]
    assert craig_holt["name"] == "Craig & Holt Landscaping"
    assert craig_holt["counts"]["Customer"] >= 60
    assert craig_holt["connections"] >= 1
    assert len(companies) >= 4
    assert simulated.control_status("/companies/1/customers", DisplayName="x") == 404


def test_reads_are_metered_and_blocked_at_the_end(simulated: Simulated, books: Connected) -> None:
    simulated.control("/metering", limit=3, used=0)
    items = [{"bId": "1", "Query": "select * from Term"}, {"bId": "2", "operation": "create", "Customer": {}}]
    books.post("batch", {"BatchItemRequest": items})
    books.ask("nonsense")
    statuses = [books.call("GET", "/customer/12").status_code for _ in range(3)]
    assert statuses == [200, 200, 403]
    assert books.try_write({"DisplayName": new_name()}).status_code == 200
    assert simulated.look("/status")["metering"]["core_plus"] == 3


def test_two_refreshes_at_once_can_be_made_to_kill_the_connection(
    simulated: Simulated, books: Connected
) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": books.refresh_token}
    assert [simulated.token_request(**form).status_code for _ in range(2)] == [200, 200]
    simulated.control("/tokens/race", window_s=30)
    again = simulated.token_request(**form)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert books.call("GET", "/customer/12").status_code == 401


def test_changes_are_told_in_their_order(simulated: Simulated, books: Connected) -> None:
    here = f"/companies/{CRAIG_HOLT}/events"
    last = max((event["number"] for event in simulated.events(CRAIG_HOLT)), default=0)
    kept = books.write(DisplayName=new_name())
    sold = books.make("Invoice", CustomerRef={"value": kept["Id"]}, Line=[line(5)])
    paid = books.make("Payment", CustomerRef={"value": kept["Id"]}, TotalAmt=5, Line=[applied(5, sold)])
    told = [
        (event["entity"], event["id"], event["operation"])
        for event in simulated.look(here, after=last)["events"]
    ]
    assert told == [
        ("Customer", kept["Id"], "Create"),
        ("Invoice", sold["Id"], "Create"),
        ("Invoice", sold["Id"], "Update"),
        ("Payment", paid["Id"], "Create"),
    ]


def test_the_bookkeeper_sells_voids_and_deletes(simulated: Simulated, books: Connected) -> None:
    here = f"/companies/{CRAIG_HOLT}/invoice"
    sold = simulated.control(here, CustomerRef={"value": "12"}, Line=[line(5)])
    assert simulated.control(f"{here}/{sold['Id']}", PrivateNote="by hand")["SyncToken"] == "1"
    assert simulated.control(f"{here}/{sold['Id']}/void")["Balance"] == 0
    assert simulated.control(f"{here}/{sold['Id']}/delete")["status"] == "Deleted"
    assert simulated.control_status(f"{here}/{sold['Id']}/burn") == 404
    assert simulated.control_status(f"/companies/{CRAIG_HOLT}/starship") == 404
