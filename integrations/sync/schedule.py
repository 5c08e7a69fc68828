"""When each firm's books are looked at by themselves: at its own night, spread over an hour, and once a week whole.

Whether QuickBooks is read at night is the firm's choice. Our own side is compared every night all the
same where anything is ever sent: an edit whose message was lost is found there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2b
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from integrations.models import Connection, ConnectionState, Schedule
from integrations.sync.refreshing import OURS
from mapping.entities import ENTITIES
from mapping.models import CHANGES, Book, Cause, EntityPolicy, Run, RunKind
from mapping.models.runs import UNFINISHED
from mapping.policy import DEFAULT, Direction, Policy, Trigger
from mapping.services.runs import run_is_due

SPREAD_S = 3600
"""The night's runs of all firms in a zone begin within this time, each at its own moment."""
BATCH = 500


@dataclass(frozen=True)
class Moments:
    nightly_at: datetime
    weekly_at: datetime | None


def moments_after(schedule: Schedule, zone_name: str, moment: datetime) -> Moments:
    """Return when the next night's run and the next weekly check begin, both after a moment.

    The check takes its night's place. One run a night, also where a clock is put forward or back.
    """
    return Moments(
        _next(schedule, zone_name, moment, _nights(schedule)),
        _next(schedule, zone_name, moment, {schedule.week_day}) if schedule.is_weekly else None,
    )


def _nights(schedule: Schedule) -> set[int]:
    return set(range(7)) - ({schedule.week_day} if schedule.is_weekly else set())


def _next(schedule: Schedule, zone_name: str, moment: datetime, days: set[int]) -> datetime:
    zone = _zone(zone_name)
    today = moment.astimezone(zone).date()
    ahead = (today + timedelta(days=number) for number in range(-1, 9))
    begins = (_begin(schedule, day, zone) for day in ahead if day.weekday() in days)
    return next(at for at in begins if at > moment)


def _begin(schedule: Schedule, day: date, zone: ZoneInfo) -> datetime:
    # An hour that is skipped that night is read as the one after it, one that comes twice as the first.
    hour = datetime.combine(day, time(schedule.night_hour), zone).astimezone(UTC)
    return hour + timedelta(seconds=_jitter_s(schedule.book_id))


def _jitter_s(book_id: int) -> int:
    """Return a book's own place within the hour, the same every night."""
    said = blake2b(str(book_id).encode(), digest_size=4).digest()
    return int.from_bytes(said, "big") % SPREAD_S


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def of(book: Book) -> Schedule:
    """Return a book's schedule, made where there is none yet."""
    found, _ = Schedule.objects.get_or_create(book=book, defaults={"firm_id": book.firm_id})
    if not found.next_nightly_at or (found.is_weekly and not found.next_weekly_at):
        arrange([found])
    return found


def arrange(schedules: Sequence[Schedule], *, after: datetime | None = None) -> None:
    """Write down when each of these is due next. Their firms are looked up together."""
    moment = after or timezone.now()
    books = Book.objects.select_related("firm").in_bulk([schedule.book_id for schedule in schedules])
    for schedule in schedules:
        following = moments_after(schedule, books[schedule.book_id].firm.time_zone, moment)
        schedule.next_nightly_at, schedule.next_weekly_at = following.nightly_at, following.weekly_at
    Schedule.objects.bulk_update(schedules, ["next_nightly_at", "next_weekly_at"], batch_size=BATCH)


def start_due() -> int:
    """Begin what is due in any firm; return how many runs that is. Call inside ``across_firms``.

    A thousand firms that are due at once are some statements, not some for each. What is due of a firm
    whose connection is lost is passed over: it catches up when it is mended, a weekly check in the night after.
    """
    now = timezone.now()
    _set_up_missing()
    started = 0
    while (batch := _start_some(now)) is not None:
        started += batch
    return started


