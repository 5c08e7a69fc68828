"""What is done with many clients at once: bulk changes with undo, the CSV file, and the palette."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from io import StringIO
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import pluralize
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import number_format
from django.utils.text import capfirst
from django.views.decorators.http import require_POST

from accounts.http import FirmRequest, needs
from accounts.listing import Listing
from accounts.models import Client, ClientQuerySet
from accounts.models.clients import DETAILS
from accounts.roles import Permission
from accounts.services.clients import BULK_ACTIONS, BulkChange, undo_for_all
from accounts.tenancy import working_for

PALETTE_SIZE = 10


@require_POST
@needs(Permission.EDIT_CLIENTS)
def clients_bulk(request: FirmRequest) -> HttpResponse:
    """Do one thing to the ticked clients, or to all that the list's address is about."""
    name = request.POST.get("action", "")
    if name not in BULK_ACTIONS:
        raise Http404
    action, listing = BULK_ACTIONS[name], Listing.read(request.GET)
    done = action.do(clients=_chosen(request, listing), by=request.user)
    if done:
        undo = reverse("clients_undo", kwargs={"slug": request.firm.slug})
        undo += "?" + urlencode({"action": name, "moment": done.moment.isoformat()})
        messages.success(request, f"{_clients(done)} {action.done}.", extra_tags=f"undo={undo}")
    else:
        messages.info(request, "Nothing to change in the clients you selected.")
    return redirect(reverse("clients", kwargs={"slug": request.firm.slug}) + listing.address())


def _chosen(request: FirmRequest, listing: Listing) -> ClientQuerySet:
    if request.POST.get("everything"):
        return listing.clients()
    ids = [int(pk) for pk in request.POST.getlist("client") if pk.isascii() and pk.isdigit()]
    chosen: ClientQuerySet = Client.objects.filter(pk__in=ids)
    return chosen


@require_POST
@needs(Permission.EDIT_CLIENTS)
def clients_undo(request: FirmRequest) -> HttpResponse:
    name, moment = request.GET.get("action", ""), _moment(request.GET.get("moment", ""))
    if name not in BULK_ACTIONS or moment is None:
        raise Http404
    undone = undo_for_all(action=name, moment=moment, by=request.user)
    messages.success(request, f"{_clients(undone)} {BULK_ACTIONS[name].undone}.")
    return redirect("clients", slug=request.firm.slug)


def _moment(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment and timezone.is_aware(moment) else None


def _clients(change: BulkChange) -> str:
    return f"{number_format(len(change), use_l10n=True)} client{pluralize(len(change))}"


_ROWS_PER_CHUNK = 1_000


@needs(Permission.VIEW)
def clients_csv(request: FirmRequest) -> StreamingHttpResponse:
    """The list as a file, in its order and with its filters, all pages."""
    ids = Listing.read(request.GET).sorted_ids()
    response = StreamingHttpResponse(_csv(request.firm.pk, ids), content_type="text/csv; charset=utf-8")
    day = timezone.localdate().isoformat()
    response["Content-Disposition"] = f'attachment; filename="{request.firm.slug}-clients-{day}.csv"'
    return response


def _csv(firm_id: int, ids: list[int]) -> Iterator[str]:
    # Read after the middleware has left the firm: each chunk enters it again, and leaves before
    # it is handed on, since what is set while a generator sleeps is set for everybody.
    titles = {field.name: capfirst(str(field.verbose_name)) for field in Client._meta.fields}
    yield "\ufeff" + _lines([[titles[name] for name in DETAILS]])
    for start in range(0, len(ids), _ROWS_PER_CHUNK):
        with working_for(firm_id):
            rows = Client.objects.in_bulk(ids[start : start + _ROWS_PER_CHUNK])
        wanted = (rows[pk] for pk in ids[start : start + _ROWS_PER_CHUNK] if pk in rows)
        yield _lines([[_cell(client, name) for name in DETAILS] for client in wanted])


def _lines(rows: list[list[str]]) -> str:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _cell(client: Client, name: str) -> str:
    if name == "is_marketable":
        return "Yes" if client.is_marketable else "No"
    value = client.get_kind_display() if name == "kind" else str(getattr(client, name))
    # A spreadsheet would run it as a formula.
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


@needs(Permission.VIEW)
def palette(request: FirmRequest) -> JsonResponse:
    """Current clients for the command palette: names that begin with the text first, then all that hold it."""
    found = Client.objects.current().suggested(request.GET.get("q", "")[:200], PALETTE_SIZE)
    results = [
        {
            "text": client.name,
            "detail": client.email or client.city,
            "kind": "Client",
            "url": reverse("client", kwargs={"slug": request.firm.slug, "pk": client.pk}),
        }
        for client in found
    ]
    return JsonResponse({"results": results})
