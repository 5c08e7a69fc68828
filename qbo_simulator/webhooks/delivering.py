"""Carry to each endpoint what happened in the connected companies, off the path of API calls.

A courier is a thread that sleeps until something happens. It writes down what is to be delivered before
it sends, so that a restarted simulator goes on where this one was.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Sequence, Set
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ..clock import Clock
from ..registry import CLIENT_ID, Registry
from .envelopes import FORMATS
from .happenings import Happening, as_told
from .journal import happened_after, last_number
from .outbox import DELIVERED, GIVEN_UP, LOST, OUTBOX, STOPPED, WAITING, Endpoint, Outbox, Waiting
from .packing import WebhookSwitches
from .retrying import SCHEDULES, is_tried_again, wait_s
from .sending import Attempt, post
from .signing import HEADER, signature

MOST_AT_ONCE = 1000
_LOOK_AGAIN_S = 0.25
"""How often a courier with something to wait for looks whether the clock was moved."""


@dataclass(frozen=True)
class Premises:
    """Where a courier finds everything."""

    data: Path
    clock: Clock
    switches: WebhookSwitches

    def open_outbox(self) -> Outbox:
        return Outbox(self.data / OUTBOX)

    def books_of(self, realm: str) -> Path:
        return self.data / "companies" / f"{realm}.sqlite"

    def open_registry(self) -> Registry:
        return Registry(self.data / "registry.sqlite")

    def connected(self) -> frozenset[str]:
        with closing(self.open_registry()) as registry:
            return registry.connected_realms()

    def end_of(self, realm: str) -> int:
        """Return the number of the latest change in a company."""
        file = self.books_of(realm)
        return last_number(file) if file.exists() else 0


class Courier(threading.Thread):
    """Delivers to one endpoint, one delivery after the other."""

    def __init__(self, endpoint: int, premises: Premises) -> None:
        super().__init__(name=f"webhook {endpoint}", daemon=True)
        self._endpoint = endpoint
        self._premises = premises
        self._bell = threading.Event()
        self._lock = threading.Lock()
        self._changed: set[str] = set()
        self._changed_since = 0.0
        self._gathering = False
        self._ended = False

    def ring(self, realms: Set[str]) -> None:
        """Tell that something happened in companies."""
        with self._lock:
            if not self._changed:
                self._changed_since = time.monotonic()
            self._changed |= realms
        self._bell.set()

    def look_again(self) -> None:
        """Tell that switches or the endpoint were changed."""
        self._bell.set()

    def end(self) -> None:
        self._ended = True
        self._bell.set()

    @property
    def has_something_to_gather(self) -> bool:
        with self._lock:
            return bool(self._changed) or self._gathering

    def run(self) -> None:
        outbox, registry = self._premises.open_outbox(), self._premises.open_registry()
        with closing(outbox) as self._outbox, closing(registry) as self._registry:
            while not self._ended:
                self._bell.wait(self._step())
                self._bell.clear()

    def _step(self) -> float | None:
        """Do what is due; return the seconds until there is more, or None until the bell rings."""
        while not self._ended:
            endpoint = self._outbox.endpoint(self._endpoint)
            if endpoint is None or endpoint.state == STOPPED:
                with self._lock:
                    self._changed.clear()
                return None
            waiting = self._outbox.next_waiting(endpoint.id)
            fails = waiting is not None and waiting.failures > 0
            window_s = None if fails else self._window_left_s()
            if window_s is not None and window_s <= 0:
                self._gather(endpoint)
            elif waiting is not None and waiting.due <= self._premises.clock.waited():
                self._deliver(endpoint, waiting)
            else:
                due_s = None if waiting is None else waiting.due - self._premises.clock.waited()
                return _soonest(window_s, None if due_s is None else min(max(due_s, 0.0), _LOOK_AGAIN_S))
        return None

    def _window_left_s(self) -> float | None:
        """Return how long events are still gathered; None when there are none."""
        with self._lock:
            if not self._changed:
                return None
            return self._changed_since + self._premises.switches.window_s - time.monotonic()

    # Gathering

    def _gather(self, endpoint: Endpoint) -> None:
        with self._lock:
            realms, self._changed, self._gathering = self._changed, set(), True
        try:
            unfinished = self._write_down(endpoint, realms & self._registry.connected_realms())
        finally:
            with self._lock:
                self._gathering = False
        if unfinished:
            self.ring(unfinished)

    def _write_down(self, endpoint: Endpoint, realms: set[str]) -> set[str]:
        """Make deliveries of what is new; return the companies that have more."""
        found: list[Happening] = []
        unfinished = set()
        with self._outbox.whole():
            for realm in sorted(realms):
                news = self._news(endpoint, realm)
                found += news
                if len(news) == MOST_AT_ONCE:
                    unfinished.add(realm)
                if news:
                    self._outbox.put_position(endpoint.id, realm, news[-1].number)
            told = (as_told(h) for h in sorted(found, key=lambda h: h.at))
            self._add(endpoint, [h for h in told if h is not None and endpoint.wants(h)])
        return unfinished

    def _news(self, endpoint: Endpoint, realm: str) -> list[Happening]:
        file = self._premises.books_of(realm)
        position = self._outbox.position(endpoint.id, realm)
        if position is None or not file.exists():
            # Connected by a simulator that did not deliver yet: nobody waits for its past.
            self._outbox.put_position(endpoint.id, realm, self._premises.end_of(realm))
            return []
        return happened_after(file, realm, position, most=MOST_AT_ONCE)

    def _add(self, endpoint: Endpoint, happenings: Sequence[Happening]) -> None:
        made = self._premises.clock.epoch()
        now = self._premises.clock.waited()
        for parcel in self._premises.switches.pack(happenings):
            self._outbox.add_delivery(
                endpoint.id,
                FORMATS[endpoint.format](parcel.happenings, client_id=CLIENT_ID),
                parcel.happenings,
                made=made,
                due=now + parcel.wait_s,
                state=LOST if parcel.is_lost else WAITING,
            )

    # Sending

    def _deliver(self, endpoint: Endpoint, waiting: Waiting) -> None:
        switches, at = self._premises.switches, self._premises.clock.now()
        signed = signature(waiting.body, endpoint.verifier)
        headers = _headers(endpoint, signed, at)
        attempt = post(
            endpoint.url,
            waiting.body,
            headers,
            limit_s=switches.answer_limit_s,
            verify_tls=endpoint.verify_tls,
        )
        state, wait = self._after(attempt, failures=waiting.failures + 1)
        self._outbox.note_attempt(
            waiting.number,
            {"at": at.isoformat(), **attempt.as_json()},
            signature=signed,
            state=state,
            due=self._premises.clock.waited() + wait * switches.retry_scale,
        )
        if state == GIVEN_UP and self._is_to_be_stopped(attempt):
            said = attempt.error or f"HTTP {attempt.status}"
            self._outbox.stop(endpoint.id, f"{waiting.failures + 1} attempts failed, the last with: {said}")

    def _after(self, attempt: Attempt, *, failures: int) -> tuple[str, float]:
        """Return what becomes of a delivery, and the seconds to its next attempt."""
        if attempt.is_good:
            return DELIVERED, 0.0
        schedule = SCHEDULES[self._premises.switches.schedule]
        wait = wait_s(schedule, failures)
        if wait is None or not is_tried_again(schedule, None if attempt.error else attempt.status):
            return GIVEN_UP, 0.0
        return WAITING, wait

    def _is_to_be_stopped(self, attempt: Attempt) -> bool:
        schedule = SCHEDULES[self._premises.switches.schedule]
        return is_tried_again(schedule, None if attempt.error else attempt.status)


def _headers(endpoint: Endpoint, signed: str, at: datetime) -> dict[str, str]:
    return {
        "Content-Type": endpoint.content_type,
        "Accept": "application/json",
        HEADER: signed,
        "intuit-created-time": at.astimezone(UTC).isoformat(timespec="milliseconds"),
        "intuit-t-id": str(uuid.uuid4()),
        "intuit-notification-schema-version": "1.0",
    }


def _soonest(*waits_s: float | None) -> float | None:
    return min((w for w in waits_s if w is not None), default=None)
