"""Switches that make the simulator slow or faulty, thrown by tests or in the console."""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from .answers import HTML, XML, Answer, json_answer
from .clock import stamp_with_ms
from .faults import (
    BAD_GATEWAY_HTML,
    SYSTEM_FAILURE,
    THROTTLED_XML,
    Complaint,
    Fault,
    GatewayFault,
    throttled_in_json,
    token_expired,
)
from .metering import Meter
from .webhooks.packing import WebhookSwitches

FAILURES = ("429", "429_json", "500", "502", "503", "504", "hang", "late", "cut", "expired_token")
"""429 is in XML, 429_json in JSON. hang: no answer for `hang_s`, then 504. late: carried out and answered as usual,
but only after `hang_s`. cut: the connection is dropped."""


@dataclass
class Failure:
    """One failure to inject: into the next `count` calls, or a `fraction` of all."""

    id: int
    kind: str
    count: int | None = 1
    fraction: float | None = None
    path: str = ""
    """Only calls whose path, query string or statement holds this text."""
    realm: str = ""
    method: str = ""
    when: str = "before"
    """`after`: the call is executed, and only its answer is lost."""

    def strikes(self, *, realm: str, method: str, path: str, dice: random.Random) -> bool:
        if self.realm and self.realm != realm:
            return False
        if self.method and self.method.upper() != method:
            return False
        if self.path.lower() not in path.lower():
            return False
        return self.fraction is None or dice.random() < self.fraction

    def use_up(self) -> None:
        if self.fraction is None and self.count is not None:
            self.count -= 1

    @property
    def is_spent(self) -> bool:
        return self.fraction is None and self.count is not None and self.count <= 0

    def as_json(self) -> dict[str, Any]:
        return dict(self.__dict__)


@dataclass
class Delay:
    ms: float
    path: str = ""


@dataclass(frozen=True)
class Limit:
    """So many calls to one company within a while."""

    name: str
    most: int
    window_s: float
    kind: str = ""
    """Only calls of this kind are counted: batch or report."""
    by_app: bool = False
    """Each app is counted by itself."""


# Source: Intuit, "Limits and throttles".
LIMITS = (
    Limit("per_minute", 500, 60),
    Limit("per_second", 10, 1, by_app=True),
    Limit("batches_per_minute", 120, 60, kind="batch"),
    Limit("reports_per_minute", 200, 60, kind="report"),
    Limit("combined_per_minute", 800, 60, by_app=True),
)
AT_ONCE = 10
BATCH_OBJECTS = 1000


