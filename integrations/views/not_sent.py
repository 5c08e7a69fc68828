"""Not sent: what QuickBooks did not take, why, and the ways on (B-4, B-5, X12)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.http import FirmRequest, needs
from accounts.roles import Permission
from integrations.models import Operation, Push, PushState
from integrations.sync import mending
from integrations.sync.mending import InTheWay
from integrations.sync.outbox import LEFT_HERE, not_sent
from mapping.entities import ENTITIES
from mapping.kinds import shown
from mapping.listing import current_book
from mapping.models import Book, RemoteRecord
from mapping.reasons import REASONS, Reason
from mapping.services.linking import Refused
from mapping.spec import Entity, Ours
from mapping.words import counted

PAGE_SIZE = 25
DUPLICATE = "duplicate_name"
SHORT = {
    DUPLICATE: "Name taken",
    "not_accepted": "Not accepted",
    "inactive_there": "Inactive there",
    "gone_there": "Gone there",
    "no_email": "No e-mail",
    "changed_there": "Kept changing",
    "read_only": "Read only",
    "refused": "Refused",
}
"""What a filter has room for; the whole sentence stands over its group."""


@dataclass(frozen=True)
class Held:
    """One change that was not sent, with what its row needs."""

    push: Push
    ours: Ours | None
    values: list[tuple[str, Any]]
    problems: list[tuple[str, str]]
    """(field, what is wrong with it)"""
    in_the_way: list[InTheWay]

    @property
    def name(self) -> str:
        known = self.ours or self.push.record
        return known.name if known else ENTITIES[self.push.entity].say("A {client} deleted since")

    @property
    def entity(self) -> Entity:
        return ENTITIES[self.push.entity]

    @property
    def rivals(self) -> str:
        """Those who share one space of names with it."""
        return mending.rivals(self.entity)

    @property
    def is_new(self) -> bool:
        return self.push.operation == Operation.CREATE

    @property
    def is_duplicate(self) -> bool:
        return self.push.reason == DUPLICATE


@dataclass(frozen=True)
class Group:
    reason: Reason
    number: int
    held: list[Held]


@require_GET
@needs(Permission.VIEW)
def not_sent_list(request: FirmRequest) -> HttpResponse:
    book = current_book()
    if book is None:
        return render(request, "integrations/not_sent.html", {"book": None})
    left, wanted = _left_here(book), request.GET.get("reason", "")
    shows_left = wanted == LEFT_HERE
    counts = _counts(book)
    found = left if shows_left else not_sent(book).order_by("reason", "-settled_at", "-pk")
    if wanted in counts:
        found = found.filter(reason=wanted)
    page = Paginator(found.select_related("record"), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "book": book,
        "page": page,
        "groups": _groups(list(page.object_list), counts | {LEFT_HERE: left.count()}),
        "total": sum(counts.values()),
        "reason": wanted if wanted in counts or shows_left else "",
        "segments": [(code, SHORT.get(code, "Other"), number) for code, number in counts.items()],
        "left": left.count(),
        "shows_left": shows_left,
        "planned": Push.objects.filter(book=book, state=PushState.PLANNED).count(),
    }
    return render(request, "integrations/not_sent.html", context)


def _left_here(book: Book) -> QuerySet[Push]:
    return Push.objects.filter(book=book, state=PushState.HELD, reason=LEFT_HERE).order_by(
        "-settled_at", "-pk"
    )


def _counts(book: Book) -> dict[str, int]:
    counted_ = not_sent(book).order_by("reason").values_list("reason").annotate(number=Count("pk"))
    return dict(counted_)


def _reason(code: str) -> Reason:
    return REASONS.get(code) or Reason(code, "QuickBooks did not take it.", "Try again.")


def _groups(pushes: Sequence[Push], counts: dict[str, int]) -> list[Group]:
    rows = shown((push.entity, push.local_id) for push in pushes)
    codes = dict.fromkeys(push.reason for push in pushes)
    return [
        Group(
            _reason(code),
            counts.get(code, 0),
            [_held(push, rows.get((push.entity, push.local_id))) for push in pushes if push.reason == code],
        )
        for code in codes
    ]


def _held(push: Push, ours: Ours | None) -> Held:
    labels = {field.local: field.label for field in ENTITIES[push.entity].fields}
    problems = [(labels.get(name, name), words) for name, words in push.detail.get("problems", {}).items()]
    if not problems and push.reason == "not_accepted":
        named = ", ".join(labels.get(name, name) for name in push.detail.get("fields", ()))
        said = push.detail.get("says") or push.detail.get("words") or ""
        problems = [(named, said)] if said or named else []
    return Held(
        push,
        ours,
        values=[(labels[name], push.values[name]) for name in labels if name in push.values],
        problems=problems,
        in_the_way=mending.in_the_way(push) if push.reason == DUPLICATE else [],
    )


@require_POST
@needs(Permission.MAP)
def not_sent_mend(request: FirmRequest, pk: int) -> HttpResponse:
    """Carry out one way on for one change."""
    push = get_object_or_404(Push, pk=pk, book__is_current=True)
    act = _WAYS.get(request.POST.get("way", ""))
    if act is None:
        messages.error(request, "Choose what to do.")
        return _back(request)
    try:
        messages.success(request, act(request, push))
    except Refused as problem:
        messages.error(request, f"{problem.reason.says} {problem.reason.way_on}")
    return _back(request)


def _link(request: FirmRequest, push: Push) -> str:
    pk = request.POST.get("record", "")
    record = get_object_or_404(RemoteRecord, pk=int(pk) if pk.isdecimal() else 0, book_id=push.book_id)
    mending.link_to_existing(push, record, by=request.user)
    return f"Mapped to {record.name}. What only you know of it is sent."


def _rename(request: FirmRequest, push: Push) -> str:
    name = request.POST.get("new_name", "")[:500]
    if name.strip() == push.values.get(ENTITIES[push.entity].name_field):
        raise Refused("same_name")
    mending.rename(push, name, by=request.user)
    return f"Renamed to {name.strip()}. It is sent now."


def _skip(request: FirmRequest, push: Push) -> str:
    mending.skip(push, by=request.user)
    return "Left here. It is sent after its next edit."


def _again(request: FirmRequest, push: Push) -> str:
    mending.try_again(push)
    return "It is sent once more."


_WAYS: dict[str, Callable[[FirmRequest, Push], str]] = {
    "link": _link,
    "rename": _rename,
    "skip": _skip,
    "again": _again,
}


@require_POST
@needs(Permission.MAP)
def not_sent_again(request: FirmRequest) -> HttpResponse:
    """Send all that is held for one reason once more."""
    if book := current_book():
        number = mending.try_all_again(book, reason=request.POST.get("reason", ""))
        messages.success(request, f"{counted(number, 'change')} sent once more.")
    return _back(request)


def _back(request: FirmRequest) -> HttpResponse:
    return redirect("not_sent", slug=request.firm.slug)
