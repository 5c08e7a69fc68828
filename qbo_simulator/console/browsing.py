"""Look through a company: all its lists, one list, one object as the API gives it, its PDF."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..entities import entity_named
from ..pdf import form_as_pdf
from .choices import suggestions
from .deeds import deeds_for
from .desk import CompanyVisit, Desk, Missing, go, query, whole
from .finding import find
from .forms import form_of
from .lists import BY_ENTITY, LISTS, ROOMS, Listing, in_room, state_of
from .values import inside, name_of, value_at

ROWS = 50
_EDITED_ELSEWHERE = ("Invoice", "Payment")
LATEST = 12


def routes(desk: Desk) -> list[Route]:
    return [
        desk.company_route("", overview),
        desk.company_route("/suggest/{entity}", suggest),
        desk.company_route("/{list}", list_page),
        desk.company_route("/{list}/{id}/json", as_json),
        desk.company_route("/{list}/{id}/pdf", as_pdf),
    ]


def can_be_edited(listing: Listing) -> bool:
    return listing.entity.name in _EDITED_ELSEWHERE or form_of(listing.entity.name, {}) is not None


async def overview(visit: CompanyVisit) -> Response:
    counts = visit.books.counts()
    rooms = [
        (room, [(listing, counts.get(listing.entity.name, 0)) for listing in in_room(room)]) for room in ROOMS
    ]
    return visit.page("overview.html", rooms=rooms, latest=_latest(visit), list="overview")


def _latest(visit: CompanyVisit) -> list[dict[str, Any]]:
    """Return what changed last, newest first, whoever did it."""
    rows = visit.books.rows(
        "SELECT entity, id, operation, at FROM journal ORDER BY at DESC, number DESC LIMIT ?", (LATEST,)
    )
    return [
        _change(visit, entity.decode(), id.decode(), operation.decode(), at)
        for entity, id, operation, at in rows
    ]


def _change(visit: CompanyVisit, entity: str, id: str, operation: str, at: int) -> dict[str, Any]:
    listing, body = BY_ENTITY[entity], visit.books.look(entity, id)
    return {
        "listing": listing,
        "id": id,
        "name": name_of(inside(body, wrapped=listing.entity.wrapped)) if body else f"Id {id}",
        "is_there": body is not None,
        "operation": operation,
        "at": datetime.fromtimestamp(at, UTC),
    }


async def list_page(visit: CompanyVisit) -> Response:
    listing = visit.listing()
    if listing.entity.singleton:
        return go(f"{visit.here}/{listing.slug}/1/json")
    text, page = visit.asked("q"), max(1, whole(visit.asked("page"), 1))
    views = [key for key, _ in listing.views]
    view = visit.asked("show") if visit.asked("show") in views else (views or [""])[0]
    today = visit.today.isoformat()
    found = await visit.search(
        lambda books: find(
            books,
            listing.entity,
            text=text,
            standing=view,
            today=today,
            offset=(page - 1) * ROWS,
            rows=ROWS,
        )
    )
    first = (page - 1) * ROWS + 1
    return visit.page(
        "list.html",
        list=listing.slug,
        listing=listing,
        rows=[_row(visit, listing, body) for body in found.rows],
        search=text,
        view=view,
        total=found.total,
        first=first,
        last=min(found.total, first + ROWS - 1),
        pages=max(1, -(-found.total // ROWS)),
        page=page,
        link=lambda **to: query(**{"q": text, "show": view, **to}),
        editable=can_be_edited(listing),
    )


def _row(visit: CompanyVisit, listing: Listing, kept: dict[str, Any]) -> dict[str, Any]:
    body = inside(kept, wrapped=listing.entity.wrapped)
    return {
        "id": body["Id"],
        "name": name_of(body),
        "cells": [value_at(body, column.path) for column in listing.columns],
        "depth": int(body.get("Level", 0) or 0) if listing.entity.is_list else 0,
        "state": state_of(listing.entity, kept, today=visit.today),
    }


async def as_json(visit: CompanyVisit) -> Response:
    listing = visit.listing()
    kept = visit.kept(listing)
    body = inside(kept, wrapped=listing.entity.wrapped)
    return visit.page(
        "object.html",
        list=listing.slug,
        listing=listing,
        body=body,
        name=name_of(body),
        text=pretty({listing.entity.json_key: kept}),
        path=f"/v3/company/{visit.company.realm}/{listing.entity.path}/{body['Id']}",
        deeds=[] if can_be_edited(listing) else deeds_for(listing.entity, body),
        state=state_of(listing.entity, kept, today=visit.today),
        editable=can_be_edited(listing),
    )


def pretty(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


async def as_pdf(visit: CompanyVisit) -> Response:
    listing = visit.listing()
    if not listing.entity.printable:
        raise Missing
    body = visit.kept(listing)
    company = (visit.books.look("CompanyInfo", "1") or {}).get("CompanyName", visit.company.name)
    name = f"{listing.one} {body.get('DocNumber', body['Id'])}.pdf".replace('"', "")
    headers = {"Content-Disposition": f'inline; filename="{name.encode("ascii", "replace").decode()}"'}
    content = form_as_pdf(listing.entity.name, body, company=company)
    return Response(content, headers=headers, media_type="application/pdf")


async def suggest(visit: CompanyVisit) -> Response:
    """Answer an input in which an object is chosen by its name."""
    entity = entity_named(visit.request.path_params["entity"])
    if entity is None or entity.name not in {listing.entity.name for listing in LISTS.values()}:
        raise Missing
    return JSONResponse(await visit.search(lambda books: suggestions(books, entity.name, visit.asked("q"))))
