"""Read what QuickBooks announced by webhook: just the records it named, a thousand to a call.

Announcements are rows until they have been read; a lost message costs seconds, and a lost row nothing
that the next refresh would not find. What our own writes echo is told by the mirror and costs no call.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.dispatch import Signal
from django.utils import timezone

from accounts.copying import copy_rows
from accounts.tenancy import across_firms
from integrations.models import Announcement, Connection, ConnectionState, Push, PushState
from integrations.quickbooks import PAGE, QuickBooks
from integrations.sync import cursors
from integrations.sync.arriving import lose, take_in
from integrations.sync.enduring import More, Over, enduring
from integrations.sync.refreshing import ANNOUNCED, asked_for
from integrations.sync.turns import Turn, nobody_waits
from integrations.webhooks import Event
from mapping.entities import ENTITIES
from mapping.models import CHANGES, Book, Cause, RemoteRecord, Run, RunKind, RunState
from mapping.policy import Direction, Policy, Trigger
from mapping.services import runs
from mapping.spec import Entity

book_announced = Signal()
"""Sent inside the transaction that wrote announcements down: ``firm_id``, ``book_id``."""

FORGOTTEN_AFTER = timedelta(seconds=30)
_BY_REMOTE = {entity.remote.lower(): entity for entity in ENTITIES.values()}
_GONE = ("deleted", "merged")
_SEVERAL = "several"
"""Instead of what became of a record, where more than one thing did within one second."""


def write_down(events: Iterable[Event]) -> int:
    """Keep what is said of records that some connected firm follows; return how many rows that is.

    Several events of one record become one, the latest. Unknown companies and kinds of record are none
    of ours.
    """
    latest: dict[tuple[str, str, str], Event] = {}
    for event in events:
        key = (event.realm_id, event.remote, event.remote_id)
        if event.remote in _BY_REMOTE:
            latest[key] = _later(latest.get(key), event)
    if not latest:
        return 0
    with across_firms(reason="a delivery may tell of several companies, each of several firms"):
        rows = [
            (
                firm_id,
                book_id,
                _BY_REMOTE[event.remote].remote,
                event.remote_id,
                event.operation,
                event.happened_at,
                timezone.now(),
            )
            for firm_id, book_id, realm_id in _connected({event.realm_id for event in latest.values()})
            for event in latest.values()
            if event.realm_id == realm_id
        ]
        if rows:
            with transaction.atomic():
                # In one order, so that two deliveries wait for each other instead of locking up.
                copy_rows(
                    Announcement,
                    _COLUMNS,
                    sorted(rows, key=lambda row: (row[1], row[2], row[3])),
                    on_conflict=_LATEST,
                )
                for firm_id, book_id in sorted({row[:2] for row in rows}):
                    book_announced.send(Announcement, firm_id=firm_id, book_id=book_id)
    return len(rows)


def _later(held: Event | None, event: Event) -> Event:
    """Return the later of two events of one record, and say so where more than one happened in its second."""
    if held is None or held.happened_at is None or event.happened_at is None:
        return event
    later = held if held.happened_at > event.happened_at else event
    is_one = held.happened_at == event.happened_at and held.operation != _SEVERAL
    seconds = {each.happened_at.replace(microsecond=0) for each in (held, event) if each.happened_at}
    return later if is_one or len(seconds) > 1 else replace(later, operation=_SEVERAL)


def _connected(realm_ids: set[str]) -> list[tuple[int, int, str]]:
    found = Connection.objects.filter(
        state=ConnectionState.CONNECTED, book__isnull=False, realm_id__in=realm_ids
    )
    return list(found.values_list("firm_id", "book_id", "realm_id"))


_COLUMNS = ("firm_id", "book_id", "remote", "remote_id", "operation", "happened_at", "received_at")
_LATEST = """
    (book_id, remote, remote_id) DO UPDATE SET
        operation = CASE
            WHEN date_trunc('second', integrations_announcement.happened_at) = date_trunc('second', EXCLUDED.happened_at)
                AND (integrations_announcement.happened_at <> EXCLUDED.happened_at
                    OR integrations_announcement.operation = 'several')
            THEN 'several' ELSE EXCLUDED.operation END,
        received_at = EXCLUDED.received_at,
        happened_at = greatest(integrations_announcement.happened_at, EXCLUDED.happened_at)
