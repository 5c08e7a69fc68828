"""One object as it is kept, or on paper."""

from __future__ import annotations

import hashlib
from datetime import datetime

import orjson

from ..answers import PDF, Answer
from ..clock import stamp_with_ms
from ..entities.spec import Entity
from ..faults import (
    not_simulated,
)
from ..pdf import form_as_pdf
from ..rules.company import first_rate_noted, home_currency, rate_noted
from ..writing import not_found
from .incoming import Incoming


def read(call: Incoming, entity: Entity) -> Answer:
    raw = call.books.get_raw(entity, "1" if entity.singleton else call.steps[1])
    if raw is None:
        raise not_found(entity)
    return envelope(entity, linked(call, entity, raw), call.at)


def read_whole(call: Incoming, entity: Entity) -> Answer:
    """Answer a path without an Id, which only some entities have."""
    if entity.singleton:
        return read(call, entity)
    source = call.parameters.get("sourcecurrencycode", "").upper()
    if entity.name != "ExchangeRate" or not source:
        raise not_simulated(f"GET /{call.first}")
    day = call.parameters.get("asofdate") or call.at.date().isoformat()
    home = home_currency(call.books)["value"]
    rate = rate_noted(call.books, source, home, day) or first_rate_noted(call.books, source, home)
    if rate is None:
        raise not_found(entity)
    return envelope(entity, orjson.dumps(rate), call.at)


def linked(call: Incoming, entity: Entity, raw: bytes) -> bytes:
    """Add the link under which the customer sees an invoice, if it was asked for and can be had."""
    if "invoicelink" not in call.wishes or entity.name != "Invoice":
        return raw
    body = orjson.loads(raw)
    payable = body.get("AllowOnlineCreditCardPayment") or body.get("AllowOnlineACHPayment")
    if not payable or not body.get("BillEmail"):
        return raw
    key = hashlib.sha256(f"{call.realm}/{body['Id']}".encode()).hexdigest()
    body["InvoiceLink"] = f"https://connect.intuit.com/t/scs-v1-{key}?locale=en_US&cta=v3invoicelink"
    return orjson.dumps(body)


def envelope(entity: Entity, raw: bytes, at: datetime) -> Answer:
    time = stamp_with_ms(at).encode()
    return Answer(b'{"%s":%s,"time":"%s"}' % (entity.json_key.encode(), raw, time))


def pdf(call: Incoming, entity: Entity) -> Answer:
    if not entity.printable:
        raise not_simulated(f"GET /{'/'.join(call.steps)}")
    body = call.books.get(entity, call.steps[1])
    if body is None:
        raise not_found(entity)
    info = call.books.look("CompanyInfo", "1") or {}
    return Answer(form_as_pdf(entity.name, body, company=info.get("CompanyName", "")), media_type=PDF)
