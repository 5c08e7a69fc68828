"""Clients write addresses and requests in ways of their own, and are understood (facts, 2, 11 and 14)."""

from __future__ import annotations

import gzip
import http.client
import json
import zlib
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest

from .conftest import TIMEOUT_S, Connected, Simulated, fault_code
from .test_writing_customers import new_name

COUNT = "select count(*) from Customer"


@pytest.mark.parametrize(
    "path",
    [
        "/customer/12",
        "/Customer/12",
        "/CUSTOMER/12",
        "/customer/12/",
        "//customer//12",
        "/customer/12?minorversion=4",
        "/customer/12?minorversion=65&minorversion=75",
        "/customer/12?format=json",
        "/customer/12?_=1770000000",
    ],
)
def test_one_customer_is_found_at_many_addresses(books: Connected, path: str) -> None:
    assert books.call("GET", path).json()["Customer"]["Id"] == "12"


@pytest.mark.parametrize("path", ["/companyinfo/{realm}", "/CompanyInfo/{realm}", "/companyInfo/1"])
def test_the_company_is_read_by_its_realm_or_its_id(books: Connected, path: str) -> None:
    info = books.call("GET", path.format(realm=books.realm)).json()["CompanyInfo"]
    assert (info["Id"], info["CompanyName"]) == ("1", "Craig & Holt Landscaping")


@pytest.mark.parametrize(
    "address",
    [
        "/query?query=select%20count(*)%20from%20Customer",
        "/query?query=select+count(*)+from+Customer",
        "/query?query=select%20count%28%2A%29%20from%20Customer&minorversion=65",
        "/query?minorversion=75&Query=select%20count(*)%20from%20Customer",
        "/Query/?query=select%20count(*)%20from%20Customer",
        "/query?query=%0aselect%20count(*)%0d%0a%20from%09Customer%20",
        "/query?query=select%20count(*)%20from%20Customer%20where%20DisplayName%20like%20'%25'",
    ],
)
def test_a_statement_in_the_address_may_be_encoded_in_any_usual_way(books: Connected, address: str) -> None:
    wanted = books.query(COUNT)
    assert books.call("GET", address).json()["QueryResponse"] == wanted


@pytest.mark.parametrize("name", ["Caf%C3%A9%20Ren%C3%A9e", "Caf%c3%a9+Ren%c3%a9e"])
def test_an_accent_is_understood_in_utf_8(books: Connected, name: str) -> None:
    address = f"/query?query=select%20*%20from%20Customer%20where%20DisplayName='{name}'"
    rows = books.call("GET", address).json()["QueryResponse"]["Customer"]
    assert [row["DisplayName"] for row in rows] == ["Caf\u00e9 Ren\u00e9e"]


def test_an_address_in_another_encoding_is_refused(books: Connected) -> None:
    address = "/query?query=select%20*%20from%20Customer%20where%20DisplayName='Caf%E9'"
    assert fault_code(books.call("GET", address)) == "500"


@pytest.mark.parametrize(
    "content_type",
    ["application/text", "text/plain", "application/text; charset=utf-8", "text/plain;charset=UTF-8"],
)
def test_a_statement_is_posted_as_text(books: Connected, content_type: str) -> None:
    answer = books.call("POST", "/query", data=f"{COUNT}\n", headers={"Content-Type": content_type})
    assert answer.json()["QueryResponse"] == books.query(COUNT)


@pytest.mark.parametrize("word", ["requestid", "requestId", "RequestID"])
def test_a_request_id_counts_however_it_is_spelled(books: Connected, word: str) -> None:
    customer, id = {"DisplayName": new_name()}, new_name()
    first, again = (books.try_write(customer, **{word: id}) for _ in range(2))
    assert first.json()["Customer"]["Id"] == again.json()["Customer"]["Id"]