def _set_up_missing() -> None:
    """Give every connected book a schedule, and moments to those that have none or were changed."""
    scheduled = Schedule.objects.filter(book=OuterRef("book"))
    new = Connection.objects.filter(state=ConnectionState.CONNECTED, book__isnull=False).exclude(
        Exists(scheduled)
    )
    Schedule.objects.bulk_create(
        [
            Schedule(firm_id=firm, book_id=book)
            for firm, book in new.values_list("firm_id", "book_id")
            if book
        ],
        ignore_conflicts=True,
    )
    unsettled = Schedule.objects.filter(Q(next_nightly_at=None) | Q(is_weekly=True, next_weekly_at=None))
    while some := list(unsettled[:BATCH]):
        arrange(some)


def _start_some(now: datetime) -> int | None:
    """Begin what is due of some firms; None where nothing is due any more."""
    with transaction.atomic():
        due = list(
            Schedule.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
            .filter(Q(next_nightly_at__lte=now) | Q(next_weekly_at__lte=now))
            .order_by("pk")[:BATCH]
        )
        if not due:
            return None
        runs = _wanted(due, now)
        _remember_checks(due, now)
        Run.objects.bulk_create(runs)
        arrange(due, after=now)
        for run in runs:
            run_is_due.send(Run, run=run)
    return len(runs)


def _remember_checks(due: Sequence[Schedule], now: datetime) -> None:
    """Note of which books the weekly check is due now: it is owed until it has begun."""
    weekly = [one.pk for one in due if one.next_weekly_at and one.next_weekly_at <= now]
    Schedule.objects.filter(pk__in=weekly).update(is_check_owed=True)


def _wanted(due: Sequence[Schedule], now: datetime) -> list[Run]:
    """Return the runs to begin: none where the firm wants none, cannot, or is at it already."""
    books = [one.book_id for one in due]
    connected = Connection.objects.filter(state=ConnectionState.CONNECTED, book__in=books)
    firms = dict(connected.values_list("book_id", "firm_id"))
    stored = {(row.book_id, row.entity): row.policy for row in EntityPolicy.objects.filter(book__in=books)}
    policies = {book: [stored.get((book, entity), DEFAULT) for entity in ENTITIES] for book in books}
    going = _going(books)
    return [
        Run(firm_id=firms[one.book_id], book_id=one.book_id, kind=RunKind.REFRESH, entity=CHANGES, **wanted)
        for one in due
        if one.book_id in firms and (wanted := _wants(one, policies[one.book_id], going[one.book_id], now))
    ]


def _wants(
    schedule: Schedule, policies: Sequence[Policy], going: Collection[str], now: datetime
) -> dict[str, Any]:
    """Return what kind of refresh a book is to have now, if any.

    The weekly one is followed by the checks, so it waits for one that is under way instead of joining it.
    Where it failed, or could not begin, the next night takes it up again.
    """
    followed = [policy for policy in policies if policy.direction is not Direction.OFF]
    is_weekly_due = bool(schedule.next_weekly_at and schedule.next_weekly_at <= now)
    if is_weekly_due or (schedule.is_weekly and schedule.is_check_owed):
        return {"cause": Cause.WEEKLY} if followed and Cause.WEEKLY not in going else {}
    if going:
        return {}
    if schedule.is_nightly and any(Trigger.NIGHTLY in policy.triggers for policy in followed):
        return {"cause": Cause.NIGHTLY}
    if any(policy.direction.pushes for policy in followed):
        return {"cause": Cause.NIGHTLY, "options": {"only": OURS}}
    return {}


def _going(books: Sequence[int]) -> dict[int, set[str]]:
    """Return by book why refreshes are under way that compare our side too."""
    unfinished = Run.objects.filter(book__in=books, state__in=UNFINISHED, kind=RunKind.REFRESH)
    whole = unfinished.filter(Q(options__only__isnull=True) | Q(options__only=OURS))
    causes: dict[int, set[str]] = {book: set() for book in books}
    for book, cause in whole.values_list("book_id", "cause"):
        causes[book].add(cause)
    return causes
