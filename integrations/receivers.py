"""Start the work that the apps below announce."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction

from integrations.tasks import read_pages
from mapping.models import Run, RunKind
from mapping.services.runs import run_is_due


def enqueue(*, run: Run, **_: Any) -> None:
    """Enqueue an import once its row is committed. A lost message is made good by the sweep."""
    if run.kind == RunKind.IMPORT:
        transaction.on_commit(partial(read_pages.delay, run.firm_id, run.pk))


def connect() -> None:
    run_is_due.connect(enqueue, dispatch_uid="integrations.enqueue")