@dataclass
class Switches:
    delays: list[Delay] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    throttling: bool = False
    throttles_in_json: bool = False
    """In which of Intuit's two ways a call above the limits is refused."""
    limits: dict[str, int] = field(default_factory=lambda: _usual_limits())
    hang_s: float = 120.0
    meter: Meter = field(default_factory=Meter)
    webhooks: WebhookSwitches = field(default_factory=WebhookSwitches)
    _last_id: int = 0
    _dice: random.Random = field(default_factory=lambda: random.Random(20))
    _seen: dict[tuple[str, ...], deque[float]] = field(default_factory=dict)
    _flying: Counter[str] = field(default_factory=Counter)

    def reset(self) -> None:
        self.delays.clear()
        self.failures.clear()
        self.throttling = self.throttles_in_json = False
        self.limits = _usual_limits()
        self.hang_s = 120.0
        self.meter.reset()
        self.webhooks.reset()
        self._seen.clear()

    @property
    def per_minute(self) -> int:
        return self.limits["per_minute"]

    @property
    def per_second(self) -> int:
        return self.limits["per_second"]

    def set_limits(self, given: Mapping[str, Any]) -> None:
        """Set the limits that are named, and the others to what QuickBooks has. Raises ValueError."""
        usual = _usual_limits()
        if unknown := given.keys() - usual.keys():
            raise ValueError(f"there is no limit {', '.join(sorted(unknown))}")
        self.limits = {name: int(given.get(name, most)) for name, most in usual.items()}
        self._seen.clear()

    def limits_as_json(self) -> dict[str, Any]:
        said_in = "json" if self.throttles_in_json else "xml"
        return {"enabled": self.throttling, "format": said_in, **self.limits}

    def delay_s(self, path: str) -> float:
        """Return how long a call to this path has to wait: the last delay set for it."""
        fitting = [d.ms for d in self.delays if d.path.lower() in path.lower()]
        return fitting[-1] / 1000 if fitting else 0.0

    def set_delay(self, ms: float, *, path: str = "") -> None:
        self.delays = [d for d in self.delays if d.path != path]
        if ms:
            self.delays.append(Delay(ms, path))

    def add_failure(self, kind: str, **how: Any) -> Failure:
        self._last_id += 1
        failure = Failure(self._last_id, kind, **how)
        self.failures.append(failure)
        return failure

    def remove_failure(self, id: int) -> None:
        self.failures = [f for f in self.failures if f.id != id]

    def failure_for(self, *, realm: str, method: str, path: str) -> Failure | None:
        """Return the failure that strikes this call, using it up."""
        for failure in self.failures:
            if failure.strikes(realm=realm, method=method, path=path, dice=self._dice):
                failure.use_up()
                self.failures = [f for f in self.failures if not f.is_spent]
                return failure
        return None

    def is_over_limit(self, realm: str, at: float, *, app: str = "", kind: str = "") -> bool:
        """Count a call and tell whether it is one too many; one that is refused does not count."""
        if not self.throttling:
            return False
        counted = [
            (limit, self._within(limit, at, realm, app)) for limit in LIMITS if limit.kind in ("", kind)
        ]
        if any(len(seen) >= self.limits[limit.name] for limit, seen in counted):
            return True
        for _, seen in counted:
            seen.append(at)
        return False

    def _within(self, limit: Limit, at: float, realm: str, app: str) -> deque[float]:
        key = (limit.name, realm, app) if limit.by_app else (limit.name, realm)
        seen = self._seen.setdefault(key, deque())
        while seen and seen[0] <= at - limit.window_s:
            seen.popleft()
        return seen

    @contextmanager
    def in_flight(self, realm: str) -> Iterator[bool]:
        """Hold a call's place among those under way; tell whether there are too many."""
        self._flying[realm] += 1
        try:
            yield self.throttling and self._flying[realm] > self.limits["at_once"]
        finally:
            self._flying[realm] -= 1

    @property
    def most_batch_objects(self) -> int | None:
        """How many objects the answer to a batch may hold."""
        return self.limits["batch_objects"] if self.throttling else None


def _usual_limits() -> dict[str, int]:
    return {limit.name: limit.most for limit in LIMITS} | {
        "at_once": AT_ONCE,
        "batch_objects": BATCH_OBJECTS,
    }


def throttled(at: datetime, *, in_json: bool = False) -> Answer:
    """Return the 429: XML whatever the client asked for, or the gateway's JSON; Intuit gives both."""
    if in_json:
        return _by_the_gateway(throttled_in_json(), at)
    text = THROTTLED_XML.format(time=stamp_with_ms(at))
    return Answer(text.encode(), 429, XML)


def failure_answer(kind: str, at: datetime) -> Answer:
    """Return what the client sees of a failure; for hang, what comes at its end."""
    if kind == "429":
        return throttled(at)
    if kind == "429_json":
        return throttled(at, in_json=True)
    if kind == "expired_token":
        return _by_the_gateway(token_expired(), at)
    if kind == "500":
        complaint = Complaint(
            SYSTEM_FAILURE, "An unexpected error occurred while accessing or saving your data."
        )
        return json_answer(Fault([complaint]).as_json(at), status=500)
    return _html_page(kind)


def _by_the_gateway(fault: GatewayFault, at: datetime) -> Answer:
    return Answer(orjson.dumps(fault.as_json(at)), fault.status)


_PAGES = {
    "502": "502 Bad Gateway",
    "503": "503 Service Temporarily Unavailable",
    "504": "504 Gateway Time-out",
}


def _html_page(kind: str) -> Answer:
    title = _PAGES.get(kind, _PAGES["504"])
    page = BAD_GATEWAY_HTML.replace("502 Bad Gateway", title)
    return Answer(page.encode(), int(title[:3]), HTML)
