"""Put the simulator's parts together into one web application, and serve it."""

from __future__ import annotations

import asyncio
import os
import socket
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .api import Api, ConnectionCut
from .calls import CallLog
from .console import Console
from .control import Control
from .oauth.consent import Consent
from .oauth.endpoints import Endpoints
from .pages import WEB, Pages
from .simulator import Simulator
from .switches import Switches
from .tls import Certificate
from .webhooks.control import WebhookControl
from .webhooks.delivering import Premises
from .webhooks.office import PostOffice

Endpoint = Callable[[Request], Awaitable[Response]]


def application(
    simulator: Simulator,
    switches: Switches,
    office: PostOffice,
    *,
    gzip_level: int = 1,
    redirect_uris: Sequence[str] = (),
) -> Starlette:
    log, pages = CallLog(), Pages()
    api = Api(simulator, switches, log, gzip_level)
    return Starlette(
        routes=[
            Mount("/static", StaticFiles(directory=WEB / "static")),
            *Endpoints(simulator.registry).routes(),
            *Consent(simulator.registry, pages, redirect_uris).routes(),
            Route("/v3/files/{realm}/{key}/{name}", _files(simulator)),
            Route("/v3/company/{realm}/{path:path}", _droppable(api), methods=_METHODS),
            *WebhookControl(office).routes(),
            *Control(simulator, switches, log).routes(),
            *Console(simulator, switches, log, pages, office).routes(),
        ]
    )


_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def _files(simulator: Simulator) -> Endpoint:
    """Hand out attached files to whoever has the address, as a signed link does."""

    async def endpoint(request: Request) -> Response:
        try:
            kept = simulator.books(request.path_params["realm"]).file_kept(request.path_params["key"])
        except KeyError:
            kept = None
        if kept is None:
            return Response("Not found", 404, media_type="text/plain")
        name, media_type, content = kept
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(content, headers=headers, media_type=media_type)

    return endpoint


def _droppable(api: Api) -> Endpoint:
    """Let an endpoint drop its connection by raising ConnectionCut."""

    async def endpoint(request: Request) -> Response:
        try:
            return await api(request)
        except ConnectionCut:
            transport = request.scope.get("transport")
            if isinstance(transport, asyncio.Transport):
                transport.abort()
            return Response(status_code=502)

    return endpoint


class _Wire(HttpToolsProtocol):
    """Hands the connection to the application, which may have to drop it."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        scope = cast(Scope, self.scope)
        scope["transport"] = self.transport


def serve(
    simulator: Simulator,
    *,
    door: socket.socket,
    gzip_level: int,
    greeting: Callable[[], str],
    certificate: Certificate | None = None,
    webhook: Mapping[str, Any] | None = None,
    redirect_uris: Sequence[str] = (),
) -> None:
    """Serve until interrupted; print the greeting once calls are taken.

    `webhook` is an endpoint to deliver to: its `url` and its settings.
    """
    switches = Switches()
    office = PostOffice(Premises(simulator.data, simulator.clock, switches.webhooks))
    simulator.on_change = office.told
    if webhook is not None:
        office.register(webhook["url"], {name: webhook[name] for name in webhook if name != "url"})
    config = uvicorn.Config(
        application(simulator, switches, office, gzip_level=gzip_level, redirect_uris=redirect_uris),
        http=_Wire,
        server_header=False,
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
        timeout_keep_alive=75,
        ssl_certfile=certificate.chain if certificate else None,
        ssl_keyfile=certificate.key if certificate else None,
    )
    try:
        _Greeting(config, greeting).run(sockets=[door])
    finally:
        office.close()


class _Greeting(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, greeting: Callable[[], str]) -> None:
        super().__init__(config)
        self._greeting = greeting

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        await super().startup(sockets=sockets)  # type: ignore[arg-type]
        if self.started:
            print(self._greeting(), flush=True)


def open_data(folder: Path) -> Simulator:
    """Open a data folder or leave with a sentence that says why not."""
    try:
        return Simulator(folder)
    except OSError as error:
        sys.exit(f"The data folder {folder} cannot be used: {error.strerror or error}.")
    except sqlite3.Error as error:
        sys.exit(f"The data in {folder} cannot be read ({error}). Remove the folder to start over.")


def listen(host: str, port: int) -> socket.socket:
    """Take a port or leave with a sentence that says why not."""
    try:
        door = socket.create_server((host, port), backlog=2048)
        # asyncio does it only for sockets that name their protocol, and each small answer on a
        # kept connection would wait 40 ms for an acknowledgement.
        door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return door
    except OSError as error:
        sys.exit(
            f"Port {port} on {host} cannot be used: {os.strerror(error.errno or 0)}. Choose another with --port."
        )
