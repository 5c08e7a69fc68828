"""What a client asked, however it was written: parameters in any case, bodies in JSON or XML."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes
from xml.parsers import expat

import orjson
from starlette.requests import Request

from .faults import UNKNOWN_PROPERTY, UNSUPPORTED, Fault, refuse

_DEEPEST = 20
_LARGEST_UNPACKED = 200 * 1024 * 1024

# What JSON has as a list, even when there is only one.
_LISTS = frozenset(
    {
        "AttachableRef",
        "BatchItemRequest",
        "BudgetDetail",
        "CustomField",
        "Line",
        "LinkedTxn",
        "NameValue",
        "POCustomField",
        "TaxLine",
        "TaxRateDetail",
        "TaxRateDetails",
    }
)
# Plain text in XML, and an object with a value in JSON.
_VALUES = re.compile(r"\w*Ref|CustomerMemo|HomeCurrency")


class Parameters(Mapping[str, str]):
    """The query string: names in any case; of a name that stands there twice, the first counts."""

    def __init__(self, query: str) -> None:
        self._values: dict[str, str] = {}
        for name, value in parse_qsl(query, keep_blank_values=True):
            self._values.setdefault(name.lower(), value)

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


@dataclass(frozen=True)
class Asked:
    """A request as far as the API has to do with it."""

    realm: str
    method: str
    steps: tuple[str, ...]
    """The path below the company, cut at its slashes."""
    query: str
    parameters: Parameters
    body: bytes
    """As JSON, also when it came as XML."""
    sent: bytes
    """The body as it came, unpacked."""
    refusal: Fault | None = None
    """Why it cannot be read at all."""

    @classmethod
    def of(cls, request: Request, sent: bytes) -> Asked:
        query, body, refusal = request.url.query, sent, None
        try:
            check_encoding(query)
            body = sent = unpacked(sent, request.headers.get("content-encoding", ""))
            if is_xml(request.headers.get("content-type", ""), sent):
                body = orjson.dumps(json_of(sent))
        except Fault as fault:
            refusal = fault
        return cls(
            realm=request.path_params["realm"],
            method=request.method,
            steps=tuple(step for step in request.path_params["path"].split("/") if step),
            query=query,
            parameters=Parameters(query),
            body=body,
            sent=sent,
            refusal=refusal,
        )

    @property
    def first(self) -> str:
        return self.steps[0].lower() if self.steps else ""

    @property
    def path(self) -> str:
        return f"/{'/'.join(self.steps)}{f'?{self.query}' if self.query else ''}"


def check_encoding(query: str) -> None:
    """Raise Fault for a query string that is not UTF-8 once it is decoded."""
    try:
        unquote_to_bytes(query).decode()
    except UnicodeDecodeError:
        raise refuse(UNSUPPORTED, "Unsupported Operation : the address is not UTF-8.") from None


def unpacked(body: bytes, encoding: str) -> bytes:
    """Undo gzip or deflate, which some clients send in, too. Raises Fault."""
    if encoding.strip().lower() not in ("gzip", "x-gzip", "deflate"):
        return body
    # gzip and zlib are told apart by how they begin.
    opened = zlib.decompressobj(wbits=47)
    try:
        content = opened.decompress(body, _LARGEST_UNPACKED)
    except zlib.error:
        raise refuse(UNSUPPORTED, f"Unsupported Operation : the body is not {encoding}.") from None
    if opened.unconsumed_tail or not opened.eof:
        raise refuse(UNSUPPORTED, f"Unsupported Operation : the {encoding} of the body is cut or too large.")
    return content


def is_xml(content_type: str, body: bytes) -> bool:
    return "xml" in content_type.lower() and body.lstrip()[:1] == b"<"


def json_of(body: bytes) -> Any:
    """Read an object or a batch in QuickBooks' XML as what it would be in JSON. Raises Fault."""
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.begin
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.doctype
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise _unreadable(str(error)) from None
    return reader.document


def _unreadable(why: str) -> Fault:
    return refuse(UNKNOWN_PROPERTY, f"Property Name:{why}")


class _Element:
    def __init__(self, attributes: dict[str, str]) -> None:
        self.attributes = attributes
        self.text = ""
        self.inside: dict[str, Any] = {}

    def add(self, name: str, value: Any) -> None:
        if name in _LISTS:
            self.inside.setdefault(name, []).append(value)
        else:
            self.inside[name] = value

    def value(self, name: str) -> Any:
        text = self.text.strip()
        if _VALUES.fullmatch(name) and not self.inside:
            return {"value": text, **self.attributes} if text else ""
        if self.inside or self.attributes:
            return {**self.attributes, **self.inside}
        return text


class _Reader:
    def __init__(self) -> None:
        self._open: list[_Element] = []
        self.document: Any = {}

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= _DEEPEST:
            raise _unreadable("the XML is nested too deeply")
        said = {key: text for key, text in attributes.items() if not key.startswith(("xmlns", "xsi:"))}
        self._open.append(_Element(said))

    def text(self, text: str) -> None:
        self._open[-1].text += text

    def end(self, name: str) -> None:
        name = name.rpartition(":")[2]
        value = self._open.pop().value(name)
        if self._open:
            self._open[-1].add(name, value)
        else:
            self.document = value or {}

    def doctype(self, *declared: Any) -> None:
        # Entities that hold each other would fill the memory.
        raise _unreadable("a document type is not allowed in XML")
