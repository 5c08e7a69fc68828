"""Where a person goes on after a decision: the list they came from, brought up to date in place."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRefresh

from accounts.http import FirmRequest
from mapping.kinds import FIRST
from mapping.models import CHANGES, Book, Run, RunKind
from mapping.services import deciding

CUSTOMER = FIRST
"""What the screens are about that show clients and nothing else."""


def manage_url(request: FirmRequest) -> str:
    return reverse("manage", kwargs={"slug": request.firm.slug})


def books(request: FirmRequest) -> Book:
    """Return the firm's current books; a 404 where it has never connected any."""
    return get_object_or_404(Book, is_current=True)


def going_run(book: Book | None, entity: str = FIRST) -> Run | None:
    """The work that is under way on these books' records of a kind, or next in line.

    Not refreshes, of which the page says elsewhere how fresh it is, nor reading of lists it does not show.
    """
    if book is None:
        return None
    about_them = Run.objects.unfinished().filter(book=book, entity__in=(entity, CHANGES))
    return about_them.exclude(kind=RunKind.REFRESH).order_by("-state", "created_at").first()


def go_on(request: FirmRequest) -> HttpResponse:
    """Show the person where they were, as it is now; without JavaScript go there."""
    if not request.htmx:
        return redirect(way_back(request))
    if urlsplit(request.htmx.current_url or "").path != manage_url(request):
        return HttpResponseClientRefresh()
    response = render(request, "mapping/decided.html")
    response["HX-Reswap"] = "none"
    response["HX-Trigger"] = json.dumps({"dialog:close": "", "rows:stale": ""})
    return response


def way_back(request: FirmRequest) -> str:
    """Return the address in ``next``, or of the page the person came from, if it is one of ours."""
    here = request.build_absolute_uri()
    for place in (request.POST.get("next") or request.GET.get("next"), request.headers.get("Referer")):
        if not place or request.build_absolute_uri(place).split("?")[0] == here.split("?")[0]:
            continue
        if url_has_allowed_host_and_scheme(place, {request.get_host()}, require_https=request.is_secure()):
            return place
    return manage_url(request)


def tell_with_undo(request: FirmRequest, words: str, *, action: str, ids: list[int]) -> None:
    """Say what was done in a toast that can take it back."""
    word = deciding.remember(action, ids)
    url = reverse("manage_undo", kwargs={"slug": request.firm.slug, "word": word})
    messages.success(request, words, extra_tags=f"undo={url}")
