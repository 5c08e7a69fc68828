"""Conflicts: what both sides changed, side by side, and whose value stays (B-8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.http import FirmRequest, needs
from accounts.roles import Permission
from mapping import kinds
from mapping.entities import ENTITIES
from mapping.listing import current_book
from mapping.models import Book, Conflict, policy_of
from mapping.policy import Policy, Winner
from mapping.services import policies, settling
from mapping.services.settling import Decision, Settled, Side
from mapping.spec import Ours
from mapping.views.going_on import books
from mapping.words import counted

PAGE_SIZE = 20
_WINS = {Side.OURS: Winner.OURS, Side.THEIRS: Winner.QUICKBOOKS}


@dataclass(frozen=True)
class Row:
    """One field of a conflict."""

    name: str
    label: str
    base: Any
    ours: Any
    theirs: Any
    is_sent: bool
    """Whether ours, if kept, goes to QuickBooks."""


@dataclass(frozen=True)
class Shown:
    """A conflict with what its card needs."""

    conflict: Conflict
    ours: Ours | None
    rows: list[Row]
    mark: str

    @property
    def name(self) -> str:
        return self.ours.name if self.ours else self.conflict.link.record.name


def _shown(conflicts: Sequence[Conflict], policies_: Mapping[str, Policy]) -> list[Shown]:
    ours = kinds.shown((one.entity, one.link.local_id) for one in conflicts)
    return [
        Shown(
            one,
            ours.get((one.entity, one.link.local_id)),
            _rows(one, policies_[one.entity]),
            settling.mark(one),
        )
        for one in conflicts
    ]


def _rows(conflict: Conflict, policy: Policy) -> list[Row]:
    entity = ENTITIES[conflict.entity]
    rows = []
    for field in entity.fields:
        if field.local in conflict.fields:
            base, ours, theirs = conflict.fields[field.local]
            is_sent = policy.rule(entity, field.local).direction.pushes
            rows.append(Row(field.local, field.label, base, ours, theirs, is_sent))
    return rows


def _policies(book: Book, conflicts: Sequence[Conflict]) -> dict[str, Policy]:
    return {name: policy_of(book.pk, name) for name in {one.entity for one in conflicts}}


@require_GET
@needs(Permission.VIEW)
def conflicts(request: FirmRequest) -> HttpResponse:
    book = current_book()
    if book is None:
        return render(request, "mapping/conflicts.html", {"book": None})
    page = Paginator(settling.open_conflicts(book), PAGE_SIZE).get_page(request.GET.get("page"))
    found = list(page.object_list)
    context = {"book": book, "page": page, "shown": _shown(found, _policies(book, found))}
    return render(request, "mapping/conflicts.html", context)


@require_POST
@needs(Permission.MAP)
def conflict_settle(request: FirmRequest, pk: int) -> HttpResponse:
    """Decide one record: all its fields for one side, or each by itself."""
    book = books(request)
    conflict = get_object_or_404(Conflict.objects.select_related("link__record"), pk=pk, link__book=book)
    if reason := conflict.why_moot:
        messages.info(request, f"{reason.says} {reason.way_on}")
        return _go_on(request, conflict)
    answer = _answer(request, conflict)
    if not answer:
        messages.error(request, "Choose whose value stays for at least one field.")
        return _go_on(request, conflict)
    settled = settling.settle({pk: Decision(answer, request.POST.get("seen", ""))}, by=request.user)
    _tell(request, settled)
    _remember(request, book, conflict.entity, settled)
    return _go_on(request, conflict)


def _answer(request: FirmRequest, conflict: Conflict) -> dict[str, Side]:
    sides = {side.value: side for side in Side}
    if whole := sides.get(request.POST.get("whole", "")):
        return dict.fromkeys(conflict.fields, whole)
    chosen = {name: sides.get(request.POST.get(f"side-{name}", "")) for name in conflict.fields}
    return {name: side for name, side in chosen.items() if side}


@require_POST
@needs(Permission.MAP)
def conflicts_settle(request: FirmRequest) -> HttpResponse:
    """Decide all that were shown, or all there are, for one side."""
    book = books(request)
    if request.POST.get("whole") not in set(Side):
        messages.error(request, "Choose whose values stay.")
        return redirect("conflicts", slug=request.firm.slug)
    side = Side(request.POST["whole"])
    if request.POST.get("everything") == "yes":
        settled = settling.settle_all(book, side, by=request.user)
    else:
        seen = dict(_seen(one) for one in request.POST.getlist("shown") if one.partition(":")[0].isdecimal())
        found = settling.open_conflicts(book).filter(pk__in=seen)
        settled = settling.settle(
            {one.pk: Decision(dict.fromkeys(one.fields, side), seen[one.pk]) for one in found},
            by=request.user,
        )
    _tell(request, settled)
    return redirect("conflicts", slug=request.firm.slug)


def _seen(shown: str) -> tuple[int, str]:
    pk, _, mark = shown.partition(":")
    return int(pk), mark


def _tell(request: FirmRequest, settled: Settled) -> None:
    noun = kinds.noun(settled.kinds)
    if settled.done:
        messages.success(request, f"Decided for {counted(settled.done, *noun)}.")
    if settled.moved:
        number = counted(len(settled.moved), *noun)
        messages.warning(
            request, f"{number} changed again meanwhile. Look at the values now and decide anew."
        )
    if settled.too_long:
        messages.error(
            request, "QuickBooks’ value is too long for our field. Shorten it there, or keep ours."
        )
    if not (settled.done or settled.moved or settled.too_long):
        messages.info(request, "Somebody else has decided this meanwhile.")


def _remember(request: FirmRequest, book: Book, entity: str, settled: Settled) -> None:
    """Make the choice the rule for its fields, where somebody who may decide that asked for it."""
    if request.POST.get("remember") != "yes" or not request.membership.may(Permission.CONNECT):
        return
    for side, winner in _WINS.items():
        if names := [name for name, chosen in settled.fields if chosen is side]:
            policies.remember(book, entity, names, winner, by=request.user)
            labels = ", ".join(ENTITIES[entity].field(name).label for name in sorted(names))
            who = "QuickBooks’ value" if side is Side.THEIRS else "our value"
            messages.info(request, f"From now on {who} wins for: {labels}. See Sync settings.")


def _go_on(request: FirmRequest, conflict: Conflict) -> HttpResponse:
    if not request.htmx:
        return redirect("conflicts", slug=request.firm.slug)
    now = Conflict.objects.select_related("link__record").get(pk=conflict.pk)
    (shown,) = _shown([now], _policies(books(request), [now]))
    book = books(request)
    left = settling.count_open(book)
    context = {"each": shown, "book": book, "left": left, "is_one_page": left < PAGE_SIZE}
    return render(request, "mapping/conflict_now.html", context)
