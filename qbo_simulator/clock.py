"""The simulator's clock: real time plus an offset that a test can move, or a moment it stands at."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

PACIFIC = ZoneInfo("America/Los_Angeles")


@dataclass
class Clock:
    """Tell the time; `offset_s` is how far it has been moved."""

    offset_s: float = 0.0
    frozen_at: float | None = None
    """Where it stands, in seconds since 1970; None while it runs."""
    skipped_s: float = 0.0
    """How much waiting was saved by moving the clock forward."""

    def epoch(self) -> float:
        return time.time() + self.offset_s if self.frozen_at is None else self.frozen_at

    def waited(self) -> float:
        """Return seconds that pass by real waiting, frozen or not, and by moving the clock forward.

        For what falls due, such as a retry: it never goes back.
        """
        return time.time() + self.skipped_s

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.epoch(), UTC)

    def forward(self, seconds: float) -> None:
        self.offset_s += seconds
        self.skipped_s += seconds
        if self.frozen_at is not None:
            self.frozen_at += seconds

    def move_to(self, epoch: float) -> None:
        """Go to a moment, past or future, and run or stand there as before."""
        self.skipped_s += max(0.0, epoch - self.epoch())
        self.offset_s = epoch - time.time()
        if self.frozen_at is not None:
            self.frozen_at = epoch

    def set_right(self) -> None:
        """Go to the real time, and run or stand there as before."""
        self.move_to(time.time())
        self.offset_s = 0.0

    def freeze(self) -> None:
        self.frozen_at = self.epoch()

    def unfreeze(self) -> None:
        """Run on from where it stood."""
        if self.frozen_at is not None:
            self.offset_s, self.frozen_at = self.frozen_at - time.time(), None


def stamp(moment: datetime) -> str:
    """Write a moment as QuickBooks does in MetaData: Pacific offset, whole seconds."""
    return moment.astimezone(PACIFIC).isoformat(timespec="seconds")


def stamp_with_ms(moment: datetime) -> str:
    """Write a moment as QuickBooks does in an answer's `time`."""
    return moment.astimezone(PACIFIC).isoformat(timespec="milliseconds")


def days_ago(moment: datetime, days: float) -> datetime:
    return moment - timedelta(days=days)


def parse_moment(text: str) -> datetime:
    """Read an ISO date or date-time; without an offset it is Pacific. Raises ValueError.

    A blank before the offset is a `+` that a client forgot to percent-encode.
    """
    text = text.strip()
    if len(text) > 19 and text[-6] == " ":
        text = f"{text[:-6]}+{text[-5:]}"
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=PACIFIC)
