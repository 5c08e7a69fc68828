"""Start the looks into QuickBooks that are announced below."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.core.cache import cache

from accounts.announcing import once_committed
from accounts.models import Firm
from accounts.signals import firm_moved
from accounts.tenancy import working_for
from integrations.connect.telling import tell_of_missed_records
from integrations.models import Schedule
from integrations.sync.announced import book_announced
from integrations.sync.drift import records_missed
from integrations.sync.schedule import arrange
from integrations.tasks import read_pages
from integrations.tasks_refresh import ANNOUNCED_KEPT_S, ANNOUNCED_KEY, queue_of, read_announced, refresh
from mapping.models import Run, RunKind
from mapping.services.runs import run_is_due


def enqueue(*, run: Run, **_: Any) -> None:
    """Enqueue a refresh or a check once its row is committed. A lost message is made good by the sweep."""
    if run.kind == RunKind.REFRESH:
        soon = partial(refresh.apply_async, (run.firm_id, run.pk), queue=queue_of(run))
        once_committed(soon)
    elif run.kind == RunKind.CHECK:
        once_committed(partial(read_pages.delay, run.firm_id, run.pk))


def read_soon(*, firm_id: int, book_id: int, **_: Any) -> None:
    """Have announcements read once they are committed, by one task for all that arrive until it starts."""
    once_committed(partial(_queue_reading, firm_id, book_id))


def _queue_reading(firm_id: int, book_id: int) -> None:
    if cache.add(ANNOUNCED_KEY.format(book_id), True, ANNOUNCED_KEPT_S):
        read_announced.delay(firm_id, book_id)


def arrange_nights(*, firm: Firm, **_: Any) -> None:
    """Let the next night's run and weekly check be in the firm's new night."""
    with working_for(firm.pk):
        arrange(list(Schedule.objects.all()))


def tell_what_was_missed(*, run: Run, **_: Any) -> None:
    """Write to those who look after the connection: something is wrong that nobody would see."""
    tell_of_missed_records(run)


def connect() -> None:
    firm_moved.connect(arrange_nights, dispatch_uid="integrations.arrange_nights")
    records_missed.connect(tell_what_was_missed, dispatch_uid="integrations.tell_what_was_missed")
    book_announced.connect(read_soon, dispatch_uid="integrations.read_soon")
    run_is_due.connect(enqueue, dispatch_uid="integrations.following")
