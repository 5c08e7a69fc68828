"""Delete all that came from QuickBooks, in the background and in small transactions.

What is left to do is what is left in the tables, so that whoever is killed is simply followed by another.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

import structlog

from integrations.models import (
    Announcement,
    Connection,
    Cursor,
    ImportPage,
    Letter,
    Push,
    PushBatch,
    Schedule,
)
from mapping.models import Book, EntityPolicy, Run, RunState
from mapping.services import runs
from mapping.services.forgetting import delete_some, forget_some

log = structlog.get_logger(__name__)

FOR_S = 10.0
"""How long one task deletes before it lets others in."""


def purge_some(connection: Connection) -> bool:
    """Go on deleting; return whether there is more. Clients stay as they are, and so do the runs' numbers."""
    assert connection.book
    book = connection.book
    if _is_still_worked_on(book):
        return True
    until = monotonic() + FOR_S
    while any(step(book) for step in _STEPS):
        if monotonic() > until:
            return True
    Book.objects.filter(pk=book.pk).update(is_current=False)
    # An import that is over counts as the firm's word on what to follow; that was taken back.
    Run.objects.filter(book=book, state=RunState.DONE).update(options={})
    Connection.objects.filter(pk=connection.pk).update(
        purge_asked_at=None, preferences={}, settings_read_at=None, legal_name="", address=""
    )
    log.info("quickbooks_data_deleted", firm=connection.firm_id, realm_id=connection.realm_id)
    return False


def _is_still_worked_on(book: Book) -> bool:
    """Whether a worker may still write. Cancelled runs stop at their next step; those of the dead are ended here."""
    stalled = {run.pk for _, run in runs.stalled()}
    going = list(Run.objects.unfinished().filter(book=book))
    for run in going:
        if run.pk in stalled:
            runs.finish(run, RunState.CANCELLED)
    return any(run.pk not in stalled for run in going)


_STEPS: tuple[Callable[[Book], int], ...] = (
    lambda book: delete_some(Push.objects.filter(book=book)),
    lambda book: delete_some(PushBatch.objects.filter(book=book)),
    lambda book: delete_some(Announcement.objects.filter(book=book)),
    # One that waits for the mail server may name records.
    lambda book: delete_some(Letter.objects.filter(firm=book.firm_id)),
    lambda book: delete_some(Cursor.objects.filter(book=book)),
    lambda book: delete_some(ImportPage.objects.filter(run__book=book)),
    # Kept, they would send every client that is no longer mapped once the company is connected again.
    lambda book: delete_some(EntityPolicy.objects.filter(book=book)),
    lambda book: delete_some(Schedule.objects.filter(book=book)),
    forget_some,
)
"""Each is done with before the next begins: what points at a row goes before it."""
