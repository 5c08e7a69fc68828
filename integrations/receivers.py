"""Start the work that the apps below announce."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction

from integrations.models import Connection
from integrations.sync.counting import counts_wanted
from integrations.tasks import count_records, read_pages
from mapping.models import Run, RunKind
from mapping.services.runs import run_is_due


def enqueue(*, run: Run, **_: Any) -> None:
    """Enqueue an import once its row is committed. A lost message is made good by the sweep."""
    if run.kind == RunKind.IMPORT:
        transaction.on_commit(partial(read_pages.delay, run.firm_id, run.pk))


def ask_for_counts(*, connection: Connection, entity: str, **_: Any) -> None:
    count_records.delay(connection.firm_id, connection.pk, entity)


def connect() -> None:
    counts_wanted.connect(ask_for_counts, dispatch_uid="integrations.ask_for_counts")
    run_is_due.connect(enqueue, dispatch_uid="integrations.enqueue")
