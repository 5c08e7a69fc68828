"""Intuit's meter: reads are counted by the month, and the free tier is blocked at its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .clock import PACIFIC
from .faults import GatewayFault

FREE_CALLS = 500_000


@dataclass
class Meter:
    """Counts successful CorePlus calls (reads) and Core calls (writes) of the app.

    Blocks reads for the rest of the month once `limit` is used up, if it is told to.
    """

    blocking: bool = False
    limit: int = FREE_CALLS
    month: str = ""
    core_plus: int = 0
    core: int = 0

    def reset(self) -> None:
        self.blocking, self.limit = False, FREE_CALLS

    def is_used_up(self, at: datetime) -> bool:
        self._turn(at)
        return self.blocking and self.core_plus >= self.limit

    def count(self, at: datetime, *, reads: int, writes: int) -> None:
        self._turn(at)
        self.core_plus += reads
        self.core += writes

    def _turn(self, at: datetime) -> None:
        """Begin at nothing again in a new month."""
        month = at.astimezone(PACIFIC).strftime("%Y-%m")
        if month != self.month:
            self.month, self.core_plus, self.core = month, 0, 0

    def as_json(self) -> dict[str, Any]:
        return dict(self.__dict__)


def used_up() -> GatewayFault:
    return GatewayFault(
        status=403,
        code="3100",
        name="ApplicationAuthorizationFailed",
        detail="The monthly limit of CorePlus API calls of this app has been reached.",
        type="SERVICE",
    )
