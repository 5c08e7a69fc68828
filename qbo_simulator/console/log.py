"""The live log of API calls: who asked what, what was answered, in full for the latest."""

from __future__ import annotations

from collections.abc import Mapping
from xml.dom import minidom
from xml.parsers.expat import ExpatError

import orjson
from starlette.responses import Response
from starlette.routing import Route

from ..calls import KINDS, Call
from .desk import Desk, Missing, Visit, go, query

SHOWN = 100

STATUSES: Mapping[str, tuple[str, range]] = {
    "ok": ("Answered", range(200, 400)),
    "refused": ("Refused (4xx)", range(400, 500)),
    "failed": ("Failed (5xx)", range(500, 600)),
}


def routes(desk: Desk) -> list[Route]:
    return [
        desk.route("/console/calls", calls),
        desk.route("/console/calls/empty", empty, "POST"),
        desk.route("/console/calls/{number:int}", call),
    ]


async def calls(visit: Visit) -> Response:
    filters = {name: visit.asked(name).strip() for name in ("realm", "kind", "status", "path")}
    status = STATUSES.get(filters["status"])
    found = visit.desk.log.latest(
        realm=filters["realm"] or None,
        kind=filters["kind"] or None,
        path=filters["path"] or None,
        statuses=status[1] if status else None,
        limit=SHOWN + 1,
    )
    return visit.page(
        "calls.html",
        calls=found[:SHOWN],
        there_are_more=len(found) > SHOWN,
        counters=visit.desk.log.counters(),
        names=_names(visit),
        kinds=KINDS,
        statuses=STATUSES,
        filters=filters,
        filtered=any(filters.values()),
        back=query(**filters),
    )


def _names(visit: Visit) -> dict[str, str]:
    return {company.realm: company.name for company in visit.desk.simulator.registry.companies()}


async def call(visit: Visit) -> Response:
    log, number = visit.desk.log, int(visit.request.path_params["number"])
    found = log.find(number)
    if found is None:
        raise Missing
    request, answer = log.bodies(found)
    return visit.page(
        "call.html",
        call=found,
        name=_names(visit).get(found.realm, found.realm),
        title=found.statement or f"{found.method} {found.path}",
        asked=laid_out(request),
        answered=laid_out(answer),
        is_cut=_is_cut(found, answer),
        before=log.find(number - 1),
        after=log.find(number + 1),
    )


def _is_cut(found: Call, answer: str) -> bool:
    return len(answer.encode()) < found.answer_bytes


async def empty(visit: Visit) -> Response:
    visit.desk.log.clear()
    return go("/console/calls?done=emptied")


def laid_out(text: str) -> str:
    """Lay JSON or XML out for reading; anything else, and what was cut, stays as it is."""
    stripped = text.strip()
    if stripped.startswith(("{", "[")):
        try:
            return orjson.dumps(orjson.loads(stripped), option=orjson.OPT_INDENT_2).decode()
        except orjson.JSONDecodeError:
            return text
    if stripped.startswith("<?xml"):
        return _xml(stripped) or text
    return text


def _xml(text: str) -> str:
    try:
        # What the simulator itself sent or took: no entities to fear, it is small.
        return minidom.parseString(text).toprettyxml(indent="  ")  # noqa: S318
    except ExpatError:
        return ""
