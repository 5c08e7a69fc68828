"""What the client screens show of QuickBooks (CV-44..50)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from accounts.http import FirmRequest
from accounts.models import Client
from accounts.slots import ClientSlots
from mapping import runlog
from mapping.listing import Shown, count_unmapped, counts_of, current_book
from mapping.models import Book, Change, Link, Run

CUSTOMER = "customer"
_NEWEST = 20


class QuickBooksSlots(ClientSlots):
    """Three states of a client, in words: mapped, not mapped, and nothing where no books are known."""

    def list_banner(self, request: FirmRequest) -> SafeString:
        book = current_book()
        number = count_unmapped(book, CUSTOMER)
        if not number or not request.membership.may("map"):
            return SafeString()
        return _shown("list_banner", request, book=book, number=number)

    def list_actions(self, request: FirmRequest) -> SafeString:
        book = current_book()
        return _shown("list_actions", request, book=book, number=count_unmapped(book, CUSTOMER))

    def column_title(self, request: FirmRequest) -> str:
        return "QuickBooks" if current_book() else ""

    def cells(self, request: FirmRequest, clients: Sequence[Client]) -> dict[int, SafeString]:
        book = current_book()
        if book is None:
            return {}
        links = _links(book, [client.pk for client in clients])
        return {
            client.pk: _shown("cell", request, client=client, link=links.get(client.pk)) for client in clients
        }

    def record_panel(self, request: FirmRequest, client: Client) -> SafeString:
        book = current_book()
        if book is None:
            return SafeString()
        last = _changes(client).first()
        link = _links(book, [client.pk]).get(client.pk)
        return _shown("record_panel", request, client=client, book=book, link=link, last=last)

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
        book = current_book()
        if book is None:
            return SafeString()
        counts = counts_of(book, CUSTOMER)
        run = Run.objects.filter(book=book).order_by("-created_at").first()
        numbers = [(shown, counts[shown]) for shown in Shown if shown != Shown.ALL]
        return _shown("home_panel", request, book=book, numbers=numbers, run=run)


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
