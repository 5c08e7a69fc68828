"""Extractors and scripts ask in statements of their own style, and page as they are used to (facts, 3, 11, 12)."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count, pairwise
from typing import Any

import pytest

from .conftest import Connected, fault_code
from .test_writing_customers import new_name


@pytest.mark.parametrize(
    "statement",
    [
        "select * from Customer where Active = true orderby DisplayName asc startposition 1 maxresults 1000",
        "SELECT * FROM Customer WHERE Active IN ( true , false ) ORDER BY Metadata.LastUpdatedTime ASC "
        "STARTPOSITION 1 MAXRESULTS 1000",
        "select * from customer where metadata.lastupdatedtime >= '2015-01-01T00:00:00+00:00' "
        "order by metadata.lastupdatedtime asc startposition 1 maxresults 1000",
        "SELECT * FROM Customer WHERE Metadata.LastUpdatedTime > '2015-01-01T00:00:00Z' AND "
        "Metadata.LastUpdatedTime <= '2099-01-01T00:00:00Z' ORDER BY Metadata.LastUpdatedTime, FamilyName DESC",
        "Select * From Customer StartPosition 1 MaxResults 1000",
        "select * from Customer maxresults 1000 startposition 1",
        "\n  select *\n  from Customer\n  where Active=true\n",
    ],
)
def test_statements_of_many_styles_are_understood(books: Connected, statement: str) -> None:
    assert books.query(statement)["Customer"]


def test_a_first_extraction_of_every_list_ends_with_a_short_page(books: Connected) -> None:
    """As extractors page: by STARTPOSITION until a page is not full."""
    everybody: list[str] = []
    for start in count(1, 20):
        rows = books.rows(
            "select * from Customer where Active in (true, false) order by MetaData.LastUpdatedTime asc "
            f"startposition {start} maxresults 20"
        )
        everybody += [row["Id"] for row in rows]
        if len(rows) < 20:
            break
    asked = books.query("select count(*) from Customer where Active in (true, false)")
    assert len(everybody) == len(set(everybody)) == asked["totalCount"]


def test_slices_of_time_with_both_bounds_bring_each_change_once(books: Connected) -> None:
    made = [books.write(DisplayName=new_name()) for _ in range(3)]
    first = datetime.fromisoformat(made[0]["MetaData"]["LastUpdatedTime"]) - timedelta(seconds=1)
    bounds = [first, first + timedelta(minutes=1), first + timedelta(minutes=2)]
    found = [
        row["Id"]
        for begin, end in pairwise(bounds)
        for row in books.rows(
            f"SELECT * FROM Customer WHERE Metadata.LastUpdatedTime > '{begin.isoformat()}' AND "
            f"Metadata.LastUpdatedTime <= '{end.isoformat()}' ORDER BY Metadata.LastUpdatedTime MAXRESULTS 1000"
        )
    ]
    assert all(found.count(kept["Id"]) == 1 for kept in made)


@pytest.mark.parametrize("operator", ["!=", "<>"])
def test_unequal_is_no_operator(books: Connected, operator: str) -> None:
    assert fault_code(books.ask(f"select * from Customer where DisplayName {operator} 'x'")) == "4000"


@pytest.mark.parametrize(
    "condition",
    [
        "TxnDate >= '2020-01-01' and TxnDate <= '2099-12-31'",
        "Balance > '0'",
        "DueDate < '2099-01-01'",
        "CustomerRef in ('12', '13', '14', '15', '16', '17', '18')",
        "TotalAmt > 0.01 and DocNumber like '1%'",
        "MetaData.CreateTime < CURRENT_DATE",
    ],
)
def test_invoices_are_found_by_what_reports_are_made_of(books: Connected, condition: str) -> None:
    assert books.query(f"select * from Invoice where {condition} maxresults 1000")["Invoice"]


@pytest.mark.parametrize(
    "entity",
    "Account Bill BillPayment Budget Class CompanyInfo CreditMemo Customer Department Deposit Employee "
    "Estimate Invoice Item JournalEntry Payment PaymentMethod Preferences Purchase PurchaseOrder "
    "RefundReceipt SalesReceipt TaxAgency TaxCode TaxRate Term TimeActivity Transfer Vendor "
    "VendorCredit".split(),
)
def test_every_stream_of_an_extractor_is_there(books: Connected, entity: str) -> None:
    response = books.query(f"select * from {entity} startposition 1 maxresults 1000")
    assert response["maxResults"] == len(response[entity]) > 0
    assert books.query(f"select count(*) from {entity}")["totalCount"] >= 1


def test_queries_travel_in_a_batch(books: Connected) -> None:
    items = [
        {"bId": "lists", "Query": "select * from Term maxresults 1000"},
        {"bId": "many", "operation": "query", "Query": "select count(*) from Item"},
        {"bId": "none", "Query": "select * from Customer where DisplayName = 'Nobody At All'"},
        {"bId": "wrong", "Query": "select * from Customer where"},
    ]
    answered: dict[str, Any] = {
        item["bId"]: item
        for item in books.post("batch", {"BatchItemRequest": items}).json()["BatchItemResponse"]
    }
    assert answered["lists"]["QueryResponse"] == books.query("select * from Term maxresults 1000")
    assert answered["many"]["QueryResponse"] == books.query("select count(*) from Item")
    assert answered["none"]["QueryResponse"] == {}
    assert answered["wrong"]["Fault"]["Error"][0]["code"] == "4000"
