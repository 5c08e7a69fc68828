"""The control API's part for webhooks: endpoints, how deliveries are made, mischief, and the log."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..control_requests import Handler, Wrong, as_json, endpoint, flag, given, number
from ..registry import WEBHOOK_VERIFIER
from .envelopes import FORMATS
from .happenings import ENTITIES, OPERATIONS, Happening
from .office import PostOffice
from .outbox import Endpoint
from .packing import KINDS
from .retrying import SCHEDULES

DEFAULTS: dict[str, Any] = {
    "verifier": WEBHOOK_VERIFIER,
    "format": "cloudevents",
    "entities": (),
    "content_type": "application/json",
    "verify_tls": True,
}


def checked_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Wrong("url has to be an http or https address.")
    return url


def checked_settings(content: dict[str, Any]) -> dict[str, Any]:
    """Return what is said of an endpoint besides its address. Raises Wrong."""
    said = {name: content[name] for name in DEFAULTS if content.get(name) is not None}
    if said.get("format", "legacy") not in FORMATS:
        raise Wrong(f"format has to be one of {', '.join(FORMATS)}.")
    for name in ("verifier", "content_type"):
        if not isinstance(said.get(name, ""), str) or said.get(name) == "":
            raise Wrong(f"{name} has to be a text.")
    if "verify_tls" in said:
        said["verify_tls"] = flag(said, "verify_tls")
    if "entities" in said:
        said["entities"] = _checked_entities(said["entities"])
    return said


def _checked_entities(names: Any) -> tuple[str, ...]:
    if not isinstance(names, list | tuple):
        raise Wrong("entities has to be a list of names.")
    unknown = [str(name) for name in names if name not in ENTITIES]
    if unknown:
        raise Wrong(f"Webhooks do not tell of {', '.join(unknown)}; only of {', '.join(sorted(ENTITIES))}.")
    return tuple(names)


def _with_wait(delivery: dict[str, Any], now: float) -> dict[str, Any]:
    due = delivery.pop("due")
    return {**delivery, "due_in_s": None if due is None else round(max(0.0, due - now), 3)}


@dataclass
class WebhookControl:
    office: PostOffice

    def routes(self) -> list[Route]:
        table: list[tuple[str, str, Handler]] = [
            ("GET", "", self.show),
            ("POST", "", self.register),
            ("DELETE", "", self.remove_all),
            ("POST", "/settings", self.set_settings),
            ("POST", "/mischief", self.order_mischief),
            ("DELETE", "/mischief", self.call_off_mischief),
            ("GET", "/deliveries", self.deliveries),
            ("DELETE", "/deliveries", self.forget_deliveries),
            ("POST", "/{id:int}", self.change),
            ("DELETE", "/{id:int}", self.remove),
            ("POST", "/{id:int}/resume", self.resume),
            ("POST", "/{id:int}/test", self.send_test),
        ]
        plain = [Route(f"/_control/webhooks{p}", endpoint(h), methods=[m]) for m, p, h in table]
        return [Route("/_control/webhooks/settle", self.settle, methods=["POST"]), *plain]

    # Endpoints

    def show(self, request: Request, content: dict[str, Any]) -> Any:
        return {
            "webhooks": [e.as_json() for e in self.office.outbox.endpoints()],
            **self.office.premises.switches.as_json(),
        }

    def register(self, request: Request, content: dict[str, Any]) -> Any:
        url = checked_url(str(content.get("url") or ""))
        return self.office.register(url, {**DEFAULTS, **checked_settings(content)}).as_json()

    def change(self, request: Request, content: dict[str, Any]) -> Any:
        known = self._endpoint(request)
        self.office.outbox.change_endpoint(known.id, checked_settings(content))
        return self._endpoint(request).as_json()

    def remove(self, request: Request, content: dict[str, Any]) -> Any:
        self.office.remove(self._endpoint(request))
        return self.show(request, content)

    def remove_all(self, request: Request, content: dict[str, Any]) -> Any:
        for known in self.office.outbox.endpoints():
            self.office.remove(known)
        return self.show(request, content)

    def resume(self, request: Request, content: dict[str, Any]) -> Any:
        self.office.resume(self._endpoint(request))
        return self._endpoint(request).as_json()

    def send_test(self, request: Request, content: dict[str, Any]) -> Any:
        """Send a made-up event, by default of a company and a customer nobody has."""
        operation = str(content.get("operation") or "Create")
        entity = str(content.get("entity") or "Customer")
        if operation not in OPERATIONS or entity not in ENTITIES:
            raise Wrong(f"operation has to be one of {', '.join(OPERATIONS)}, entity one webhooks tell of.")
        at = self.office.premises.clock.now()
        realm, id = str(content.get("realm") or "1234567890"), str(content.get("id") or "1")
        event = Happening(realm, time.time_ns(), entity, id, operation, at, content.get("deleted_id"))
        self.office.post(self._endpoint(request), [event])
        return {"sent": event.as_json()}

    def _endpoint(self, request: Request) -> Endpoint:
        found = self.office.outbox.endpoint(request.path_params["id"])
        if found is None:
            raise Wrong(f"There is no webhook {request.path_params['id']}.", 404)
        return found

    # How deliveries are made

    def set_settings(self, request: Request, content: dict[str, Any]) -> Any:
        switches = self.office.premises.switches
        if content.get("schedule", "hold") not in SCHEDULES:
            raise Wrong(f"schedule has to be one of {', '.join(SCHEDULES)}.")
        for name in ("window_s", "retry_scale", "answer_limit_s"):
            setattr(switches, name, number(content, name, getattr(switches, name)))
        switches.batch_size = max(1, int(number(content, "batch_size", switches.batch_size)))
        switches.schedule = content.get("schedule", switches.schedule)
        self.office.look_again()
        return self.show(request, content)

    def order_mischief(self, request: Request, content: dict[str, Any]) -> Any:
        """Let events get lost, repeated, late or out of order; `seed` makes chance repeat itself."""
        switches, kind = self.office.premises.switches, str(content.get("kind", ""))
        if kind not in KINDS:
            raise Wrong(f"kind has to be one of {', '.join(KINDS)}.")
        fraction = None if content.get("fraction") is None else number(content, "fraction")
        if "seed" in content:
            switches.seed(int(number(content, "seed")))
        ordered = switches.order(
            kind,
            count=None if fraction is not None else int(number(content, "count", 1)),
            fraction=fraction,
            realm=str(content.get("realm") or ""),
            entity=str(content.get("entity") or ""),
            delay_s=number(content, "delay_s", 5),
        )
        return ordered.as_json()

    def call_off_mischief(self, request: Request, content: dict[str, Any]) -> Any:
        self.office.premises.switches.call_off()
        return self.show(request, content)

    # What was delivered

    def deliveries(self, request: Request, content: dict[str, Any]) -> Any:
        asked = request.query_params
        found = self.office.outbox.deliveries(
            since=int(asked.get("since", 0)),
            limit=int(asked.get("limit", 200)),
            state=asked.get("state"),
            endpoint=int(asked["webhook"]) if "webhook" in asked else None,
        )
        now = self.office.premises.clock.waited()
        return {"deliveries": [_with_wait(delivery, now) for delivery in found]}

    def forget_deliveries(self, request: Request, content: dict[str, Any]) -> Any:
        self.office.outbox.forget_deliveries()
        return {"deliveries": []}

    async def settle(self, request: Request) -> Response:
        """Answer when all that happened is delivered, or with `"idle": false` after `timeout_s`."""
        try:
            limit_s = number(await given(request), "timeout_s", 10)
        except Wrong as wrong:
            return as_json({"error": str(wrong)}, wrong.status)
        until = time.monotonic() + limit_s
        while not self.office.is_idle and time.monotonic() < until:
            await asyncio.sleep(0.01)
        return as_json({"idle": self.office.is_idle})
