"""Say what a parsed query means for the store: which rows, in which order, which columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from ..clock import PACIFIC, parse_moment
from ..entities.spec import (
    COMMON,
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
    find_property,
)
from ..faults import QUERY_INVALID, Fault, refuse
from .grammar import Condition, Query, Today, Value


@dataclass(frozen=True)
class Selection:
    """Rows of one entity: an SQL condition with its parameters, and an SQL order."""

    entity: str
    where: str
    parameters: tuple[Any, ...]
    order: str
    along: str = ""
    """The one column along which the order goes, if it is seq, created or updated and no other is asked about."""
    descending: bool = False
    is_whole: bool = False
    """No condition but on `Active`."""
    is_led: bool = False
    """An index leads to its few rows."""
    active: int | None = None
    """The one value of `active` that is asked for."""


@dataclass(frozen=True)
class Property:
    """A property as a statement may name it: its path in the body, and where to read it."""

    path: tuple[str, ...]
    kind: Kind
    sql: str
    among: str = ""
    """The list of the body that holds it, once in each of its structures."""


def fold(text: str) -> str:
    """Bring a text to the form in which QuickBooks compares."""
    return text.casefold().strip()


def invalid(detail: str) -> Fault:
    return refuse(QUERY_INVALID, f"QueryValidationError: {detail}")


def selection_of(query: Query, entity: Entity, *, now: datetime) -> Selection:
    """Compile conditions and order. Raises Fault 4001 for what cannot be asked."""
    clauses, parameters = ["entity = ?"], [entity.name]
    keys = _order_keys(query, entity)
    along = _along(keys)
    names_active, names_ids, is_whole, is_led = False, False, True, False
    active: int | None = None
    for condition in query.conditions:
        found = property_of(entity, condition.property)
        names_active |= found.path == ("Active",)
        names_ids |= found.path == ("Id",)
        sql, values = _condition(found, condition, now=now)
        if not sql:
            continue
        if found.among:
            sql = f"EXISTS (SELECT 1 FROM json_each(body, '$.\"{found.among}\"') AS one WHERE {sql})"
        clauses.append(sql)
        parameters.extend(values)
        if found.path == ("Active",) and condition.operator == "=" and active is None:
            active = values[0]
            continue
        is_whole = False
        is_led |= found.sql in _LEADING and condition.operator in ("=", "IN")
        if found.sql not in (along, "active"):
            along = ""
    if entity.is_list and not names_active:
        clauses.append("active = 1")
        active = 1
    return Selection(
        entity.name,
        " AND ".join(clauses),
        tuple(parameters),
        _order(keys, by_id=names_ids),
        along=along,
        descending=bool(keys) and keys[-1][1],
        is_whole=is_whole,
        is_led=is_led,
        active=active,
    )


def property_of(entity: Entity, name: str) -> Property:
    """Find the property a condition or an order names."""
    path, kind = _walk(entity, name)
    if isinstance(kind, Group) and kind.stands_for:
        path, kind = (*path, kind.stands_for), kind.fields[kind.stands_for]
    if not kind.queryable or isinstance(kind, Group | Many):
        raise invalid(f"property '{name}' is not queryable")
    if isinstance(entity.fields.get(path[0]), Many):
        return Property(path, kind, _reading("one.value", path[1:], kind), among=path[0])
    return Property(path, kind, _sql_of(entity, path, kind))


def columns_of(query: Query, entity: Entity) -> list[tuple[str, ...]] | None:
    """Return the paths a column list asks for, or None for whole objects."""
    paths = [_walk(entity, column.removesuffix(".*"))[0] for column in query.columns]
    return None if query.everything or not paths else paths


def project(body: Body, paths: Sequence[tuple[str, ...]]) -> Body:
    """Return a partial object with the given paths, marked as sparse."""
    partial: Body = {"domain": body.get("domain", "QBO"), "sparse": True}
    if "Id" in body:
        partial["Id"] = body["Id"]
    for path in paths:
        _copy(body, partial, path)
    return partial


def _copy(source: Any, target: Body, path: tuple[str, ...]) -> None:
    head, rest = path[0], path[1:]
    if not isinstance(source, dict) or head not in source:
        return
    if not rest or not isinstance(source[head], dict):
        target[head] = source[head]
        return
    _copy(source[head], target.setdefault(head, {}), rest)


def _walk(entity: Entity, name: str) -> tuple[tuple[str, ...], Kind]:
    head, *rest = name.split(".")
    found = find_property(entity.fields, head) or find_property(COMMON, head)
    if found is None:
        raise invalid(f"Property {name} not found for Entity {entity.name}")
    path: tuple[str, ...] = (found[0],)
    kind = found[1]
    for step in rest:
        if isinstance(kind, Ref) and step.lower() in ("value", "name", "type"):
            return (*path, step.lower()), Text(queryable=step.lower() != "name")
        if not isinstance(kind, Group | Many):
            raise invalid(f"Property {name} not found for Entity {entity.name}")
        inner = find_property(kind.fields, step)
        if inner is None:
            raise invalid(f"Property {name} not found for Entity {entity.name}")
        if not kind.queryable:
            inner = inner[0], Opaque()
        path, kind = (*path, inner[0]), inner[1]
    return path, kind


_LEADING = ("id", "name", "full_name", "owner", "doc")
"""Columns of which each value is in few rows, with an index."""

_COLUMNS: dict[tuple[str, ...], str] = {
    ("Id",): "id",
    ("Active",): "active",
    ("MetaData", "CreateTime"): "created",
    ("MetaData", "LastUpdatedTime"): "updated",
    ("FullyQualifiedName",): "full_name",
}


def _sql_of(entity: Entity, path: tuple[str, ...], kind: Kind) -> str:
    if path == (entity.name_field,):
        return "name"
    if path == ("FullyQualifiedName",) and "FullyQualifiedName" not in entity.fields:
        return "name"
    if path in _COLUMNS:
        return _COLUMNS[path]
    if column := _column_of(entity, path):
        return column
    return _reading("body", path, kind)


def _reading(source: str, path: tuple[str, ...], kind: Kind) -> str:
    if isinstance(kind, Ref):
        path = (*path, "value")
    steps = "".join(f'."{step}"' for step in path)
    read = f"json_extract({source}, '${steps}')"
    if isinstance(kind, Flag):
        return f"coalesce({read}, 0)"
    return read if isinstance(kind, Number) else f"fold({read})"


def _column_of(entity: Entity, path: tuple[str, ...]) -> str:
    """Return the column that holds a field of transactions, or nothing."""
    field = path[0]
    if len(path) > 1 and path[1] != "value":
        return ""
    if field in entity.columns:
        return entity.columns[field]
    owner = next((name for name in ("CustomerRef", "VendorRef") if name in entity.fields), "")
    if field == owner and entity.is_transaction:
        return "owner"
    if field == "DocNumber":
        return "doc"
    return "day" if field == "TxnDate" else ""


def _condition(found: Property, condition: Condition, *, now: datetime) -> tuple[str, list[Any]]:
    operator = condition.operator
    if found.path == ("Id",) and operator not in ("=", "IN"):
        raise invalid("property 'Id' supports only the operators = and IN")
    values = [_value(found, v, condition, now=now) for v in condition.values]
    if found.path == ("Active",) and operator == "IN" and set(values) == {0, 1}:
        return "", []
    if operator == "LIKE":
        return _like(found, values[0])
    if operator == "IN":
        return f"{found.sql} IN ({','.join('?' * len(values))})", values
    if isinstance(found.kind, Flag) and operator != "=":
        raise invalid(f"operator {operator} is not supported for {condition.property}")
    return f"{found.sql} {operator} ?", values


def _like(found: Property, pattern: Any) -> tuple[str, list[Any]]:
    if not isinstance(found.kind, Text | Ref | Choice):
        raise invalid(f"operator LIKE is not supported for {'.'.join(found.path)}")
    escaped = str(pattern).replace("\\", "\\\\").replace("_", "\\_")
    return f"{found.sql} LIKE ? ESCAPE '\\'", [escaped]


def _order_keys(query: Query, entity: Entity) -> list[tuple[str, bool]]:
    """Return what the rows are ordered by, as SQL, and whether downwards."""
    keys = []
    for order in query.orders:
        found = property_of(entity, order.property)
        if found.path == ("Id",):
            raise invalid("property 'Id' cannot be used in ORDERBY")
        if found.among:
            raise invalid(f"property '{order.property}' cannot be used in ORDERBY")
        keys.append((found.sql, order.descending))
    return keys


def _order(keys: Sequence[tuple[str, bool]], *, by_id: bool) -> str:
    # Equal keys keep the order in which the rows were made, so that pages do not overlap.
    last = keys[-1][1] if keys else False
    # The sign keeps SQLite from walking along the whole order to meet a few ids.
    sign = "+" if by_id else ""
    return ", ".join(f"{sign}{sql} {'DESC' if down else 'ASC'}" for sql, down in [*keys, ("seq", last)])


def _along(keys: Sequence[tuple[str, bool]]) -> str:
    if not keys:
        return "seq"
    return keys[0][0] if len(keys) == 1 and keys[0][0] in ("created", "updated") else ""


def _value(found: Property, value: Value, condition: Condition, *, now: datetime) -> Any:
    if isinstance(value, Today):
        value = now.astimezone(PACIFIC).date().isoformat()
    try:
        return _READERS[type(found.kind)](value, found)
    except (ValueError, InvalidOperation, OverflowError):
        raise invalid(f"value '{value}' is not valid for property {condition.property}") from None


def _as_text(value: Value, found: Property) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if found.path == ("Id",) else fold(str(value))


def _as_flag(value: Value, found: Property) -> int:
    words = {"true": 1, "false": 0}
    text = str(value).lower()
    if text not in words:
        raise ValueError(text)
    return words[text]


def _as_number(value: Value, found: Property) -> float:
    if isinstance(value, bool):
        raise ValueError(value)
    return float(Decimal(str(value)))


def _as_day(value: Value, found: Property) -> str:
    return datetime.fromisoformat(str(value)).date().isoformat()


def _as_moment(value: Value, found: Property) -> int:
    return int(parse_moment(str(value)).timestamp())


_READERS: dict[type[Kind], Callable[[Value, Property], Any]] = {
    Text: _as_text,
    Choice: _as_text,
    Ref: _as_text,
    Flag: _as_flag,
    Number: _as_number,
    Day: _as_day,
    Moment: _as_moment,
}
