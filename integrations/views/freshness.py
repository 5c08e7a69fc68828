"""The strip that says how fresh a page is, and the Refresh button."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from accounts.http import FirmRequest, needs
from accounts.roles import Permission
from integrations.connect import standing
from integrations.sync import freshness, refreshing
from integrations.sync.freshness import Freshness
from mapping.models import Book, Cause, Run, RunState

REGIONS = ("#rows", "#content")
"""Parts of a page that may be shown anew once a refresh has brought something."""


@require_GET
@needs(Permission.VIEW)
def fresh(request: FirmRequest) -> HttpResponse:
    """Show the strip again where there is something to show; asked every few seconds by pages that are looked at."""
    found = freshness.standing()
    if found is None:
        # What keeps QuickBooks from being read stands where its freshness stood; 286 has htmx ask no more.
        context = {"connection": standing.current()}
        return render(request, "integrations/_trouble.html", context, status=286)
    number, seen = request.GET.get("run", ""), request.GET.get("seen", "0")
    if not number and not found.going and seen == str(found.seen):
        return HttpResponse(status=204)  # htmx: leave all as it is
    run = Run.objects.filter(pk=int(number), book_id=found.book_id).first() if number.isdecimal() else None
    return _strip(request, found, run=run, seen=seen)


@require_POST
@needs(Permission.SYNC)
def refresh_now(request: FirmRequest) -> HttpResponse:
    found = freshness.standing()
    if found is None:
        raise Http404("Nothing to refresh")
    refreshing.begin(Book.objects.get(pk=found.book_id), cause=Cause.PERSON, by=request.user)
    if request.htmx:
        return _strip(request, freshness.standing() or found)
    messages.info(request, "Refreshing from QuickBooks. Reload the page in a few seconds.")
    return redirect(_way_back(request))


def _strip(request: FirmRequest, found: Freshness, *, run: Run | None = None, seen: str = "") -> HttpResponse:
    region = request.POST.get("region") or request.GET.get("region", "")
    has_ended = run is not None and not run.is_unfinished
    context = {
        "fresh": found,
        "region": region if region in REGIONS else REGIONS[0],
        "here": _shown_page(request),
        "failed": run if run and run.state == RunState.FAILED else None,
        "seen": seen if found.going and seen else str(found.seen),
        "is_news": not found.going and bool(seen) and seen != str(found.seen),
        "has_ended": has_ended,
    }
    return render(request, "integrations/_freshness.html", context)


def _shown_page(request: FirmRequest) -> str:
    return (request.htmx.current_url_abs_path if request.htmx else "") or _way_back(request)


def _way_back(request: FirmRequest) -> str:
    here = request.POST.get("next") or request.GET.get("next", "")
    is_ours = here.startswith("/") and url_has_allowed_host_and_scheme(here, allowed_hosts=None)
    return here if is_ours else f"/f/{request.firm.slug}/clients/"
