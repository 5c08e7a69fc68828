"""The bookkeeper looks through a company in the console."""

from __future__ import annotations

import re

import pytest
import requests

from qbo_simulator.entities import ENTITIES
from qbo_simulator.simulator import CRAIG_HOLT

from .conftest import TIMEOUT_S, Connected, Simulated, line
from .console_forms import HERE, page, submit
from .test_writing_customers import new_name


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/", "Craig &amp; Holt Landscaping"),
        (HERE, "Changed last"),
        (f"{HERE}/customers?q=benowitz", "Benowitz Ceramics"),
        (f"{HERE}/invoices", "Overdue"),
        (f"{HERE}/invoices?show=open", "Open"),
        (f"{HERE}/payments", "Unapplied"),
        (f"{HERE}/vendors", "Bayview Nursery Supply"),
        (f"{HERE}/employees", "Siobhan O&#39;Malley"),
        (f"{HERE}/items", "Basalt Bird Bath"),
        (f"{HERE}/accounts", "Advertising"),
        (f"{HERE}/settings", "Custom transaction numbers"),
        ("/console/calls", "API calls"),
        ("/console/switches", "Nothing is on"),
    ],
)
def test_every_page_shows_what_it_is_for(simulated: Simulated, path: str, words: str) -> None:
    assert words in page(simulated, path)


def test_every_kind_of_object_has_its_list_and_shows_one_as_the_api_gives_it(
    simulated: Simulated, books: Connected
) -> None:
    overview = page(simulated, HERE)
    slugs = set(re.findall(rf'href="{HERE}/([a-z]+)"', overview))
    assert len(slugs - {"settings"}) == len(ENTITIES)
    for slug in slugs - {"settings"}:
        listed = page(simulated, f"{HERE}/{slug}", show="all")
        ids = re.findall(rf'href="{HERE}/{slug}/(\d+)', listed) or ["1"]
        shown = page(simulated, f"{HERE}/{slug}/{ids[0]}/json")
        assert "What an app gets for" in shown, slug
    kept = books.read("20")
    assert kept["DisplayName"] in page(simulated, f"{HERE}/customers/20/json")


def test_customers_are_found_by_name_and_e_mail_and_id(simulated: Simulated) -> None:
    found = page(simulated, f"{HERE}/customers", q="RENÉE")
    assert "Café Renée" in found
    assert "Benowitz" not in found
    assert "Café Renée" in page(simulated, f"{HERE}/customers", q="renee@caferenee.example")
    assert "Café Renée" in page(simulated, f"{HERE}/customers", q="44")


def test_invoices_are_found_by_number_and_by_customer(simulated: Simulated) -> None:
    listed = f"{HERE}/invoices"
    assert "Acme Property Management" in page(simulated, listed, q="87")
    found = page(simulated, listed, q="harborview")
    assert "Harborview HOA" in found
    assert "Acme Property" not in found


def test_inactive_ones_are_listed_when_asked_for(simulated: Simulated, books: Connected) -> None:
    kept = books.write(DisplayName=new_name())
    simulated.control(f"/companies/{CRAIG_HOLT}/customers/{kept['Id']}/inactivate")
    name, listed = kept["DisplayName"], f"{HERE}/customers"
    marked = f">{name} (deleted)</a>"
    assert marked not in page(simulated, listed, q=name)
    assert marked in page(simulated, listed, q=name, show="inactive")
    assert marked in page(simulated, listed, q=name, show="all")


def test_pages_follow_one_another_without_gap_or_repeat(simulated: Simulated) -> None:
    listed: list[str] = []
    for number in ("1", "2"):
        shown = page(simulated, f"{HERE}/customers", show="all", page=number)
        listed += re.findall(rf'<th scope="row".*?href="{HERE}/customers/(\d+)"', shown)
    assert len(listed) == len(set(listed))
    assert len(listed) >= 60


def test_what_is_not_there_is_not_found(simulated: Simulated) -> None:
    for path in (
        f"{HERE}/customers/999999",
        "/console/1/customers",
        f"{HERE}/starships",
        f"{HERE}/customers/20/pdf",
        f"{HERE}/customers/20/void",
        f"{HERE}/customers/20/marry",
        "/console/calls/999999",
    ):
        assert requests.get(simulated.url + path, timeout=TIMEOUT_S).status_code == 404, path


def test_a_form_is_opened_as_a_pdf(simulated: Simulated, books: Connected) -> None:
    made = books.make("Invoice", CustomerRef={"value": "12"}, Line=[line(10)])
    answer = requests.get(f"{simulated.url}{HERE}/invoices/{made['Id']}/pdf", timeout=TIMEOUT_S)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")


def test_names_are_suggested_beginning_with_what_was_typed(simulated: Simulated) -> None:
    address = f"{simulated.url}{HERE}/suggest/Customer"
    found = requests.get(address, params={"q": "harb"}, timeout=TIMEOUT_S).json()
    assert found[0] == "Harborview HOA"
    assert requests.get(address, params={"q": ""}, timeout=TIMEOUT_S).json() == []


def test_a_company_is_founded_and_filled(simulated: Simulated) -> None:
    founded = submit(simulated, "/console/companies", name="Marsh Lane Bakery")
    assert "Marsh Lane Bakery" in founded.text
    realm = founded.url.partition("?")[0].rpartition("/")[2]
    filled = submit(simulated, f"/console/{realm}/invent", customers="60")
    assert filled.status_code == 200
    assert "1–50 of 60" in page(simulated, f"/console/{realm}/customers", show="all")
    again = submit(simulated, "/console/companies", name="marsh lane bakery")
    assert (again.status_code, "of this name already" in again.text) == (400, True)


def test_what_a_customer_is_called_cannot_inject_markup(simulated: Simulated, books: Connected) -> None:
    kept = books.write(DisplayName=f"<script>alert(1)</script> {new_name()}")
    for path in (
        f"{HERE}/customers?q=script",
        f"{HERE}/customers/{kept['Id']}",
        f"{HERE}/customers/{kept['Id']}/json",
    ):
        assert "<script>alert" not in page(simulated, path)
