"""Settings > Integrations: connect QuickBooks, and see how the connection is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import get_text_list
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import FirmRequest, needs
from accounts.models import Firm, User
from accounts.roles import Permission
from integrations.connect import asking, connecting, standing
from integrations.connect.company import settings_of
from integrations.connect.connecting import Received
from integrations.connect.obstacles import CannotConnect, described
from integrations.connect.telling import who_can_connect
from integrations.sync import freshness
from integrations.views.parting import reading_all
from mapping import touched
from mapping.words import counted

CONNECTED = "Your QuickBooks Online account is connected."

OBSTACLE = "quickbooks_obstacle"
"""The session's word for what stood in the way of the last attempt."""

_JUST_CONNECTED = "quickbooks_just_connected"


@require_GET
@needs(Permission.VIEW)
def integrations(request: FirmRequest) -> HttpResponse:
    return render(request, "integrations/integrations.html", _standing(request))


@require_GET
@needs(Permission.VIEW)
def quickbooks(request: FirmRequest) -> HttpResponse:
    context = _standing(request) | {"just_connected": request.session.pop(_JUST_CONNECTED, False)}
    connection = context["connection"]
    if connection and connection.is_live:
        context |= {
            "calls": standing.calls_this_month(),
            "last_read_at": standing.last_read_at(connection),
            "company_settings": settings_of(connection),
            "fresh": freshness.standing(),
            **reading_all(connection),
            "region": "#content",
            "here": request.path,
        }
    return render(request, "integrations/quickbooks.html", context)


def _standing(request: FirmRequest) -> dict[str, Any]:
    requests, connection = asking.open_requests(), standing.current()
    return {
        "connection": connection,
        "able": who_can_connect(),
        "requests": requests,
        "my_request": next((one for one in requests if one.person_id == request.user.pk), None),
        "quickbooks_address": standing.quickbooks_address(),
        "former_companies": standing.former_companies(),
        "touched": {
            "read": touched.read(),
            "looked_up": touched.looked_up(),
            "written": touched.written(connection.book if connection else None),
            "may_be_written": touched.may_be_written(),
        },
        "is_kept": connection is not None and connecting.pinned_to(connection) is not None,
    }


@require_POST
@needs(Permission.CONNECT)
def connect(request: FirmRequest) -> HttpResponse:
    """Send the browser to Intuit, by a page rather than a redirect.

    A browser applies form-action to every redirect that answers a form, and Intuit's own go to hosts
    we do not choose. A page that leads on is bound by no list of hosts.
    """
    try:
        address = connecting.begin(request.firm, by=request.user)
    except CannotConnect as obstacle:
        return _explain(request, obstacle)
    response = render(request, "integrations/going.html", {"address": address})
    response["Refresh"] = f"0; url={address}"
    return response


@require_GET
@never_cache
@login_required
def callback(request: HttpRequest) -> HttpResponse:
    """Where Intuit sends the browser back to. The answer leaves the address bar at once."""
    assert isinstance(request.user, User)
    try:
        received = connecting.receive(_plain(request.GET), by=request.user)
    except CannotConnect as obstacle:
        return _explain(request, obstacle)
    if not received.is_confirmed:
        return redirect("quickbooks_confirm", slug=received.firm.slug)
    return _reconnected(request, received)


def _plain(given: Mapping[str, str]) -> dict[str, str]:
    return {name: given[name] for name in ("state", "code", "realmId", "error") if name in given}


@require_http_methods(["GET", "POST"])
@needs(Permission.CONNECT)
def confirm(request: FirmRequest) -> HttpResponse:
    connection = standing.current()
    if connection is None or not connection.is_unconfirmed:
        return redirect("quickbooks", slug=request.firm.slug)
    if request.method == "GET":
        return render(request, "integrations/confirm.html", {"connection": connection})
    if request.POST.get("answer") == "yes":
        connecting.confirm(connection, by=request.user)
        return _connected(request, request.firm)
    connecting.turn_down(connection)
    messages.info(request, f"{connection.company_name} was not connected. Nothing was read from it.")
    return redirect("integrations", slug=request.firm.slug)


def _reconnected(request: HttpRequest, received: Received) -> HttpResponse:
    resumed = received.resumed
    going_on = [
        counted(number, noun)
        for number, noun in ((resumed.runs, "stopped run"), (resumed.pushes, "waiting change"))
        if number
    ]
    also = f" {get_text_list(going_on, 'and')} will go on now." if going_on else ""
    request.session[_JUST_CONNECTED] = True
    messages.success(request, f"QuickBooks is connected again.{also}")
    return redirect("quickbooks", slug=received.firm.slug)


def _connected(request: HttpRequest, firm: Firm) -> HttpResponse:
    request.session[_JUST_CONNECTED] = True
    messages.success(request, "QuickBooks is connected. Next, import your customers.")
    return redirect("quickbooks", slug=firm.slug)


@require_POST
@needs(Permission.VIEW)
def ask(request: FirmRequest) -> HttpResponse:
    if asking.ask(request.firm, by=request.user):
        messages.success(request, "Your request was sent.")
    else:
        messages.info(request, "You asked within the last day. Your request is with them.")
    return redirect("integrations", slug=request.firm.slug)


@require_GET
@needs(Permission.VIEW)
def problem(request: FirmRequest) -> HttpResponse:
    """What stood in the way of the last attempt, at an address that can be reloaded."""
    told = request.session.get(OBSTACLE)
    if not told:
        return redirect("quickbooks", slug=request.firm.slug)
    return _show_obstacle(request, told)


def _explain(request: HttpRequest, obstacle: CannotConnect) -> HttpResponse:
    told = {"key": obstacle.key, "facts": obstacle.facts, "reference": obstacle.reference}
    if obstacle.firm is None:
        return _show_obstacle(request, told)
    request.session[OBSTACLE] = told
    return redirect("quickbooks_problem", slug=obstacle.firm.slug)


def _show_obstacle(request: HttpRequest, told: dict[str, Any]) -> HttpResponse:
    obstacle = described(told["key"], told["facts"])
    context = {"obstacle": obstacle, "reference": told["reference"], "facts": told["facts"]}
    return render(request, "integrations/problem.html", context, status=obstacle.status)
