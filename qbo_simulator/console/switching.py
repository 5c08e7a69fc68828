"""The fault switches: everything the control API can switch, in words, and one button to end it all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from ..clock import stamp
from ..switches import FAILURES
from .desk import Desk, Missing, Visit, go
from .fields import Field
from .panels import Given, Panel, Tried, throw_panel
from .standing import FAILURE_WORDS, LIMIT_WORDS, On, what_is_on

_PATH = Field("Only where the address or statement holds", "path", hint="Such as /query or Invoice.")
_COMPANY = Field("Company", "realm", "company")
_METHODS = tuple((method, method) for method in ("GET", "POST"))

PANELS: tuple[Panel, ...] = (
    Panel(
        "fault",
        "Failing calls",
        "The next calls that fit fail, or a share of all of them.",
        "Let calls fail",
        (
            Field("Failure", "kind", "choice", options=tuple((k, FAILURE_WORDS.get(k, k)) for k in FAILURES)),
            Field("For so many calls", "count", "number", hint="1 if left empty."),
            Field("Or for a share of all calls, in percent", "fraction", "percent"),
            _PATH,
            _COMPANY,
            Field("Method", "method", "choice", options=(("", "Any"), *_METHODS)),
            Field(
                "When",
                "when",
                "choice",
                options=(
                    ("before", "Before it is done: nothing happens"),
                    ("after", "After it is done: only the answer is lost"),
                ),
            ),
            Field(
                "Seconds without an answer",
                "hang_s",
                "number",
                hint="Only for no or a late answer; 120 if left empty.",
            ),
        ),
        lambda control, request, given: control.add_fault(request, given),
    ),
    Panel(
        "delay",
        "Slow answers",
        "Each call waits before it is answered.",
        "Slow calls down",
        (Field("Milliseconds", "ms", "number", hint="0 ends it.", needed=True), _PATH),
        lambda control, request, given: control.set_delay(request, given),
    ),
    Panel(
        "throttle",
        "Limits",
        "For each company; a call above them gets 429. Those left empty are QuickBooks' own.",
        "Keep to these limits",
        (
            *(Field(words.capitalize(), name, "number") for name, words in LIMIT_WORDS.items()),
            Field("The 429 is in", "format", "choice", options=(("xml", "XML"), ("json", "JSON"))),
        ),
        lambda control, request, given: control.set_throttles(request, {**given, "enabled": True}),
    ),
    Panel(
        "metering",
        "Metered reads",
        "Once so many reads were made in a month, all further ones are refused with 403.",
        "Block reads at the limit",
        (
            Field("Reads free of charge in a month", "limit", "number", hint="500,000 if left empty."),
            Field("Made so far", "used", "number", hint="As counted if left empty."),
        ),
        lambda control, request, given: control.set_metering(request, {**given, "blocking": True}),
    ),
    Panel(
        "expire",
        "Expire access tokens",
        "They are refused from now on; refresh tokens stay good.",
        "Expire them",
        (_COMPANY,),
        lambda control, request, given: control.expire_tokens(request, given),
        room="Tokens",
    ),
    Panel(
        "revoke",
        "Disconnect",
        "As the owner can inside QuickBooks: every app loses its access to the company.",
        "Disconnect its apps",
        (Field("Company", "realm", "company", needed=True),),
        lambda control, request, given: control.revoke_tokens(request, given),
        room="Tokens",
        sure="The apps have to be connected anew afterwards.",
    ),
    Panel(
        "rotation",
        "Grace after rotation",
        "A refresh token is replaced after 24 hours; the old one stays good for a while.",
        "Set the grace",
        (Field("Seconds", "grace_s", "number", hint="0 ends it.", needed=True),),
        lambda control, request, given: control.set_rotation(request, given),
        room="Tokens",
    ),
    Panel(
        "race",
        "Refresh race",
        "A second refresh with one token so soon after the first is refused, and kills the connection.",
        "Set the race",
        (Field("Within seconds", "window_s", "number", hint="0 ends it.", needed=True),),
        lambda control, request, given: control.set_race(request, given),
        room="Tokens",
    ),
    Panel(
        "forward",
        "Move the clock forward",
        "Tokens age, refresh tokens rotate, invoices become overdue.",
        "Move the clock",
        (
            Field("Days", "days", "number"),
            Field("Hours", "hours", "number"),
            Field("Minutes", "minutes", "number"),
        ),
        lambda control, request, given: control.move_clock(request, {"forward_s": _seconds(given)}),
        room="Clock",
    ),
    Panel(
        "at",
        "Set the clock",
        "To any moment, also of the past.",
        "Set the clock",
        (Field("Date and time", "at", hint="Such as 2026-12-31T23:55, in Pacific time.", needed=True),),
        lambda control, request, given: control.move_clock(request, given),
        room="Clock",
    ),
    Panel(
        "right",
        "Set the clock right",
        "Back to the real time, and running.",
        "Set the clock right",
        (),
        lambda control, request, given: control.move_clock(request, {"at": "now", "frozen": False}),
        room="Clock",
    ),
    Panel(
        "freeze",
        "Stop the clock",
        "It stands still until it runs again.",
        "Stop the clock",
        (),
        lambda control, request, given: control.move_clock(request, {"frozen": True}),
        room="Clock",
    ),
)
ROOMS = ("Failures", "Tokens", "Clock")
_BY_KEY = {panel.key: panel for panel in PANELS}


def _seconds(given: Given) -> float:
    parts = (("days", 86_400), ("hours", 3600), ("minutes", 60))
    return float(sum(given.get(name, 0) * size for name, size in parts))


def _unfreeze(desk: Desk, value: str) -> None:
    desk.simulator.registry.freeze_clock(frozen=False)


def _end_failure(desk: Desk, value: str) -> None:
    if value.isdigit():
        desk.switches.remove_failure(int(value))


def _end_throttles(desk: Desk, value: str) -> None:
    desk.switches.throttling = False


def _end_metering(desk: Desk, value: str) -> None:
    desk.switches.meter.reset()


def _end_mischief(desk: Desk, value: str) -> None:
    webhooks = desk.switches.webhooks
    webhooks.mischief = [one for one in webhooks.mischief if str(one.id) != value]


ENDS: Mapping[str, Callable[[Desk, str], Any]] = {
    "end-failure": _end_failure,
    "end-delay": lambda desk, value: desk.switches.set_delay(0, path=value),
    "end-throttles": _end_throttles,
    "end-metering": _end_metering,
    "end-rotation": lambda desk, value: desk.simulator.registry.set("rotation_grace_s", "0"),
    "end-race": lambda desk, value: desk.simulator.registry.set("race_window_s", "0"),
    "end-frozen": _unfreeze,
    "end-mischief": _end_mischief,
}


def routes(desk: Desk) -> list[Route]:
    return [
        desk.route("/console/switches", show),
        desk.route("/console/switches/clear", clear, "POST"),
        desk.route("/console/switches/{panel}", throw, "POST"),
    ]


async def show(visit: Visit) -> Response:
    return _page(visit)


async def throw(visit: Visit) -> Response:
    key, sent = visit.request.path_params["panel"], await visit.form()
    if key in ENDS:
        ENDS[key](visit.desk, str(sent.get("value") or ""))
        return go("/console/switches?done=on")
    panel = _BY_KEY.get(key)
    if panel is None:
        raise Missing
    tried = throw_panel(panel, sent, visit.desk.control, visit.request)
    return _page(visit, tried) if tried.errors else go("/console/switches?done=on")


async def clear(visit: Visit) -> Response:
    """End everything at once; the log, the data and where the clock stands stay."""
    desk = visit.desk
    desk.switches.reset()
    for one in standing(desk):
        ENDS[one.ends](desk, one.value)
    return go("/console/switches?done=ended")


def standing(desk: Desk) -> list[On]:
    return what_is_on(desk.switches, desk.simulator.registry, desk.simulator.clock)


def _page(visit: Visit, tried: Tried | None = None) -> Response:
    desk = visit.desk
    return visit.page(
        "switches.html",
        status=400 if tried else 200,
        rooms=[(room, [one for one in PANELS if one.room == room]) for room in ROOMS],
        tried=tried,
        now=stamp(desk.simulator.clock.now()),
        companies=[(c.realm, c.name) for c in desk.simulator.registry.companies()],
        meter=desk.switches.meter,
    )
