"""Settings > Integrations > Sync settings: which way values travel, who wins, and when we look (B-7)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from accounts.http import FirmRequest, needs
from accounts.roles import Permission
from integrations import policy_effects
from integrations.models import Schedule
from integrations.policy_forms import PolicyForm, WhenForm
from integrations.sync import refreshing
from integrations.sync.schedule import arrange
from mapping.kinds import FIRST, address, kind_of, with_rows
from mapping.listing import current_book
from mapping.models import Book, Cause, policy_of
from mapping.policy import Policy, Preset, presets_of
from mapping.policywords import differences
from mapping.services import policies
from mapping.services.policies import Example, Forecast, Unfit
from mapping.spec import Entity


@require_GET
@needs(Permission.VIEW)
def sync_settings(request: FirmRequest, kind: str = FIRST) -> HttpResponse:
    book = current_book()
    if book is None:
        return render(request, "integrations/sync_settings_before.html")
    return render(request, "integrations/sync_settings.html", _standing(request, book, kind_of(kind)))


def _standing(request: FirmRequest, book: Book, entity: Entity, **forms: Any) -> dict[str, Any]:
    stored, schedule = policies.stored(book, entity.name), _schedule(book)
    policy, slug = policy_of(book.pk, entity.name), request.firm.slug
    may_change = request.membership.may(Permission.CONNECT)
    return {
        "book": book,
        "entity": entity,
        "kinds": [(each, address("sync_settings", slug, each)) for each in with_rows()],
        "review_url": address("sync_settings_review", slug, entity),
        "when_url": address("sync_settings_when", slug, entity),
        "stored": stored,
        "present": policies.preset_of(entity, policy),
        "presets": [
            _Card(preset, entity.say(preset.says), preset.policy == policy)
            for preset in presets_of(entity).values()
        ],
        "schedule": schedule,
        "may_change": may_change,
        "form": PolicyForm(entity, policy, is_open=may_change),
        "when": WhenForm(schedule, entity, policy, is_open=may_change),
        **forms,
    }


@dataclass(frozen=True)
class _Card:
    preset: Preset
    says: str
    is_present: bool


def _schedule(book: Book) -> Schedule:
    return Schedule.objects.filter(book=book).first() or Schedule(firm_id=book.firm_id, book=book)


@require_POST
@needs(Permission.CONNECT)
def review(request: FirmRequest, kind: str = FIRST) -> HttpResponse:
    """Say in words and numbers what a change means, before it is saved; saves what was reviewed."""
    book, entity = current_book(), kind_of(kind)
    if book is None:
        return redirect("sync_settings", slug=request.firm.slug)
    present, problems = policy_of(book.pk, entity.name), dict[str, str]()
    try:
        policy = policies.tidy(entity, _wanted(request, entity, present))
        problems = policies.contradictions(entity, policy)
    except Unfit as unfit:
        policy, problems = present, unfit.problems
    if request.POST.get("reviewed") == "yes" and not problems:
        return _save(request, book, entity, policy)
    is_new = not problems and policy != present
    found = policies.outlook(book, entity.name, policy) if is_new else None
    is_part = request.POST.get("effects") == "yes"
    if found and (found.is_quick or is_part):
        found = policies.forecast(book, entity.name, policy)
    start = policy_effects.start(book, entity.name, policy)
    context = {
        "book": book,
        "entity": entity,
        "settings_url": address("sync_settings", request.firm.slug, entity),
        "review_url": address("sync_settings_review", request.firm.slug, entity),
        "problems": list(problems.values()),
        "preset": policies.preset_of(entity, policy),
        "changes": differences(entity, present, policy),
        "starts": policies.starts(present, policy),
        "start": start,
        "begins": start.value.of(entity),
        "switched": policy_effects.switched(_schedule(book), present, policy),
        "policy": policy,
        "found": found,
        "effects": _effects(found) if found else [],
        "is_looked_at": bool(found and (found.is_quick or is_part)),
        "posted": [
            (name, value)
            for name, values in request.POST.lists()
            for value in values
            if name not in ("csrfmiddlewaretoken", "reviewed", "effects")
        ],
    }
    if is_part and request.htmx:
        return render(request, "integrations/_sync_settings_effects.html", context)
    return render(request, "integrations/sync_settings_review.html", context)


_SAID = {
    "send": "are sent to QuickBooks",
    "take": "take over QuickBooks’ value",
    "ask": "wait for your word under Conflicts",
    "wait": "wait to be sent with an invoice",
    "alone": "are left alone, having no e-mail address",
    "differ": "stay different",
}


def _effects(found: Forecast) -> list[tuple[str, int, int, list[Example]]]:
    """Return what becomes of how many rows of ours: in words, now, then, and some of them by name."""
    return [
        (says, getattr(found.now, what), getattr(found.then, what), found.examples.get(what, []))
        for what, says in _SAID.items()
        if getattr(found.now, what) or getattr(found.then, what)
    ]


def _wanted(request: FirmRequest, entity: Entity, present: Policy) -> Policy:
    if name := request.POST.get("preset"):
        return policies.named(entity, name)
    form = PolicyForm(entity, present, request.POST)
    if not form.is_valid():
        raise Unfit({name: f"{form[name].label}: {errors[0]}" for name, errors in form.errors.items()})
    return form.chosen()


def _save(request: FirmRequest, book: Book, entity: Entity, policy: Policy) -> HttpResponse:
    before = policy_of(book.pk, entity.name)
    policies.change(book, entity.name, policy, by=request.user)
    _keep_hours(_schedule(book), before, policy)
    messages.success(request, f"Sync settings saved. {_begin(request, book, entity, policy)}")
    return _back(request, entity)


def _keep_hours(schedule: Schedule, before: Policy, after: Policy) -> None:
    then = policy_effects.hours(schedule, before, after)
    if (schedule.is_nightly, schedule.is_weekly) != (then.is_nightly, then.is_weekly):
        schedule.is_nightly, schedule.is_weekly = then.is_nightly, then.is_weekly
        _keep(schedule)


def _begin(request: FirmRequest, book: Book, entity: Entity, policy: Policy) -> str:
    """Bring both sides in agreement at once, unless the firm looks only when somebody asks; say which."""
    start = policy_effects.start(book, entity.name, policy)
    if start.is_now:
        refreshing.begin(book, cause=Cause.PERSON, by=request.user)
    return start.value.of(entity).after


@require_POST
@needs(Permission.CONNECT)
def save_when(request: FirmRequest, kind: str = FIRST) -> HttpResponse:
    book, entity = current_book(), kind_of(kind)
    if book is None:
        return redirect("sync_settings", slug=request.firm.slug)
    policy = policy_of(book.pk, entity.name)
    form = WhenForm(_schedule(book), entity, policy, request.POST)
    if not form.is_valid():
        return render(request, "integrations/sync_settings.html", _standing(request, book, entity, when=form))
    if form.triggers() != policy.triggers:
        policies.change(book, entity.name, replace(policy, triggers=form.triggers()), by=request.user)
    _keep(form.save(commit=False))
    messages.success(request, "Saved when QuickBooks is looked at.")
    return _back(request, entity)


def _keep(schedule: Schedule) -> None:
    schedule.save()
    arrange([schedule])


def _back(request: FirmRequest, entity: Entity) -> HttpResponse:
    there = address("sync_settings", request.firm.slug, entity)
    return HttpResponseClientRedirect(there) if request.htmx else redirect(there)
