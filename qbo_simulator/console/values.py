"""Read and write values at dotted paths in objects, and show them as a person writes them."""

from __future__ import annotations

from typing import Any

from ..entities.spec import Body


def value_at(body: Body, path: str) -> Any:
    """Return the value at a dotted path, or None."""
    value: Any = body
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def put(body: Body, path: str, value: Any) -> None:
    """Put a value at a dotted path, making the groups on the way."""
    *above, last = path.split(".")
    for step in above:
        body = body.setdefault(step, {})
    body[last] = value


def head_of(path: str) -> str:
    return path.partition(".")[0]


def as_text(value: Any) -> str:
    """Write a value into an input: yes for a flag that is on, a number without needless places."""
    if value is None or value is False:
        return ""
    if value is True:
        return "yes"
    if isinstance(value, dict):
        return str(value.get("value", ""))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).replace("\r\n", "\n").strip()


def as_money(value: Any) -> str:
    """Write an amount for reading: 1,250.00."""
    return f"{value:,.2f}" if isinstance(value, int | float) else str(value or "")


def read_number(text: str) -> float | str:
    """Read a number as a person writes it; what is none is returned as it is, to be refused."""
    try:
        return float(text.replace(",", "").replace("$", "").replace("%", "").strip())
    except ValueError:
        return text


def name_of(body: Body) -> str:
    """Return what an object is called."""
    for field in (
        "FullyQualifiedName",
        "DisplayName",
        "Name",
        "CompanyName",
        "FileName",
        "SourceCurrencyCode",
    ):
        if body.get(field):
            return str(body[field])
    for field in ("DocNumber", "PaymentRefNum"):
        if body.get(field):
            return f"No. {body[field]}"
    return f"Id {body.get('Id', '')}"


def inside(body: Body, *, wrapped: bool) -> Body:
    """Return the object itself where it travels inside another key."""
    return next(iter(body.values())) if wrapped else body