def test_changes_are_asked_for_in_any_spelling(simulated: Simulated, books: Connected) -> None:
    # Past the second in which others may have changed a term.
    simulated.control("/clock", forward_s=2)
    kept = books.write(DisplayName=new_name())
    since = kept["MetaData"]["LastUpdatedTime"]
    for names in (("entities", "changedSince"), ("Entities", "ChangedSince"), ("entities", "changedsince")):
        asked = dict(zip(names, ("customer, Term", since), strict=True))
        changed, terms = books.call("GET", "/cdc", params=asked).json()["CDCResponse"][0]["QueryResponse"]
        assert kept["Id"] in {row["Id"] for row in changed["Customer"]}
        assert terms == {}


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("application/json", "application/json"),
        ("application/json, text/plain, */*", "application/json"),
        ("application/json;charset=UTF-8", "application/json"),
        ("application/xml, application/json;q=0.5", "application/xml"),
        ("application/xml;q=0.5, application/json", "application/json"),
        ("application/json;q=0", "application/xml"),
        ("text/xml", "application/xml"),
        ("*/*", "application/xml"),
    ],
)
def test_the_client_chooses_json_or_xml(books: Connected, accept: str, media_type: str) -> None:
    answer = books.call("GET", "/customer/12", headers={"Accept": accept})
    assert answer.headers["content-type"] == f"{media_type};charset=UTF-8"


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [("gzip", True), ("gzip;q=1.0,deflate;q=0.6,identity;q=0.3", True), ("gzip;q=0", False), ("br", False)],
)
def test_an_answer_is_packed_only_for_who_can_unpack_it(
    books: Connected, accepted: str, packed: bool
) -> None:
    answer = books.call(
        "GET", "/query", params={"query": "select * from Customer"}, headers={"Accept-Encoding": accepted}
    )
    assert (answer.headers.get("content-encoding") == "gzip") is packed
    assert len(answer.json()["QueryResponse"]["Customer"]) > 50


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_a_request_may_come_packed(books: Connected, encoding: str, pack: Callable[[bytes], bytes]) -> None:
    headers = {"Content-Encoding": encoding, "Content-Type": "application/json"}
    name = new_name()
    packed = pack(json.dumps({"DisplayName": name}).encode())
    made = books.call("POST", "/customer", data=packed, headers=headers)
    assert made.json()["Customer"]["DisplayName"] == name
    assert fault_code(books.call("POST", "/customer", data=packed[:-3], headers=headers)) == "500"
    assert fault_code(books.call("POST", "/customer", data=b"{}", headers=headers)) == "500"


@pytest.fixture
def wire(books: Connected) -> Iterator[http.client.HTTPConnection]:
    """One bare connection."""
    connection = http.client.HTTPConnection(urlsplit(books.url).netloc, timeout=TIMEOUT_S)
    yield connection
    connection.close()


def test_many_calls_go_over_one_connection(books: Connected, wire: http.client.HTTPConnection) -> None:
    for _ in range(3):
        wire.request("GET", f"/v3/company/{books.realm}/customer/12", headers=books.headers)
        answer = wire.getresponse()
        assert json.loads(answer.read())["Customer"]["Id"] == "12"
        assert not answer.will_close


def test_a_body_may_come_in_chunks(books: Connected, wire: http.client.HTTPConnection) -> None:
    parts = [part.encode() for part in ("select ", "count(*) ", "from ", "Customer")]
    headers = {**books.headers, "Content-Type": "application/text"}
    address = f"/v3/company/{books.realm}/query"
    wire.request("POST", address, body=iter(parts), headers=headers, encode_chunked=True)
    assert json.loads(wire.getresponse().read())["QueryResponse"] == books.query(COUNT)


def test_a_client_of_http_1_0_is_answered(books: Connected, wire: http.client.HTTPConnection) -> None:
    wire._http_vsn, wire._http_vsn_str = 10, "HTTP/1.0"  # type: ignore[attr-defined]
    wire.request("GET", f"/v3/company/{books.realm}/customer/12", headers=books.headers)
    answer = wire.getresponse()
    assert json.loads(answer.read())["Customer"]["Id"] == "12"
    assert answer.will_close


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_there_are_no_other_methods_than_get_and_post(books: Connected, method: str) -> None:
    assert fault_code(books.call(method, "/customer/12", json={})) == "500"
