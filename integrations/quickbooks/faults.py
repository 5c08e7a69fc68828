"""What QuickBooks says when it refuses: one table, and a reader for all the shapes it comes in.

Sources: Intuit, "Error codes" and "Handling common errors"; the lower-case gateway shape, the XML
429 and the HTML 502 as recorded in issues 43, 83, 118 and 250 of python-quickbooks. Read 2026-11.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from integrations.quickbooks.errors import (
    DuplicateName,
    DuplicateNumber,
    Misconfigured,
    NeedsReconnect,
    NotFound,
    QuickBooksError,
    ReadOnlyCompany,
    Refused,
    Stale,
    Throttled,
    Unauthorized,
    Unavailable,
)


@dataclass(frozen=True)
class Fault:
    """A row of the table: what a code or a status means and what to do."""

    error: type[QuickBooksError]
    means: str
    do: str


_RECONNECT = "Reconnect QuickBooks under Settings > Integrations."
_WAIT = "Nothing needs doing: it is tried again by itself."
_SUPPORT = "If it happens again, tell support the reference beside this message."
_RECHECK = "Correct the record and send it again."

BY_CODE: dict[str, Fault] = {
    "100": Fault(Unauthorized, "QuickBooks did not accept the sign-in of this connection.", _RECONNECT),
    "110": Fault(Unauthorized, "QuickBooks did not accept the sign-in of this connection.", _RECONNECT),
    "120": Fault(
        NeedsReconnect,
        "The person who connected is no longer an admin of the QuickBooks company.",
        "Ask somebody who is an admin of the company in QuickBooks to reconnect.",
    ),
    "130": Fault(Unavailable, "QuickBooks is moving this company to another server.", _WAIT),
    "140": Fault(Unavailable, "QuickBooks has locked this company for a moment.", _WAIT),
    "150": Fault(Unavailable, "QuickBooks is under maintenance.", _WAIT),
    "500": Fault(Refused, "QuickBooks does not offer what was asked of it.", _SUPPORT),
    "600": Fault(Refused, "QuickBooks has already seen this request.", _SUPPORT),
    "610": Fault(
        NotFound,
        "QuickBooks no longer has this record, or something it points to was made inactive.",
        "Look the record up in QuickBooks; make it active again or choose another.",
    ),
    "620": Fault(Refused, "QuickBooks cannot link this transaction.", "Check what it is linked to."),
    "630": Fault(Refused, "QuickBooks already has such a record.", "Link to the existing one."),
    "700": Fault(Refused, "The parent of this record cannot be used.", "Choose another parent."),
    "800": Fault(Refused, "QuickBooks does not let this record be deleted.", "Make it inactive instead."),
    "1040": Fault(Refused, "Too many changes were sent to QuickBooks at once.", _SUPPORT),
    "1050": Fault(Refused, "QuickBooks did not understand the form of the request.", _SUPPORT),
    "2010": Fault(Refused, "QuickBooks does not know one of the fields that were sent.", _SUPPORT),
    "2020": Fault(Refused, "QuickBooks misses a value that it requires.", _RECHECK),
    "2030": Fault(Refused, "QuickBooks does not know this record's number.", _SUPPORT),
    "2050": Fault(Refused, "A text is longer than QuickBooks stores.", "Shorten it and send it again."),
    "2090": Fault(Refused, "A number is outside what QuickBooks stores.", _RECHECK),
    "2100": Fault(Refused, "QuickBooks does not accept a date.", _RECHECK),
    "2120": Fault(Refused, "QuickBooks does not accept the type of a value.", _RECHECK),
    "2170": Fault(Refused, "QuickBooks does not know one of the chosen values.", _RECHECK),
    "2210": Fault(Refused, "QuickBooks does not accept the e-mail address.", _RECHECK),
    "2500": Fault(
        Refused,
        "Something this record points to does not exist in QuickBooks.",
        "Choose another value, or import it again from QuickBooks.",
    ),
    "3001": Fault(Throttled, "QuickBooks asked us to slow down.", _WAIT),
    "3100": Fault(NeedsReconnect, "QuickBooks no longer lets us into this company.", _RECONNECT),
    "3200": Fault(Unauthorized, "QuickBooks' hourly pass has run out.", _WAIT),
    "4000": Fault(Refused, "QuickBooks did not understand a query.", _SUPPORT),
    "4001": Fault(Refused, "QuickBooks cannot search by a field that was asked for.", _SUPPORT),
    "4002": Fault(
        Refused,
        "QuickBooks stumbled over one of its own records while searching.",
        "A malformed e-mail address in QuickBooks is the usual cause; correct it there.",
    ),
    "5010": Fault(Stale, "Somebody changed this record in QuickBooks meanwhile.", _WAIT),
    "5020": Fault(
        Refused,
        "The QuickBooks plan or the rights of the person who connected do not include this.",
        "Check the plan in QuickBooks, or let a full admin reconnect.",
    ),
    "5030": Fault(Refused, "This QuickBooks company does not have the feature.", "Turn it on in QuickBooks."),
    "6000": Fault(Refused, "QuickBooks' own rules do not allow this.", _RECHECK),
    "6010": Fault(Refused, "The account has no type.", _RECHECK),
    "6020": Fault(Refused, "The account's types do not go together.", _RECHECK),
    "6030": Fault(Refused, "The attachment is larger than QuickBooks takes.", "Attach a smaller file."),
    "6070": Fault(Refused, "An amount is not quantity times price.", _RECHECK),
    "6080": Fault(Refused, "QuickBooks needs a name.", "Give the record a name and send it again."),
    "6090": Fault(Refused, "QuickBooks does not accept the name.", _RECHECK),
    "6100": Fault(Refused, "QuickBooks does not accept a line's tax code.", "Choose another tax code."),
    "6140": Fault(
        DuplicateNumber,
        "QuickBooks already has a document with this number.",
        "Link to that one, change the number, or skip it.",
    ),
    "6190": Fault(
        ReadOnlyCompany,
        "The QuickBooks subscription has ended: the company can be read and not changed.",
        "Renew the subscription in QuickBooks; what waits is then sent.",
    ),
    "6210": Fault(
        Refused,
        "The books are closed for that date.",
        "Use a later date, or move the closing date in QuickBooks.",
    ),
    "6240": Fault(
        DuplicateName,
        "QuickBooks already has a customer, vendor or employee with this name.",
        "Link to that one, change the name, or skip it.",
    ),
    "6540": Fault(
        Refused, "The payment is part of a deposit.", "Remove it from the deposit in QuickBooks first."
    ),
    "10000": Fault(Unavailable, "QuickBooks had a problem of its own.", _WAIT),
    "invalid_grant": Fault(NeedsReconnect, "QuickBooks no longer accepts this connection.", _RECONNECT),
    "invalid_client": Fault(
        Misconfigured,
        "Intuit does not know this installation.",
        "The operator should check QBO_CLIENT_ID and QBO_CLIENT_SECRET.",
    ),
    "invalid_request": Fault(Misconfigured, "Intuit did not understand the sign-in request.", _SUPPORT),
    "unauthorized_client": Fault(
        Misconfigured,
        "Intuit does not let this installation sign in.",
        "The operator should check the app's keys and redirect address at Intuit.",
    ),
    "unsupported_grant_type": Fault(
        Misconfigured, "Intuit did not understand the sign-in request.", _SUPPORT
    ),
}

BY_STATUS: dict[int, Fault] = {
    401: Fault(Unauthorized, "QuickBooks did not accept the sign-in of this connection.", _RECONNECT),
    404: Fault(NotFound, "QuickBooks has nothing at this address.", _SUPPORT),
    408: Fault(Unavailable, "QuickBooks took too long.", _WAIT),
    429: Fault(Throttled, "QuickBooks asked us to slow down.", _WAIT),
}

# A gateway's word on the status outranks any code in the body: a 5xx page is never a refusal.
_STATUS_DECIDES = frozenset({408, 429})
_UNKNOWN = Fault(Refused, "QuickBooks refused without a reason that we know.", _SUPPORT)
_DOWN = Fault(Unavailable, "QuickBooks could not answer.", _WAIT)


@dataclass(frozen=True)
class Complaint:
    """One entry of a fault, whatever shape it travelled in."""

    code: str = ""
    message: str = ""
    detail: str = ""
    element: str = ""


def fault_in(status: int, headers: Mapping[str, str], body: bytes) -> QuickBooksError:
    """Return the error for an answer that is not a success. Never raises, whatever the bytes."""
    return as_error(status, complaints_in(body), headers=headers)


def as_error(
    status: int, complaints: list[Complaint], *, headers: Mapping[str, str] | None = None
) -> QuickBooksError:
    """Return the error for complaints already read, as those of one item in a batch."""
    headers = headers or {}
    first = complaints[0] if complaints else Complaint()
    fault = _row_for(status, first.code)
    facts: dict[str, Any] = {
        "advice": fault.do,
        "status": status,
        "code": first.code,
        "element": first.element,
        "detail": "; ".join(filter(None, (one.detail or one.message for one in complaints))),
        "intuit_tid": headers.get("intuit_tid", ""),
    }
    if issubclass(fault.error, Throttled):
        facts["retry_after"] = _seconds(headers.get("Retry-After", ""))
    return fault.error(fault.means, **facts)


def _row_for(status: int, code: str) -> Fault:
    """Decide by HTTP status first; the code only tells refusals apart."""
    if status in _STATUS_DECIDES:
        return BY_STATUS[status]
    if status >= 500:
        row = BY_CODE.get(code, _DOWN)
        return row if issubclass(row.error, Unavailable) else _DOWN
    if 300 <= status < 400:
        return _DOWN
    return BY_CODE.get(code) or BY_STATUS.get(status) or _UNKNOWN


def _seconds(retry_after: str) -> float:
    # Intuit promises no Retry-After and asks for a minute; a date form is not worth parsing.
    return float(retry_after) if retry_after.isascii() and retry_after.isdigit() else 60.0


def complaints_in(body: bytes) -> list[Complaint]:
    """Read the complaints out of JSON in either case, OAuth's JSON, XML, or nothing at all."""
    text = body.lstrip()
    if text.startswith(b"{"):
        try:
            return _in_json(orjson.loads(body))
        except ValueError:
            return []
    if b"<Error" in text:
        return _in_xml(body.decode("utf-8", "replace"))
    return []


