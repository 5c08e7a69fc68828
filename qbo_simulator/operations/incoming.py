"""A call that was let in, and what it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson

from ..books import Books
from ..entities import entity_named
from ..entities.spec import Body
from ..faults import (
    STRING_LENGTH,
    UNKNOWN_PROPERTY,
    UNSUPPORTED,
    Complaint,
    Fault,
    refuse,
)


@dataclass(frozen=True)
class Incoming:
    """A call that was let in: whose books, what, and when."""

    books: Books
    realm: str
    method: str
    steps: tuple[str, ...]
    """The path below the company, cut at its slashes."""
    parameters: Mapping[str, str]
    body: bytes
    at: datetime
    content_type: str = ""
    here: str = ""
    """The simulator's own address, for links in answers."""
    most_objects: int | None = None
    """How many objects the answer to a batch may hold."""

    @property
    def first(self) -> str:
        return self.steps[0].lower() if self.steps else ""

    @property
    def wishes(self) -> frozenset[str]:
        """What `include` asks for."""
        return frozenset(
            w.strip() for w in self.parameters.get("include", "").lower().split(",") if w.strip()
        )


def kind_of_call(method: str, steps: tuple[str, ...], body: bytes, operation: str = "") -> tuple[str, str]:
    """Say what a call is, for the log: its kind and the entity it is about."""
    first = steps[0].lower() if steps else ""
    if first in ("query", "cdc", "batch"):
        return first, ""
    entity = entity_named("Attachable" if first in ("upload", "download") else first)
    name = entity.name if entity else first
    if method == "GET":
        return ("pdf" if steps[2:] == ("pdf",) else "read"), name
    if operation == "delete":
        return "delete", name
    if steps[2:] == ("send",):
        return "update", name
    return ("update" if _names_an_id(body) else "create"), name


def _names_an_id(body: bytes) -> bool:
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return isinstance(given, dict) and bool(given.get("Id"))


def too_long(text: str, longest: int, name: str) -> Fault:
    return refuse(
        STRING_LENGTH,
        "String length specified does not match the supported length. "
        f"Min:1 Max:{longest} supported. Supplied length: {len(text)}",
        name,
    )


def json_object(body: bytes) -> Body:
    """Read a request's body. Raises Fault when it is not a JSON object in UTF-8."""
    try:
        body.decode()
        given = orjson.loads(body)
    except UnicodeDecodeError:
        raise refuse(UNSUPPORTED, "Unsupported Operation : the body is not UTF-8.") from None
    except orjson.JSONDecodeError as error:
        raise Fault([Complaint(UNKNOWN_PROPERTY, f"Property Name:{error}")]) from None
    if not isinstance(given, dict):
        raise refuse(UNKNOWN_PROPERTY, "Property Name:an object was expected")
    return given
