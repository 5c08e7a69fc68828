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
from mapping.kinds import FIRST, address, kind_of
from mapping.models import Book, Run, RunKind
from mapping.services import runs
from mapping.spec import Entity

EXPLAINED = {
    Scope.ACTIVE: "{Customers} you work with now. The usual choice.",
    Scope.INACTIVE: "{Customers} made inactive in QuickBooks, for old records.",
    Scope.ALL: "Both. Inactive ones are marked as such.",
}


@require_http_methods(["GET", "POST"])
@needs(Permission.SYNC)
def import_customers(request: FirmRequest, kind: str = FIRST) -> HttpResponse:
    connection, entity = live_connection(), kind_of(kind)
    if connection is None or connection.book is None:
        messages.error(request, f"Connect QuickBooks Online first; then its {entity.plural} can be imported.")
        return redirect("integrations", slug=request.firm.slug)
    if request.method == "POST":
        return _start(request, connection.book, entity)
    return render(request, "integrations/import.html", _choice(request, connection, connection.book, entity))


def _start(request: FirmRequest, book: Book, entity: Entity) -> HttpResponse:
    scope = request.POST.get("scope", Scope.ACTIVE)
    if scope not in Scope.values:
        messages.error(request, f"Choose which {entity.plural} to import: active, inactive or all.")
        return redirect(address("import_customers", request.firm.slug, entity))
    run = importing.begin(book, entity.name, scope=Scope(scope), by=request.user)
    return redirect("run", slug=request.firm.slug, pk=run.pk)


@require_GET
@needs(Permission.SYNC)
def import_counts(request: FirmRequest, kind: str = FIRST) -> HttpResponse:
    """The choice with its numbers, polled until QuickBooks has answered."""
    connection, entity = live_connection(), kind_of(kind)
    if connection is None or connection.book is None:
        return HttpResponse(status=286)  # htmx: stop polling
    context = _choice(request, connection, connection.book, entity)
    return render(request, "integrations/_counts.html", context)


def live_connection() -> Connection | None:
    connection = Connection.objects.select_related("book").first()
    return connection if connection and connection.is_live else None


def _choice(request: FirmRequest, connection: Connection, book: Book, entity: Entity) -> dict[str, object]:
    counts = counting.known(book, entity.name)
    if counts is None:
        counting.want(connection, entity.name)
    numbers = counts.by_scope if counts and not counts.problem else {}
    chosen = request.GET.get("scope", Scope.ACTIVE)
    return {
        "connection": connection,
        "entity": entity,
        "import_url": address("import_customers", request.firm.slug, entity),
        "counts_url": address("import_counts", request.firm.slug, entity),
        "counts": counts,
        "choices": [
            (scope, entity.say(EXPLAINED[scope]), numbers.get(scope), scope == chosen) for scope in Scope
        ],
        "going": runs.unfinished(book, entity.name).filter(kind=RunKind.IMPORT).first(),
        "last": Run.objects.filter(book=book, kind=RunKind.IMPORT, entity=entity.name)
        .order_by("-created_at")
        .first(),
    }
