"""How fresh what is on screen is, and a look into QuickBooks where it is not fresh enough (CV-11..13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from integrations.models import Connection, ConnectionState, Cursor, Schedule
from integrations.sync import refreshing
from mapping.models import CHANGES, Book, Cause, EntityPolicy, Run, RunKind
from mapping.policy import DEFAULT, Trigger, Updates

SHOWN = "customer"
"""What the lists show, and whose freshness is spoken of."""
STALE_AFTER_MIN = 15
_LOOKS_S = 60
"""However many people look, a book is looked at for them at most this often."""

WORDS = {
    Updates.NEW: "Brings in new customers; mapped clients stay as they are.",
    Updates.MAPPED: "Brings mapped clients up to date; takes in nothing new.",
    Updates.ALL: "Reads what is new and what changed since the last look.",
}


@dataclass(frozen=True)
class Freshness:
    book: Book
    read_at: datetime
    """When changes were last read, clean and complete."""
    going: int | None
    """The refresh that waits or is under way."""
    stale_after_min: int
    updates: Updates
    looks_by_itself: bool

    @property
    def is_stale(self) -> bool:
        age = timezone.now() - self.read_at
        return bool(self.stale_after_min) and age > timedelta(minutes=self.stale_after_min)

    @property
    def words(self) -> str:
        """What the Refresh button does under the firm's policy (X2)."""
        return WORDS[self.updates]


def standing() -> Freshness | None:
    """Return how fresh the chosen firm's data is; None where nothing is connected or imported. One query."""
    connection = (
        Connection.objects.select_related("book")
        .filter(state=ConnectionState.CONNECTED, book__isnull=False)
        .annotate(
            read_at=_of(Cursor.objects.filter(entity=SHOWN), "read_at"),
            going=_of(
                Run.objects.unfinished().filter(refreshing.IS_WHOLE, kind=RunKind.REFRESH, entity=CHANGES),
                "pk",
            ),
            stale_after_min=_of(Schedule.objects.all(), "stale_after_min"),
            updates=_of(EntityPolicy.objects.filter(entity=SHOWN), "updates"),
            triggers=_of(EntityPolicy.objects.filter(entity=SHOWN), "triggers"),
        )
        .first()
    )
    if connection is None or connection.read_at is None or connection.book is None:
        return None
    stale_after = connection.stale_after_min
    triggers = DEFAULT.triggers if connection.triggers is None else connection.triggers
    return Freshness(
        book=connection.book,
        read_at=connection.read_at,
        going=connection.going,
        stale_after_min=STALE_AFTER_MIN if stale_after is None else stale_after,
        updates=Updates(connection.updates or DEFAULT.updates),
        looks_by_itself=Trigger.VIEW in triggers,
    )


def _of(rows: object, column: str) -> Subquery:
    return Subquery(rows.filter(book=OuterRef("book")).values(column)[:1])  # type: ignore[attr-defined]


def look() -> Freshness | None:
    """Return how fresh the data is, and have QuickBooks looked at where it is stale. Never waits for it."""
    found = standing()
    if found is None or found.going or not found.is_stale or not found.looks_by_itself:
        return found
    if cache.add(f"looked:{found.book.pk}", True, _LOOKS_S):
        refreshing.begin(found.book, cause=Cause.VIEW)
        return standing()
    return found


def changed_anything(run: Run) -> bool:
    """Return whether what people see may be different after a refresh."""
    return any((run.created, run.updated, run.pulled, run.linked, run.conflicts, run.skipped))
