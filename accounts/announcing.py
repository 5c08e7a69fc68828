"""Hand work on once a transaction is through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction


def once_committed(work: Callable[[], Any]) -> None:
    """Do this after the commit. Where it fails, the broker being out of order say, that is logged and no more.

    Nobody's request fails for it: what is lost so is found again by a sweep.
    """

    # Django names a robust callback in its log by what a partial does not have.
    def handed_on() -> None:
        work()

    transaction.on_commit(handed_on, robust=True)
