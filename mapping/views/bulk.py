"""Map Customers (N) and its like: every unmapped record on the left, its choice on the right (CV-29..39, JP-8..12)."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.http import FirmRequest, needs
from accounts.roles import Permission
from mapping import choices
from mapping.choices import Part
from mapping.entities import ENTITIES
from mapping.forms import Decision, DefaultForm, decisions
from mapping.kinds import FIRST, address, kind_of
from mapping.listing import has_records, unmapped_customers
from mapping.models import Choice, Draft, RemoteRecord, policy_of
from mapping.services import drafts
from mapping.spec import Entity, Ours
from mapping.views.going_on import books, going_run, way_back
from mapping.views.runs import run_context
from mapping.wanted import page_number, search_text
from mapping.words import counted


def _draft(request: FirmRequest, kind: str) -> Draft:
    return drafts.open_draft(books(request), kind_of(kind).name, person=request.user)


@needs(Permission.MAP)
def map_customers(request: FirmRequest, kind: str = FIRST) -> HttpResponse:
    """Show a page of choices: a page of its own, the modal's content, or only its rows."""
    draft = _draft(request, kind)
    context = _screen(request, draft)
    is_rows = request.htmx and request.htmx.target == "map-rows"
    return render(request, "mapping/_map_rows.html" if is_rows else "mapping/map_customers.html", context)


def _screen(request: FirmRequest, draft: Draft) -> dict[str, Any]:
    query = request.POST if request.method == "POST" else request.GET
    part = Part(wanted) if (wanted := query.get("show", "")) in Part else Part.ALL
    text, number = search_text(query), page_number(query)
    matched = drafts.known_matches(draft)
    return {
        **_summary(draft, matched),
        **_addresses(request, draft),
        "page": choices.page(draft, matched=matched, part=part, text=text, number=number),
        "part": part,
        "parts": list(Part),
        "text": text,
        "here": _here(request, draft),
        "in_dialog": _in_dialog(request, draft),
        "default_form": DefaultForm(initial={"default": draft.default}).call(
            {each.value: each.label for each in choices.always(_entity(draft))}
        ),
        "has_ours": _entity(draft).local.has_any(),
        "has_theirs": partial(has_records, draft.book, draft.entity),
        "next": way_back(request),
    }


def _entity(draft: Draft) -> Entity:
    return ENTITIES[draft.entity]


def _here(request: FirmRequest, draft: Draft) -> str:
    return address("map_customers", request.firm.slug, _entity(draft))


def _summary(draft: Draft, matched: drafts.Matched) -> dict[str, Any]:
    entity, policy = _entity(draft), policy_of(draft.book_id, draft.entity)
    lets_in = policy.lets_in(entity)
    return {
        "draft": draft,
        "entity": entity,
        "book": draft.book,
        "summary": drafts.summary(draft, matched=matched),
        "fields": [field for field in entity.fields if field.local in lets_in],
        "sends": policy.direction.pushes,
        "going": going_run(draft.book, entity.name),
    }


def _addresses(request: FirmRequest, draft: Draft) -> dict[str, str]:
    slug, names = request.firm.slug, ("map_choose", "map_default", "map_save", "map_clients")
    return {f"{name}_url": address(name, slug, _entity(draft)) for name in names}


def _in_dialog(request: FirmRequest, draft: Draft) -> bool:
    """Tell whether the screen stands in the modal of another page."""
    return bool(request.htmx) and urlsplit(request.htmx.current_url or "").path != _here(request, draft)


@require_POST
@needs(Permission.MAP)
def map_choose(request: FirmRequest, kind: str = FIRST) -> HttpResponse:
    """Remember choices as they are made; those that repeat what the row says anyway are not the person's own."""
    draft = _draft(request, kind)
    try:
        posted = decisions(request.POST)
    except ValueError:
        return HttpResponseBadRequest("No such choice")
    records = list(unmapped_customers(draft.book, draft.entity).defer("search_text").filter(pk__in=posted))
    for row in choices.choice_rows(draft, records, matched=drafts.known_matches(draft)):
        decision = posted[row.record.pk]
        if str(decision) != row.value or row.stale:
            _choose(draft, row.record, decision)
    if not request.htmx:
        messages.success(request, "Your choices on this page are kept.")
        return redirect(way_back(request))
    matched = drafts.known_matches(draft)
    rows = choices.choice_rows(draft, records, matched=matched)
    context = {**_summary(draft, matched), **_addresses(request, draft), "rows": rows}
    return render(request, "mapping/chosen.html", context)


