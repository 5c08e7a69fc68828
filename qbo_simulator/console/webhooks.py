"""The webhooks' page: who is told, how deliveries are made, what befalls them, and the log of them."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from ..webhooks.control import WebhookControl
from ..webhooks.envelopes import FORMATS
from ..webhooks.office import PostOffice
from ..webhooks.outbox import KEPT_DELIVERIES
from ..webhooks.packing import KINDS
from ..webhooks.retrying import SCHEDULES
from .desk import Desk, Missing, Visit, go
from .fields import Field
from .log import laid_out
from .panels import Panel, Tried, throw_panel
from .values import as_text

SHOWN = 100

_FORMAT_WORDS = {
    "cloudevents": "CloudEvents",
    "cloudevents-lean": "CloudEvents, only what has to be there",
    "legacy": "eventNotifications, the older format",
}
_SCHEDULE_WORDS = {
    "hold": "for good, while later events wait",
    "stop": "three times, then the endpoint is stopped",
}
_KIND_WORDS = {
    "lose": "It gets lost",
    "duplicate": "It is sent twice",
    "delay": "It comes late",
    "reorder": "It comes out of order",
}
STATE_BADGES = {"waiting": "amber", "delivered": "green", "given_up": "red", "lost": "grey"}

PANELS: tuple[Panel, ...] = (
    Panel(
        "register",
        "Tell an endpoint",
        "It hears of every change in connected companies from now on.",
        "Register",
        (
            Field("Address", "url", hint="Such as http://localhost:8000/webhooks/", needed=True),
            Field("Format", "format", "choice", options=tuple((f, _FORMAT_WORDS.get(f, f)) for f in FORMATS)),
            Field("Only of", "entities", "names", hint="Customer, Invoice … Everything if left empty."),
            Field("Verifier token", "verifier", hint="SIMULATED_VERIFIER if left empty."),
        ),
        lambda control, request, given: control.register(request, given),
    ),
    Panel(
        "settings",
        "How deliveries are made",
        "What is left empty stays.",
        "Set",
        (
            Field("Gathered for seconds", "window_s", "number"),
            Field("Waits times", "retry_scale", "number"),
            Field("Answer within seconds", "answer_limit_s", "number"),
            Field("Events in a delivery", "batch_size", "number"),
            Field(
                "What failed is tried",
                "schedule",
                "choice",
                options=tuple((s, _SCHEDULE_WORDS.get(s, s)) for s in SCHEDULES),
            ),
        ),
        lambda control, request, given: control.set_settings(request, given),
    ),
    Panel(
        "mischief",
        "Mischief",
        "What befalls the next events that fit, or a share of all of them.",
        "Let it happen",
        (
            Field("What", "kind", "choice", options=tuple((k, _KIND_WORDS.get(k, k)) for k in KINDS)),
            Field("To so many events", "count", "number", hint="1 if left empty."),
            Field("Or to a share, in percent", "fraction", "percent"),
            Field("Company", "realm", "company"),
            Field("Only of", "entity", hint="Such as Customer."),
            Field("Late by seconds", "delay_s", "number", hint="5 if left empty."),
        ),
        lambda control, request, given: control.order_mischief(request, given),
    ),
)
_BY_KEY = {panel.key: panel for panel in PANELS}
_DEEDS = ("resume", "test", "remove")


def routes(desk: Desk) -> list[Route]:
    at = "/console/webhooks"
    return [
        desk.route(at, show),
        desk.route(f"{at}/deliveries/empty", empty, "POST"),
        desk.route(f"{at}/deliveries/{{number:int}}", delivery),
        desk.route(f"{at}/{{id:int}}/{{deed}}", do, "POST"),
        desk.route(f"{at}/{{panel}}", throw, "POST"),
    ]


async def show(visit: Visit) -> Response:
    return _page(visit)


async def throw(visit: Visit) -> Response:
    panel = _BY_KEY.get(visit.request.path_params["panel"])
    if panel is None:
        raise Missing
    control = WebhookControl(_office(visit))
    tried = throw_panel(panel, await visit.form(), control, visit.request)
    return _page(visit, tried) if tried.errors else go("/console/webhooks?done=on")


async def do(visit: Visit) -> Response:
    """Resume, test or remove an endpoint."""
    control, deed = WebhookControl(_office(visit)), visit.request.path_params["deed"]
    if deed not in _DEEDS or control.office.outbox.endpoint(visit.request.path_params["id"]) is None:
        raise Missing
    deeds = {"resume": control.resume, "test": control.send_test, "remove": control.remove}
    deeds[deed](visit.request, {})
    return go(f"/console/webhooks?done={'tested' if deed == 'test' else 'on'}")


async def delivery(visit: Visit) -> Response:
    number = visit.request.path_params["number"]
    found = _office(visit).outbox.deliveries(since=number - 1, limit=1, state=None, endpoint=None)
    if not found or found[0]["number"] != number:
        raise Missing
    return visit.page(
        "delivery.html", delivery=found[0], body=laid_out(found[0]["body"]), badges=STATE_BADGES
    )


async def empty(visit: Visit) -> Response:
    _office(visit).outbox.forget_deliveries()
    return go("/console/webhooks?done=emptied")


def _office(visit: Visit) -> PostOffice:
    if visit.desk.office is None:
        raise Missing
    return visit.desk.office


def _page(visit: Visit, tried: Tried | None = None) -> Response:
    office = _office(visit)
    endpoints = office.outbox.endpoints()
    latest = office.outbox.deliveries(since=0, limit=KEPT_DELIVERIES, state=None, endpoint=None)
    settings: dict[str, Any] = office.premises.switches.settings()
    return visit.page(
        "webhooks.html",
        status=400 if tried else 200,
        endpoints=endpoints,
        addresses={endpoint.id: endpoint.url for endpoint in endpoints},
        formats=_FORMAT_WORDS,
        deliveries=latest[::-1][:SHOWN],
        panels=PANELS,
        tried=tried,
        present={"settings": {name: as_text(value) for name, value in settings.items()}},
        companies=[(c.realm, c.name) for c in visit.desk.simulator.registry.companies()],
        badges=STATE_BADGES,
    )
