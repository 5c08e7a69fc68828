"""The weekly check: once what changed has been followed, all that was imported is read and counted (B-11).

What the check then finds was missed, and is told.
"""

from __future__ import annotations

from integrations.models import Cursor, Schedule
from integrations.sync import cursors
from mapping.entities import ENTITIES
from mapping.models import Book, Cause, Run, RunKind, RunState
from mapping.policy import Direction
from mapping.services import runs


def begin_all(book: Book) -> list[Run]:
    """Queue a check of each kind that is followed and was imported, in the scope it was imported in.

    Call it in the transaction that ends the week's refresh.
    """
    held = cursors.policies(book)
    read = set(Cursor.objects.filter(book=book).values_list("entity", flat=True))
    wanted = [name for name in ENTITIES if name in read and held[name].direction is not Direction.OFF]
    Schedule.objects.filter(book=book).update(is_check_owed=False)
    return [check for name in wanted if (check := _begin(book, name))]


def _begin(book: Book, entity: str) -> Run | None:
    """None where nothing was ever imported to the end, or all of it is being read anyway."""
    full = Run.objects.filter(book=book, entity=entity, kind__in=cursors.FULL)
    if not full.filter(state=RunState.DONE).exists() or full.unfinished().exists():
        return None
    scope = cursors.scope_of(book, entity)
    options = {"scope": scope.value}
    return runs.start_run(book, RunKind.CHECK, entity, by=None, cause=Cause.WEEKLY, options=options)
