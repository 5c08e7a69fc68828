"""The companies: look at them, found one, fill it with invented customers, disconnect its apps."""

from __future__ import annotations

import asyncio

from starlette.responses import Response
from starlette.routing import Route

from ..simulator import fill
from .desk import CompanyVisit, Desk, Visit, go, whole

MOST_AT_ONCE = 1_000_000


def routes(desk: Desk) -> list[Route]:
    return [
        desk.route("/", home),
        desk.route("/console", home),
        desk.route("/console/companies", found, "POST"),
        desk.company_route("/disconnect", ask_disconnect),
        desk.company_route("/disconnect", disconnect, "POST"),
        desk.company_route("/invent", invent, "POST"),
    ]


async def home(visit: Visit) -> Response:
    return _home(visit)


def _home(visit: Visit, *, name: str = "", error: str = "") -> Response:
    simulator = visit.desk.simulator
    companies = [
        {
            "company": company,
            "counts": simulator.books(company.realm).counts(),
            "connections": simulator.registry.live_connections(company.realm),
        }
        for company in simulator.registry.companies()
    ]
    status = 400 if error else 200
    return visit.page("companies.html", status=status, companies=companies, name=name, error=error)


async def found(visit: Visit) -> Response:
    simulator = visit.desk.simulator
    name = " ".join(str((await visit.form()).get("name") or "").split())
    if not name:
        return _home(visit, error="The company needs a name.")
    if any(company.name.casefold() == name.casefold() for company in simulator.registry.companies()):
        return _home(visit, name=name, error="There is a company of this name already.")
    company = simulator.found(name)
    return go(f"/console/{company.realm}?done=founded")


async def ask_disconnect(visit: CompanyVisit) -> Response:
    connections = visit.desk.simulator.registry.live_connections(visit.company.realm)
    return visit.page("disconnect.html", connections=connections)


async def disconnect(visit: CompanyVisit) -> Response:
    visit.desk.simulator.registry.disconnect(visit.company.realm)
    return go("/?done=gone")


async def invent(visit: CompanyVisit) -> Response:
    """Add invented customers, in a thread, for it takes a while."""
    how_many = min(whole((await visit.form()).get("customers"), 0), MOST_AT_ONCE)
    if how_many:
        # Another seed each time: the same one would invent the same names again.
        seed = 1 + visit.books.counts().get("Customer", 0)
        file = visit.desk.simulator.file_of(visit.company.realm)
        await asyncio.to_thread(fill, file, how_many, seed=seed)
    return go(f"{visit.here}/customers?done=made")
