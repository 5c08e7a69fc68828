"""Check an incoming object field by field against its entity's declaration, and tidy it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from .entities.spec import (
    Body,
    Choice,
    Day,
    Entity,
    Flag,
    Group,
    Kind,
    Many,
    Moment,
    Number,
    Opaque,
    Ref,
    Text,
)
from .faults import (
    INVALID_DATE,
    INVALID_EMAIL,
    INVALID_ENUMERATION,
    INVALID_TYPE,
    NAME_INVALID,
    NUMBER_RANGE,
    STRING_LENGTH,
    UNKNOWN_PROPERTY,
    Complaint,
    Fault,
)


class _Blank:
    """Marks a field given as null or empty: it shall be cleared."""


BLANK = _Blank()

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def accept(entity: Entity, given: Body) -> Body:
    """Return the writable fields of an object, tidied; a cleared one is BLANK.

    Read-only fields are left out without a word, for clients send whole objects back.
    Raises Fault with every complaint found.
    """
    complaints: list[Complaint] = []
    accepted: Body = {}
    for name, value in given.items():
        kind = entity.kind_of(name)
        if kind is None:
            complaints.append(_unknown(name))
        elif not kind.read_only:
            accepted[name] = _check(kind, value, name, complaints)
    if complaints:
        raise Fault(complaints)
    return accepted


def accept_group(kind: Group, given: Any, name: str) -> Body:
    """Return a structure by itself, tidied, without what is blank. Raises Fault."""
    complaints: list[Complaint] = []
    accepted = {} if given in (None, "") else _check(kind, given, name, complaints)
    if complaints:
        raise Fault(complaints)
    return {} if accepted is BLANK else dict(accepted)


def _unknown(name: str) -> Complaint:
    return Complaint(
        UNKNOWN_PROPERTY,
        f"Property Name:{name} specified is unsupported or invalid",
        name,
    )


def _check(kind: Kind, value: Any, name: str, complaints: list[Complaint]) -> Any:
    if value is None or value == "" or value == {}:
        return BLANK
    return _CHECKS[type(kind)](kind, value, name, complaints)


def _text(kind: Text, value: Any, name: str, complaints: list[Complaint]) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return _wrong_type(value, name, complaints)
    text = str(value).strip()
    if kind.max_length is not None and len(text) > kind.max_length:
        complaints.append(
            Complaint(
                STRING_LENGTH,
                "String length specified does not match the supported length. "
                f"Min:0 Max:{kind.max_length:,} supported. Supplied length: {len(text):,}",
                name,
            )
        )
    forbidden = next((sign for sign in kind.forbids if sign in text), None)
    if forbidden is not None:
        complaints.append(
            Complaint(
                NAME_INVALID,
                f"{name} cannot contain a colon, tab or newline: {forbidden!r} was given",
                name,
            )
        )
    if kind.email and not all(_EMAIL.fullmatch(a.strip()) for a in text.split(",")):
        complaints.append(
            Complaint(
                INVALID_EMAIL,
                f"Email Address does not conform to the required format: {text}",
                name,
            )
        )
    return text or BLANK


def _flag(kind: Flag, value: Any, name: str, complaints: list[Complaint]) -> Any:
    words = {"true": True, "false": False}
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in words:
        return words[value.lower()]
    return _wrong_type(value, name, complaints)


def _number(kind: Number, value: Any, name: str, complaints: list[Complaint]) -> Any:
    if isinstance(value, bool):
        return _wrong_type(value, name, complaints)
    try:
        number = value if isinstance(value, int | float) else float(value)
    except (TypeError, ValueError):
        return _wrong_type(value, name, complaints)
    if not abs(number) <= kind.largest:
        complaints.append(Complaint(NUMBER_RANGE, f"{name} is out of range: {value}", name))
    return number


def _day(kind: Day, value: Any, name: str, complaints: list[Complaint]) -> Any:
    try:
        return datetime.fromisoformat(value).date().isoformat()
    except (TypeError, ValueError):
        complaints.append(Complaint(INVALID_DATE, f"Invalid Date : {value}", name))
        return BLANK


def _choice(kind: Choice, value: Any, name: str, complaints: list[Complaint]) -> Any:
    if value not in kind.options:
        complaints.append(Complaint(INVALID_ENUMERATION, f"Invalid Enumeration : {value}", name))
    return value


def _ref(kind: Ref, value: Any, name: str, complaints: list[Complaint]) -> Any:
    if isinstance(value, str | int) and not isinstance(value, bool):
        return {"value": str(value)}
    if not isinstance(value, dict):
        return _wrong_type(value, name, complaints)
    complaints.extend(_unknown(inner) for inner in value.keys() - {"value", "name", "type"})
    if value.get("value") in (None, ""):
        return BLANK
    return {**value, "value": str(value["value"])}


def _group(kind: Group, value: Any, name: str, complaints: list[Complaint]) -> Any:
    if not isinstance(value, dict):
        return _wrong_type(value, name, complaints)
    return _accept_inside(kind.fields, value, complaints) or BLANK


def _many(kind: Many, value: Any, name: str, complaints: list[Complaint]) -> Any:
    if not isinstance(value, list):
        return _wrong_type(value, name, complaints)
    kept = []
    for one in value:
        if isinstance(one, dict):
            kept.append(_accept_inside(kind.fields, one, complaints))
        elif one is not None:
            _wrong_type(one, name, complaints)
    return kept


def _accept_inside(fields: Mapping[str, Kind], value: Body, complaints: list[Complaint]) -> Body:
    kept: Body = {}
    for name, inner in value.items():
        kind = fields.get(name)
        if kind is None:
            complaints.append(_unknown(name))
            continue
        checked = _check(kind, inner, name, complaints)
        if checked is not BLANK:
            kept[name] = checked
    return kept


def _as_it_is(kind: Kind, value: Any, name: str, complaints: list[Complaint]) -> Any:
    return value


def _wrong_type(value: Any, name: str, complaints: list[Complaint]) -> Any:
    shown = type(value).__name__
    complaints.append(Complaint(INVALID_TYPE, f"Invalid type for {name}: {shown} was given", name))
    return BLANK


_CHECKS: dict[type[Kind], Callable[[Any, Any, str, list[Complaint]], Any]] = {
    Text: _text,
    Flag: _flag,
    Number: _number,
    Day: _day,
    Moment: _as_it_is,
    Choice: _choice,
    Ref: _ref,
    Group: _group,
    Many: _many,
    Opaque: _as_it_is,
}
