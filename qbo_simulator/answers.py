"""An answer before it is sent: JSON made, and turned into XML or gzip as the client wants."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

import orjson

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
    """QuickBooks speaks XML to whoever does not ask for JSON."""
    return "json" in accept.lower()


def as_xml(answer: Answer) -> Answer:
    """Write a JSON answer in QuickBooks' XML."""
    if answer.media_type != JSON:
        return answer
    document = orjson.loads(answer.content)
    time = document.pop("time", "")
    inside = "".join(_elements(document))
    text = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        f'<IntuitResponse time="{time}" xmlns="http://schema.intuit.com/finance/v3">'
        f"{inside}</IntuitResponse>"
    )
    return Answer(text.encode(), answer.status, XML, answer.headers)


def _elements(fields: dict[str, Any]) -> Iterator[str]:
    for name, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            yield _element(name, one)


def _element(name: str, value: Any) -> str:
    if not isinstance(value, dict):
        return f"<{name}>{escape(_plain(value))}</{name}>"
    if set(value) <= {"value", "name"} and "value" in value:
        label = escape(str(value.get("name", "")), {'"': "&quot;"})
        attribute = f' name="{label}"' if label else ""
        return f"<{name}{attribute}>{escape(str(value['value']))}</{name}>"
    return f"<{name}>{''.join(_elements(value))}</{name}>"


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def gzipped(answer: Answer, *, accepted: str, level: int) -> Answer:
    """Compress an answer if the client takes gzip and it is worth it; level 0 never does."""
    worth_it = level and "gzip" in accepted and len(answer.content) >= _SMALLEST_GZIPPED
    if not worth_it:
        return answer
    content = zlib.compress(answer.content, level, wbits=31)
    headers = {**answer.headers, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Answer(content, answer.status, answer.media_type, headers)
