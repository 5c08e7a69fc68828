"""Apps query a company: filters, orders, pages, counts, partial objects, and refusals."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qbo_simulator.companies.invention import invented_customers
from qbo_simulator.simulator import GENERATED

from .conftest import TIMEOUT_S, Connected, Simulated, fault, fault_code


def test_only_active_customers_come_unless_active_is_named(books: Connected) -> None:
    active = books.query("SELECT COUNT(*) FROM Customer")["totalCount"]
    inactive = books.query("SELECT COUNT(*) FROM Customer WHERE Active = false")["totalCount"]
    everybody = books.query("SELECT COUNT(*) FROM Customer WHERE Active IN (true, false)")
    assert inactive >= 4
    assert everybody == {"totalCount": active + inactive}
    assert all(row["Active"] for row in books.query("SELECT * FROM Customer MAXRESULTS 1000")["Customer"])


def test_an_empty_answer_has_no_entity_key(books: Connected) -> None:
    assert books.query("SELECT * FROM Customer WHERE DisplayName = 'Nobody At All'") == {}
    assert books.query("SELECT * FROM Customer STARTPOSITION 100000") == {}


def test_texts_compare_without_regard_to_case(books: Connected) -> None:
    found = books.query("select * from account where name = 'CHECKING'")
    assert [row["Name"] for row in found["Account"]] == ["Checking"]
    assert books.names("SELECT * FROM Customer WHERE displayname = 'café renée'") == ["Café Renée"]


def test_like_knows_only_the_percent_sign(books: Connected) -> None:
    assert books.names("SELECT * FROM Customer WHERE DisplayName LIKE 'O\\'Brien%'") == ["O'Brien & Sons"]
    assert books.names("SELECT * FROM Customer WHERE DisplayName LIKE '%_obert%'") == []
    assert books.names("SELECT * FROM Customer WHERE PrimaryEmailAddr LIKE '%@tanuki.example'")


def test_conditions_are_joined_by_and(books: Connected) -> None:
    both = books.names(
        "SELECT * FROM Customer WHERE FamilyName = 'Smith' AND PrimaryPhone LIKE '%0131' "
        "AND Job = false AND Balance = 0"
    )
    assert both == ["Smith, Robert"]


def test_a_reference_is_compared_by_its_id(books: Connected) -> None:
    parent = books.query("SELECT * FROM Customer WHERE DisplayName = 'Harborview HOA'")["Customer"][0]
    names = books.names(f"SELECT * FROM Customer WHERE ParentRef = '{parent['Id']}'")
    assert names == ["Phase 1", "Phase 2"]


def test_times_are_compared_as_moments_whatever_their_offset(books: Connected) -> None:
    kept = books.write(DisplayName="Made just now")
    moment = kept["MetaData"]["LastUpdatedTime"]
    in_utc = datetime.fromisoformat(moment).astimezone(UTC).isoformat()
    for same in (moment, in_utc, in_utc.replace("+00:00", "Z")):
        assert "Made just now" in books.names(
            f"SELECT * FROM Customer WHERE Metadata.LastUpdatedTime >= '{same}' MAXRESULTS 1000"
        )
    assert books.names("SELECT * FROM Customer WHERE MetaData.CreateTime > '2999-01-01T00:00:00Z'") == []
    before = books.query("SELECT COUNT(*) FROM Customer WHERE MetaData.CreateTime < '2019-06-01'")
    assert before["totalCount"] == 2


def test_numbers_are_compared_as_numbers(books: Connected) -> None:
    rows = books.query("SELECT * FROM Customer WHERE Balance > '900' ORDERBY Balance DESC")["Customer"]
    balances = [Decimal(str(row["Balance"])) for row in rows]
    assert balances == sorted(balances, reverse=True)
    assert min(balances) > 900


def test_ids_can_be_listed(books: Connected) -> None:
    rows = books.query("SELECT * FROM Customer WHERE Id IN ('13', '12', '999999')")["Customer"]
    assert {row["Id"] for row in rows} == {"12", "13"}


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM Customer WHERE Id > '3'",
        "SELECT * FROM Customer ORDERBY Id",
        "SELECT * FROM Customer WHERE Nonsense = 1",
        "SELECT Nonsense FROM Customer",
        "SELECT * FROM Customer WHERE BillAddr.City = 'Petaluma'",
        "SELECT * FROM Customer WHERE Notes = 'x'",
        "SELECT * FROM Customer WHERE Active = 'perhaps'",
        "SELECT * FROM Customer WHERE Active LIKE 't%'",
        "SELECT * FROM Customer WHERE MetaData.CreateTime > 'yesterday'",
        "SELECT * FROM Customer WHERE Balance > 'much'",
        "SELECT * FROM Starship",
    ],
)
def test_what_cannot_be_asked_is_refused_as_invalid(books: Connected, statement: str) -> None:
    answer = books.ask(statement)
    assert fault_code(answer) == "4001"
    assert fault(answer)["Message"] == "Invalid query"
    assert fault(answer)["Detail"].startswith("QueryValidationError: ")


def test_a_column_list_brings_partial_objects(books: Connected) -> None:
    row = books.query("SELECT DisplayName, MetaData.CreateTime FROM Customer MAXRESULTS 1")["Customer"][0]
    assert row.keys() == {"Id", "DisplayName", "MetaData", "domain", "sparse"}
    assert row["MetaData"].keys() == {"CreateTime"}
    assert row["sparse"] is True


def test_a_star_with_a_column_brings_whole_objects(books: Connected) -> None:
    rows = books.query("SELECT *, Sku FROM Item WHERE Type = 'Inventory'")["Item"]
    assert all(row["sparse"] is False for row in rows)
    assert any("Sku" in row and "UnitPrice" in row for row in rows)


def test_a_statement_may_come_by_get_too(books: Connected) -> None:
    answer = books.call(
        "GET", "/query", params={"query": "select count(*) from Budget", "minorversion": "47"}
    )
    assert answer.json()["QueryResponse"] == {"totalCount": 1}


def test_an_answer_is_gzipped_for_whoever_takes_it(books: Connected) -> None:
    address = f"{books.url}/v3/company/{books.realm}/query?query=select%20*%20from%20Customer"
    with requests.get(
        address, headers={**books.headers, "Accept-Encoding": "gzip"}, stream=True, timeout=TIMEOUT_S
    ) as packed:
        assert packed.headers["content-encoding"] == "gzip"
        body = gzip.decompress(packed.raw.read())
    plain = requests.get(address, headers={**books.headers, "Accept-Encoding": "identity"}, timeout=TIMEOUT_S)
    assert "content-encoding" not in plain.headers
    assert body.split(b'"time"')[0] == plain.content.split(b'"time"')[0]


def test_who_does_not_ask_for_json_gets_xml(books: Connected) -> None:
    answer = books.call("GET", "/customer/12", headers={"Accept": "*/*"})
    assert answer.headers["content-type"].startswith("application/xml")
    assert "<DisplayName>Annie's Rose Nursery</DisplayName>" in answer.text


@pytest.fixture(scope="module")
def many(process: Simulated) -> Connected:
    """A company of 3,000 invented customers."""
    process.control("/companies", name="Pacific Ridge Home Services", realm=GENERATED)
    process.control(f"/companies/{GENERATED}/generate", customers=3000, seed=5)
    return process.connected(GENERATED)


def sort_key(row: dict[str, Any], order: str) -> Any:
    if order.startswith("MetaData"):
        return datetime.fromisoformat(row["MetaData"][order.split(".")[1].split()[0]])
    return row.get(order, "").casefold()


@pytest.mark.parametrize("order", ["MetaData.CreateTime", "MetaData.LastUpdatedTime DESC", "FamilyName"])
def test_pages_together_hold_every_row_once_and_in_order(many: Connected, order: str) -> None:
    everybody = "FROM Customer WHERE Active IN (true, false)"
    total = many.query(f"SELECT COUNT(*) {everybody}")["totalCount"]
    pages = [
        many.query(f"SELECT * {everybody} ORDERBY {order} STARTPOSITION {start} MAXRESULTS 700")
        for start in range(1, total + 1, 700)
    ]
    assert [page["maxResults"] for page in pages] == [700, 700, 700, 700, total - 2800]
    assert [page["startPosition"] for page in pages] == [1, 701, 1401, 2101, 2801]
    rows = [row for page in pages for row in page["Customer"]]
    assert len({row["Id"] for row in rows}) == total
    keys = [sort_key(row, order) for row in rows]
    assert keys == sorted(keys, reverse="DESC" in order)


def test_a_page_shows_what_was_written_since_the_page_before(many: Connected) -> None:
    statement = (
        "SELECT * FROM Customer WHERE Active IN (true, false) ORDERBY MetaData.CreateTime "
        "STARTPOSITION {} MAXRESULTS 1000"
    )
    total = many.query("SELECT COUNT(*) FROM Customer WHERE Active IN (true, false)")["totalCount"]
    assert many.query(statement.format(total))["maxResults"] == 1
    many.write(DisplayName="The one that came last")
    assert many.names(statement.format(total + 1)) == ["The one that came last"]


def test_invented_customers_are_the_same_for_the_same_seed_and_all_of_different_names() -> None:
    first, again = (list(invented_customers(2000, first=1, seed=7)) for _ in range(2))
    assert first == again
    assert len({customer["FullyQualifiedName"] for customer in first}) == 2000
    assert first != list(invented_customers(2000, first=1, seed=8))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(statement=st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_no_filter_text_makes_the_server_fail(books: Connected, statement: str) -> None:
    escaped = statement.replace("\\", "\\\\").replace("'", "\\'")
    for condition in (f"DisplayName = '{escaped}'", f"GivenName LIKE '%{escaped}%'", statement):
        assert books.ask(f"SELECT * FROM Customer WHERE {condition}").status_code in (200, 400)


@pytest.mark.parametrize(
    "condition",
    ["(" * 5000 + "Active = true", "Balance = " + "9" * 5000, "Id IN (" + ",".join(["'1'"] * 9000) + ")"],
    ids=["parentheses", "digits", "list"],
)
def test_monstrous_statements_are_refused_or_answered(books: Connected, condition: str) -> None:
    assert books.ask(f"SELECT * FROM Customer WHERE {condition}").status_code in (200, 400)
