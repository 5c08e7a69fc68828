"""Clients in Ruby and PHP speak XML in both directions, by their default (facts, 2 and 5.1)."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
import requests

from .conftest import TIMEOUT_S, Connected, Simulated
from .test_writing_customers import new_name

SPACE = "{http://schema.intuit.com/finance/v3}"
NAMESPACE = 'xmlns="http://schema.intuit.com/finance/v3"'
XML = {"Accept": "application/xml", "Content-Type": "application/xml"}


def read(answer: requests.Response) -> ElementTree.Element:
    """Return the inside of an answer, its only element."""
    assert answer.headers["content-type"] == "application/xml;charset=UTF-8"
    root = ElementTree.fromstring(answer.content)
    assert (root.tag, "time" in root.attrib) == (f"{SPACE}IntuitResponse", True)
    return root[0]


def text(element: ElementTree.Element, path: str) -> str | None:
    return element.findtext("/".join(SPACE + step for step in path.split("/")))


def post(books: Connected, path: str, body: str) -> ElementTree.Element:
    return read(books.call("POST", path, data=body.encode(), headers=XML))


def test_a_customer_is_made_and_changed(books: Connected) -> None:
    name = new_name()
    made = post(
        books,
        "/customer",
        f"""<?xml version="1.0" encoding="utf-8"?>
        <Customer {NAMESPACE}>
          <DisplayName>{name} &amp; Söhne</DisplayName>
          <Taxable>false</Taxable>
          <BillAddr><Line1>1 High St</Line1><City>Reno</City></BillAddr>
          <PrimaryEmailAddr><Address>a@b.example</Address></PrimaryEmailAddr>
          <SalesTermRef name="whatever">3</SalesTermRef>
          <Notes></Notes>
        </Customer>""",
    )
    assert (made.tag, made.attrib) == (f"{SPACE}Customer", {"domain": "QBO", "sparse": "false"})
    assert text(made, "DisplayName") == f"{name} & Söhne"
    changed = post(
        books,
        "/customer?operation=update",
        f"""<ns0:Customer xmlns:ns0="http://schema.intuit.com/finance/v3" sparse="true">
          <ns0:Id>{text(made, "Id")}</ns0:Id><ns0:SyncToken>0</ns0:SyncToken>
          <ns0:FamilyName>Reno</ns0:FamilyName></ns0:Customer>""",
    )
    assert (text(changed, "FamilyName"), text(changed, "BillAddr/City")) == ("Reno", "Reno")
    kept = books.read(str(text(made, "Id")))
    assert (kept["Taxable"], kept["SalesTermRef"]["value"]) == (False, "3")


def test_an_invoice_with_lines_is_made_voided_and_deleted(books: Connected) -> None:
    made = post(
        books,
        "/invoice",
        f"""<Invoice {NAMESPACE}><CustomerRef>12</CustomerRef><CustomerMemo>Thank you</CustomerMemo>
        <Line><Amount>10.50</Amount><DetailType>SalesItemLineDetail</DetailType>
          <SalesItemLineDetail><Qty>2</Qty><UnitPrice>5.25</UnitPrice></SalesItemLineDetail></Line>
        </Invoice>""",
    )
    assert (text(made, "TotalAmt"), text(made, "CustomerMemo")) == ("10.5", "Thank you")
    customer = made.find(f"{SPACE}CustomerRef")
    assert customer is not None
    assert (customer.text, customer.attrib) == ("12", {"name": "Annie's Rose Nursery"})
    assert [line.findtext(f"{SPACE}DetailType") for line in made.findall(f"{SPACE}Line")] == [
        "SalesItemLineDetail",
        "SubTotalLineDetail",
    ]
    id = text(made, "Id")
    voided = post(
        books,
        "/invoice?operation=void",
        f"<Invoice {NAMESPACE}><Id>{id}</Id><SyncToken>0</SyncToken></Invoice>",
    )
    assert text(voided, "TotalAmt") == "0"
    gone = post(
        books,
        "/invoice?operation=delete",
        f"<Invoice {NAMESPACE}><Id>{id}</Id><SyncToken>1</SyncToken></Invoice>",
    )
    assert gone.attrib == {"domain": "QBO", "status": "Deleted"}


def test_a_query_is_answered_with_its_place_in_attributes(books: Connected) -> None:
    answer = books.call("GET", "/query?query=select * from Item startposition 2 maxresults 3", headers=XML)
    page = read(answer)
    assert page.attrib == {"startPosition": "2", "maxResults": "3"}
    assert [item.tag for item in page] == [f"{SPACE}Item"] * 3
    total = books.query("select count(*) from Item")["totalCount"]
    count = books.call("GET", "/query?query=select count(*) from Item", headers=XML)
    assert read(count).attrib == {"totalCount": str(total)}


def test_a_batch_holds_objects_and_queries(books: Connected) -> None:
    name = new_name()
    body = f"""<IntuitBatchRequest {NAMESPACE}>
      <BatchItemRequest bId="one" operation="create"><Customer><DisplayName>{name}</DisplayName></Customer>
      </BatchItemRequest>
      <BatchItemRequest bId="two"><Query>select * from Customer where DisplayName = '{name}'</Query>
      </BatchItemRequest>
      <BatchItemRequest bId="three" operation="create"><Customer><DisplayName>{name}</DisplayName></Customer>
      </BatchItemRequest>
    </IntuitBatchRequest>"""
    root = ElementTree.fromstring(books.call("POST", "/batch", data=body.encode(), headers=XML).content)
    made, found, refused = root
    assert [part.get("bId") for part in root] == ["one", "two", "three"]
    assert text(made, "Customer/DisplayName") == text(found, "QueryResponse/Customer/DisplayName") == name
    error = refused.find(f"{SPACE}Fault/{SPACE}Error")
    assert error is not None
    assert error.get("code") == "6240"


def test_refusals_have_their_code_in_an_attribute(books: Connected) -> None:
    answer = books.call("POST", "/customer", data=f"<Customer {NAMESPACE}/>", headers=XML)
    refused = read(answer)
    assert (answer.status_code, refused.tag, refused.attrib) == (
        400,
        f"{SPACE}Fault",
        {"type": "ValidationFault"},
    )
    assert refused[0].get("code") == "6080"


def test_the_gateway_refuses_in_the_same_shape(simulated: Simulated, books: Connected) -> None:
    simulated.control("/tokens/expire", realm=books.realm)
    answer = books.call("GET", "/customer/12", headers=XML)
    refused = read(answer)
    assert (answer.status_code, refused.attrib) == (401, {"type": "AUTHENTICATION"})
    assert refused[0].attrib == {"code": "3200"}
    assert text(refused[0], "Message") == "message=AuthenticationFailed; errorCode=003200; statusCode=401"


@pytest.mark.parametrize(
    "body",
    [
        "<Customer><DisplayName>open",
        "<!DOCTYPE x [<!ENTITY a 'aaaa'>]><Customer><DisplayName>&a;</DisplayName></Customer>",
        "<a>" * 30 + "</a>" * 30,
        "<Customer><Nonsense>1</Nonsense></Customer>",
    ],
)
def test_xml_that_cannot_be_read_is_refused(books: Connected, body: str) -> None:
    answer = books.call("POST", "/customer", data=body, headers=XML)
    assert (answer.status_code, read(answer)[0].get("code")) == (400, "2010")


def test_a_company_is_read_without_asking_for_any_format(books: Connected) -> None:
    address = f"{books.url}/v3/company/{books.realm}/companyinfo/{books.realm}"
    headers = {"Authorization": books.headers["Authorization"]}
    info = read(requests.get(address, headers=headers, timeout=TIMEOUT_S))
    assert text(info, "CompanyName") == "Craig & Holt Landscaping"
