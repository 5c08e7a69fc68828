"""What the v3 API does with a call: query, read, write, CDC, batch. Knows no HTTP server."""

from __future__ import annotations

from collections.abc import Callable

from ..answers import TEXT, Answer
from ..attaching import download_address
from ..entities import entity_named
from ..entities.spec import Entity
from ..faults import not_simulated
from .batching import batch
from .capturing import cdc_responses, changes
from .incoming import Incoming, json_object, kind_of_call
from .querying import is_search, query, query_response, statement_of
from .reading import pdf, read, read_whole
from .reporting import run_report
from .saving import do, replaying, save, send_form, tax_service, upload_file

__all__ = [
    "Incoming",
    "answer",
    "cdc_responses",
    "do",
    "is_search",
    "json_object",
    "kind_of_call",
    "query_response",
    "replaying",
    "statement_of",
]


def answer(call: Incoming) -> Answer:
    """Do what a call asks. Raises Fault."""
    special = _SPECIAL.get((call.method, "/".join(call.steps).lower()))
    if special is not None:
        return special(call)
    if (call.method, call.first, len(call.steps)) == ("GET", "reports", 2):
        return run_report(call)
    entity = entity_named(call.first)
    if call.method == "GET" and call.first == "download" and len(call.steps) == 2:
        return Answer(download_address(call.books, call.steps[1]).encode(), media_type=TEXT)
    if entity is not None:
        deed = _DEEDS.get((call.method, _shape(call)))
        if deed is not None:
            return deed(call, entity)
    raise not_simulated(f"{call.method} /{'/'.join(call.steps)}")


def _shape(call: Incoming) -> str:
    """Return the form of a path after the entity: "", "id", or "id/" and a word."""
    if len(call.steps) == 3:
        return f"id/{call.steps[2].lower()}"
    return {1: "", 2: "id"}.get(len(call.steps), "?")


_SPECIAL: dict[tuple[str, str], Callable[[Incoming], Answer]] = {
    ("GET", "query"): query,
    ("POST", "query"): query,
    ("GET", "cdc"): changes,
    ("POST", "batch"): batch,
    ("POST", "upload"): upload_file,
    ("POST", "taxservice/taxcode"): tax_service,
}

_DEEDS: dict[tuple[str, str], Callable[[Incoming, Entity], Answer]] = {
    ("GET", ""): read_whole,
    ("GET", "id"): read,
    ("GET", "id/pdf"): pdf,
    ("POST", ""): save,
    ("POST", "id/send"): send_form,
}
