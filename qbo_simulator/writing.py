"""Create, update, void and delete objects: accept, apply, check against the books, stamp, keep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from .accepting import BLANK, accept
from .books import Books
from .clock import stamp
from .entities import entity_named
from .entities.spec import Body, Change, Entity, Group, Kind, Many, Ref
from .faults import (
    INVALID_REFERENCE,
    OBJECT_NOT_FOUND,
    REQUIRED_MISSING,
    STALE_OBJECT,
    UNSUPPORTED,
    Fault,
    refuse,
)
from .rules import keeping
from .rules.company import check_subscription, ref_to
from .rules.lines import GRATUITY, SHIPPING

NOTHING: frozenset[str] = frozenset()
_SPECIAL_ITEMS = (SHIPPING, GRATUITY)


def write(
    entity: Entity, books: Books, given: Body, *, at: datetime, wishes: frozenset[str] = NOTHING
) -> Body:
    """Create an object, or update it when it comes with an Id, and return it as stored."""
    if not entity.writable:
        raise _unsupported("create or update", entity)
    with books.transaction():
        check_subscription(books)
        if entity.singleton:
            return _update(entity, books, {**given, "Id": "1"}, at=at, wishes=wishes)
        if entity.natural_key and not given.get("Id"):
            given = _with_known_id(entity, books, given)
        if given.get("Id") in (None, "", 0, "0"):
            return _create(entity, books, given, at=at, wishes=wishes)
        return _update(entity, books, given, at=at, wishes=wishes)


def _with_known_id(entity: Entity, books: Books, given: Body) -> Body:
    """Find what an object without an Id means by the fields that tell its kind apart."""
    wanted = [str(given.get(name)) for name in entity.natural_key]
    for body in books.all_named(entity.name):
        if [str(body.get(name)) for name in entity.natural_key] == wanted:
            return {"SyncToken": body["SyncToken"], **given, "Id": body["Id"]}
    return given


def amend(entity: Entity, books: Books, id: str, fields: Body, *, at: datetime) -> Body:
    """Change some fields as the bookkeeper does on screen: no SyncToken asked."""
    with books.transaction():
        before = books.get(entity, id)
        if before is None:
            raise not_found(entity)
        given = {**fields, "sparse": True}
        return _apply(entity, books, before, given, at=at, by_bookkeeper=True)


def create_as_bookkeeper(entity: Entity, books: Books, fields: Body, *, at: datetime) -> Body:
    with books.transaction():
        return _create(entity, books, fields, at=at, by_bookkeeper=True)


def delete(entity: Entity, books: Books, given: Body, *, at: datetime, by_bookkeeper: bool = False) -> Body:
    """Delete a transaction for good, from its Id and SyncToken or from the whole object."""
    if not entity.deletable:
        raise _unsupported("delete", entity)
    with books.transaction():
        if not by_bookkeeper:
            check_subscription(books)
        before = _current(entity, books, given, token_asked=not by_bookkeeper)
        after = {**before}
        change = Change(entity, before, after, at, books, by_bookkeeper)
        entity.unlink(change)
        entity.settle(change)
        keeping.erase(books, entity, before, at=at)
        books.announce(entity.name, before["Id"], "Delete", at=at)
        return {"domain": "QBO", "status": "Deleted", "Id": before["Id"]}


def void(entity: Entity, books: Books, given: Body, *, at: datetime, by_bookkeeper: bool = False) -> Body:
    """Take the amounts out of a transaction and keep the rest; it cannot be undone."""
    if entity.void is None:
        raise _unsupported("void", entity)
    with books.transaction():
        if not by_bookkeeper:
            check_subscription(books)
        before = _current(entity, books, given, token_asked=not by_bookkeeper)
        change = Change(entity, before, _copied(before), at, books, by_bookkeeper)
        entity.void(change)
        return keep_change(change, operation="Void")


def accepted_for_template(entity: Entity, books: Books, given: Body, *, before: Body) -> Body:
    """Return the fields of a template for transactions, checked but not worked out."""
    accepted = _without_blanks(accept(entity, given))
    _check_references(entity, books, accepted, before=before)
    _check_required(entity, accepted)
    return accepted


def note(entity: Entity, books: Books, before: Body, fields: Body, *, at: datetime, operation: str) -> Body:
    """Change fields that QuickBooks itself sets, such as what sending leaves behind."""
    with books.transaction():
        change = Change(entity, before, {**before, **fields}, at, books)
        return keep_change(change, operation=operation)


def _copied(body: Any) -> Any:
    if isinstance(body, dict):
        return {name: _copied(value) for name, value in body.items()}
    return [_copied(value) for value in body] if isinstance(body, list) else body


def _create(
    entity: Entity,
    books: Books,
    given: Body,
    *,
    at: datetime,
    wishes: frozenset[str] = NOTHING,
    by_bookkeeper: bool = False,
) -> Body:
    accepted = _without_blanks(accept(entity, given))
    _check_references(entity, books, accepted, before={})
    after = {**entity.defaults(books), **accepted}
    _check_required(entity, after)
    change = Change(entity, None, after, at, books, by_bookkeeper, wishes, frozenset(accepted))
    entity.prepare(change)
    after["Id"] = books.next_id(entity)
    return keep_change(change, operation="Create")


def _update(
    entity: Entity, books: Books, given: Body, *, at: datetime, wishes: frozenset[str] = NOTHING
) -> Body:
    before = _current(entity, books, given)
    return _apply(entity, books, before, given, at=at, wishes=wishes)


def _current(entity: Entity, books: Books, given: Body, *, token_asked: bool = True) -> Body:
    """Return the object a request is about, if its SyncToken is the newest."""
    if given.get("Id") in (None, ""):
        raise _required("Id")
    before = books.get(entity, str(given["Id"]))
    if before is None:
        raise not_found(entity)
    if not token_asked:
        return before
    if given.get("SyncToken") in (None, ""):
        raise _required("SyncToken")
    if str(given["SyncToken"]) != before["SyncToken"]:
        raise stale()
    return before


def stale() -> Fault:
    return refuse(
        STALE_OBJECT,
        "Stale Object Error : You and another user were working on this at the same "
        "time. The other user finished before you did, so your work was not saved.",
    )


def _apply(
    entity: Entity,
    books: Books,
    before: Body,
    given: Body,
    *,
    at: datetime,
    by_bookkeeper: bool = False,
    wishes: frozenset[str] = NOTHING,
) -> Body:
    accepted = accept(entity, given)
    _check_references(entity, books, _without_blanks(accepted), before=before)
    sparse = given.get("sparse") in (True, "true")
    after = _merged(entity, books, before, accepted, sparse=sparse)
    _check_required(entity, after)
    change = Change(entity, before, after, at, books, by_bookkeeper, wishes, frozenset(accepted))
    entity.prepare(change)
    return keep_change(change, operation="Update")


def _merged(entity: Entity, books: Books, before: Body, accepted: Body, *, sparse: bool) -> Body:
    """Lay the accepted fields over what stays: all of it if sparse, else the read-only part."""
    defaults = entity.defaults(books)
    stays = _copied(before) if sparse else {**defaults, **_read_only(entity, before)}
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


def _check_required(entity: Entity, after: Body) -> None:
    for name in entity.required:
        if after.get(name) in (None, "", [], {}):
            raise _required(name)


def keep_change(change: Change, *, operation: str) -> Body:
    """Stamp and store what a change comes to, with its consequences. In a transaction."""
    kept, before, entity = change.after, change.before or {}, change.entity
    meta = before.get("MetaData") or {}
    kept |= {
        "domain": "QBO",
        "sparse": False,
        "SyncToken": str(int(before["SyncToken"]) + 1) if before else "0",
        "MetaData": {
            **meta,
            "CreateTime": meta.get("CreateTime") or stamp(change.at),
            "LastUpdatedTime": stamp(change.at),
        },
    }
    keeping.keep(change.books, entity, change.before, kept)
    entity.settle(change)
    change.books.announce(entity.name, kept["Id"], operation, at=change.at)
    return kept


def _check_references(entity: Entity, books: Books, accepted: Body, *, before: Body) -> None:
    """Refuse references to what is not there or inactive, except those that were there before."""
    had = {(target.name, ref["value"]) for _, ref, target in _references(entity.fields, before)}
    for name, ref, target in _references(entity.fields, accepted):
        if ref["value"] in _SPECIAL_ITEMS and target.name == "Item":
            continue
        found = books.get(target, ref["value"])
        if (target.name, ref["value"]) not in had:
            _check_found(found, name, ref, target)
        if found is not None and entity.names_references:
            ref |= ref_to(found)
            ref.pop("type", None)


def _check_found(found: Body | None, name: str, ref: Body, target: Entity) -> None:
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


def _references(fields: Mapping[str, Kind], body: Any) -> Iterator[tuple[str, Body, Entity]]:
    """Yield (field, reference, what it refers to), those within groups and lines too."""
    for name, value in body.items():
        match fields.get(name):
            case Ref(to=str(to)) if isinstance(value, dict) and "value" in value:
                target = entity_named(to)
                if target is not None:
                    yield name, value, target
            case Group(fields=inner) if isinstance(value, dict):
                yield from _references(inner, value)
            case Many(fields=inner) if isinstance(value, list):
                for one in value:
                    if isinstance(one, dict):
                        yield from _references(inner, one)
            case _:
                pass


def _without_blanks(accepted: Body) -> Body:
    return {name: value for name, value in accepted.items() if value is not BLANK}


def _required(name: str) -> Fault:
    return refuse(REQUIRED_MISSING, f"Required parameter {name} is missing in the request", name)


def _unsupported(operation: str, entity: Entity) -> Fault:
    return refuse(UNSUPPORTED, f"Operation {operation} on {entity.name} is not supported by this simulator.")


def not_found(entity: Entity) -> Fault:
    return refuse(
        OBJECT_NOT_FOUND,
        "Object Not Found : Something you're trying to use has been made inactive. "
        "Check the fields with accounts, customers, items, vendors or employees.",
        entity.name,
    )
