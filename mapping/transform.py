"""Carry values between a QuickBooks payload and our fields. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from mapping.spec import Convert, Entity, Field, Flow, Payload, Values


def at(payload: Payload, path: str) -> Any:
    """Return the value at a dotted path of one or two steps, or None where any step is absent."""
    return reader(path)(payload)


def put(payload: dict[str, Any], path: str, value: Any) -> None:
    """Set the value at a dotted path, making the steps on the way."""
    *steps, last = path.split(".")
    for step in steps:
        payload = payload.setdefault(step, {})
    payload[last] = value


def to_local(entity: Entity, payload: Payload) -> Values:
    """Return the local values a full payload stands for.

    QuickBooks leaves empty fields out of a full record: absence there means it was emptied.
    """
    return {
        local: convert([read(payload) for read in readers]) for local, convert, readers in readers_of(entity)
    }


Reader = Callable[[Payload], Any]
Plan = Sequence[tuple[str, Callable[[Sequence[Any]], Any], tuple[Reader, ...]]]


def readers_of(entity: Entity) -> Plan:
    """Return (local name, conversion, readers), taken apart once: they run for every field of every record."""
    known = _plans.get(id(entity.fields))
    if known is None or known[0] is not entity.fields:
        known = (entity.fields, _take_apart(entity.fields))
        _plans[id(entity.fields)] = known
    return known[1]


_plans: dict[int, tuple[tuple[Field, ...], Plan]] = {}
# By identity: hashing a whole declaration for every record costs more than reading it.


def _take_apart(fields: tuple[Field, ...]) -> Plan:
    return [
        (field.local, field.convert.to_local, tuple(map(reader, field.paths)))
        for field in fields
        if field.flow is not Flow.PUSH
    ]


@cache
def reader(path: str) -> Reader:
    """Return what reads the value at a dotted path, or None where any step is absent."""
    first, *rest = path.split(".")
    if not rest:
        return lambda payload: payload.get(first)
    (second,) = rest

    def read(payload: Payload) -> Any:
        inner = payload.get(first)
        return inner.get(second) if type(inner) is dict else None

    return read


def to_remote(entity: Entity, values: Values) -> dict[str, Any]:
    """Return the sparse payload that says these local values; fields that only travel here are left out."""
    payload: dict[str, Any] = {}
    for field in entity.fields:
        if field.flow is Flow.PULL or field.local not in values:
            continue
        for path, value in zip(field.paths, field.convert.to_remote(values[field.local]), strict=True):
            put(payload, path, value)
    return payload


def too_long(entity: Entity, values: Values) -> list[str]:
    """Return the names of fields whose value our columns cannot hold; never cut a value short."""
    return [
        field.local
        for field in entity.fields
        if field.max_length is not None and len(str(values.get(field.local) or "")) > field.max_length
    ]


def _text(parts: Sequence[Any]) -> str:
    return "" if parts[0] is None else str(parts[0]).strip()


TEXT = Convert(to_local=_text, to_remote=lambda value: [value])

_DELETED = re.compile(r" \(deleted(-\d+)?\)$")


def _name(parts: Sequence[Any]) -> str:
    return _DELETED.sub("", _text(parts))


NAME = Convert(to_local=_name, to_remote=lambda value: [value])
"""A text to which QuickBooks adds " (deleted)" when it makes a record inactive: no edit of anybody's."""


def lines(count: int) -> Convert:
    """Several lines there, one field here, a line break between. Blank lines are dropped."""

    def join(parts: Sequence[Any]) -> str:
        return "\n".join(text for part in parts if part is not None and (text := str(part).strip()))

    def split(value: str) -> list[str]:
        given = value.split("\n")
        head, tail = given[: count - 1], given[count - 1 :]
        return [*head, *[""] * (count - 1 - len(head)), " ".join(tail)]

    return Convert(to_local=join, to_remote=split)
