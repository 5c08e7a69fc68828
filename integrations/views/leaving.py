"""Leave a company for good: go over to another one, or delete what was kept of one (B-13)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.http import FirmRequest, needs
from accounts.roles import Permission
from integrations.connect import connecting, disconnecting, standing
from integrations.forms import KEEP, PURGE, DisconnectForm
from integrations.models import Connection
from integrations.views.connection import OBSTACLE
from integrations.views.parting import NEXT_COMPANY, remember
from mapping.models import Book, Clearing


@require_http_methods(["GET", "POST"])
@needs(Permission.CONNECT)
def switch(request: FirmRequest) -> HttpResponse:
    """Say what going over to another company means, and make way for it. Connecting it is the next step."""
    connection = standing.current()
    pinned = connecting.pinned_to(connection) if connection else None
    if connection is None or pinned is None:
        return redirect("quickbooks", slug=request.firm.slug)
    if request.method == "GET":
        return _ask(request, connection, pinned, {"data_choice": KEEP})
    form = DisconnectForm(request.POST, company=pinned.company_name)
    if not form.is_valid():
        return _ask(request, connection, pinned, request.POST, form=form, status=422)
    ended = disconnecting.disconnect(connection, then=Clearing.DELETE if form.is_purge else Clearing.ARCHIVE)
    remember(request, ended)
    request.session[NEXT_COMPANY] = _chosen(request).get("chosen", "")
    request.session.pop(OBSTACLE, None)
    return redirect("quickbooks_left", slug=request.firm.slug)


def _ask(
    request: FirmRequest,
    connection: Connection,
    pinned: Book,
    given: Any,
    *,
    form: DisconnectForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "connection": connection,
        "pinned": pinned,
        "other": _chosen(request),
        "stakes": standing.at_stake(pinned),
        "form": form or DisconnectForm(given, company=pinned.company_name),
        "chosen": PURGE if given.get("data_choice") == PURGE else KEEP,
        "choices": {"keep": KEEP, "purge": PURGE},
    }
    return render(request, "integrations/switch.html", context, status=status)


def _chosen(request: FirmRequest) -> dict[str, str]:
    """Return the other company that somebody authorised last, as far as it is known."""
    told = request.session.get(OBSTACLE) or {}
    facts = told.get("facts", {}) if told.get("key") == "other_company" else {}
    return {name: str(value) for name, value in facts.items()}


@require_http_methods(["GET", "POST"])
@needs(Permission.CONNECT)
def delete_kept(request: FirmRequest, pk: int) -> HttpResponse:
    """Delete what was kept of a company the firm is not connected to, once its name has been typed."""
    book, connection = get_object_or_404(Book, pk=pk), standing.current()
    if connection and connection.book_id == book.pk and not connection.is_disconnected:
        return redirect("quickbooks_disconnect", slug=request.firm.slug)
    if book.is_being_deleted:
        return _on_from(request, book)
    if request.method == "GET":
        return _ask_before_deleting(request, book, DisconnectForm(None, company=book.company_name))
    given = {"data_choice": PURGE, "typed": request.POST.get("typed", "")}
    form = DisconnectForm(given, company=book.company_name)
    if not form.is_valid():
        return _ask_before_deleting(request, book, form, status=422)
    if disconnecting.clear(book, Clearing.DELETE):
        messages.info(request, f"What came from {book.company_name} is being deleted.")
    else:
        messages.error(request, f"{book.company_name} is connected. Disconnect it first.")
    return _on_from(request, book)


def _ask_before_deleting(
    request: FirmRequest, book: Book, form: DisconnectForm, *, status: int = 200
) -> HttpResponse:
    context = {"book": book, "stakes": standing.at_stake(book), "form": form}
    return render(request, "integrations/delete_kept.html", context, status=status)


def _on_from(request: FirmRequest, book: Book) -> HttpResponse:
    connection = standing.current()
    is_own = connection is not None and connection.book_id == book.pk
    return redirect("quickbooks_left" if is_own else "quickbooks", slug=request.firm.slug)
