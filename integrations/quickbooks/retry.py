"""How long an answer is waited for, and how often a call is tried again before its caller hears of a failure."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    tries: int = 4
    first_pause_s: float = 0.5
    longest_pause_s: float = 8.0
    answer_s: float = 60.0
    """The longest silence between two bytes of an answer. The call may have been carried out all the same."""
    call_s: float = 120.0
    """After so long Intuit is at no call any more, heard or not. Source: "Limits and throttles", read 2026-11."""
    wait_s: float = 30.0
    """How long one call may wait for the limiter in all; then ``Throttled`` says when to come back."""

    def pause_after(self, failures: int) -> float:
        """Return a pause that doubles with each failure, jittered so that workers do not march in step."""
        longest: float = min(self.longest_pause_s, self.first_pause_s * 2 ** (failures - 1))
        return longest * random.uniform(0.5, 1.0)  # noqa: S311
