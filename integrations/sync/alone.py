"""See to it that a run has one worker, without holding a lock while QuickBooks is asked.

The claim is a lease in the run's options: renewed while the worker lives, over soon after it dies.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import connections, transaction
from django.utils import timezone

from mapping.models import Run
from mapping.services import runs

T = TypeVar("T")

LEASE = timedelta(seconds=settings.RUN_LEASE_S)
_SHOW_EVERY_S = settings.RUN_LEASE_S / 10


def take(run: Run, worker: UUID) -> bool:
    """Claim the run for this worker; False where another is at it."""
    with transaction.atomic():
        options = _options(run)
        held_until = options.get("held_until")
        is_held = held_until and datetime.fromisoformat(held_until) > timezone.now()
        if is_held and options.get("holder") != str(worker):
            return False
        note(run, holder=str(worker), held_until=(timezone.now() + LEASE).isoformat())
    return True


def let_go(run: Run, worker: UUID) -> None:
    with transaction.atomic():
        if _options(run).get("holder") == str(worker):
            note(run, holder=None, held_until=None)


def note(run: Run, **facts: Any) -> None:
    """Keep facts in the run's options; None forgets one."""
    with transaction.atomic():
        options = {name: fact for name, fact in (_options(run) | facts).items() if fact is not None}
        Run.objects.filter(pk=run.pk).update(options=options)
        run.options = options


def _options(run: Run) -> dict[str, Any]:
    return dict(
        Run.objects.select_for_update(no_key=True, of=("self",))
        .values_list("options", flat=True)
        .get(pk=run.pk)
    )


def asking(run: Run, worker: UUID, call: Callable[[], T]) -> T:
    """Return what a call to QuickBooks returns; meanwhile show that the worker lives. Raises what it raises."""

    def called() -> T:
        try:
            return call()
        finally:
            # A thread that had to look up a token has a database connection of its own.
            connections.close_all()

    with ThreadPoolExecutor(1, thread_name_prefix="asking") as pool:
        future = pool.submit(copy_context().run, called)
        while not wait([future], timeout=_SHOW_EVERY_S).done:
            take(run, worker)
            runs.beat(run)
        return future.result()
