"""Switches that make the simulator slow or faulty, thrown by tests or in the console."""

from __future__ import annotations

import random
from collections import deque
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
    token_expired,
)
from .metering import Meter

FAILURES = ("429", "500", "502", "503", "504", "hang", "cut", "expired_token")
"""hang: no answer for `hang_s`, then 504. cut: the connection is dropped."""


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


@dataclass
class Switches:
    delays: list[Delay] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    throttling: bool = False
    per_minute: int = 500
    per_second: int = 10
    batches_per_minute: int = 120
    hang_s: float = 120.0
    meter: Meter = field(default_factory=Meter)
    _last_id: int = 0
    _dice: random.Random = field(default_factory=lambda: random.Random(20))
    _seen: dict[str, deque[float]] = field(default_factory=dict)

    def reset(self) -> None:
        self.delays.clear()
        self.failures.clear()
        self.throttling = False
        self.per_minute, self.per_second, self.hang_s = 500, 10, 120.0
        self.batches_per_minute = 120
        self.meter.reset()
        self._seen.clear()

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

    def is_over_limit(self, realm: str, at: float, *, batch: bool = False) -> bool:
        """Count a call and tell whether it is one too many for its minute or second."""
        if not self.throttling:
            return False
        windows = [(realm, 60.0, self.per_minute), (realm, 1.0, self.per_second)]
        if batch:
            windows.append((f"{realm} batch", 60.0, self.batches_per_minute))
        if any(self._count(key, at, window_s) >= most for key, window_s, most in windows):
            return True
        for key in {key for key, _, _ in windows}:
            self._seen[key].append(at)
        return False

    def _count(self, key: str, at: float, window_s: float) -> int:
        seen = self._seen.setdefault(key, deque())
        while seen and seen[0] <= at - 60:
            seen.popleft()
        return sum(1 for t in reversed(seen) if t > at - window_s) if window_s < 60 else len(seen)


def throttled(at: datetime) -> Answer:
    """Return the 429: XML, whatever the client asked for."""
    text = THROTTLED_XML.format(time=stamp_with_ms(at))
    return Answer(text.encode(), 429, XML)


def failure_answer(kind: str, at: datetime) -> Answer:
    """Return what the client sees of a failure; for hang, what comes at its end."""
    if kind == "429":
        return throttled(at)
    if kind == "expired_token":
        fault = token_expired()
        return Answer(orjson.dumps(fault.as_json(at)), fault.status)
    if kind == "500":
        complaint = Complaint(
            SYSTEM_FAILURE, "An unexpected error occurred while accessing or saving your data."
        )
        return json_answer(Fault([complaint]).as_json(at), status=500)
    return _html_page(kind)


_PAGES = {
    "502": "502 Bad Gateway",
    "503": "503 Service Temporarily Unavailable",
    "504": "504 Gateway Time-out",
}


def _html_page(kind: str) -> Answer:
    title = _PAGES.get(kind, _PAGES["504"])
    page = BAD_GATEWAY_HTML.replace("502 Bad Gateway", title)
    return Answer(page.encode(), int(title[:3]), HTML)
