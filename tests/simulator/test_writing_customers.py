"""Apps create and change customers, by QuickBooks' rules."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
import requests

from qbo_simulator.simulator import CRAIG_HOLT, HARBOR_STREET

from .conftest import Connected, Simulated, fault, fault_code

_numbers = count(1)


def new_name() -> str:
    """Return a display name nobody has yet, for the company lives through all tests."""
    return f"Newcomer {next(_numbers)}"


def test_a_new_customer_comes_back_whole(books: Connected) -> None:
    name = new_name()
    kept = books.write(
        DisplayName=name,
        PrimaryEmailAddr={"Address": "new@comer.example"},
        BillAddr={"Line1": "1 New St", "City": "Cotati", "Country": "U.S.A"},
    )
    assert kept["SyncToken"] == "0"
    assert kept["FullyQualifiedName"] == kept["PrintOnCheckName"] == name
    assert (kept["Active"], kept["Job"], kept["Balance"]) == (True, False, 0)
    assert (kept["domain"], kept["sparse"]) == ("QBO", False)
    assert kept["BillAddr"]["Country"] == "U.S.A"
    assert kept["BillAddr"]["Id"].isdigit()
    assert kept["CurrencyRef"]["value"] == "USD"
    assert kept["MetaData"]["CreateTime"] == kept["MetaData"]["LastUpdatedTime"]
    assert kept["MetaData"]["CreateTime"][-6:] in ("-08:00", "-07:00")
    assert books.read(kept["Id"]) == kept


def test_a_display_name_is_built_from_the_parts_of_the_name(books: Connected) -> None:
    last = new_name()
    kept = books.write(Title="Ms.", GivenName="Ada", MiddleName="B.", FamilyName=last, Suffix="Jr.")
    assert kept["DisplayName"] == f"Ms. Ada B. {last} Jr."


def test_blanks_around_and_within_a_name_are_tidied(books: Connected) -> None:
    name = new_name()
    assert books.write(DisplayName=f"  {name}   and   Co. ")["DisplayName"] == f"{name} and Co."


def test_a_sparse_update_leaves_alone_what_it_does_not_name(books: Connected) -> None:
    kept = books.write(DisplayName=new_name(), Notes="keep", GivenName="Ann")
    changed = books.change(kept, GivenName="Anne")
    assert (changed["Notes"], changed["GivenName"]) == ("keep", "Anne")
    assert changed["SyncToken"] == "1"
    assert changed["MetaData"]["CreateTime"] == kept["MetaData"]["CreateTime"]


def test_a_sparse_update_clears_what_it_names_as_null(books: Connected) -> None:
    kept = books.write(DisplayName=new_name(), Notes="away", PrimaryPhone={"FreeFormNumber": "1"})
    changed = books.change(kept, Notes=None, PrimaryPhone={"FreeFormNumber": ""}, Active=None)
    assert "Notes" not in changed
    assert "PrimaryPhone" not in changed
    assert changed["Active"] is True


def test_a_full_update_clears_what_it_leaves_out(books: Connected) -> None:
    name = new_name()
    kept = books.write(DisplayName=name, Notes="gone", Taxable=False)
    changed = books.write(Id=kept["Id"], SyncToken="0", DisplayName=name)
    assert "Notes" not in changed
    assert changed["Taxable"] is True
    assert changed["Balance"] == kept["Balance"]


def test_a_whole_object_can_be_sent_back(books: Connected) -> None:
    kept = books.read("12")
    changed = books.write(**kept)
    assert {**changed, "SyncToken": "", "MetaData": ""} == {**kept, "SyncToken": "", "MetaData": ""}


def test_read_only_fields_are_left_alone(books: Connected) -> None:
    kept = books.write(DisplayName=new_name(), Balance=500, FullyQualifiedName="Else", IsProject=True)
    assert (kept["Balance"], kept["IsProject"]) == (0, False)
    assert kept["FullyQualifiedName"] == kept["DisplayName"]


def test_a_stale_object_is_refused(books: Connected) -> None:
    kept = books.write(DisplayName=new_name())
    books.change(kept, Notes="first")
    answer = books.try_write({"Id": kept["Id"], "SyncToken": "0", "sparse": True, "Notes": "second"})
    assert fault_code(answer) == "5010"
    assert fault(answer)["Message"] == "Stale Object Error"
    assert books.read(kept["Id"])["Notes"] == "first"


def test_of_many_updates_at_once_one_wins(books: Connected) -> None:
    kept = books.write(DisplayName=new_name())

    def change(number: int) -> int:
        fields = {"Id": kept["Id"], "SyncToken": "0", "sparse": True, "Notes": str(number)}
        return replace(books, http=requests.Session()).try_write(fields).status_code

    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(change, range(20)))
    assert sorted(statuses) == [200] + [400] * 19
    assert books.read(kept["Id"])["SyncToken"] == "1"


@pytest.mark.parametrize(
    "taken",
    [
        "Annie's Rose Nursery",
        "  annie's rose NURSERY ",
        "Dana Holt",
        "Bayview Nursery Supply",
        "Katherine Sorensen (deleted)",
    ],
    ids=["customer", "other case", "employee", "vendor", "inactive"],
)
def test_a_name_is_given_once_over_customers_vendors_and_employees(books: Connected, taken: str) -> None:
    answer = books.try_write({"DisplayName": taken})
    assert fault_code(answer) == "6240"
    assert fault(answer)["Message"] == "Duplicate Name Exists Error"
    assert "Another customer, vendor or employee is already using this" in fault(answer)["Detail"]


def test_nobody_can_be_renamed_to_a_name_that_is_taken(books: Connected) -> None:
    kept = books.write(DisplayName=new_name())
    answer = books.try_write(
        {"Id": kept["Id"], "SyncToken": "0", "sparse": True, "DisplayName": "Annie's Rose Nursery"}
    )
    assert fault_code(answer) == "6240"
    assert books.read(kept["Id"]) == kept


@pytest.mark.parametrize(
    ("customer", "code", "element"),
    [
        ({}, "6080", "DisplayName"),
        ({"CompanyName": "Only a company"}, "6080", "DisplayName"),
        ({"DisplayName": "a:b"}, "6090", "DisplayName"),
        ({"FamilyName": "a\tb"}, "6090", "FamilyName"),
        ({"DisplayName": "x" * 501}, "2050", "DisplayName"),
        ({"GivenName": "x" * 101}, "2050", "GivenName"),
        ({"DisplayName": "x", "Notes": "x" * 2001}, "2050", "Notes"),
        ({"DisplayName": "x", "PrimaryPhone": {"FreeFormNumber": "1" * 31}}, "2050", "FreeFormNumber"),
        ({"DisplayName": "x", "BillAddr": {"PostalCode": "1" * 31}}, "2050", "PostalCode"),
        ({"DisplayName": "x", "PrimaryEmailAddr": {"Address": "nobody"}}, "2210", "Address"),
        ({"DisplayName": "x", "Nickname": "y"}, "2010", "Nickname"),
        ({"DisplayName": "x", "BillAddr": {"Planet": "Mars"}}, "2010", "Planet"),
        ({"DisplayName": ["x"]}, "2120", "DisplayName"),
        ({"DisplayName": "x", "Taxable": "perhaps"}, "2120", "Taxable"),
        ({"DisplayName": "x", "PreferredDeliveryMethod": "Pigeon"}, "2170", "PreferredDeliveryMethod"),
        ({"DisplayName": "x", "SalesTermRef": {"value": "77"}}, "2500", "SalesTermRef"),
        ({"DisplayName": "x", "Job": True}, "2020", "ParentRef"),
        ({"DisplayName": "x", "ParentRef": {"value": "77777"}}, "2500", "ParentRef"),
        ({"DisplayName": "x", "ParentRef": {"value": "27"}}, "610", "ParentRef"),
        ({"Id": "12", "sparse": True}, "2020", "SyncToken"),
        ({"Id": "99999", "SyncToken": "0"}, "610", "Customer"),
    ],
)
def test_what_is_wrong_gets_its_own_fault(
    books: Connected, customer: dict[str, Any], code: str, element: str
) -> None:
    answer = books.try_write(customer)
    assert fault_code(answer) == code, answer.text
    assert fault(answer)["element"] == element
    assert answer.json()["Fault"]["type"] == "ValidationFault"


def test_a_text_too_long_is_told_with_both_lengths(books: Connected) -> None:
    detail = fault(books.try_write({"DisplayName": "x", "Notes": "x" * 2006}))["Detail"]
    assert detail.endswith("Min:0 Max:2,000 supported. Supplied length: 2,006")


@pytest.mark.parametrize("body", [b"{", b"[]", b"", b"\xff\xfe", b'"x"', b"null", b'{"DisplayName": NaN}'])
def test_a_body_that_is_no_object_is_refused(books: Connected, body: bytes) -> None:
    assert books.call("POST", "/customer", data=body).status_code == 400


def test_a_sub_customer_carries_the_path_of_its_parents(books: Connected) -> None:
    top = books.write(DisplayName=new_name())
    child = books.write(DisplayName="Garden", Job=True, ParentRef={"value": top["Id"]})
    grandchild = books.write(DisplayName="Gate", ParentRef={"value": child["Id"]})
    assert child["FullyQualifiedName"] == f"{top['DisplayName']}:Garden"
    assert (child["Level"], child["Job"]) == (1, True)
    assert grandchild["FullyQualifiedName"] == f"{top['DisplayName']}:Garden:Gate"
    renamed = books.change(top, DisplayName=new_name())
    assert books.read(grandchild["Id"])["FullyQualifiedName"] == f"{renamed['DisplayName']}:Garden:Gate"


def test_sub_customers_of_different_parents_may_share_a_name(books: Connected) -> None:
    parents = [books.write(DisplayName=new_name()) for _ in range(2)]
    for parent in parents:
        books.write(DisplayName="Pond", ParentRef={"value": parent["Id"]})
    again = books.try_write({"DisplayName": "Pond", "ParentRef": {"value": parents[0]["Id"]}})
    assert fault_code(again) == "6240"


def test_nesting_ends_at_the_fourth_level(books: Connected) -> None:
    kept = books.write(DisplayName=new_name())
    for level in range(1, 5):
        kept = books.write(DisplayName="Deeper", ParentRef={"value": kept["Id"]})
        assert kept["Level"] == level
    assert fault_code(books.try_write({"DisplayName": "D", "ParentRef": {"value": kept["Id"]}})) == "6000"


def test_nobody_is_an_ancestor_of_himself(books: Connected) -> None:
    top = books.write(DisplayName=new_name())
    child = books.write(DisplayName="Below", ParentRef={"value": top["Id"]})
    turned = {"Id": top["Id"], "SyncToken": "0", "sparse": True, "ParentRef": {"value": child["Id"]}}
    assert fault_code(books.try_write(turned)) == "6000"


def test_an_inactive_customer_is_marked_in_its_name(books: Connected) -> None:
    name = new_name()
    kept = books.change(books.write(DisplayName=name), Active=False)
    assert kept["DisplayName"] == kept["FullyQualifiedName"] == f"{name} (deleted)"
    assert books.read(kept["Id"])["Active"] is False
    assert books.names(f"SELECT * FROM Customer WHERE DisplayName LIKE '{name}%'") == []
    second = books.change(books.write(DisplayName=name), Active=False)
    assert second["DisplayName"] == f"{name} (deleted-1)"
    back = books.change(kept, Active=True, DisplayName=name)
    assert back["DisplayName"] == name


def test_a_customer_with_a_balance_or_sub_customers_stays_active(books: Connected) -> None:
    owing = books.query("SELECT * FROM Customer WHERE DisplayName = 'Gus\\'s Garage'")["Customer"][0]
    parent = books.query("SELECT * FROM Customer WHERE DisplayName = 'St. Isidore Parish'")["Customer"][0]
    for kept in (owing, parent):
        answer = books.try_write(
            {"Id": kept["Id"], "SyncToken": kept["SyncToken"], "sparse": True, "Active": False}
        )
        assert fault_code(answer) == "6000"


def test_a_request_id_sent_again_gets_the_first_answer(books: Connected) -> None:
    name = new_name()
    first = books.try_write({"DisplayName": name}, requestid=name)
    again = books.try_write({"DisplayName": "Something else"}, requestid=name)
    assert again.json() == first.json()
    assert books.query(f"SELECT COUNT(*) FROM Customer WHERE DisplayName = '{name}'")["totalCount"] == 1
    assert fault_code(books.try_write({"DisplayName": "x"}, requestid="r" * 51)) == "2050"


def test_a_refused_write_does_not_use_its_request_id_up(books: Connected) -> None:
    name = new_name()
    assert fault_code(books.try_write({"DisplayName": "a:b"}, requestid=name)) == "6090"
    assert books.try_write({"DisplayName": name}, requestid=name).status_code == 200


def test_each_company_has_its_own_books(simulated: Simulated, books: Connected) -> None:
    elsewhere = simulated.connected(HARBOR_STREET)
    name = new_name()
    books.write(DisplayName=name)
    assert elsewhere.write(DisplayName=name)["DisplayName"] == name


def test_another_companys_books_stay_closed(simulated: Simulated) -> None:
    stranger = simulated.connected(HARBOR_STREET)
    stranger.realm = CRAIG_HOLT
    answer = stranger.call("GET", "/customer/12")
    assert answer.status_code == 403
    assert answer.json()["fault"]["error"][0]["code"] == "3100"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer nonsense", "Basic eDp5"])
def test_without_a_good_token_nobody_is_let_in(books: Connected, header: str) -> None:
    answer = books.call("GET", "/customer/12", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.json()["fault"]["type"] == "AUTHENTICATION"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/inventoryadjustment/1"),
        ("GET", "/starship/1"),
        ("POST", "/budget"),
        ("POST", "/customer/12/send"),
        ("GET", "/customer/12/pdf"),
        ("POST", "/customer?operation=void"),
        ("POST", "/estimate?operation=void"),
        ("POST", "/customer?operation=delete"),
        ("DELETE", "/customer/12"),
        ("GET", "/"),
        ("GET", "/customer"),
    ],
)
def test_what_is_not_simulated_says_so(books: Connected, method: str, path: str) -> None:
    answer = books.call(method, path, json={"Id": "12", "SyncToken": "0"})
    assert fault_code(answer) == "500"
    assert "not supported" in fault(answer)["Detail"]


def test_every_answer_carries_a_transaction_id(books: Connected) -> None:
    answers = [books.call("GET", "/customer/12"), books.call("GET", "/nowhere"), books.ask("nonsense")]
    ids = {answer.headers["intuit_tid"] for answer in answers}
    assert len(ids) == 3
