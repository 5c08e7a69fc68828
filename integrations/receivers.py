"""Start the work that the apps below announce."""

from __future__ import annotations

from functools import partial
from typing import Any

from accounts.announcing import once_committed
from accounts.signals import rows_archived, rows_changed, rows_restored
from accounts.tenancy import chosen_firm_id, working_for
from integrations.connect.signals import upkeep_wanted
from integrations.models import Connection, ConnectionState
from integrations.sync import looking, outbox, sending
from integrations.sync.counting import counts_wanted
from integrations.sync.outbox import pushes_planned
from integrations.tasks import count_records, look_after_connection, look_at_ours, read_pages, send_changes
from mapping.entities import ENTITIES
from mapping.kinds import kept_in
from mapping.models import Book, Run, RunKind, RunState
from mapping.services.edits import rows_edited, rows_silenced
from mapping.services.runs import run_is_due


def enqueue(*, run: Run, **_: Any) -> None:
    """Enqueue a run of ours once its row is committed. A lost message is made good by the sweep."""
    if task := _TASKS.get(run.kind):
        once_committed(partial(task.delay, run.firm_id, run.pk))


_TASKS = {RunKind.IMPORT.value: read_pages, RunKind.PUSH.value: send_changes}


def begin_sending(*, book: Book, soon: bool = False, **_: Any) -> None:
    """Have sent what was planned, once it is committed. Nobody's request waits for QuickBooks or fails for it."""
    once_committed(partial(_begin_sending, book, soon=soon))


def _begin_sending(book: Book, *, soon: bool) -> None:
    with working_for(book.firm_id):
        if Connection.objects.filter(book=book, state=ConnectionState.CONNECTED).exists():
            run = sending.begin(book)
            if soon and run.state == RunState.RUNNING:
                # Its next turn may be far down the queue: what somebody waits for is fetched out of it.
                send_changes.delay(book.firm_id, run.pk, soon=True)


def look_at_changed(*, sender: type[Any], ids: list[int], changed: set[str], **_: Any) -> None:
    """Have rows compared with QuickBooks that somebody saved. The night finds what is lost here."""
    _look_soon(chosen_firm_id(), looking.kinds_of(sender, changed), ids)


def look_at_returning(*, sender: type[Any], ids: list[int], **_: Any) -> None:
    """Archived rows have nothing to say any more, and restored ones may."""
    _look_soon(chosen_firm_id(), [entity.name for entity in kept_in(sender)], ids)


def forget_archived(*, sender: type[Any], ids: list[int], **_: Any) -> None:
    """Nothing of archived rows is sent. Restored, they are compared anew."""
    for entity in kept_in(sender):
        outbox.drop_withdrawn(entity.name, ids)


def forget_silenced(*, book: Book, entity: str, local_ids: list[int], **_: Any) -> None:
    outbox.drop_stale(book, ENTITIES[entity], local_ids)


def look_at_rows(*, book: Book, entity: str, local_ids: list[int], **_: Any) -> None:
    _look_soon(book.firm_id, [entity], local_ids)


def _look_soon(firm_id: int, entities: list[str], local_ids: list[int]) -> None:
    for entity in entities:
        for start in range(0, len(local_ids), looking.AT_A_TIME):
            some = local_ids[start : start + looking.AT_A_TIME]
            queue = "interactive" if len(local_ids) <= looking.FEW else "bulk"
            once_committed(partial(look_at_ours.apply_async, (firm_id, entity, some), queue=queue))


def ask_for_counts(*, connection: Connection, entity: str, **_: Any) -> None:
    count_records.delay(connection.firm_id, connection.pk, entity)


def look_after(*, connection: Connection, check: bool = False, **_: Any) -> None:
    """Have a connection looked after once its row is committed; the sweep makes good a lost message."""
    soon = partial(look_after_connection.delay, connection.firm_id, connection.pk, check)
    once_committed(soon)


def connect() -> None:
    upkeep_wanted.connect(look_after, dispatch_uid="integrations.look_after")
    counts_wanted.connect(ask_for_counts, dispatch_uid="integrations.ask_for_counts")
    run_is_due.connect(enqueue, dispatch_uid="integrations.enqueue")
    pushes_planned.connect(begin_sending, dispatch_uid="integrations.begin_sending")
    rows_changed.connect(look_at_changed, dispatch_uid="integrations.look_at_changed")
    rows_archived.connect(forget_archived, dispatch_uid="integrations.forget_archived")
    rows_silenced.connect(forget_silenced, dispatch_uid="integrations.forget_silenced")
    rows_archived.connect(look_at_returning, dispatch_uid="integrations.look_at_archived")
    rows_restored.connect(look_at_returning, dispatch_uid="integrations.look_at_restored")
    rows_edited.connect(look_at_rows, dispatch_uid="integrations.look_at_rows")
