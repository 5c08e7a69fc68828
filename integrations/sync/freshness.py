"""How fresh what is on screen is, and a look into QuickBooks where it is not fresh enough (CV-11..13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from accounts.tenancy import chosen_firm_id
from integrations.models import ConnectionState
from integrations.sync import patience, refreshing
from mapping.models import CHANGES, Book, Cause, RunKind
from mapping.models.runs import UNFINISHED
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
    book_id: int
    read_at: datetime
    """When changes were last read, clean and complete."""
    going: int | None
    """The refresh that waits or is under way."""
    stale_after_min: int
    updates: Updates
    looks_by_itself: bool
    seen: int
    """Moment of the last run that changed what people see, in milliseconds; 0 where there was none."""

    @property
    def is_stale(self) -> bool:
        age = timezone.now() - self.read_at
        return bool(self.stale_after_min) and age > timedelta(minutes=self.stale_after_min)

    @property
    def words(self) -> str:
        """What the Refresh button does under the firm's policy (X2)."""
        return WORDS[self.updates]


# Written out: this stands on most pages, and putting it together from parts takes far longer than
# PostgreSQL takes to answer it.
_STANDING = """
    SELECT connection.book_id, cursor.read_at, going.id, schedule.stale_after_min, policy.updates, policy.triggers, news.seen
    FROM integrations_connection connection
    JOIN integrations_cursor cursor ON cursor.book_id = connection.book_id AND cursor.entity = %(entity)s
    LEFT JOIN integrations_schedule schedule ON schedule.book_id = connection.book_id
    LEFT JOIN mapping_entitypolicy policy ON policy.book_id = connection.book_id AND policy.entity = %(entity)s
    LEFT JOIN LATERAL (
        SELECT id FROM mapping_run run
        WHERE run.book_id = connection.book_id AND run.entity = %(changes)s AND run.kind = %(refresh)s
          AND run.state = ANY(%(unfinished)s) AND run.options -> 'only' IS NULL
        LIMIT 1
    ) going ON true
    LEFT JOIN LATERAL (
        SELECT (1000 * EXTRACT(EPOCH FROM max(finished_at)))::bigint AS seen
        FROM (SELECT * FROM mapping_run WHERE firm_id = %(firm)s ORDER BY created_at DESC LIMIT 20) latest
        WHERE latest.book_id = connection.book_id
          AND created + updated + pulled + linked + excluded + sent + conflicts + skipped > 0
    ) news ON true
    WHERE connection.firm_id = %(firm)s AND connection.state = %(connected)s AND cursor.read_at IS NOT NULL
"""


def standing() -> Freshness | None:
    """Return how fresh the chosen firm's data is; None where nothing is connected or imported. One query."""
    asked: dict[str, Any] = {
        "firm": chosen_firm_id(),
        "entity": SHOWN,
        "changes": CHANGES,
        "refresh": RunKind.REFRESH.value,
        "unfinished": [state.value for state in UNFINISHED],
        "connected": ConnectionState.CONNECTED.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, asked)
        found = cursor.fetchone()
    if found is None:
        return None
    book_id, read_at, going, stale_after_min, updates, triggers, seen = found
    return Freshness(
        book_id=book_id,
        read_at=read_at,
        going=going,
        stale_after_min=STALE_AFTER_MIN if stale_after_min is None else stale_after_min,
        updates=Updates(updates or DEFAULT.updates),
        looks_by_itself=Trigger.VIEW in (DEFAULT.triggers if triggers is None else triggers),
        seen=seen or 0,
    )


def look() -> Freshness | None:
    """Return how fresh the data is, and have QuickBooks looked at where it is stale. Never waits for it."""
    found = standing()
    if found is None or found.going or not found.is_stale or not found.looks_by_itself:
        return found
    if cache.add(f"looked:{found.book_id}", True, _LOOKS_S):
        book = Book.objects.get(pk=found.book_id)
        if patience.is_no_time_to_look(book, SHOWN):
            return found
        refreshing.begin(book, cause=Cause.VIEW)
        return standing()
    return found
