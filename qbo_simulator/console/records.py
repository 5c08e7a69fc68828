"""Make and change people, products and other lists in their forms."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from ..entities.spec import Body
from ..faults import Fault
from ..writing import amend, create_as_bookkeeper
from .choices import Choices
from .deeds import deeds_for
from .desk import CompanyVisit, Desk, Missing, go
from .fields import Entries, Form, changed, check_one_by_one, shown, typed
from .forms import ITEM_TYPES, form_for
from .lists import Listing, state_of
from .values import name_of


def routes(desk: Desk) -> list[Route]:
    return [
        desk.company_route("/{list}/new", new),
        desk.company_route("/{list}/new", create, "POST"),
        desk.company_route("/{list}/{id}", show),
        desk.company_route("/{list}/{id}", save, "POST"),
    ]


async def new(visit: CompanyVisit) -> Response:
    listing, start = _beginning(visit)
    form = _form(visit, listing, start)
    defaults = {**listing.entity.defaults(visit.books), **start}
    return _page(visit, listing, form, shown(form, defaults), start)


async def create(visit: CompanyVisit) -> Response:
    listing, start = _beginning(visit)
    form = _form(visit, listing, start)
    entries = typed(form, await visit.form(), visit.books, {})
    check_one_by_one(listing.entity, form, entries)
    if entries.are_wrong:
        return _page(visit, listing, form, entries, start)
    flags = {one.path: entries.texts[one.path] == "yes" for one in form.fields if one.kind == "flag"}
    given = {k: v for k, v in {**flags, **changed(form, entries, {})}.items() if v is not None}
    try:
        kept = create_as_bookkeeper(listing.entity, visit.books, {**start, **given}, at=visit.at)
    except Fault as fault:
        entries.blame(fault, form)
        return _page(visit, listing, form, entries, start)
    return go(visit.address(listing, kept["Id"], done="made"))


async def show(visit: CompanyVisit) -> Response:
    listing = visit.listing()
    body = visit.kept(listing)
    form = form_for(listing.entity.name, body, visit.books)
    if form is None:
        return go(f"{visit.address(listing, visit.request.path_params['id'])}/json")
    return _page(visit, listing, form, shown(form, body), body)


async def save(visit: CompanyVisit) -> Response:
    listing = visit.listing()
    body = visit.kept(listing)
    form = _form(visit, listing, body)
    sent = await visit.form()
    entries = typed(form, sent, visit.books, body)
    check_one_by_one(listing.entity, form, entries)
    if newer := changed_meanwhile(sent.get("_version"), body):
        entries.troubles.append(newer)
    if entries.are_wrong:
        return _page(visit, listing, form, entries, body)
    fields = changed(form, entries, body)
    if not fields:
        return go(visit.address(listing, body["Id"], done="nothing"))
    try:
        amend(listing.entity, visit.books, body["Id"], fields, at=visit.at)
    except Fault as fault:
        entries.blame(fault, form)
        return _page(visit, listing, form, entries, body)
    return go(visit.address(listing, body["Id"], done="saved"))


def changed_meanwhile(version: object, body: Body) -> str:
    """Say so if somebody else saved the object after the form was opened."""
    if version is None or str(version) == body.get("SyncToken"):
        return ""
    return (
        "Somebody else, perhaps an app, changed this while the form was open. "
        "What you typed stands below: save once more to keep it, or reload to see what is there."
    )


def _beginning(visit: CompanyVisit) -> tuple[Listing, Body]:
    listing = visit.listing()
    if listing.entity.name != "Item":
        return listing, {}
    types = [key for key, _ in ITEM_TYPES]
    return listing, {"Type": visit.asked("type") if visit.asked("type") in types else "Service"}


def _form(visit: CompanyVisit, listing: Listing, body: Body) -> Form:
    form = form_for(listing.entity.name, body, visit.books)
    if form is None or not listing.entity.writable:
        raise Missing
    return form


def _page(visit: CompanyVisit, listing: Listing, form: Form, entries: Entries, body: Body) -> Response:
    is_new = "Id" not in body
    return visit.page(
        "record.html",
        status=400 if entries.are_wrong else 200,
        list=listing.slug,
        listing=listing,
        form=form,
        entries=entries,
        body=body,
        is_new=is_new,
        name=f"New {listing.one}" if is_new else name_of(body),
        choices=Choices(visit.books),
        types=ITEM_TYPES if listing.entity.name == "Item" else (),
        deeds=[] if is_new else deeds_for(listing.entity, body),
        state="" if is_new else state_of(listing.entity, body, today=visit.today),
    )
