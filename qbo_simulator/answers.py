"""An answer before it is sent: JSON made, and turned into XML or gzip as the client wants."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import orjson

from .clock import stamp_with_ms

JSON = "application/json;charset=UTF-8"
XML = "application/xml;charset=UTF-8"
HTML = "text/html"
PDF = "application/pdf"
TEXT = "text/plain;charset=UTF-8"

_SMALLEST_GZIPPED = 1_000


@dataclass(frozen=True)
class Answer:
    content: bytes
    status: int = 200
    media_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)


def json_answer(content: Any, *, status: int = 200) -> Answer:
    return Answer(orjson.dumps(content), status)


def wants_json(accept: str) -> bool:
    """QuickBooks speaks XML to whoever does not ask for JSON, or likes XML better."""
    liked = {format: _quality(accept, format) for format in ("json", "xml")}
    return liked["json"] > 0 and liked["json"] >= liked["xml"]


def _quality(header: str, word: str) -> float:
    """Return how much a header of choices likes what has this word in its name: 0 for not at all."""
    return max((quality for name, quality in _choices(header) if word in name), default=0)


def _choices(header: str) -> Iterator[tuple[str, float]]:
    for choice in header.lower().split(","):
        name, _, rest = choice.partition(";")
        found = re.search(r"q\s*=\s*([\d.]+)", rest)
        try:
            yield name.strip(), float(found.group(1)) if found else 1.0
        except ValueError:
            yield name.strip(), 0.0


def as_xml(answer: Answer) -> Answer:
    """Write a JSON answer in QuickBooks' XML."""
    if answer.media_type != JSON:
        return answer
    document = orjson.loads(answer.content)
    if "fault" in document:
        document = _as_the_api_says_it(document)
    time = document.pop("time", "")
    inside = "".join(_elements(document))
    text = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        f'<IntuitResponse time="{time}" xmlns="http://schema.intuit.com/finance/v3">'
        f"{inside}</IntuitResponse>"
    )
    return Answer(text.encode(), answer.status, XML, answer.headers)


def _as_the_api_says_it(document: dict[str, Any]) -> dict[str, Any]:
    """Bring a gateway's fault into the shape in which XML has it."""
    fault = document["fault"]
    errors = [
        {"code": e["code"], "Message": e["message"], "Detail": e["detail"], "element": e["element"] or ""}
        for e in fault["error"]
    ]
    time = datetime.fromtimestamp(document["time"] / 1000, UTC)
    return {"Fault": {"type": fault["type"], "Error": errors}, "time": stamp_with_ms(time)}


# What is an attribute in XML, and where.
_ATTRIBUTES = ("domain", "sparse", "status", "startPosition", "maxResults", "totalCount", "bId")
_ATTRIBUTES_OF = {"Fault": ("type",), "Error": ("code", "element")}


def _elements(fields: dict[str, Any]) -> Iterator[str]:
    for name, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            yield _element(name, one)


def _element(name: str, value: Any) -> str:
    if not isinstance(value, dict):
        return f"<{name}>{escape(_plain(value))}</{name}>"
    if set(value) <= {"value", "name", "type"} and "value" in value:
        said = {key: value[key] for key in ("name", "type") if value.get(key)}
        return f"<{name}{_attributes(said)}>{escape(_plain(value['value']))}</{name}>"
    names = (*_ATTRIBUTES, *_ATTRIBUTES_OF.get(name, ()))
    said = {key: value[key] for key in names if value.get(key) not in (None, "") and _is_plain(value[key])}
    inside = {key: inner for key, inner in value.items() if key not in names}
    return f"<{name}{_attributes(said)}>{''.join(_elements(inside))}</{name}>"


def _attributes(said: dict[str, Any]) -> str:
    return "".join(f" {key}={quoteattr(_plain(value))}" for key, value in said.items())


def _is_plain(value: Any) -> bool:
    return not isinstance(value, dict | list)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def gzipped(answer: Answer, *, accepted: str, level: int) -> Answer:
    """Compress an answer if the client takes gzip and it is worth it; level 0 never does."""
    worth_it = level and _quality(accepted, "gzip") > 0 and len(answer.content) >= _SMALLEST_GZIPPED
    if not worth_it:
        return answer
    content = zlib.compress(answer.content, level, wbits=31)
    headers = {**answer.headers, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Answer(content, answer.status, answer.media_type, headers)
