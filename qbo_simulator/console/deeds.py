"""What can be done to an object beyond changing it; the far-reaching only after a page that tells what happens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from starlette.datastructures import FormData
from starlette.responses import Response
from starlette.routing import Route

from ..bookkeeping import MERGEABLE, make_active, make_inactive, merge, send
from ..books import Books
from ..entities.spec import Body, Entity
from ..faults import Fault
from ..writing import delete, void
from .choices import Choices
from .desk import CompanyVisit, Desk, Missing, go
from .fields import Entries, Field, id_named
from .lists import Listing
from .sentences import sentence_of
from .values import as_money, inside, name_of

Do = Callable[[Books, Entity, Body, datetime, FormData], str]
"""Does it and returns the Id of the object to look at afterwards, or nothing for the list."""


@dataclass(frozen=True)
class Deed:
    key: str
    words: str
    done: str
    fits: Callable[[Entity, Body], bool]
    do: Do
    tells: Callable[[Books, Entity, Body], list[str]]
    """What will happen, in sentences, before it is confirmed."""
    grave: bool = False
    """Cannot be taken back."""
    asks: str = ""
    """What else is asked: `email` or `survivor`."""


def is_voided(body: Body) -> bool:
    return str(body.get("PrivateNote", "")).startswith("Voided")


def _is_active(entity: Entity, body: Body) -> bool:
    return entity.is_list and entity.writable and not entity.wrapped and body.get("Active", True)


def _can_be_active(entity: Entity, body: Body) -> bool:
    return entity.is_list and entity.writable and body.get("Active", True) is False


# What it does


def _inactivate(books: Books, entity: Entity, body: Body, at: datetime, form: FormData) -> str:
    return str(make_inactive(books, body["Id"], at=at, entity=entity)["Id"])


def _activate(books: Books, entity: Entity, body: Body, at: datetime, form: FormData) -> str:
    return str(make_active(books, body["Id"], at=at, entity=entity)["Id"])


def _void(books: Books, entity: Entity, body: Body, at: datetime, form: FormData) -> str:
    return str(void(entity, books, {"Id": body["Id"]}, at=at, by_bookkeeper=True)["Id"])


def _delete(books: Books, entity: Entity, body: Body, at: datetime, form: FormData) -> str:
    delete(entity, books, {"Id": body["Id"]}, at=at, by_bookkeeper=True)
    return ""


def _send(books: Books, entity: Entity, body: Body, at: datetime, form: FormData) -> str:
    return str(send(books, entity, body["Id"], to=str(form.get("email") or "").strip(), at=at)["Id"])


def _merge(books: Books, entity: Entity, body: Body, at: datetime, form: FormData) -> str:
    return str(merge(books, entity, body["Id"], into=str(form["into"]), at=at)["Id"])


# What it tells beforehand


def _tell_inactive(books: Books, entity: Entity, body: Body) -> list[str]:
    below = [child for child in books.children(entity, body["Id"]) if child.get("Active", True)]
    tells = ["Its name gets “(deleted)” at the end, and lists and queries leave it out."]
    if below:
        names = ", ".join(name_of(child) for child in below[:5])
        more = f" and {len(below) - 5} more" if len(below) > 5 else ""
        tells.append(f"{len(below)} below it become inactive too: {names}{more}.")
    if body.get("Balance"):
        tells.append(f"It has an open balance of {as_money(body['Balance'])}, which stays.")
    return [*tells, "It can be made active again."]


def _tell_void(books: Books, entity: Entity, body: Body) -> list[str]:
    payments = sum(link.get("TxnType") == "Payment" for link in body.get("LinkedTxn") or [])
    applied = len(body.get("Line") or []) if entity.name == "Payment" else 0
    return [
        f"Its total of {as_money(body.get('TotalAmt'))} becomes 0; number, date and lines stay.",
        *([f"What {payments} payments paid of it is left over on them."] if payments else []),
        *([f"The {applied} transactions it paid are open again."] if applied else []),
    ]


def _tell_delete(books: Books, entity: Entity, body: Body) -> list[str]:
    applied = len(body.get("Line") or []) if entity.name == "Payment" else 0
    return [
        "It is gone for good. Change data capture tells apps of it for 30 days.",
        *([f"The {applied} transactions it paid are open again."] if applied else []),
    ]


def _tell_merge(books: Books, entity: Entity, body: Body) -> list[str]:
    rows = books.rows(
        "SELECT entity, count(*) FROM objects WHERE owner = ? GROUP BY entity ORDER BY 2 DESC", (body["Id"],)
    )
    owned = ", ".join(f"{count} {name.decode()}" for name, count in rows)
    tells = [
        f"Everything that points to “{name_of(body)}” will point to the one you choose.",
        f"“{name_of(body)}” is gone afterwards: its Id {body['Id']} is not found any more.",
    ]
    if owned and entity.name in ("Customer", "Vendor"):
        tells.insert(1, f"These move: {owned}.")
    if body.get("Balance"):
        tells.insert(1, f"Its balance of {as_money(body['Balance'])} is added to the other's.")
    return tells


def _tell_nothing(books: Books, entity: Entity, body: Body) -> list[str]:
    return []


DEEDS: Mapping[str, Deed] = {
    deed.key: deed
    for deed in (
        Deed(
            "send",
            "Send",
            "sent",
            lambda entity, body: entity.sendable and not is_voided(body),
            _send,
            lambda books, entity, body: ["It is marked as sent. No e-mail leaves this machine."],
            asks="email",
        ),
        Deed("activate", "Make active", "active", _can_be_active, _activate, _tell_nothing),
        Deed("inactivate", "Make inactive", "inactive", _is_active, _inactivate, _tell_inactive),
        Deed(
            "merge",
            "Merge",
            "merged",
            lambda entity, body: entity.name in MERGEABLE,
            _merge,
            _tell_merge,
            grave=True,
            asks="survivor",
        ),
        Deed(
            "void",
            "Void",
            "voided",
            lambda entity, body: entity.void is not None and not is_voided(body),
            _void,
            _tell_void,
            grave=True,
        ),
        Deed(
            "delete",
            "Delete",
            "deleted",
            lambda entity, body: entity.deletable,
            _delete,
            _tell_delete,
            grave=True,
        ),
    )
}


def deeds_for(entity: Entity, body: Body) -> list[Deed]:
    return [deed for deed in DEEDS.values() if not entity.wrapped and deed.fits(entity, body)]


def routes(desk: Desk) -> list[Route]:
    path = "/{list}/{id}/{deed}"
    return [desk.company_route(path, ask), desk.company_route(path, do, "POST")]


async def ask(visit: CompanyVisit) -> Response:
    listing, body, deed = _about(visit)
    return _question(visit, listing, body, deed)


async def do(visit: CompanyVisit) -> Response:
    listing, body, deed = _about(visit)
    form = await visit.form()
    if deed.asks == "survivor":
        into, trouble = _survivor(visit, listing, body, form)
        if trouble or form.get("sure") != "yes":
            return _question(visit, listing, body, deed, into=into, error=trouble)
        form = FormData([*form.multi_items(), ("into", into)])
    try:
        id = deed.do(visit.books, listing.entity, body, visit.at, form)
    except Fault as fault:
        sentence = " ".join(sentence_of(complaint) for complaint in fault.complaints)
        return _question(visit, listing, body, deed, error=sentence, into=str(form.get("into") or ""))
    if id:
        return go(visit.address(listing, id, done=deed.done))
    return go(f"{visit.here}/{listing.slug}?done={deed.done}")


def _about(visit: CompanyVisit) -> tuple[Listing, Body, Deed]:
    listing = visit.listing()
    body, deed = visit.kept(listing), DEEDS.get(visit.request.path_params["deed"])
    if deed is None or listing.entity.wrapped or not deed.fits(listing.entity, body):
        raise Missing
    return listing, body, deed


def _survivor(visit: CompanyVisit, listing: Listing, body: Body, form: FormData) -> tuple[str, str]:
    """Return the Id of who is left after a merge, and what is wrong with the choice."""
    name = str(form.get("into.name") or "").strip()
    into = str(form.get("into") or "").strip()
    if name and not into:
        into = id_named(visit.books, listing.entity.name, name) or ""
        if not into:
            return "", f"There is no active {listing.one} named “{name}”."
    if not into:
        return "", f"Choose the {listing.one} that stays."
    if into == body["Id"]:
        return "", "Choose another one: this is the one that goes."
    if visit.books.get(listing.entity, into) is None:
        return "", "What was chosen is not there any more."
    return into, ""


def _question(
    visit: CompanyVisit, listing: Listing, body: Body, deed: Deed, *, error: str = "", into: str = ""
) -> Response:
    inner = inside(body, wrapped=listing.entity.wrapped)
    survivor = visit.books.get(listing.entity, into) if into else None
    field = Field(f"The {listing.one} that stays", "into", "ref", to=listing.entity.name)
    return visit.page(
        "deed.html",
        status=400 if error else 200,
        list=listing.slug,
        listing=listing,
        body=inner,
        name=name_of(inner),
        deed=deed,
        tells=deed.tells(visit.books, listing.entity, inner),
        error=error,
        survivor=survivor,
        survivor_name=name_of(survivor) if survivor else "",
        field=field,
        choices=Choices(visit.books),
        entries=Entries(texts={"into": into}, names={"into": ""}),
        email=(inner.get("BillEmail") or inner.get("POEmail") or {}).get("Address", ""),
    )
