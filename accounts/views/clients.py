"""The client list, a client's record, and changing one client."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST

from accounts.forms import ClientForm
from accounts.http import FirmRequest, needs
from accounts.listing import Listing
from accounts.models import Client
from accounts.models.clients import DETAILS
from accounts.roles import Permission
from accounts.services.clients import BULK_ACTIONS, archive_clients, restore_clients, save_client
from accounts.slots import fillers

STALE = "rows-stale"
"""The element that asks for the rows, and what stands about them, once something else has changed them."""


@needs(Permission.VIEW)
def clients(request: FirmRequest) -> HttpResponse:
    listing = Listing.read(request.GET)
    # The page's links are made from it: they shall say only what matters.
    request.GET = QueryDict(listing.address().removeprefix("?"))
    rows_only = request.htmx and not request.htmx.history_restore_request
    is_stale = rows_only and request.htmx.trigger == STALE
    # A search is dear enough; the numbers of all clients say nothing about it. Without one they spare a count.
    tally = {} if listing.is_narrowed else Client.objects.tally()
    page = listing.answer(tally)
    context: dict[str, Any] = {
        "listing": listing,
        "page": page,
        "columns": _columns(request, page.object_list),
        "bulk_actions": _bulk_actions(listing),
        "counts": tally,
        "is_fragment": rows_only,
        "is_stale": is_stale,
    }
    if not rows_only:
        context |= {
            "has_clients": any(tally.values()) or page.paginator.count > 0 or Client.objects.exists(),
            "freshness": [filler.freshness(request, region="#rows") for filler in fillers()],
        }
    if is_stale or not rows_only:
        context |= {
            "banners": [filler.list_banner(request) for filler in fillers()],
            "actions": [filler.list_actions(request) for filler in fillers()],
        }
    response = render(request, f"accounts/clients/{'_rows' if rows_only else 'list'}.html", context)
    if rows_only and not is_stale:
        response["HX-Push-Url"] = request.path + listing.address()
    patch_vary_headers(response, ["HX-Request"])
    return response


def _columns(request: FirmRequest, shown: Any) -> list[tuple[str, dict[int, Any]]]:
    """The columns other apps add: each one's title, and its cells by client id."""
    titled = [(filler.column_title(request), filler) for filler in fillers()]
    return [(title, filler.cells(request, shown)) for title, filler in titled if title]


def _bulk_actions(listing: Listing) -> dict[str, str]:
    wanted = ["restore"] if listing.show else ["archive", "market", "unmarket"]
    return {name: BULK_ACTIONS[name].verb for name in wanted}


@needs(Permission.VIEW)
def client(request: FirmRequest, pk: int) -> HttpResponse:
    shown = get_object_or_404(Client, pk=pk)
    context = {
        "client": shown,
        "freshness": [filler.freshness(request, region="#content") for filler in fillers()],
        "panels": [filler.record_panel(request, shown) for filler in fillers()],
        "timelines": [filler.record_timeline(request, shown) for filler in fillers()],
    }
    return render(request, "accounts/clients/record.html", context)


@needs(Permission.EDIT_CLIENTS)
def client_new(request: FirmRequest) -> HttpResponse:
    return _edit(request, Client(name=request.GET.get("name", "")[:500]))


@needs(Permission.EDIT_CLIENTS)
def client_edit(request: FirmRequest, pk: int) -> HttpResponse:
    return _edit(request, get_object_or_404(Client, pk=pk))


def _edit(request: FirmRequest, edited: Client) -> HttpResponse:
    is_new = edited.pk is None
    form = ClientForm(request.POST or None, instance=edited)
    namesakes: list[Client] = []
    if request.method == "POST" and form.is_valid():
        namesakes = form.namesakes()
        if not namesakes:
            fields = DETAILS if is_new else form.changed_fields
            saved = save_client(client=form.instance, by=request.user, fields=fields)
            messages.success(request, f"{saved} added." if is_new else f"{saved} saved.")
            return redirect("client", slug=request.firm.slug, pk=saved.pk)
    context = {"form": form, "client": edited, "is_new": is_new, "namesakes": namesakes}
    return render(
        request, "accounts/clients/form.html", context, status=422 if form.errors or namesakes else 200
    )


@require_POST
@needs(Permission.EDIT_CLIENTS)
def client_archive(request: FirmRequest, pk: int) -> HttpResponse:
    shown = get_object_or_404(Client, pk=pk)
    archive_clients(clients=Client.objects.filter(pk=pk), by=request.user)
    undo = reverse("client_restore", kwargs={"slug": request.firm.slug, "pk": pk})
    messages.success(request, f"{shown} archived.", extra_tags=f"undo={undo}")
    return redirect("client", slug=request.firm.slug, pk=pk)


@require_POST
@needs(Permission.EDIT_CLIENTS)
def client_restore(request: FirmRequest, pk: int) -> HttpResponse:
    shown = get_object_or_404(Client, pk=pk)
    restore_clients(clients=Client.objects.filter(pk=pk), by=request.user)
    messages.success(request, f"{shown} is back among the current clients.")
    return redirect("client", slug=request.firm.slug, pk=pk)
