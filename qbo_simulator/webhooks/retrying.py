"""When a delivery that failed is tried again.

Source: Intuit, "Webhooks", as it reads today and as it read before.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Schedule:
    waits_s: tuple[int, ...]
    goes_on: bool
    """Whether the last wait is repeated for good; else the endpoint is stopped after it."""
    statuses: frozenset[int] | None
    """Answers after which it is tried again; None: whatever is no success."""


SCHEDULES = {
    "hold": Schedule((10, 20, 30, 300, 1200, 7200, 14_400, 21_600), goes_on=True, statuses=None),
    "stop": Schedule((1200, 1800, 3000), goes_on=False, statuses=frozenset({408, 500, 502, 503, 504})),
}
"""hold: today's, tried for good while later events wait. stop: the older one, which ends by stopping."""


def is_tried_again(schedule: Schedule, status: int | None) -> bool:
    """Tell whether this answer, or none at all, is worth another attempt."""
    return status is None or schedule.statuses is None or status in schedule.statuses


def wait_s(schedule: Schedule, failures: int) -> float | None:
    """Return the seconds to wait after so many failures; None when it was the last attempt."""
    if failures <= len(schedule.waits_s):
        return schedule.waits_s[failures - 1]
    return schedule.waits_s[-1] if schedule.goes_on else None
