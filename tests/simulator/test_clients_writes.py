"""Clients void, delete, send and upload each in its own form (facts, 4.4, 4.5, 11)."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from .conftest import TIMEOUT_S, Connected, fault_code, line, version
from .test_writing_customers import new_name


def sale(books: Connected) -> dict[str, Any]:
    return books.make("Invoice", CustomerRef={"value": "12"}, Line=[line(5)])


def money(books: Connected) -> dict[str, Any]:
    return books.make("Payment", CustomerRef={"value": "12"}, TotalAmt=5)


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(
    ("entity", "parameters"),
    [
        ("Invoice", {"operation": "void"}),
        ("Invoice", {"include": "void"}),
        ("Payment", {"operation": "void"}),
        ("Payment", {"operation": "update", "include": "void"}),
        ("Payment", {"include": "void", "Operation": "Update"}),
    ],
)
def test_voiding_takes_the_whole_object_or_its_version(
    books: Connected, entity: str, parameters: dict[str, str], whole: bool
) -> None:
    made = sale(books) if entity == "Invoice" else money(books)
    body = made if whole else {**version(made), "sparse": True}
    voided = books.done(entity, books.post(entity, body, **parameters))
    assert voided["TotalAmt"] == 0
    assert "Voided" in voided["PrivateNote"]


@pytest.mark.parametrize("whole", [True, False])
def test_deleting_takes_the_whole_object_or_its_version(books: Connected, whole: bool) -> None:
    for entity, made in (("Invoice", sale(books)), ("Payment", money(books))):
        gone = books.done(
            entity, books.post(entity, made if whole else version(made), operation="delete", minorversion="4")
        )
        assert gone == {"domain": "QBO", "status": "Deleted", "Id": made["Id"]}
        assert books.rows(f"select * from {entity} where Id = '{made['Id']}'") == []


def test_a_whole_object_is_updated_with_or_without_saying_so(books: Connected) -> None:
    made = sale(books)
    for parameters in ({}, {"operation": "update"}):
        made = books.done("Invoice", books.post("Invoice", {**made, "PrivateNote": new_name()}, **parameters))
    assert made["SyncToken"] == "2"


def test_an_object_may_be_wrapped_in_its_name(books: Connected) -> None:
    name = new_name()
    assert books.try_write({"Customer": {"DisplayName": name}}).json()["Customer"]["DisplayName"] == name


def test_numbers_and_ids_may_be_written_as_text_and_the_reverse(books: Connected) -> None:
    sold = line(5)
    sold["Amount"] = "5.00"
    made = books.make("Invoice", CustomerRef={"value": 12}, Line=[sold])
    assert (made["TotalAmt"], made["CustomerRef"]["value"]) == (5, "12")
    token = {"Id": int(made["Id"]), "SyncToken": int(made["SyncToken"])}
    assert books.done("Invoice", books.post("Invoice", token, operation="delete"))["status"] == "Deleted"


@pytest.mark.parametrize("content_type", ["application/octet-stream", "application/json", ""])
def test_a_form_is_sent_with_an_empty_post(books: Connected, content_type: str) -> None:
    made = sale(books)
    answer = books.call(
        "POST",
        f"/invoice/{made['Id']}/send",
        params={"sendTo": "a+b@c.example"},
        headers={"Content-Type": content_type} if content_type else {},
    )
    kept = books.done("Invoice", answer)
    assert (kept["EmailStatus"], kept["BillEmail"]) == ("EmailSent", {"Address": "a+b@c.example"})


@pytest.mark.parametrize("number", ["0", "1", "01"])
def test_a_file_is_uploaded_as_browsers_do(books: Connected, number: str) -> None:
    about = {"AttachableRef": [{"EntityRef": {"type": "Customer", "value": "12"}}], "FileName": "plan.txt"}
    parts = {
        f"file_metadata_{number}": (None, json.dumps(about), "application/json"),
        f"file_content_{number}": ("plan.txt", b"here\r\n", "text/plain"),
    }
    (answer,) = books.call("POST", "/upload", files=parts).json()["AttachableResponse"]
    kept = answer["Attachable"]
    assert (kept["FileName"], kept["Size"], kept["ContentType"]) == ("plan.txt", 6, "text/plain")
    address = books.call("GET", f"/download/{kept['Id']}").text
    assert requests.get(address, timeout=TIMEOUT_S).content == b"here\r\n"


def test_several_files_are_answered_each(books: Connected) -> None:
    parts = {f"file_content_{n}": (f"{n}.txt", b"x", "text/plain") for n in range(3)}
    answers = books.call("POST", "/upload", files=parts).json()["AttachableResponse"]
    assert [answer["Attachable"]["FileName"] for answer in answers] == ["0.txt", "1.txt", "2.txt"]


def test_an_upload_that_is_no_form_is_refused(books: Connected) -> None:
    assert (
        fault_code(books.call("POST", "/upload", data=b"x", headers={"Content-Type": "text/plain"})) == "1050"
    )
