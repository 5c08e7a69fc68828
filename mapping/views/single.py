"""One record or one client at a time: map, exclude, include, disconnect (CV-40..43, CV-47..50)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST

from accounts.http import FirmRequest, need, needs
from accounts.models import Client
from accounts.roles import Permission
from mapping import choices
from mapping.entities import ENTITIES
from mapping.forms import ExcludeForm, MapForm, PairForm
from mapping.kinds import with_rows
from mapping.listing import current_book, parents, unmapped_customers
from mapping.matching import reasons
from mapping.models import Link, RemoteRecord, Standing
from mapping.services import linking
from mapping.services.linking import Refused
from mapping.spec import Entity, Ours
from mapping.views.going_on import CUSTOMER, books, go_on, tell_with_undo, way_back
from mapping.wanted import search_text


def _record(pk: int) -> RemoteRecord:
    return get_object_or_404(
        RemoteRecord.objects.select_related("book"),
        pk=pk,
        entity__in=[entity.name for entity in with_rows()],
        book__is_current=True,
    )


@needs(Permission.VIEW)
def record_map(request: FirmRequest, pk: int) -> HttpResponse:
    """Choose the row of ours of one record, or add it as a new one (CV-41, CV-42)."""
    record = _record(pk)
    refused = None
    if request.method == "POST":
        need(request, Permission.MAP)
        form = MapForm(request.POST)
        if form.is_valid():
            try:
                return _mapped(request, record, form.cleaned_data["client"])
            except Refused as problem:
                refused = problem.reason
    else:
        form = MapForm()
    text = search_text(request.GET)
    context = {
        "record": record,
        "entity": ENTITIES[record.entity],
        "path": parents(record.full_name, record.name),
        "form": form,
        "refused": refused,
        "text": text,
        "next": way_back(request),
        "taken_by": Link.objects.filter(record=record).first()
        if record.standing == Standing.MAPPED
        else None,
        **_offers(request, record, text),
    }
    is_search = request.htmx and request.htmx.target == "candidates"
    return render(request, "mapping/_candidates.html" if is_search else "mapping/record_map.html", context)


def _offers(request: FirmRequest, record: RemoteRecord, text: str) -> dict[str, object]:
    entity = ENTITIES[record.entity]
    rows = choices.candidates(entity, text) if text else choices.likely(record)
    chosen = request.POST.get("client") or request.GET.get("client") or ""
    if _is_key(chosen) and all(row.pk != int(chosen) for row in rows):
        rows = [*_current(entity, int(chosen)), *rows]
    offers = [{"client": row, "speaks_for": choices.speaks_for(record, row)} for row in rows]
    only = rows[0] if len(rows) == 1 and not text and rows[0].name_key == record.name_key else None
    picked = next((row for row in rows if str(row.pk) == chosen), only)
    return {
        "offers": offers,
        "chosen": chosen or (str(only.pk) if only else ""),
        "preview": choices.overwritten(record, picked.pk) if picked else None,
        "picked": picked,
    }


def _is_key(text: str) -> bool:
    return text.isdecimal() and len(text) < 19


def _current(entity: Entity, local_id: int) -> list[Ours]:
    return [row for row in entity.local.shown([local_id]).values() if not row.is_archived]


def _mapped(request: FirmRequest, record: RemoteRecord, wanted: str) -> HttpResponse:
    entity = ENTITIES[record.entity]
    if wanted == "new":
        linking.link_to_new(record, by=request.user)
        messages.success(request, f"Added {record.name} as a new {entity.local_label} and mapped it.")
    else:
        made = linking.link(record, int(wanted), by=request.user)
        ours = entity.local.shown([made.local_id])[made.local_id]
        messages.success(request, f"Mapped {record.name} to {ours}.")
    return go_on(request)


@needs(Permission.VIEW)
def record_preview(request: FirmRequest, pk: int) -> HttpResponse:
    """Show which of our values mapping would overwrite (CV-39)."""
    record = _record(pk)
    wanted = request.GET.get("client", "").removeprefix("client:")
    entity = ENTITIES[record.entity]
    picked = next(iter(_current(entity, int(wanted))), None) if _is_key(wanted) else None
    preview = choices.overwritten(record, picked.pk) if picked else None
    context = {"picked": picked, "preview": preview, "entity": entity}
    return render(request, "mapping/_preview.html", context)


@require_POST
@needs(Permission.MAP)
def record_exclude(request: FirmRequest, pk: int) -> HttpResponse:
    record, form = _record(pk), ExcludeForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    try:
        linking.exclude(record, by=request.user, reason=reason)
    except Refused as problem:
        messages.error(request, f"{problem.reason.says} {problem.reason.way_on}")
    else:
        tell_with_undo(request, f"Excluded {record.name} from mapping.", action="exclude", ids=[record.pk])
    return go_on(request)


@require_POST
@needs(Permission.MAP)
def record_include(request: FirmRequest, pk: int) -> HttpResponse:
    record = _record(pk)
    linking.include(record)
    tell_with_undo(
        request, f"Included {record.name} again. It waits to be mapped.", action="include", ids=[record.pk]
    )
    return go_on(request)


@needs(Permission.MAP)
def client_map(request: FirmRequest, pk: int) -> HttpResponse:
    """Choose the customer of one client (CV-41, CV-49)."""
    book = books(request)
    client = get_object_or_404(Client.objects.current(), pk=pk)
    refused = None
    form = PairForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        record = get_object_or_404(RemoteRecord.objects.of(book, CUSTOMER), pk=form.cleaned_data["record"])
        try:
            linking.link(record, client.pk, by=request.user)
        except Refused as problem:
            refused = problem.reason
        else:
            messages.success(request, f"Mapped {client} to {record.name}.")
            return go_on(request)
    text = search_text(request.GET)
    free = unmapped_customers(book, CUSTOMER).defer("search_text")
    found = free.matching(text) if text else free.filter(name_key=client.name_key)
    theirs = {"name": client.name, "email": client.email, "city": client.city}
    offers = [
        {
            "record": record,
            "path": parents(record.full_name, record.name),
            "speaks_for": reasons({"name": record.name, "email": record.email, "city": record.city}, theirs),
        }
        for record in found.order_by("name_key", "pk")[: choices.SUGGESTIONS]
    ]
    context = {
        "client": client,
        "book": book,
        "form": form,
        "refused": refused,
        "text": text,
        "offers": offers,
        "chosen": request.POST.get("record", ""),
        "next": way_back(request),
        "is_taken": Link.objects.filter(book=book, entity=CUSTOMER, local_id=client.pk).exists(),
    }
    is_search = request.htmx and request.htmx.target == "candidates"
    return render(request, "mapping/_customers.html" if is_search else "mapping/client_map.html", context)


@require_POST
@needs(Permission.MAP)
def client_disconnect(request: FirmRequest, pk: int) -> HttpResponse:
    """Stop the sync for this client only; both sides keep their values (CV-50)."""
    book = current_book()
    made = Link.objects.select_related("record").filter(book=book, entity=CUSTOMER, local_id=pk).first()
    client = get_object_or_404(Client, pk=pk)
    if made is None:
        messages.info(request, f"{client} is not connected to QuickBooks.")
    else:
        linking.unlink(made, by=request.user)
        messages.success(
            request, f"Disconnected {client} from {made.record.name}. Both keep their values as they are."
        )
    return go_on(request)


@require_POST
@needs(Permission.MAP)
def client_pause(request: FirmRequest, pk: int) -> HttpResponse:
    """Let nothing travel for one client, or let it travel again; the mapping stays (CV-47)."""
    client = get_object_or_404(Client, pk=pk)
    made = Link.objects.filter(book=current_book(), entity=CUSTOMER, local_id=pk).first()
    if made is None:
        messages.info(request, f"{client} is not connected to QuickBooks.")
    elif request.POST.get("paused") == "yes":
        linking.pause(made)
        messages.success(request, f"Sync of {client} is paused. The mapping stays.")
    else:
        linking.resume(made)
        messages.success(request, f"{client} syncs again. What changed meanwhile is compared next.")
    return go_on(request)
