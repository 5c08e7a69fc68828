"""How the chosen firm stands with QuickBooks, for screens to show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Max, Sum

from integrations.connect.gateways import where
from integrations.models import CallCount, Connection, Cursor, Push, PushState
from integrations.quickbooks.metering import Kind
from mapping.models import Book, Conflict, Link, RemoteRecord, Run, RunKind, RunState
from mapping.models.records import Standing


def current() -> Connection | None:
    """Return the chosen firm's connection in whatever state, or None where there never was one."""
    return Connection.objects.select_related("connected_by", "book").first()


@dataclass(frozen=True)
class Stakes:
    """What a reset, a disconnection or a deletion is about, in numbers."""

    records: int = 0
    mapped: int = 0
    excluded: int = 0
    conflicts: int = 0
    running: int = 0
    planned: int = 0
    held: int = 0


def at_stake(book: Book | None) -> Stakes:
    if book is None:
        return Stakes()
    records = RemoteRecord.objects.filter(book=book)
    pushes = Push.objects.filter(book=book)
    return Stakes(
        records=records.count(),
        mapped=records.filter(standing=Standing.MAPPED).count(),
        excluded=records.filter(standing=Standing.EXCLUDED).count(),
        conflicts=Conflict.objects.filter(link__book=book, settled_at=None).count(),
        running=Run.objects.unfinished().filter(book=book).count(),
        planned=pushes.filter(state=PushState.PLANNED).count(),
        held=pushes.filter(state=PushState.HELD).count(),
    )


@dataclass(frozen=True)
class Former:
    """A company the firm has left, and how many of its records are held here."""

    book: Book
    records: int
    mapped: int


def former_companies() -> list[Former]:
    """Return the companies the firm has left and still holds something of, the latest first."""
    left = Book.objects.filter(is_current=False).order_by("-pk")
    found = [Former(book, *_held(book)) for book in left]
    return [one for one in found if one.records or one.mapped or one.book.clearing]


def _held(book: Book) -> tuple[int, int]:
    return RemoteRecord.objects.filter(book=book).count(), Link.objects.filter(book=book).count()


def former_company(connection: Connection) -> Former | None:
    """Return the connection's own company, where the firm has left it and still holds something of it."""
    return next((one for one in former_companies() if one.book.pk == connection.book_id), None)


@dataclass(frozen=True)
class Calls:
    """Calls since the first of the month. Intuit meters the reads."""

    reads: int
    writes: int


def calls_this_month() -> Calls:
    """Return what the chosen firm's calls came to, but for those of the last seconds."""
    counted = CallCount.objects.filter(month=datetime.now(UTC).date().replace(day=1))
    by_kind = dict(counted.values_list("kind").annotate(Sum("calls")))
    return Calls(reads=by_kind.get(Kind.CORE_PLUS, 0), writes=by_kind.get(Kind.CORE, 0))


def last_read_at(connection: Connection) -> datetime | None:
    """Return when QuickBooks was last read clean and complete, by an import or a refresh."""
    imports = Run.objects.filter(book=connection.book, kind=RunKind.IMPORT, state=RunState.DONE)
    moments = (
        Cursor.objects.filter(book=connection.book).aggregate(at=Max("read_at"))["at"],
        imports.aggregate(at=Max("finished_at"))["at"],
    )
    return max(filter(None, moments), default=None)


def quickbooks_address() -> str:
    """Return where people open QuickBooks itself."""
    return where().app_base
