"""Start the looks into QuickBooks that are announced below."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction

from integrations.tasks import read_pages
from integrations.tasks_refresh import queue_of, refresh
from mapping.models import Run, RunKind
from mapping.services.runs import run_is_due


def enqueue(*, run: Run, **_: Any) -> None:
    """Enqueue a refresh or a check once its row is committed. A lost message is made good by the sweep."""
    if run.kind == RunKind.REFRESH:
        soon = partial(refresh.apply_async, (run.firm_id, run.pk), queue=queue_of(run))
        transaction.on_commit(soon)
    elif run.kind == RunKind.CHECK:
        transaction.on_commit(partial(read_pages.delay, run.firm_id, run.pk))


def connect() -> None:
    run_is_due.connect(enqueue, dispatch_uid="integrations.following")
