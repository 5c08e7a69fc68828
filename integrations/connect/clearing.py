"""Delete or put away all that came from a company, in the background and in small transactions.

What is left to do is what is left in the tables, so that whoever is killed is simply followed by another.
Nothing that was held of the company can be sent or taken in afterwards, whichever was chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from mapping.models import Book, Clearing, EntityPolicy, Run, RunState
from mapping.services import runs
from mapping.services.forgetting import delete_some, forget_some, put_away_some

log = structlog.get_logger(__name__)

FOR_S = 10.0
"""How long one task deletes before it lets others in."""


def clear_some(connection: Connection) -> bool:
    """Go on clearing the books its firm has left; return whether there is more.

    Clients stay as they are, and so do the runs' numbers.
    """
    until = monotonic() + FOR_S
    left = list(Book.objects.exclude(clearing="").order_by("pk"))
    return sum(_clear(book, connection, until) for book in left) > 0


def _clear(book: Book, connection: Connection, until: float) -> bool:
    if _is_still_worked_on(book):
        return True
    while any(step(book) for step in _STEPS[Clearing(book.clearing)]):
        if monotonic() > until:
            return True
    # An import that is over counts as the firm's word on what to follow; that was taken back.
    Run.objects.filter(book=book, state=RunState.DONE).update(options={})
    if book.is_being_deleted:
        Connection.objects.filter(pk=connection.pk, book=book).update(
            preferences={}, settings_read_at=None, legal_name="", address=""
        )
    Book.objects.filter(pk=book.pk).update(clearing="")
    log.info("quickbooks_data_cleared", firm=book.firm_id, realm_id=book.realm_id, how=book.clearing)
    return False


def _is_still_worked_on(book: Book) -> bool:
    """Whether a worker may still write. Cancelled runs stop at their next step; those of the dead are ended here."""
    stalled = {run.pk for _, run in runs.stalled()}
    going = list(Run.objects.unfinished().filter(book=book))
    for run in going:
        if run.pk in stalled:
            runs.finish(run, RunState.CANCELLED)
    return any(run.pk not in stalled for run in going)


def _letters(book: Book) -> int:
    """Drop letters that wait for the mail server and may name records, unless they may be about other books."""
    if Book.objects.filter(is_current=True).exists():
        return 0
    return delete_some(Letter.objects.filter(firm=book.firm_id))


_Step = Callable[[Book], int]
_WORK: Sequence[_Step] = (
    lambda book: delete_some(Push.objects.filter(book=book)),
    lambda book: delete_some(PushBatch.objects.filter(book=book)),
    lambda book: delete_some(Announcement.objects.filter(book=book)),
    lambda book: delete_some(Cursor.objects.filter(book=book)),
    lambda book: delete_some(ImportPage.objects.filter(run__book=book)),
    # Kept, they would send every client that is no longer mapped once the company is connected again.
    lambda book: delete_some(EntityPolicy.objects.filter(book=book)),
    lambda book: delete_some(Schedule.objects.filter(book=book)),
)
_STEPS: dict[Clearing, Sequence[_Step]] = {
    Clearing.DELETE: (_letters, *_WORK, forget_some),
    Clearing.ARCHIVE: (*_WORK, put_away_some),
}
"""Each is done with before the next begins: what points at a row goes before it."""
