"""Let time pass for the product and for the simulated QuickBooks together, without waiting for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from unittest.mock import patch

from tests.processes import Simulator


class Clock:
    """Our clock and QuickBooks', moved forward by the same amount."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.ahead = timedelta()

    def now(self, zone: tzinfo | None = None) -> datetime:
        return datetime.now(zone) + self.ahead

    def forward(self, by: timedelta) -> None:
        self.ahead += by
        answer = self.simulator.post("/_control/clock", json={"forward_s": by.total_seconds()})
        assert answer.ok, answer.text

    def set_right(self) -> None:
        self.ahead = timedelta()
        assert self.simulator.post("/_control/clock", json={"at": "now"}).ok

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Have the product ask this clock: fields' defaults hold ``timezone.now`` itself, so it is moved inside."""
        ours = type("Moved", (datetime,), {"now": classmethod(lambda _, tz=None: self.now(tz))})
        with (
            patch("django.utils.timezone.datetime", ours),
            patch("integrations.quickbooks.tokens.datetime", ours),
        ):
            yield
