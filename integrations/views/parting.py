"""The three-dot menu of a connection: refresh its settings, reset it, disconnect; and what follows."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import FirmRequest, needs
from accounts.roles import Permission
from integrations.connect import connecting, disconnecting, noticing, resetting, standing
from integrations.connect.company import settings_of
from integrations.forms import KEEP, PURGE, DisconnectForm
from integrations.models import Connection
from integrations.sync import reading, refreshing
from mapping.models import Clearing
from mapping.words import counted

NEXT_COMPANY = "quickbooks_next_company"
"""The session's word for the company that somebody goes over to."""

_FAREWELL = "quickbooks_farewell"


@require_POST
@needs(Permission.CONNECT)
def refresh_settings(request: FirmRequest) -> HttpResponse:
    connection = standing.current()
    if connection and connection.is_live:
        resetting.refresh_settings(connection)
        messages.info(request, "The company’s settings are being read again.")
    return redirect("quickbooks", slug=request.firm.slug)


@require_GET
@needs(Permission.VIEW)
def settings_read(request: FirmRequest) -> HttpResponse:
    """The company's settings, polled until they have been read."""
    connection = standing.current()
    if connection is None or not connection.is_live:
        return HttpResponse(status=286)  # htmx: stop polling
    context = {"connection": connection, "company_settings": settings_of(connection)}
    return render(request, "integrations/_settings.html", context)


@require_http_methods(["GET", "POST"])
@needs(Permission.CONNECT)
def reset(request: FirmRequest) -> HttpResponse:
    connection = standing.current()
    if connection is None or not connection.is_live:
        messages.error(request, "Reconnect QuickBooks first; then the connection can be reset.")
        return redirect("quickbooks", slug=request.firm.slug)
    if request.method == "GET":
        context = {"connection": connection, "stakes": standing.at_stake(connection.book)}
        return render(request, "integrations/reset.html", context)
    tried_again = resetting.reset(connection, by=request.user)
    also = f" {counted(tried_again, 'held change')} will be sent again." if tried_again else ""
    messages.success(
        request, f"The connection was reset. Everything is now read anew and compared with QuickBooks.{also}"
    )
    return redirect("quickbooks", slug=request.firm.slug)


def reading_all(connection: Connection) -> dict[str, Any]:
    """How far a reading of everything is, as after a reset, and the refresh that may yet begin one."""
    if connection.book is None:
        return {}
    return {
        "reading": reading.latest(connection.book),
        "awaited": refreshing.going(connection.book),
    }


@require_GET
@needs(Permission.VIEW)
def reading_now(request: FirmRequest) -> HttpResponse:
    """The same, polled until it has ended."""
    connection = standing.current()
    if connection is None or not connection.is_live:
        return HttpResponse(status=286)
    context, since = reading_all(connection), request.GET.get("since", "")
    found = context.get("reading")
    context["was_awaited"] = found and since.isdecimal() and found.begun_by >= int(since)
    return render(request, "integrations/_reading.html", context)


@require_http_methods(["GET", "POST"])
@needs(Permission.CONNECT)
def disconnect(request: FirmRequest) -> HttpResponse:
    connection = standing.current()
    if connection is None or connection.is_disconnected:
        return redirect("quickbooks", slug=request.firm.slug)
    if request.method == "GET":
        form = DisconnectForm({"data_choice": KEEP}, company=connection.company_name)
        return _ask_before(request, connection, form)
    form = DisconnectForm(request.POST, company=connection.company_name)
    if not form.is_valid():
        return _ask_before(request, connection, form, status=422)
    ended = disconnecting.disconnect(connection, then=Clearing.DELETE if form.is_purge else None)
    remember(request, ended)
    return redirect("quickbooks_left", slug=request.firm.slug)


def remember(request: FirmRequest, ended: disconnecting.Farewell) -> None:
    """Have the page that follows say what a disconnection put an end to."""
    request.session[_FAREWELL] = {"runs": ended.runs, "pushes": ended.pushes}


def _ask_before(
    request: FirmRequest, connection: Connection, form: DisconnectForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "connection": connection,
        "stakes": standing.at_stake(connection.book),
        "form": form,
        "chosen": PURGE if form.data.get("data_choice") == PURGE else KEEP,
        "choices": {"keep": KEEP, "purge": PURGE},
    }
    return render(request, "integrations/disconnect.html", context, status=status)


@require_GET
@needs(Permission.VIEW)
def left(request: FirmRequest) -> HttpResponse:
    """What has ended, what goes on by itself, and what is left to do inside QuickBooks."""
    connection = standing.current()
    if connection is None or not connection.is_disconnected:
        return redirect("quickbooks", slug=request.firm.slug)
    context = _left(request, connection) | {
        "ended": request.session.get(_FAREWELL),
        "quickbooks_address": standing.quickbooks_address(),
    }
    return render(request, "integrations/disconnected.html", context)


@require_GET
@needs(Permission.VIEW)
def left_status(request: FirmRequest) -> HttpResponse:
    """What still goes on after a disconnection, polled until it is done."""
    connection = standing.current()
    if connection is None or not connection.is_disconnected:
        return HttpResponse(status=286)
    return render(request, "integrations/_left.html", _left(request, connection))


def _left(request: FirmRequest, connection: Connection) -> dict[str, Any]:
    return {
        "connection": connection,
        "former": standing.former_company(connection),
        "is_kept": connecting.pinned_to(connection) is not None,
        "next_company": request.session.get(NEXT_COMPANY, ""),
    }


@require_GET
@never_cache
def disconnected_there(request: HttpRequest) -> HttpResponse:
    """Where Intuit sends whoever has disconnected inside QuickBooks. What the address says is not believed."""
    noticing.look_whether_it_ended(request.GET.get("realmId", ""))
    context = {"quickbooks_address": standing.quickbooks_address()}
    return render(request, "integrations/disconnected_there.html", context)
