"""Create and update objects: accept, apply, check against the books, stamp, keep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from .accepting import BLANK, accept
from .books import Books
from .clock import stamp
from .entities import entity_named
from .entities.spec import Body, Change, Entity, Kind, Ref
from .faults import (
    INVALID_REFERENCE,
    OBJECT_NOT_FOUND,
    REQUIRED_MISSING,
    STALE_OBJECT,
    UNSUPPORTED,
    Fault,
    refuse,
)


def write(entity: Entity, books: Books, given: Body, *, at: datetime) -> Body:
    """Create an object, or update it when it comes with an Id, and return it as stored."""
    if not entity.writable:
        raise refuse(
            UNSUPPORTED,
            f"Operation create or update on {entity.name} is not supported by this simulator.",
        )
    with books.transaction():
        if given.get("Id") in (None, ""):
            return _create(entity, books, given, at=at)
        return _update(entity, books, given, at=at)


def amend(entity: Entity, books: Books, id: str, fields: Body, *, at: datetime) -> Body:
    """Change some fields as the bookkeeper does on screen: no SyncToken asked."""
    with books.transaction():
        before = books.get(entity, id)
        if before is None:
            raise _not_found(entity, id)
        given = {**fields, "sparse": True}
        return _apply(entity, books, before, given, at=at, by_bookkeeper=True)


def create_as_bookkeeper(entity: Entity, books: Books, fields: Body, *, at: datetime) -> Body:
    with books.transaction():
        return _create(entity, books, fields, at=at)


def _create(entity: Entity, books: Books, given: Body, *, at: datetime) -> Body:
    accepted = _without_blanks(accept(entity, given))
    _check_references(entity, books, accepted, before={})
    after = {**entity.defaults(books), **accepted}
    change = Change(entity, None, after, at, books)
    entity.prepare(change)
    after["Id"] = books.next_id(entity)
    return _keep(change, created=stamp(at), sync_token=0)


def _update(entity: Entity, books: Books, given: Body, *, at: datetime) -> Body:
    id = str(given["Id"])
    before = books.get(entity, id)
    if before is None:
        raise _not_found(entity, id)
    if given.get("SyncToken") in (None, ""):
        raise _required("SyncToken")
    if str(given["SyncToken"]) != before["SyncToken"]:
        raise refuse(
            STALE_OBJECT,
            "Stale Object Error : You and another user were working on this at the same "
            "time. The other user finished before you did, so your work was not saved.",
        )
    return _apply(entity, books, before, given, at=at)


def _apply(
    entity: Entity,
    books: Books,
    before: Body,
    given: Body,
    *,
    at: datetime,
    by_bookkeeper: bool = False,
) -> Body:
    accepted = accept(entity, given)
    _check_references(entity, books, _without_blanks(accepted), before=before)
    sparse = given.get("sparse") in (True, "true")
    after = _merged(entity, books, before, accepted, sparse=sparse)
    change = Change(entity, before, after, at, books, by_bookkeeper)
    entity.prepare(change)
    created = (before.get("MetaData") or {}).get("CreateTime") or stamp(at)
    return _keep(change, created=created, sync_token=int(before["SyncToken"]) + 1)


def _merged(entity: Entity, books: Books, before: Body, accepted: Body, *, sparse: bool) -> Body:
    """Lay the accepted fields over what stays: all of it if sparse, else the read-only part."""
    defaults = entity.defaults(books)
    stays = before if sparse else {**defaults, **_read_only(entity, before)}
    given = {k: defaults.get(k, BLANK) if v is BLANK else v for k, v in accepted.items()}
    after = _without_blanks({**stays, **given})
    for name, value in after.items():
        was = before.get(name)
        if _has_own_id(was) and isinstance(value, dict):
            after[name] = {"Id": was["Id"], **value}  # type: ignore[index]
    return after


def _has_own_id(value: Any) -> bool:
    return isinstance(value, dict) and "Id" in value


def _read_only(entity: Entity, body: Body) -> Body:
    return {k: v for k, v in body.items() if _is_read_only(entity.kind_of(k))}


def _is_read_only(kind: Kind | None) -> bool:
    # What no declaration knows came from a recorded object: no client could have set it.
    return kind is None or kind.read_only


def _keep(change: Change, *, created: str, sync_token: int) -> Body:
    kept = change.after
    kept |= {
        "domain": "QBO",
        "sparse": False,
        "SyncToken": str(sync_token),
        "MetaData": {
            **((change.before or {}).get("MetaData") or {}),
            "CreateTime": created,
            "LastUpdatedTime": stamp(change.at),
        },
    }
    change.books.put(change.entity, kept)
    change.entity.settle(change)
    return kept


def _check_references(entity: Entity, books: Books, accepted: Body, *, before: Body) -> None:
    """Refuse references to what is not there or inactive, except those that were there before."""
    for name, ref, target in _references(entity.fields, accepted):
        if (before.get(name) or {}).get("value") == ref["value"]:
            continue
        found = books.get(target, ref["value"])
        if found is None:
            raise refuse(
                INVALID_REFERENCE,
                f"Invalid Reference Id : {target.name} element id {ref['value']} not found",
                name,
            )
        if found.get("Active") is False:
            raise refuse(
                OBJECT_NOT_FOUND,
                "Object Not Found : Something you're trying to use has been made inactive. "
                "Check the fields with accounts, customers, items, vendors or employees.",
                name,
            )


def _references(fields: Mapping[str, Kind], accepted: Body) -> Iterator[tuple[str, Body, Entity]]:
    for name, value in accepted.items():
        kind = fields.get(name)
        target = entity_named(kind.to) if isinstance(kind, Ref) and kind.to else None
        if target is not None:
            yield name, value, target


def _without_blanks(accepted: Body) -> Body:
    return {name: value for name, value in accepted.items() if value is not BLANK}


def _required(name: str) -> Fault:
    return refuse(REQUIRED_MISSING, f"Required parameter {name} is missing in the request", name)


def _not_found(entity: Entity, id: str) -> Fault:
    return refuse(
        OBJECT_NOT_FOUND,
        "Object Not Found : Something you're trying to use has been made inactive. "
        "Check the fields with accounts, customers, items, vendors or employees.",
        entity.name,
    )
