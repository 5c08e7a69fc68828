"""Whatever QuickBooks says when it refuses, we understand it, and never stumble over it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.quickbooks import (
    DuplicateName,
    NeedsReconnect,
    NotFound,
    QuickBooksError,
    ReadOnlyCompany,
    Refused,
    Throttled,
    Unauthorized,
    Unavailable,
)
from integrations.quickbooks.faults import BY_CODE, fault_in

DUPLICATE = (
    b'{"Fault":{"Error":[{"Message":"Duplicate Name Exists Error","Detail":"The name supplied already exists. : '
    b"Another customer, vendor or employee is already using this name. Please use a different name."
    b'","code":"6240","element":""}],"type":"ValidationFault"},"time":"2026-01-15T10:00:00.000-08:00"}'
)
EXPIRED = (
    b'{"warnings":null,"intuitObject":null,"fault":{"error":[{"message":"message=AuthenticationFailed; '
    b'errorCode=003200; statusCode=401","detail":"Token expired","code":"3200","element":null}],'
    b'"type":"AUTHENTICATION"},"report":null,"queryResponse":null,"time":1633520295688}'
)
WRONG_REALM = (
    b'{"fault":{"error":[{"message":"message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403",'
    b'"detail":"","code":null}],"type":"AUTHORIZATION"},"time":1633520295688}'
)
THROTTLED = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><IntuitResponse time="2026-01-15T10:00:00-08:00" '
    b'xmlns="http://schema.intuit.com/finance/v3"><Fault type="SERVICE"><Error code="3001"><Message>'
    b"message=ThrottleExceeded; errorCode=003001; statusCode=429</Message><Detail>The request limit was reached."
    b"</Detail></Error></Fault></IntuitResponse>"
)
GENERAL_AUTHENTICATION_XML = (
    b'<IntuitResponse xmlns="http://schema.intuit.com/finance/v3"><Fault type="AUTHENTICATION"><Error code="100">'
    b"<Message>General Authentication Error</Message><Detail>AuthErrorGeneral: SRV-110</Detail></Error></Fault>"
    b"</IntuitResponse>"
)
NGINX = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head><body><center><h1>502</h1></center></body></html>"
)


def fault(status: int, body: bytes, **headers: str) -> QuickBooksError:
    return fault_in(status, headers, body)


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (400, DUPLICATE, DuplicateName, "6240"),
        (401, EXPIRED, Unauthorized, "3200"),
        (401, GENERAL_AUTHENTICATION_XML, Unauthorized, "100"),
        (403, WRONG_REALM, NeedsReconnect, "3100"),
        (429, THROTTLED, Throttled, "3001"),
        (429, b"", Throttled, ""),
        (502, NGINX, Unavailable, ""),
        (504, b"", Unavailable, ""),
        (
            400,
            b'{"error":"invalid_grant","error_description":"Token revoked"}',
            NeedsReconnect,
            "invalid_grant",
        ),
        (400, b'{"Fault":{"Error":{"code":"610","Message":"Object Not Found"}}}', NotFound, "610"),
        (403, b'{"Fault":{"Error":[{"code":"6190"}]}}', ReadOnlyCompany, "6190"),
        (400, b'{"Fault":{"Error":[{"code":"99999","Detail":"new"}]}}', Refused, "99999"),
        (400, b'{"Fault":{"Error":[]}}', Refused, ""),
        (302, b"", Unavailable, ""),
    ],
)
def test_every_shape_is_read(status: int, body: bytes, kind: type[QuickBooksError], code: str) -> None:
    error = fault(status, body)
    assert type(error) is kind
    assert error.code == code


def test_a_server_error_is_never_taken_for_a_refusal_whatever_its_body_says() -> None:
    assert isinstance(fault(500, DUPLICATE), Unavailable)
    assert isinstance(fault(503, EXPIRED), Unavailable)


def test_intuits_reference_is_kept() -> None:
    error = fault(400, DUPLICATE, intuit_tid="1-5f-abc")
    assert error.intuit_tid == "1-5f-abc"
    assert "1-5f-abc" in str(error)


def test_a_customers_data_stays_out_of_the_message() -> None:
    body = b'{"Fault":{"Error":[{"code":"6240","Message":"m","Detail":"The name Amy Bird exists"}]}}'
    error = fault(400, body)
    assert "Amy" in error.detail
    assert "Amy" not in str(error) + repr(error) + error.sentence + error.advice


def test_several_complaints_are_all_told() -> None:
    body = b'{"Fault":{"Error":[{"code":"2020","Detail":"one"},{"code":"2050","Detail":"two"}]}}'
    assert fault(400, body).detail == "one; two"


def test_a_wait_that_quickbooks_names_is_respected_and_nonsense_is_a_minute() -> None:
    named, nonsense = fault(429, b"", **{"Retry-After": "7"}), fault(429, b"", **{"Retry-After": "soon"})
    assert isinstance(named, Throttled)
    assert isinstance(nonsense, Throttled)
    assert (named.retry_after, nonsense.retry_after) == (7.0, 60.0)


def test_every_row_of_the_table_says_what_it_means_and_what_to_do() -> None:
    for code, row in BY_CODE.items():
        assert row.means.endswith("."), code
        assert row.do.endswith("."), code


KEYS = [
    "Fault",
    "fault",
    "Error",
    "error",
    "code",
    "Code",
    "message",
    "Message",
    "Detail",
    "detail",
    "element",
]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inside: st.lists(inside) | st.dictionaries(st.sampled_from(KEYS) | st.text(), inside),
)


@given(status=st.integers(300, 599), body=st.binary())
def test_no_bytes_break_the_reader(status: int, body: bytes) -> None:
    assert isinstance(fault(status, body), QuickBooksError)


@given(status=st.integers(300, 599), answer=json_values)
def test_no_json_breaks_the_reader(status: int, answer: object) -> None:
    assert isinstance(fault(status, json.dumps(answer).encode()), QuickBooksError)


@given(status=st.integers(300, 599), inside=st.text(alphabet='<>/="ErorFault codeMsgDtil0123&;'))
def test_no_xml_breaks_the_reader(status: int, inside: str) -> None:
    assert isinstance(fault(status, f"<Fault><Error{inside}</Error></Fault>".encode()), QuickBooksError)


@given(code=st.sampled_from([code for code in BY_CODE if code.isdigit()]), upper=st.booleans())
def test_a_code_means_the_same_in_either_shape(code: str, upper: bool) -> None:
    body = (
        f'{{"Fault":{{"Error":[{{"code":"{code}"}}]}}}}'
        if upper
        else f'{{"fault":{{"error":[{{"message":"errorCode={int(code):06d};"}}]}}}}'
    )
    error = fault(400, body.encode())
    assert error.code == code
    assert type(error) is BY_CODE[code].error
