"""When each firm's books are looked at by themselves: at its own night, spread over an hour, and once a week whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2b
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from integrations.models import Connection, ConnectionState, Cursor, Schedule
from integrations.sync.scope import Scope
from mapping.entities import ENTITIES
from mapping.models import CHANGES, Book, Cause, EntityPolicy, Run, RunKind, RunState
from mapping.models.runs import UNFINISHED
from mapping.policy import DEFAULT, Direction, Policy, Trigger
from mapping.services.runs import run_is_due

SPREAD_S = 3600
"""The night's runs of all firms in a zone begin within this time, each at its own moment."""
BATCH = 500


@dataclass(frozen=True)
class Moments:
    nightly_at: datetime | None
    weekly_at: datetime | None


def moments_after(schedule: Schedule, zone_name: str, moment: datetime) -> Moments:
    """Return when the next night's run and the next weekly check begin, both after a moment.

    The check takes its night's place. One run a night, also where a clock is put forward or back.
    """
    return Moments(
        _next(schedule, zone_name, moment, _nights(schedule)) if schedule.is_nightly else None,
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
    if (found.is_nightly and not found.next_nightly_at) or (found.is_weekly and not found.next_weekly_at):
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
    whose connection is lost is passed over: it catches up when it is mended.
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
    unsettled = Schedule.objects.filter(
        Q(is_nightly=True, next_nightly_at=None) | Q(is_weekly=True, next_weekly_at=None)
    )
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
        weekly = [one.book_id for one in due if one.next_weekly_at and one.next_weekly_at <= now]
        nightly = [one.book_id for one in due if one.book_id not in set(weekly)]
        runs = _wanted(nightly, weekly)
        Run.objects.bulk_create(runs)
        arrange(due, after=now)
        for run in runs:
            run_is_due.send(Run, run=run)
    return len(runs)


def _wanted(nightly: Sequence[int], weekly: Sequence[int]) -> list[Run]:
    """Return the runs to begin: none where the firm wants none, cannot, or is at it already."""
    asked = [*nightly, *weekly]
    connected = Connection.objects.filter(state=ConnectionState.CONNECTED, book__in=asked)
    firms = dict(connected.values_list("book_id", "firm_id"))
    policies = _policies(asked)
    going = set(
        Run.objects.filter(book__in=asked, state__in=UNFINISHED)
        .filter(
            Q(kind=RunKind.REFRESH, options__only__isnull=True) | Q(kind__in=(RunKind.CHECK, RunKind.IMPORT))
        )
        .values_list("book_id", "entity")
    )
    scopes = _scopes(weekly)
    wanted = [
        Run(firm_id=firms[book], book_id=book, kind=RunKind.REFRESH, entity=CHANGES, cause=Cause.NIGHTLY)
        for book in nightly
        if book in firms and (book, CHANGES) not in going and _is_wanted(policies, book)
    ]
    for (book, entity), scope in scopes.items():
        if book in firms and (book, entity) not in going and _allows(policies.get((book, entity), DEFAULT)):
            check = Run(
                firm_id=firms[book], book_id=book, kind=RunKind.CHECK, entity=entity, cause=Cause.WEEKLY
            )
            check.options = {"scope": scope.value}
            wanted.append(check)
    return wanted


def _policies(books: Sequence[int]) -> dict[tuple[int, str], Policy]:
    stored = EntityPolicy.objects.filter(book__in=books)
    return {(row.book_id, row.entity): row.policy for row in stored}


def _is_wanted(policies: dict[tuple[int, str], Policy], book: int) -> bool:
    return any(_allows(policies.get((book, entity), DEFAULT)) for entity in ENTITIES)


def _allows(policy: Policy) -> bool:
    return policy.direction is not Direction.OFF and Trigger.NIGHTLY in policy.triggers


def _scopes(books: Sequence[int]) -> dict[tuple[int, str], Scope]:
    """Return what is checked of each book: what was imported, in the scopes it was imported in."""
    followed = set(Cursor.objects.filter(book__in=books).values_list("book_id", "entity"))
    ended = Run.objects.filter(
        book__in=books, kind__in=(RunKind.IMPORT, RunKind.CHECK), state=RunState.DONE
    ).values_list("book_id", "entity", "options__scope")
    found: dict[tuple[int, str], Scope] = {}
    for book, entity, scope in ended.distinct():
        if scope and (book, entity) in followed and entity in ENTITIES:
            one = Scope(scope)
            found[book, entity] = one if found.get((book, entity), one) is one else Scope.ALL
    return found
