"""Odd answers on the wire: what is tried again, what is not, and what the caller hears."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import requests
import responses
from structlog.testing import capture_logs

from integrations.quickbooks import (
    DuplicateName,
    NeedsReconnect,
    QuickBooks,
    Throttled,
    Unauthorized,
    Unavailable,
)
from integrations.quickbooks.metering import Charge, Kind
from tests.gateway.conftest import COMPANY, QUERY, CountedGrant, PausesNoted, Tally
from tests.gateway.test_faults import DUPLICATE, EXPIRED, NGINX, THROTTLED, WRONG_REALM

ONE = {"QueryResponse": {"Customer": [{"Id": "1"}], "startPosition": 1, "maxResults": 1}, "time": "x"}


def sent(wire: responses.RequestsMock) -> list[requests.PreparedRequest]:
    return [call.request for call in wire.calls]


def test_a_page_is_asked_for_in_quickbooks_words(
    wire: responses.RequestsMock, quickbooks: QuickBooks
) -> None:
    wire.post(QUERY, json=ONE)
    rows = quickbooks.page("Customer", 1001, where="Active IN (true, false)", order="MetaData.CreateTime")
    (request,) = sent(wire)
    assert rows == [{"Id": "1"}]
    assert request.body == (
        b"SELECT * FROM Customer WHERE Active IN (true, false) ORDERBY MetaData.CreateTime "
        b"STARTPOSITION 1001 MAXRESULTS 1000"
    )
    assert request.headers["Authorization"] == "Bearer token-1"
    assert request.headers["Content-Type"] == "application/text"
    assert request.headers["Accept"] == "application/json"
    assert request.url == f"{QUERY}?minorversion=75"


def test_no_rows_come_as_no_key(wire: responses.RequestsMock, quickbooks: QuickBooks) -> None:
    wire.post(QUERY, json={"QueryResponse": {}, "time": "x"})
    assert quickbooks.page("Customer", 1) == []


def test_an_expired_token_is_renewed_once_and_the_call_repeated_once(
    wire: responses.RequestsMock, quickbooks: QuickBooks
) -> None:
    wire.post(QUERY, body=EXPIRED, status=401)
    wire.post(QUERY, json=ONE)
    assert quickbooks.page("Customer", 1)
    assert [request.headers["Authorization"] for request in sent(wire)] == [
        "Bearer token-1",
        "Bearer token-2",
    ]


def test_a_second_401_is_not_renewed_again(
    wire: responses.RequestsMock, quickbooks: QuickBooks, grant: CountedGrant
) -> None:
    wire.post(QUERY, body=EXPIRED, status=401)
    with pytest.raises(Unauthorized):
        quickbooks.page("Customer", 1)
    assert len(wire.calls) == 2
    assert grant.losses == []


def test_a_lost_grant_is_told_once_and_not_tried_again(
    wire: responses.RequestsMock, quickbooks: QuickBooks, grant: CountedGrant
) -> None:
    wire.post(QUERY, body=WRONG_REALM, status=403)
    with pytest.raises(NeedsReconnect):
        quickbooks.page("Customer", 1)
    assert len(wire.calls) == 1
    assert [error.code for error in grant.losses] == ["3100"]


@pytest.mark.parametrize("trouble", [NGINX, b"", b'{"QueryResponse":'], ids=["html", "nothing", "cut off"])
def test_a_bad_gateway_passes(
    wire: responses.RequestsMock, quickbooks: QuickBooks, slept: list[float], trouble: bytes
) -> None:
    wire.post(QUERY, body=trouble, status=502)
    wire.post(QUERY, body=NGINX, status=200)
    wire.post(QUERY, json=ONE)
    assert quickbooks.page("Customer", 1)
    assert len(slept) == 2
    assert 0 < slept[0] <= 0.5 < slept[1] * 2 <= 2


@pytest.mark.parametrize(
    "cut", [requests.ConnectionError(), requests.ReadTimeout(), requests.exceptions.ChunkedEncodingError()]
)
def test_a_cut_line_is_tried_again_and_then_told(
    wire: responses.RequestsMock, quickbooks: QuickBooks, cut: Exception
) -> None:
    wire.post(QUERY, body=cut)
    with pytest.raises(Unavailable) as told:
        quickbooks.page("Customer", 1)
    assert len(wire.calls) == 3
    assert told.value.retryable


def test_a_429_pauses_everybody_and_then_goes_on(
    wire: responses.RequestsMock, quickbooks: QuickBooks, limiter: PausesNoted
) -> None:
    wire.post(QUERY, body=THROTTLED, status=429, content_type="text/xml")
    wire.post(QUERY, json=ONE)
    assert quickbooks.page("Customer", 1)
    assert limiter.pauses == [60.0]


def test_endless_429s_end_in_a_delay_for_the_caller(
    wire: responses.RequestsMock, quickbooks: QuickBooks, limiter: PausesNoted
) -> None:
    wire.post(QUERY, body=THROTTLED, status=429)
    with pytest.raises(Throttled) as told:
        quickbooks.page("Customer", 1)
    assert told.value.retry_after == 60.0
    assert len(limiter.pauses) == len(wire.calls), "each pauses everybody, the last one too"


def test_a_fault_under_status_200_is_a_fault(wire: responses.RequestsMock, quickbooks: QuickBooks) -> None:
    wire.post(f"{COMPANY}/customer", body=DUPLICATE, status=200)
    with pytest.raises(DuplicateName):
        quickbooks.create("Customer", {"DisplayName": "Amy"}, request_id="r-1")


def test_a_write_is_repeated_under_the_same_request_id(
    wire: responses.RequestsMock, quickbooks: QuickBooks
) -> None:
    wire.post(f"{COMPANY}/customer", body=NGINX, status=502)
    wire.post(f"{COMPANY}/customer", body=requests.ReadTimeout())
    wire.post(f"{COMPANY}/customer", json={"Customer": {"Id": "9"}, "time": "x"})
    assert quickbooks.create("Customer", {"DisplayName": "Amy"}, request_id="r-1") == {"Id": "9"}
    assert {request.url for request in sent(wire)} == {f"{COMPANY}/customer?minorversion=75&requestid=r-1"}
    assert len({request.body for request in sent(wire)}) == 1


def test_a_write_without_a_request_id_is_never_repeated(
    wire: responses.RequestsMock, quickbooks: QuickBooks
) -> None:
    wire.post(f"{COMPANY}/customer", body=NGINX, status=502)
    with pytest.raises(Unavailable):
        quickbooks.transport.create_object("Customer", "{}")
    assert len(wire.calls) == 1


def test_a_redirect_is_not_followed_with_our_token(
    wire: responses.RequestsMock, quickbooks: QuickBooks
) -> None:
    wire.post(QUERY, status=302, headers={"Location": "https://elsewhere.test/"})
    with pytest.raises(Unavailable):
        quickbooks.page("Customer", 1)
    assert {request.url for request in sent(wire)} == {f"{QUERY}?minorversion=75"}


def test_cookies_are_not_kept(wire: responses.RequestsMock, quickbooks: QuickBooks) -> None:
    wire.post(QUERY, json=ONE, headers={"Set-Cookie": "who=firm-1"})
    quickbooks.page("Customer", 1)
    quickbooks.page("Customer", 2)
    assert "Cookie" not in sent(wire)[1].headers


def test_bytes_that_are_no_utf8_and_half_an_emoji_arrive_readable(
    wire: responses.RequestsMock, quickbooks: QuickBooks
) -> None:
    wire.post(
        QUERY, body=b'{"QueryResponse":{"Customer":[{"A":"Caf\xe9","B":"x\\ud83d","C":"\\ud83d\\ude00"}]}}'
    )
    (row,) = quickbooks.page("Customer", 1)
    assert row == {"A": "Caf\ufffd", "B": "x\ufffd", "C": "\U0001f600"}


def test_calls_are_counted_by_kind_and_entity(
    wire: responses.RequestsMock, quickbooks: QuickBooks, tally: Tally
) -> None:
    wire.post(QUERY, body=NGINX, status=502)
    wire.post(QUERY, json=ONE)
    wire.post(f"{COMPANY}/customer", json={"Customer": {"Id": "9"}})
    quickbooks.page("Customer", 1)
    quickbooks.create("Customer", {}, request_id="r-1")
    assert tally.counted == [
        Charge(Kind.FAILED, "customer"),
        Charge(Kind.CORE_PLUS, "customer"),
        Charge(Kind.CORE, "customer"),
    ]


def test_logs_hold_the_reference_and_neither_token_nor_customers(
    wire: responses.RequestsMock, quickbooks: QuickBooks
) -> None:
    body = b'{"Fault":{"Error":[{"code":"4001","Message":"Amy in message","Detail":"Amy in detail"}]}}'
    wire.post(QUERY, body=body, status=400, headers={"intuit_tid": "1-abc"})
    with capture_logs() as logs, pytest.raises(Exception, match="cannot search"):
        quickbooks.page("Customer", 1, where="DisplayName = 'Amy'")
    assert logs[0]["intuit_tid"] == "1-abc"
    assert "Amy" not in str(logs)
    assert "token-1" not in str(logs)


CHANGED: dict[str, Any] = {
    "CDCResponse": [
        {
            "QueryResponse": [
                {"Customer": [{"Id": "1", "Active": False}], "startPosition": 1, "maxResults": 1},
                {"Invoice": [{"Id": "5"}, {"status": "Deleted", "domain": "QBO", "Id": "979"}]},
                {},
            ]
        }
    ],
    "time": "2026-01-15T10:00:00.000-08:00",
}


def test_changes_are_told_apart_from_deletions_and_from_nothing(
    wire: responses.RequestsMock, quickbooks: QuickBooks
) -> None:
    wire.get(f"{COMPANY}/cdc", json=CHANGED)
    changes = quickbooks.changes(["Customer", "Invoice", "Payment"], since=datetime(2026, 1, 1, tzinfo=UTC))
    assert changes.rows == {
        "Customer": [{"Id": "1", "Active": False}],
        "Invoice": [{"Id": "5"}],
        "Payment": [],
    }
    assert changes.deleted == {"Customer": [], "Invoice": ["979"], "Payment": []}
    assert not changes.is_full
    assert changes.answered_at == datetime(2026, 1, 15, 18, tzinfo=UTC)
    assert "changedSince=2026-01-01T00%3A00%3A00%2B00%3A00" in str(sent(wire)[0].url)


def test_an_answer_at_its_limit_says_that_it_is_full(
    wire: responses.RequestsMock, quickbooks: QuickBooks
) -> None:
    rows = [{"Id": str(number)} for number in range(1000)]
    wire.get(f"{COMPANY}/cdc", json={"CDCResponse": [{"QueryResponse": [{"Customer": rows}]}]})
    assert quickbooks.changes(["Customer"], since=datetime(2026, 1, 1, tzinfo=UTC)).is_full
