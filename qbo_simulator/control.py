"""The control API: what a test asks of the simulator beyond what QuickBooks offers. JSON."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .api import ACCOUNTING_SCOPE
from .bookkeeping import make_active, make_inactive, merge
from .books import Books
from .calls import CallLog, call_as_json
from .clock import parse_moment, stamp_with_ms
from .control_requests import Handler, Wrong, as_json, endpoint, flag, number
from .control_requests import given as given_in
from .entities import COMPANY_INFO, CUSTOMER, PREFERENCES, entity_named
from .entities.spec import Body, Entity
from .metering import FREE_CALLS
from .registry import CLIENT_ID, CLIENT_SECRET
from .rules.company import READ_ONLY_STATES
from .simulator import Simulator, fill
from .switches import FAILURES, Switches
from .writing import amend, create_as_bookkeeper, delete, void

SUBSCRIPTION_STATES = ("TRIAL", "TRIALOPTIN", "SUBSCRIBED", *READ_ONLY_STATES)


_EVERYTHING = f"{ACCOUNTING_SCOPE} openid profile email phone address"


def token_facts(simulator: Simulator, realm: str | None = None) -> dict[str, str]:
    """Connect the simulated app to a company without any page, and return its credentials.

    Without a realm it is the first company. Raises Wrong for an unknown one.
    """
    known = simulator.registry.companies()
    realm = realm or known[0].realm
    email = simulator.registry.an_admin_of(realm)
    if email is None:
        raise Wrong(f"There is no company {realm}.", 404)
    grant = simulator.registry.grant(client_id=CLIENT_ID, realm=realm, email=email, scope=_EVERYTHING)
    tokens = simulator.registry.new_tokens(grant)
    return {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "realm_id": realm,
        "access_token": tokens.access_token,
        "refresh_token": tokens.refresh_token,
    }


@dataclass
class Control:
    simulator: Simulator
    switches: Switches
    log: CallLog

    def routes(self) -> list[Route]:
        table: list[tuple[str, str, Handler]] = [
            ("GET", "/status", self.status),
            ("POST", "/reset", self.reset),
            ("POST", "/delay", self.set_delay),
            ("POST", "/faults", self.add_fault),
            ("DELETE", "/faults", self.clear_faults),
            ("POST", "/throttles", self.set_throttles),
            ("POST", "/metering", self.set_metering),
            ("POST", "/clock", self.move_clock),
            ("POST", "/tokens", self.new_tokens),
            ("POST", "/tokens/expire", self.expire_tokens),
            ("POST", "/tokens/revoke", self.revoke_tokens),
            ("POST", "/tokens/rotation", self.set_rotation),
            ("POST", "/tokens/race", self.set_race),
            ("GET", "/calls", self.calls),
            ("DELETE", "/calls", self.clear_calls),
            ("GET", "/counters", self.counters),
            ("GET", "/companies", self.companies),
            ("POST", "/companies", self.found_company),
            ("POST", "/companies/{realm}/customers", self.create_customer),
            ("POST", "/companies/{realm}/customers/{id}", self.modify_customer),
            ("POST", "/companies/{realm}/customers/{id}/inactivate", self.inactivate),
            ("POST", "/companies/{realm}/customers/{id}/activate", self.activate),
            ("POST", "/companies/{realm}/preferences", self.set_preferences),
            ("POST", "/companies/{realm}/subscription", self.set_subscription),
            ("GET", "/companies/{realm}/events", self.events),
            ("POST", "/companies/{realm}/{entity}", self.create_any),
            ("POST", "/companies/{realm}/{entity}/{id}", self.amend_any),
            ("POST", "/companies/{realm}/{entity}/{id}/{deed}", self.do_to_any),
        ]
        plain = [Route(f"/_control{p}", endpoint(h), methods=[m]) for m, p, h in table]
        generate = Route("/_control/companies/{realm}/generate", self.generate, methods=["POST"])
        return [generate, *plain]

    # State

    def status(self, request: Request, given: dict[str, Any]) -> Any:
        return {
            "now": stamp_with_ms(self.simulator.clock.now()),
            "clock_offset_s": self.simulator.clock.offset_s,
            "clock_frozen": self.simulator.clock.frozen_at is not None,
            "delays": [d.__dict__ for d in self.switches.delays],
            "faults": [f.as_json() for f in self.switches.failures],
            "throttles": self.switches.limits_as_json(),
            "hang_s": self.switches.hang_s,
            "rotation_grace_s": self.simulator.registry.rotation_grace_s,
            "race_window_s": self.simulator.registry.race_window_s,
            "metering": self.switches.meter.as_json(),
        }

    def reset(self, request: Request, given: dict[str, Any]) -> Any:
        self.switches.reset()
        self.log.clear()
        self.simulator.registry.set("rotation_grace_s", "0")
        self.simulator.registry.set("race_window_s", "0")
        return self.status(request, given)

    # Switches

    def set_delay(self, request: Request, given: dict[str, Any]) -> Any:
        self.switches.set_delay(number(given, "ms"), path=str(given.get("path") or ""))
        return self.status(request, given)

    def add_fault(self, request: Request, given: dict[str, Any]) -> Any:
        kind = str(given.get("kind", ""))
        if kind not in FAILURES:
            raise Wrong(f"kind has to be one of {', '.join(FAILURES)}.")
        if given.get("when", "before") not in ("before", "after"):
            raise Wrong("when has to be before or after.")
        if "hang_s" in given:
            self.switches.hang_s = number(given, "hang_s")
        fraction = given.get("fraction")
        failure = self.switches.add_failure(
            kind,
            count=int(number(given, "count", 1)) if fraction is None else None,
            fraction=None if fraction is None else float(fraction),
            path=str(given.get("path") or ""),
            realm=str(given.get("realm") or ""),
            method=str(given.get("method") or ""),
            when=str(given.get("when") or "before"),
        )
        return failure.as_json()

    def clear_faults(self, request: Request, given: dict[str, Any]) -> Any:
        self.switches.failures.clear()
        return self.status(request, given)

    def set_throttles(self, request: Request, given: dict[str, Any]) -> Any:
        said_in = given.get("format", "xml")
        if said_in not in ("xml", "json"):
            raise Wrong("format has to be xml or json.")
        self.switches.set_limits({name: number(given, name) for name in given.keys() - {"enabled", "format"}})
        self.switches.throttling = bool(given.get("enabled", True))
        self.switches.throttles_in_json = said_in == "json"
        return self.switches.limits_as_json()

    def set_metering(self, request: Request, given: dict[str, Any]) -> Any:
        """Block reads once so many were made this month; `used` says how many already were."""
        meter = self.switches.meter
        meter.is_used_up(self.simulator.clock.now())
        meter.blocking = bool(given.get("blocking", True))
        meter.limit = int(number(given, "limit", FREE_CALLS))
        meter.core_plus = int(number(given, "used", meter.core_plus))
        return meter.as_json()

    # Clock and tokens

    def move_clock(self, request: Request, given: dict[str, Any]) -> Any:
        """Go to a moment or to the real time ("now"), move on, stand still there or run on: whatever is named."""
        if not given.keys() & {"at", "forward_s", "frozen"}:
            raise Wrong("Say at, forward_s or frozen.")
        is_right = given.get("at") == "now"
        moment = parse_moment(str(given["at"])) if "at" in given and not is_right else None
        seconds = number(given, "forward_s") if "forward_s" in given else None
        frozen = flag(given, "frozen") if "frozen" in given else None
        registry = self.simulator.registry
        if frozen:
            # First, so that it stands at the very moment it is then set to.
            registry.freeze_clock(frozen=True)
        if is_right:
            registry.set_clock_right()
        if moment is not None:
            registry.set_clock(moment)
        if seconds is not None:
            registry.move_clock(seconds)
        if frozen is False:
            registry.freeze_clock(frozen=False)
        return self.status(request, given)

    def new_tokens(self, request: Request, given: dict[str, Any]) -> Any:
        return token_facts(self.simulator, given.get("realm"))

    def expire_tokens(self, request: Request, given: dict[str, Any]) -> Any:
        return {"expired": self.simulator.registry.expire_access_tokens(given.get("realm"))}

    def revoke_tokens(self, request: Request, given: dict[str, Any]) -> Any:
        if not given.get("realm"):
            raise Wrong("realm is missing.")
        return {"revoked": self.simulator.registry.disconnect(str(given["realm"]))}

    def set_rotation(self, request: Request, given: dict[str, Any]) -> Any:
        self.simulator.registry.set("rotation_grace_s", str(number(given, "grace_s")))
        return self.status(request, given)

    def set_race(self, request: Request, given: dict[str, Any]) -> Any:
        self.simulator.registry.set("race_window_s", str(number(given, "window_s")))
        return self.status(request, given)

    # Calls

    def calls(self, request: Request, given: dict[str, Any]) -> Any:
        asked = request.query_params
        found = self.log.latest(
            realm=asked.get("realm"),
            path=asked.get("path"),
            kind=asked.get("kind"),
            since=int(asked.get("since", 0)),
            limit=int(asked.get("limit", 200)),
        )
        return {"calls": [call_as_json(call) for call in reversed(found)]}

    def clear_calls(self, request: Request, given: dict[str, Any]) -> Any:
        self.log.clear()
        return self.log.counters()

    def counters(self, request: Request, given: dict[str, Any]) -> Any:
        return self.log.counters()

    # Companies and their customers

    def companies(self, request: Request, given: dict[str, Any]) -> Any:
        return {"companies": [self._company(c.realm) for c in self.simulator.registry.companies()]}

    def _company(self, realm: str) -> dict[str, Any]:
        company = self.simulator.registry.company(realm)
        if company is None:
            raise Wrong(f"There is no company {realm}.", 404)
        return {
            "realm": realm,
            "name": company.name,
            "kind": company.kind,
            "connections": self.simulator.registry.live_connections(realm),
            "counts": self.simulator.books(realm).counts(),
        }

    def found_company(self, request: Request, given: dict[str, Any]) -> Any:
        if not given.get("name"):
            raise Wrong("name is missing.")
        company = self.simulator.found(str(given["name"]), realm=given.get("realm"))
        return self._company(company.realm)

    async def generate(self, request: Request) -> Response:
        """Add invented customers, in a thread, for it takes a while."""
        try:
            given = await given_in(request)
            how_many = int(number(given, "customers"))
            realm = request.path_params["realm"]
            self._books(request)
            file, seed = self.simulator.file_of(realm), int(given.get("seed", 1))
            await asyncio.to_thread(fill, file, how_many, seed=seed)
            return as_json(self._company(realm))
        except Wrong as wrong:
            return as_json({"error": str(wrong)}, wrong.status)

    def create_customer(self, request: Request, given: dict[str, Any]) -> Any:
        now = self.simulator.clock.now()
        return create_as_bookkeeper(CUSTOMER, self._books(request), given, at=now)

    def modify_customer(self, request: Request, given: dict[str, Any]) -> Any:
        return self._amend(request, given)

    def inactivate(self, request: Request, given: dict[str, Any]) -> Any:
        return make_inactive(self._books(request), request.path_params["id"], at=self.simulator.clock.now())

    def activate(self, request: Request, given: dict[str, Any]) -> Any:
        return make_active(self._books(request), request.path_params["id"], at=self.simulator.clock.now())

    # What the bookkeeper does to anything else

    def create_any(self, request: Request, given: dict[str, Any]) -> Any:
        now = self.simulator.clock.now()
        return create_as_bookkeeper(_entity(request), self._books(request), given, at=now)

    def amend_any(self, request: Request, given: dict[str, Any]) -> Any:
        id, now = request.path_params["id"], self.simulator.clock.now()
        return amend(_entity(request), self._books(request), id, given, at=now)

    def do_to_any(self, request: Request, given: dict[str, Any]) -> Any:
        """Void, delete or merge."""
        books, entity, now = self._books(request), _entity(request), self.simulator.clock.now()
        id, deed = request.path_params["id"], request.path_params["deed"]
        if deed == "merge":
            return merge(books, entity, id, into=str(given.get("into", "")), at=now)
        if deed not in _DEEDS:
            raise Wrong(f"{deed} has to be one of merge, {', '.join(_DEEDS)}.", 404)
        return _DEEDS[deed](entity, books, {"Id": id}, at=now, by_bookkeeper=True)

    def set_preferences(self, request: Request, given: dict[str, Any]) -> Any:
        """Switch preferences, given as in the API: sections with what changes in them."""
        now = self.simulator.clock.now()
        return amend(PREFERENCES, self._books(request), "1", given, at=now)

    def set_subscription(self, request: Request, given: dict[str, Any]) -> Any:
        """Put the company into a subscription state, such as EXPIRED."""
        books, state = self._books(request), str(given.get("state") or "")
        if state not in SUBSCRIPTION_STATES:
            raise Wrong(f"state has to be one of {', '.join(SUBSCRIPTION_STATES)}.")
        pairs = (books.look("CompanyInfo", "1") or {}).get("NameValue") or []
        others = [pair for pair in pairs if pair.get("Name") != "SubscriptionStatus"]
        pairs = [*others, {"Name": "SubscriptionStatus", "Value": state}]
        return amend(COMPANY_INFO, books, "1", {"NameValue": pairs}, at=self.simulator.clock.now())

    def events(self, request: Request, given: dict[str, Any]) -> Any:
        """Tell what changed in a company after an event's number, oldest first."""
        after = int(request.query_params.get("after", 0))
        found = self._books(request).events(after)
        return {"events": [{**event.__dict__, "at": event.at.isoformat()} for event in found]}

    def _amend(self, request: Request, fields: Body) -> Body:
        id, now = request.path_params["id"], self.simulator.clock.now()
        return amend(CUSTOMER, self._books(request), id, fields, at=now)

    def _books(self, request: Request) -> Books:
        try:
            return self.simulator.books(request.path_params["realm"])
        except KeyError as error:
            raise Wrong(f"There is no company {error}.", 404) from None


_DEEDS: dict[str, Callable[..., Body]] = {"void": void, "delete": delete}


def _entity(request: Request) -> Entity:
    name = request.path_params["entity"]
    entity = entity_named(name) or entity_named(name.removesuffix("s"))
    if entity is None or entity.wrapped:
        raise Wrong(f"There is no {name} here.", 404)
    return entity
