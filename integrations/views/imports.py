"""Choose what to import, see how much it is, and start."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import FirmRequest, needs
from accounts.roles import Permission
from integrations.models import Connection
from integrations.sync import counting, importing
from integrations.sync.scope import Scope
from mapping.models import Book, Run, RunKind
from mapping.services import runs

ENTITY = "customer"
EXPLAINED = {
    Scope.ACTIVE: "Customers you work with now. The usual choice.",
    Scope.INACTIVE: "Customers made inactive in QuickBooks, for old records.",
    Scope.ALL: "Both. Inactive ones are marked as such.",
}


@require_http_methods(["GET", "POST"])
@needs(Permission.SYNC)
def import_customers(request: FirmRequest) -> HttpResponse:
    connection = live_connection()
    if connection is None or connection.book is None:
        messages.error(request, "Connect QuickBooks Online first; then its customers can be imported.")
        return redirect("integrations", slug=request.firm.slug)
    if request.method == "POST":
        return _start(request, connection.book)
    return render(request, "integrations/import.html", _choice(request, connection, connection.book))


def _start(request: FirmRequest, book: Book) -> HttpResponse:
    scope = request.POST.get("scope", Scope.ACTIVE)
    if scope not in Scope.values:
        messages.error(request, "Choose which customers to import: active, inactive or all.")
        return redirect("import_customers", slug=request.firm.slug)
    run = importing.begin(book, ENTITY, scope=Scope(scope), by=request.user)
    return redirect("run", slug=request.firm.slug, pk=run.pk)


@require_GET
@needs(Permission.SYNC)
def import_counts(request: FirmRequest) -> HttpResponse:
    """The choice with its numbers, polled until QuickBooks has answered."""
    connection = live_connection()
    if connection is None or connection.book is None:
        return HttpResponse(status=286)  # htmx: stop polling
    context = _choice(request, connection, connection.book)
    return render(request, "integrations/_counts.html", context)


def live_connection() -> Connection | None:
    connection = Connection.objects.select_related("book").first()
    return connection if connection and connection.is_live else None


def _choice(request: FirmRequest, connection: Connection, book: Book) -> dict[str, object]:
    counts = counting.known(book, ENTITY)
    if counts is None:
        counting.want(connection, ENTITY)
    numbers = counts.by_scope if counts and not counts.problem else {}
    chosen = request.GET.get("scope", Scope.ACTIVE)
    return {
        "connection": connection,
        "counts": counts,
        "choices": [(scope, EXPLAINED[scope], numbers.get(scope), scope == chosen) for scope in Scope],
        "going": runs.unfinished(book, ENTITY).filter(kind=RunKind.IMPORT).first(),
        "last": Run.objects.filter(book=book, kind=RunKind.IMPORT, entity=ENTITY)
        .order_by("-created_at")
        .first(),
    }
