"""Manage your QBO data: one list of both sides (CV-22..27)."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh

from accounts.http import FirmRequest, needs
from accounts.roles import Permission
from accounts.slots import fillers
from mapping.forms import SelectedForm
from mapping.listing import Listing, count_unmapped, current_book, customers, has_records, listing
from mapping.models import Book, RecordQuerySet, RemoteRecord
from mapping.services import deciding
from mapping.views.going_on import CUSTOMER, books, go_on, going_run, tell_with_undo, way_back
from mapping.wanted import Shown, Wanted
from mapping.words import counted


@needs(Permission.VIEW)
def manage(request: FirmRequest) -> HttpResponse:
    book = current_book()
    if book is None:
        return render(request, "mapping/nothing_connected.html")
    found = listing(book, CUSTOMER, Wanted.of(request.GET))
    is_fragment = request.htmx and not request.htmx.history_restore_request
    response = render(
        request,
        "mapping/_rows.html" if is_fragment else "mapping/manage.html",
        {
            "book": book,
            "listing": found,
            "segments": _segments(found),
            "to_map": found.counts[Shown.CUSTOMERS]
            if not found.wanted.text
            else count_unmapped(book, CUSTOMER),
            "has_theirs": partial(has_records, book, CUSTOMER),
            "is_fragment": is_fragment,
            "freshness": []
            if is_fragment
            else [filler.freshness(request, region="#rows") for filler in fillers()],
            "going": going_run(book),
        },
    )
    patch_vary_headers(response, ["HX-Request"])
    return response


def _segments(found: Listing) -> list[tuple[Shown, int]]:
    return [(shown, found.counts[shown]) for shown in Shown]


@require_POST
@needs(Permission.MAP)
def selected(request: FirmRequest) -> HttpResponse:
    """Exclude or include the chosen rows, or all rows of the filter on all pages (B-22)."""
    book = books(request)
    form = SelectedForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose some customers first.")
        return go_on(request)
    records = _chosen(request, book, form)
    action = form.cleaned_data["action"]
    if form.cleaned_data["everything"] and deciding.are_many(records, action):
        return _leave_to_a_run(request, book, action)
    if form.cleaned_data["action"] == "exclude":
        ids = deciding.exclude_many(records, by=request.user)
        words = f"Excluded {counted(len(ids), 'customer')} from mapping."
    else:
        ids = deciding.include_many(records)
        words = f"Included {counted(len(ids), 'customer')} again."
    if ids:
        tell_with_undo(request, words, action=form.cleaned_data["action"], ids=ids)
    else:
        messages.info(request, "Nothing to do: none of the chosen customers is in that state any more.")
    return go_on(request)


def _leave_to_a_run(request: FirmRequest, book: Book, action: str) -> HttpResponse:
    """Have very many excluded or included in the background; the page shows how far that is."""
    deciding.start(book, CUSTOMER, action, text=Wanted.of(request.POST).text, by=request.user)
    deed = "excluded" if action == "exclude" else "included again"
    messages.success(
        request, f"All these customers are being {deed} in the background; you can go on working."
    )
    return HttpResponseClientRefresh() if request.htmx else redirect(way_back(request))


def _chosen(request: FirmRequest, book: Book, form: SelectedForm) -> RecordQuerySet:
    if form.cleaned_data["everything"]:
        return customers(book, CUSTOMER, Wanted.of(request.POST))
    return RemoteRecord.objects.of(book, CUSTOMER).filter(pk__in=form.cleaned_data["record"], gone_at=None)


@require_POST
@needs(Permission.MAP)
def undo(request: FirmRequest, word: str) -> HttpResponse:
    number = deciding.undo(word, by=request.user)
    if number is None:
        messages.info(request, "That can no longer be undone here. Change the rows one by one instead.")
    else:
        messages.success(request, f"Undone for {counted(number, 'customer')}.")
    return redirect(way_back(request))
