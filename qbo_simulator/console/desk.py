"""What all pages of the console share: who is looked at, how a page is made, how one is refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ..books import Books
from ..calls import CallLog
from ..clock import PACIFIC
from ..control import Control
from ..entities.spec import Body
from ..pages import Pages
from ..registry import Company
from ..simulator import Simulator
from ..switches import Switches
from ..webhooks.office import PostOffice
from . import lists
from .standing import what_is_on

T = TypeVar("T")

DONE = {
    "saved": "Saved.",
    "nothing": "Nothing was changed, so nothing was saved.",
    "made": "Saved. It has its Id now.",
    "inactive": "It is inactive now.",
    "active": "It is active again.",
    "voided": "It is voided: its amounts are zero.",
    "deleted": "It is deleted.",
    "sent": "It is marked as sent. No e-mail left this machine.",
    "merged": "Merged. Everything points to this one now.",
    "on": "Switched.",
    "ended": "Everything is off: calls are answered as usual.",
    "tested": "A made-up event is on its way.",
    "gone": "The apps are disconnected.",
    "founded": "The company is there.",
    "emptied": "The log is empty.",
}
"""What the page says after a redirect."""


class Missing(Exception):
    """There is no such page."""


@dataclass
class Visit:
    """One request for a page, and what it is about."""

    desk: Desk
    request: Request

    def page(self, template: str, *, status: int = 200, **shown: Any) -> Response:
        desk = self.desk
        return desk.pages.page(
            self.request,
            template,
            status=status,
            here=self.request.url.path,
            on=what_is_on(desk.switches, desk.simulator.registry, desk.simulator.clock),
            done=DONE.get(self.request.query_params.get("done", "")),
            has_webhooks=desk.office is not None,
            **shown,
        )

    async def form(self) -> FormData:
        return await self.request.form()

    def asked(self, name: str, default: str = "") -> str:
        return self.request.query_params.get(name, default)

    @property
    def at(self) -> datetime:
        return self.desk.simulator.clock.now()

    @property
    def today(self) -> date:
        return self.at.astimezone(PACIFIC).date()


@dataclass
class CompanyVisit(Visit):
    """A request for a page about one company."""

    company: Company
    books: Books

    @property
    def here(self) -> str:
        return f"/console/{self.company.realm}"

    def listing(self) -> lists.Listing:
        found = lists.LISTS.get(self.request.path_params["list"])
        if found is None:
            raise Missing
        return found

    def kept(self, listing: lists.Listing) -> Body:
        """Return the object that the address names. Raises Missing."""
        body = self.books.get(listing.entity, self.request.path_params["id"])
        if body is None:
            raise Missing
        return body

    async def search(self, question: Callable[[Books], T]) -> T:
        """Return what a question finds out that may look at every row of a list."""
        if not self.books.is_large:
            return question(self.books)
        return await self.desk.simulator.aside.read(self.company.realm, question)

    def address(self, listing: lists.Listing, id: str, *, done: str = "") -> str:
        return f"{self.here}/{listing.slug}/{id}" + (f"?done={done}" if done else "")

    def page(self, template: str, *, status: int = 200, **shown: Any) -> Response:
        return super().page(
            template,
            status=status,
            **{"company": self.company, "tabs": _TABS, "list": "", "root": self.here, **shown},
        )


_TABS = tuple((slug, "Products" if slug == "items" else lists.LISTS[slug].title) for slug in lists.TABS)

Page = Callable[[Visit], Awaitable[Response]]
CompanyPage = Callable[[CompanyVisit], Awaitable[Response]]


@dataclass
class Desk:
    simulator: Simulator
    switches: Switches
    log: CallLog
    pages: Pages
    control: Control
    office: PostOffice | None = None
    """Delivers webhooks."""

    def route(self, path: str, page: Page, *methods: str) -> Route:
        async def answer(request: Request) -> Response:
            visit = Visit(self, request)
            try:
                return await page(visit)
            except Missing:
                return visit.page("missing.html", status=404)

        return Route(path, answer, methods=list(methods) or ["GET"])

    def company_route(self, path: str, page: CompanyPage, *methods: str) -> Route:
        """Return a route below one company."""

        async def visited(visit: Visit) -> Response:
            company = self.simulator.registry.company(visit.request.path_params["realm"])
            if company is None:
                raise Missing
            return await page(CompanyVisit(self, visit.request, company, self.simulator.books(company.realm)))

        return self.route(f"/console/{{realm}}{path}", visited, *methods)


def go(address: str) -> Response:
    return RedirectResponse(address, 303)


def query(**parameters: Any) -> str:
    return "?" + urlencode({k: v for k, v in parameters.items() if v})


def whole(value: object, default: int) -> int:
    text = str(value or "").strip()
    return int(text) if text.isdigit() and len(text) < 12 else default
