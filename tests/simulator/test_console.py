"""The bookkeeper looks at a company in the console, and edits it."""

from __future__ import annotations

import pytest
import requests

from qbo_simulator.simulator import CRAIG_HOLT

from .conftest import TIMEOUT_S, Connected, Simulated
from .test_writing_customers import new_name

HERE = f"/console/{CRAIG_HOLT}"


def page(simulated: Simulated, path: str, **parameters: str) -> str:
    answer = requests.get(simulated.url + path, params=parameters, timeout=TIMEOUT_S)
    assert answer.status_code == 200, path
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    return answer.text


def submit(simulated: Simulated, path: str, **form: str) -> requests.Response:
    return requests.post(simulated.url + path, data=form, timeout=TIMEOUT_S)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/", "Craig &amp; Holt Landscaping"),
        (f"{HERE}/customers?q=benowitz", "Benowitz Ceramics"),
        (f"{HERE}/invoices", "Partly paid"),
        (f"{HERE}/payments", "Unapplied"),
        (f"{HERE}/vendors", "Bayview Nursery Supply"),
        (f"{HERE}/employees", "Siobhan O&#39;Malley"),
        (f"{HERE}/items", "Basalt Bird Bath"),
        (f"{HERE}/accounts", "Advertising"),
        ("/console/calls", "API calls"),
        ("/console/switches", "Move the clock"),
    ],
)
def test_every_page_shows_what_it_is_for(simulated: Simulated, path: str, words: str) -> None:
    assert words in page(simulated, path)


def test_customers_are_found_by_name(simulated: Simulated) -> None:
    found = page(simulated, f"{HERE}/customers", q="RENÉE")
    assert "Café Renée" in found
    assert "Benowitz" not in found


def test_a_customer_is_made_and_changed_in_a_form(simulated: Simulated, books: Connected) -> None:
    name = new_name()
    made = submit(simulated, f"{HERE}/customers/new", **{"DisplayName": name, "BillAddr.City": "Ross"})
    assert "Saved." in made.text
    kept = books.query(f"SELECT * FROM Customer WHERE DisplayName = '{name}'")["Customer"][0]
    assert kept["BillAddr"]["City"] == "Ross"
    form = {"DisplayName": name, "Notes": "said hello", "Taxable": "yes"}
    submit(simulated, f"{HERE}/customers/{kept['Id']}", **form)
    changed = books.read(kept["Id"])
    assert (changed["Notes"], changed["Taxable"]) == ("said hello", True)
    assert "BillAddr" not in changed


def test_saving_a_form_untouched_changes_nothing(simulated: Simulated, books: Connected) -> None:
    kept = books.read("20")
    form = {
        "DisplayName": kept["DisplayName"],
        "CompanyName": kept["CompanyName"],
        "GivenName": kept["GivenName"],
        "FamilyName": kept["FamilyName"],
        "ParentRef.value": kept["ParentRef"]["value"],
        "PrimaryEmailAddr.Address": kept["PrimaryEmailAddr"]["Address"],
        "PrimaryPhone.FreeFormNumber": kept["PrimaryPhone"]["FreeFormNumber"],
        "Taxable": "yes",
    } | {
        f"{field}.{name}": value
        for field in ("BillAddr", "ShipAddr")
        for name, value in kept[field].items()
        if name != "Id"
    }
    submit(simulated, f"{HERE}/customers/20", **form)
    saved = books.read("20")
    assert {**saved, "SyncToken": "", "MetaData": ""} == {**kept, "SyncToken": "", "MetaData": ""}


def test_a_refusal_is_shown_beside_what_was_typed(simulated: Simulated) -> None:
    answer = submit(simulated, f"{HERE}/customers/new", DisplayName="Dana Holt", Notes="typed")
    assert answer.status_code == 400
    assert "already using this" in answer.text
    assert "typed" in answer.text


def test_a_customer_is_made_inactive_and_active_again(simulated: Simulated, books: Connected) -> None:
    kept = books.write(DisplayName=new_name())
    here = f"{HERE}/customers/{kept['Id']}/active"
    submit(simulated, here, active="no")
    assert books.read(kept["Id"])["DisplayName"] == f"{kept['DisplayName']} (deleted)"
    submit(simulated, here, active="yes")
    assert books.read(kept["Id"])["DisplayName"] == kept["DisplayName"]


def test_what_is_not_there_is_not_found(simulated: Simulated) -> None:
    for path in (f"{HERE}/customers/999999", "/console/1/customers", f"{HERE}/starships"):
        assert requests.get(simulated.url + path, timeout=TIMEOUT_S).status_code == 404


def test_failures_are_switched_on_and_off_by_hand(simulated: Simulated, books: Connected) -> None:
    submit(simulated, "/console/switches/fault", kind="502", count="3")
    assert books.call("GET", "/customer/12").status_code == 502
    assert "injected 502" in page(simulated, "/console/calls")
    submit(simulated, "/console/switches/clear")
    assert books.call("GET", "/customer/12").status_code == 200
