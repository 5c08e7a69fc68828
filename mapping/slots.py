"""What the client screens show of QuickBooks (CV-44..50)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from django.template import RequestContext, engines
from django.template.backends.django import DjangoTemplates
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from accounts.http import FirmRequest
from accounts.models import Client
from accounts.slots import ClientSlots
from mapping import runlog
from mapping.finding import counts_of
from mapping.listing import count_unmapped, current_book, parents
from mapping.models import Book, Change, Conflict, Link, Run
from mapping.waiting import not_there, waits
from mapping.wanted import Shown

CUSTOMER = "customer"
_NEWEST = 20


class QuickBooksSlots(ClientSlots):
    """Three states of a client, in words: mapped, not mapped, and nothing where no books are known."""

    def list_banner(self, request: FirmRequest) -> SafeString:
        number = _waiting(request)
        if not number or not request.membership.may("map"):
            return SafeString()
        return _shown("list_banner", request, book=_book(request), number=number)

    def list_actions(self, request: FirmRequest) -> SafeString:
        return _shown("list_actions", request, book=_book(request), number=_waiting(request))

    def column_title(self, request: FirmRequest) -> str:
        return "QuickBooks" if _book(request) else ""

    def cells(self, request: FirmRequest, clients: Sequence[Client]) -> dict[int, SafeString]:
        book = _book(request)
        if book is None:
            return {}
        tied = _customers(book, [client.pk for client in clients])
        alone = [client.pk for client in clients if client.pk not in tied and not client.is_archived]
        waiting = not_there(book, CUSTOMER, alone)
        each = (
            {"client": client, "waits": waiting.get(client.pk), **tied.get(client.pk, _NOT_TIED)}
            for client in clients
        )
        cells = _shown_each("cell", request, each)
        return {client.pk: cell for client, cell in zip(clients, cells, strict=True)}

    def record_panel(self, request: FirmRequest, client: Client) -> SafeString:
        book = _book(request)
        if book is None:
            return SafeString()
        last = _changes(client).first()
        link = _links(book, [client.pk]).get(client.pk)
        conflict = link and Conflict.objects.filter(link=link, settled_at=None).first()
        return _shown(
            "record_panel",
            request,
            client=client,
            book=book,
            link=link,
            last=last,
            conflict=conflict,
            waits=waits(book, CUSTOMER, client.pk, link=link),
        )

    def record_timeline(self, request: FirmRequest, client: Client) -> SafeString:
        changes = _changes(client)
        wants_all = request.GET.get("history") == "all"
        found = list(changes if wants_all else changes[: _NEWEST + 1])
        if not found:
            return SafeString()
        has_more = not wants_all and len(found) > _NEWEST
        rows = runlog.named(found[:_NEWEST] if has_more else found)
        return _shown("record_timeline", request, client=client, rows=rows, has_more=has_more)

    def home_panel(self, request: FirmRequest) -> SafeString:
        book = _book(request)
        if book is None:
            # A firm without clients is led there by the empty page itself.
            return _shown("home_start", request) if Client.objects.exists() else SafeString()
        counts = counts_of(book, CUSTOMER)
        run = Run.objects.filter(book=book).order_by("-created_at").first()
        numbers = [(shown, counts[shown]) for shown in Shown if shown != Shown.ALL]
        return _shown(
            "home_panel", request, book=book, numbers=numbers, run=run, next=self.list_banner(request)
        )


_books: WeakKeyDictionary[FirmRequest, Book | None] = WeakKeyDictionary()
_numbers: WeakKeyDictionary[FirmRequest, int] = WeakKeyDictionary()
"""What several places of one page ask for, as long as its request lives."""


def _book(request: FirmRequest) -> Book | None:
    if request not in _books:
        _books[request] = current_book()
    return _books[request]


def _waiting(request: FirmRequest) -> int:
    """How many customers are not mapped."""
    if request not in _numbers:
        _numbers[request] = count_unmapped(_book(request), CUSTOMER)
    return _numbers[request]


_NOT_TIED: dict[str, Any] = {"customer": None, "under": "", "is_paused": False}


def _customers(book: Book, client_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Return what QuickBooks calls the customer of each mapped client, and whether its sync is paused."""
    found = Link.objects.filter(book=book, entity=CUSTOMER, local_id__in=client_ids)
    return {
        local_id: {"customer": full_name, "under": parents(full_name, name), "is_paused": is_paused}
        for local_id, full_name, name, is_paused in found.values_list(
            "local_id", "record__full_name", "record__name", "is_paused"
        )
    }


def _links(book: Book, client_ids: Sequence[int]) -> dict[int, Link]:
    links = Link.objects.select_related("record").defer("base", "record__search_text")
    found = links.filter(book=book, entity=CUSTOMER, local_id__in=client_ids)
    return {link.local_id: link for link in found}


def _changes(client: Client) -> Any:
    return (
        Change.objects.select_related("by").filter(entity=CUSTOMER, local_id=client.pk).order_by("-at", "-pk")
    )


def _shown(name: str, request: FirmRequest, **context: Any) -> SafeString:
    return mark_safe(render_to_string(f"mapping/slots/{name}.html", context, request))


def _shown_each(name: str, request: FirmRequest, contexts: Iterable[dict[str, Any]]) -> list[SafeString]:
    """Like ``_shown`` for many: what every page's context needs is made once and not for each."""
    engine = engines["django"]
    assert isinstance(engine, DjangoTemplates)
    template = engine.engine.get_template(f"mapping/slots/{name}.html")
    frame = RequestContext(request)
    shown = []
    with frame.bind_template(template):
        for context in contexts:
            with frame.push(**context):
                shown.append(template.render(frame))
    return shown