def _choose(draft: Draft, record: RemoteRecord, decision: Decision) -> None:
    if decision.local_id and not _entity(draft).local.shown([decision.local_id]):
        return
    drafts.choose(draft, record, decision.choice, local_id=decision.local_id)


@require_POST
@needs(Permission.MAP)
def map_default(request: FirmRequest, kind: str = FIRST) -> HttpResponse:
    """Apply a value to every row on every page but exact matches, and say how many (CV-36, CV-37)."""
    draft = _draft(request, kind)
    form = DefaultForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest("No such default")
    drafts.set_default(draft, Choice(form.cleaned_data["default"]))
    screen = _screen(request, draft)
    applied = _applied(_entity(draft), screen["summary"])
    if not request.htmx:
        messages.success(request, applied)
        return redirect(way_back(request))
    return render(request, "mapping/defaulted.html", {**screen, "applied": applied})


def _applied(entity: Entity, summary: drafts.Summary) -> str:
    applied, kept = summary.total - summary.exact_matches - summary.by_hand, summary.by_hand
    said = [f"Applied to {counted(applied, entity.label, entity.plural)}."]
    if summary.exact_matches:
        were = "was" if summary.exact_matches == 1 else "were"
        said.append(f"{counted(summary.exact_matches, 'exact match', 'exact matches')} {were} left alone.")
    if kept:
        rows = counted(kept, "choice", "choices")
        said.append(f"{rows} made by hand {'is' if kept == 1 else 'are'} kept.")
    return " ".join(said)


@require_POST
@needs(Permission.MAP)
def map_save(request: FirmRequest, kind: str = FIRST) -> HttpResponse:
    """Save the choices of all pages at once; a run carries them out and shows itself."""
    draft = _draft(request, kind)
    if not drafts.summary(draft, matched=drafts.known_matches(draft)).decided:
        label = _entity(draft).label
        messages.info(request, f"Nothing is decided yet. Choose for at least one {label}, then save.")
        return redirect(way_back(request))
    run = drafts.save(draft, by=request.user)
    if request.htmx and _in_dialog(request, draft):
        return render(request, "mapping/saved.html", run_context(request, run))
    url = reverse("run", kwargs={"slug": request.firm.slug, "pk": run.pk})
    if request.htmx:
        return HttpResponse(headers={"HX-Redirect": url})
    return redirect(url)


@needs(Permission.VIEW)
def map_clients(request: FirmRequest, kind: str = FIRST) -> JsonResponse:
    """Answer a picker: rows of ours by name, e-mail or city, those that are free first (CV-33)."""
    entity, text = kind_of(kind), search_text(request.GET)
    found = [] if text else _suggestions(entity, request.GET.get("record", ""))
    results = [_result(entity, row, ", ".join(why).capitalize()) for row, why in found]
    known = {row.pk for row, _ in found}
    results += [_result(entity, row) for row in choices.candidates(entity, text) if row.pk not in known]
    return JsonResponse({"results": results[: choices.SUGGESTIONS]})


def _suggestions(entity: Entity, record_id: str) -> list[tuple[Ours, list[str]]]:
    """Return the rows of ours that a record may stand for, each with what speaks for it."""
    if not record_id.isdecimal():
        return []
    records = RemoteRecord.objects.defer("search_text").filter(pk=int(record_id), entity=entity.name)
    record = records.first()
    return [(row, choices.speaks_for(record, row)) for row in choices.likely(record)] if record else []


def _result(entity: Entity, row: Ours, why: str = "") -> dict[str, str]:
    taken = f"Mapped to another {entity.label}" if row.is_linked else ""
    return {
        "value": str(Decision(Choice.EXISTING, row.pk)),
        "text": row.name,
        "detail": " · ".join(filter(None, (taken, why, row.city, row.email))),
    }