"""


def forgotten() -> list[tuple[int, int]]:
    """Return (firm id, book id) where announcements were left lying. Call inside ``across_firms``."""
    connected = Connection.objects.filter(state=ConnectionState.CONNECTED, book__isnull=False)
    lying = Announcement.objects.filter(
        received_at__lt=timezone.now() - FORGOTTEN_AFTER, book__in=connected.values("book")
    )
    return sorted(set(lying.values_list("firm_id", "book_id").distinct()))


@dataclass
class Due:
    """Announcements, sorted by whether QuickBooks has to be asked."""

    to_read: dict[str, list[Announcement]] = field(default_factory=lambda: defaultdict(list))
    to_drop: list[Announcement] = field(default_factory=list)
    echoes: dict[int, datetime] = field(default_factory=dict)
    """Of which pushes these are the echo, by key, and when it happened."""


def begin(book: Book) -> Run | None:
    """Queue the reading of what was announced; None where nothing of it is news."""
    due = _due(book)
    if due.to_drop:
        _forget(due)
    if not due.to_read:
        return None
    with transaction.atomic():
        Book.objects.select_for_update(no_key=True).get(pk=book.pk)
        waiting = (
            runs.unfinished(book, CHANGES).filter(state=RunState.QUEUED, options__only=ANNOUNCED).first()
        )
        return waiting or runs.start_run(
            book, RunKind.REFRESH, CHANGES, by=None, cause=Cause.WEBHOOK, options={"only": ANNOUNCED}
        )


def work(
    run: Run,
    quickbooks: QuickBooks,
    *,
    for_s: float = 10.0,
    others_wait: Callable[[], bool] = nobody_waits,
) -> More | Over:
    """Read what was announced until nothing is left, for so long or until others wait. Idempotent."""
    turn = Turn(for_s, others_wait)
    return enduring(run, lambda: _steps(run, quickbooks, turn))


def _steps(run: Run, quickbooks: QuickBooks, turn: Turn) -> More | Over:
    while True:
        due = _due(run.book)
        if due.to_drop:
            _forget(due)
        if not due.to_read:
            runs.finish(run, RunState.DONE)
            return Over()
        for name, rows in due.to_read.items():
            if not runs.beat(run):
                runs.finish(run, RunState.CANCELLED)
                return Over()
            if turn.is_over:
                return More()
            _read(run, quickbooks, ENTITIES[name], rows)


def _read(run: Run, quickbooks: QuickBooks, entity: Entity, rows: Sequence[Announcement]) -> None:
    ids = [row.remote_id for row in rows]
    found = quickbooks.by_ids(entity.remote, ids)
    missing = set(ids) - {str(row["Id"]) for row in found}
    with transaction.atomic():
        # Of two workers who read the same, the second finds nothing left to take in.
        due = Announcement.objects.filter(pk__in=[row.pk for row in rows]).order_by("pk")
        if not due.select_for_update(of=("self",)).values_list("pk", flat=True):
            return
        take_in(run, entity, asked_for(run.book, entity, found), handled=len(ids), calls=1)
        lose(run, entity, sorted(missing))
        _drop(rows)


def _forget(due: Due) -> None:
    """Drop what needs no reading, and remember which echoes of ours were heard."""
    with transaction.atomic():
        for push_id, happened_at in due.echoes.items():
            Push.objects.filter(pk=push_id).update(detail={_ECHO: happened_at.isoformat()})
        _drop(due.to_drop)


def _drop(rows: Sequence[Announcement]) -> None:
    """Forget announcements as far as they were read: what was said again meanwhile stays."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM integrations_announcement held
            USING unnest(%s::bigint[], %s::timestamptz[]) AS done(id, received_at)
            WHERE held.id = done.id AND held.received_at = done.received_at
            """,
            [[row.pk for row in rows], [row.received_at for row in rows]],
        )


def _due(book: Book) -> Due:
    """Look at the announcements there are, at most as many as one call reads."""
    due = Due()
    rows = list(Announcement.objects.filter(book=book).order_by("pk")[:PAGE])
    if not rows:
        return due
    held, known_until = cursors.policies(book), cursors.cursors(book)
    followed = {name for name, cursor in known_until.items() if cursor.changed_until}
    if not {entity.name for row in rows if (entity := _BY_REMOTE.get(row.remote.lower()))} <= followed:
        # Where the counts did not agree, or the place was lost, what is announced is read all the same.
        followed |= cursors.were_read(book)
    records = _records(book, rows)
    writers, writes = _writers(records.values()), _writes(records.values())
    for row in rows:
        entity = _BY_REMOTE.get(row.remote.lower())
        is_followed = entity and entity.name in followed and _listens(held[entity.name])
        record = records.get((entity.name, row.remote_id)) if entity else None
        if entity and is_followed and not (record and _is_known(row, record, writers, writes)):
            due.to_read[entity.name].append(row)
        else:
            if record and row.happened_at and (write := writes.get(record.pk)) and _is_of(row, record):
                due.echoes[write.push_id] = row.happened_at
            # What is not imported yet is read whole when it is.
            due.to_drop.append(row)
    return due


def _listens(policy: Policy) -> bool:
    return policy.direction is not Direction.OFF and Trigger.WEBHOOK in policy.triggers


def _records(book: Book, rows: Sequence[Announcement]) -> dict[tuple[str, str], RemoteRecord]:
    found = RemoteRecord.objects.filter(book=book, remote_id__in={row.remote_id for row in rows}).only(
        "entity", "remote_id", "changed_there_at", "changed_run_id", "gone_at"
    )
    return {(record.entity, record.remote_id): record for record in found}


def _writers(records: Iterable[RemoteRecord]) -> dict[int, tuple[str, datetime]]:
    """Return kind and beginning of the runs that last wrote these."""
    ids = {record.changed_run_id for record in records if record.changed_run_id}
    found: Iterable[Any] = Run.objects.filter(pk__in=ids).values_list("pk", "kind", "created_at")
    return {pk: (kind, created_at) for pk, kind, created_at in found}


@dataclass(frozen=True)
class Write:
    """The last thing we wrote there of a record."""

    push_id: int
    answered_at: datetime
    echo: str
    """When its echo happened that was heard; empty where none was."""


def _writes(records: Iterable[RemoteRecord]) -> dict[int, Write]:
    ids = [record.pk for record in records]
    sent = Push.objects.filter(record__in=ids, state=PushState.CONFIRMED, batch__answered_at__isnull=False)
    latest = sent.order_by("record_id", "-batch__answered_at").distinct("record_id")
    found: Iterable[Any] = latest.values_list("record_id", "pk", "batch__answered_at", "detail")
    return {id: Write(pk, answered_at, detail.get(_ECHO, "")) for id, pk, answered_at, detail in found}


_ECHO = "echo"
"""In the detail of a confirmed push."""


def _is_known(
    row: Announcement,
    record: RemoteRecord,
    writers: Mapping[int, tuple[str, datetime]],
    writes: Mapping[int, Write],
) -> bool:
    """Return whether the mirror already says what was announced: an echo of our own write, or told twice.

    QuickBooks' times of change are whole seconds. Within one second, it is known if it is the echo of
    our own write, or if it was read by a run that began later.
    """
    if record.gone_at:
        return row.operation in _GONE
    if row.happened_at is None or record.changed_there_at is None:
        return False
    if not _is_of(row, record):
        return record.changed_there_at > row.happened_at
    kind, began_at = writers.get(record.changed_run_id or 0, ("", None))
    if kind == RunKind.PUSH:
        return _is_echo(row, row.happened_at, writes.get(record.pk))
    return began_at is not None and began_at >= row.happened_at


def _is_of(row: Announcement, record: RemoteRecord) -> bool:
    """Return whether it happened in the second of the change that the mirror holds."""
    return row.happened_at is not None and row.happened_at.replace(microsecond=0) == record.changed_there_at


def _is_echo(row: Announcement, happened_at: datetime, write: Write | None) -> bool:
    """Return whether this is the one echo that a write of ours has.

    A webhook carries no SyncToken, and reading each echo back would cost a metered call a write. Of two
    different announcements within the second, though, one is somebody else's, and so is what happened after
    our write was answered.
    """
    if write is None:
        return True
    if row.operation == _SEVERAL or happened_at > write.answered_at:
        return False
    return write.echo in ("", happened_at.isoformat())
