"""Recurring transactions: written and deleted under the key of what they are templates for."""

from __future__ import annotations

from datetime import datetime

from .accepting import accept_group
from .books import Books
from .clock import stamp
from .entities import RECURRING_TRANSACTION, entity_named
from .entities.recurring import RECURRING_INFO, TEMPLATE_OF
from .entities.spec import Body, Entity
from .faults import REQUIRED_MISSING, UNSUPPORTED, refuse
from .rules.company import check_subscription
from .rules.lines import number
from .rules.money import exact, plain, total
from .writing import accepted_for_template, not_found, stale


def write_template(books: Books, given: Body, *, at: datetime) -> Body:
    """Create a template, or replace it when it comes with an Id; return it in its wrapping."""
    key, entity, inner = _unwrapped(given)
    with books.transaction():
        check_subscription(books)
        before = _current(books, key, inner) if inner.get("Id") else None
        info = accept_group(RECURRING_INFO, inner.get("RecurringInfo"), "RecurringInfo")
        if not info.get("Name"):
            raise refuse(
                REQUIRED_MISSING,
                "Required parameter RecurringInfo.Name is missing in the request",
                "RecurringInfo",
            )
        fields = {name: value for name, value in inner.items() if name != "RecurringInfo"}
        body = accepted_for_template(entity, books, fields, before=before or {})
        _complete(body, before)
        meta = (before or {}).get("MetaData") or {"CreateTime": stamp(at)}
        body |= {
            "Id": before["Id"] if before else books.next_id(RECURRING_TRANSACTION),
            "SyncToken": str(int(before["SyncToken"]) + 1) if before else "0",
            "domain": "QBO",
            "sparse": False,
            "RecurringInfo": {"RecurType": "Automated", "Active": False, **info},
            "MetaData": {**meta, "LastUpdatedTime": stamp(at)},
        }
        body["RecurDataRef"] = {"value": body["Id"]}
        kept = {key: body}
        books.put(RECURRING_TRANSACTION, kept)
        return kept


def _complete(body: Body, before: Body | None) -> None:
    lines = [line for line in body.get("Line") or [] if line.get("DetailType") != "SubTotalLineDetail"]
    if "Line" in body:
        number(lines, before=before)
        body["Line"] = lines
        body["TotalAmt"] = plain(total(exact(line.get("Amount")) for line in lines))


def delete_template(books: Books, given: Body, *, at: datetime) -> Body:
    key, _, inner = _unwrapped(given)
    with books.transaction():
        check_subscription(books)
        before = _current(books, key, inner)
        books.remove(RECURRING_TRANSACTION, before["Id"], at=at)
        return {key: {"status": "Deleted", "domain": "QBO", "Id": before["Id"]}}


def _unwrapped(given: Body) -> tuple[str, Entity, Body]:
    if list(given) == ["RecurringTransaction"] and isinstance(given["RecurringTransaction"], dict):
        given = given["RecurringTransaction"]
    key = next((k for k in given if k in TEMPLATE_OF and isinstance(given[k], dict)), None)
    entity = entity_named(key) if key else None
    if key is None or entity is None:
        raise refuse(UNSUPPORTED, f"A recurring transaction is one of {', '.join(TEMPLATE_OF)}.")
    return key, entity, given[key]


def _current(books: Books, key: str, inner: Body) -> Body:
    kept = books.get(RECURRING_TRANSACTION, str(inner.get("Id", "")))
    if kept is None or key not in kept:
        raise not_found(RECURRING_TRANSACTION)
    before: Body = kept[key]
    if str(inner.get("SyncToken", "")) != before["SyncToken"]:
        raise stale()
    return before
