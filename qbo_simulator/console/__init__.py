"""The console: look at a company and keep its books, watch the calls, and throw the switches."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response
from starlette.routing import Route

from ..calls import CallLog
from ..control import Control
from ..pages import Pages
from ..simulator import Simulator
from ..switches import Switches
from ..webhooks.office import PostOffice
from . import browsing, companies, deeds, invoices, log, payments, records, settings, switching, webhooks
from .desk import Desk, Visit


@dataclass
class Console:
    simulator: Simulator
    switches: Switches
    log: CallLog
    pages: Pages
    office: PostOffice | None = None
    """Delivers webhooks, where there is one."""

    def routes(self) -> list[Route]:
        control = Control(self.simulator, self.switches, self.log)
        desk = Desk(self.simulator, self.switches, self.log, self.pages, control, self.office)
        # The first that fits answers: what has a page of its own before what any list has.
        return [
            *companies.routes(desk),
            *log.routes(desk),
            *switching.routes(desk),
            *webhooks.routes(desk),
            *settings.routes(desk),
            *invoices.routes(desk),
            *payments.routes(desk),
            *browsing.routes(desk),
            *records.routes(desk),
            *deeds.routes(desk),
            desk.route("/{anywhere:path}", _lost),
        ]


async def _lost(visit: Visit) -> Response:
    return visit.page("missing.html", status=404)