def _in_json(answer: dict[str, Any]) -> list[Complaint]:
    fault = answer.get("Fault") or answer.get("fault")
    if isinstance(fault, dict):
        entries = fault.get("Error") or fault.get("error") or []
        entries = entries if isinstance(entries, list) else [entries]
        return [_complaint(entry) for entry in entries if isinstance(entry, dict)]
    if isinstance(answer.get("error"), str):
        return [Complaint(answer["error"], detail=str(answer.get("error_description") or ""))]
    return []


def _complaint(entry: dict[str, Any]) -> Complaint:
    named = {str(key).lower(): str(value) for key, value in entry.items() if value is not None}
    message = named.get("message", "")
    code = named.get("code", "") or _code_within(message)
    return Complaint(_bare(code), message, named.get("detail", ""), named.get("element", ""))


_CODE_WITHIN = re.compile(r"errorCode=(\d+)")
_XML_ERROR = re.compile(r"<Error(?P<attributes>[^>]*)>(?P<inside>.*?)</Error>|<Error(?P<alone>[^>]*)/>", re.S)
_XML_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')
_XML_CHILD = re.compile(r"<(Message|Detail)>(.*?)</\1>", re.S)


def _in_xml(text: str) -> list[Complaint]:
    # Three known tags: a pattern reads them from broken documents too, and cannot be made to expand entities.
    return [_xml_complaint(found) for found in _XML_ERROR.finditer(text)]


def _xml_complaint(found: re.Match[str]) -> Complaint:
    inside = found["inside"] or ""
    attributes = dict(_XML_ATTRIBUTE.findall(found["attributes"] or found["alone"] or ""))
    children = {name: html.unescape(value).strip() for name, value in _XML_CHILD.findall(inside)}
    message = children.get("Message") or html.unescape(inside if not children else "").strip()
    code = attributes.get("code", "") or _code_within(inside)
    return Complaint(_bare(code), message, children.get("Detail", ""), attributes.get("element", ""))


def _code_within(message: str) -> str:
    found = _CODE_WITHIN.search(message)
    return found[1] if found else ""


def _bare(code: str) -> str:
    """Drop the zeros the gateway pads with: 003200 is 3200."""
    return code.lstrip("0") if code.isdigit() else code
