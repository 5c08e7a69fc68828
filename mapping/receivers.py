"""Start the work that services announce."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction

from mapping.models import Run, RunKind
from mapping.services.runs import run_is_due
from mapping.tasks import carry_out


def enqueue(*, run: Run, **_: Any) -> None:
    """Enqueue a mapping run once its row is committed. A lost message is made good by the sweep."""
    if run.kind == RunKind.MAP:
        transaction.on_commit(partial(carry_out.delay, run.firm_id, run.pk))


def connect() -> None:
    run_is_due.connect(enqueue, dispatch_uid="mapping.enqueue")
