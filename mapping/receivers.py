"""Start the work that services announce."""

from __future__ import annotations

from functools import partial
from typing import Any

from accounts.announcing import once_committed
from accounts.signals import rows_archived
from mapping.kinds import kept_in
from mapping.models import Run, RunKind
from mapping.models.runs import DECIDE
from mapping.services import moot
from mapping.services.runs import run_is_due
from mapping.tasks import carry_out, decide, undo


def enqueue(*, run: Run, **_: Any) -> None:
    """Enqueue a run of ours once its row is committed. A lost message is made good by the sweep."""
    if task := decide if DECIDE in run.options else _TASKS.get(run.kind):
        once_committed(partial(task.delay, run.firm_id, run.pk))


_TASKS = {RunKind.MAP.value: carry_out, RunKind.UNDO.value: undo}


def close_conflicts(*, sender: type[Any], ids: list[int], **_: Any) -> None:
    """Nobody decides about an archived row. Restored, it is compared anew."""
    for entity in kept_in(sender):
        moot.close("client_gone", entity=entity.name, link__local_id__in=ids)


def connect() -> None:
    rows_archived.connect(close_conflicts, dispatch_uid="mapping.close_conflicts")
    run_is_due.connect(enqueue, dispatch_uid="mapping.enqueue")
