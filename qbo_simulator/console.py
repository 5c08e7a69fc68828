"""The console: look at a company and edit it as its bookkeeper would."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .calls import CallLog
from .pages import Pages
from .simulator import Simulator
from .switches import Switches


@dataclass
class Console:
    simulator: Simulator
    switches: Switches
    log: CallLog
    pages: Pages

    def routes(self) -> list[Route]:
        return [Route("/", self.home)]

    async def home(self, request: Request) -> Response:
        return self.pages.page(request, "base.html")
