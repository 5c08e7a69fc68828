"""How the chosen firm stands with QuickBooks, for screens to show."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.connect.gateways import meter, where
from integrations.models import Connection
from integrations.quickbooks.metering import Kind
from mapping.models import RemoteRecord, Run
from mapping.models.records import Standing


def current() -> Connection | None:
    """Return the chosen firm's connection in whatever state, or None where there never was one."""
    return Connection.objects.select_related("connected_by", "book").first()


@dataclass(frozen=True)
class Kept:
    """What a disconnection leaves and what it stops."""

    records: int
    mapped: int
    running: int


def what_stays(connection: Connection) -> Kept:
    records = (
        RemoteRecord.objects.filter(book=connection.book) if connection.book else RemoteRecord.objects.none()
    )
    running = Run.objects.unfinished().filter(book=connection.book) if connection.book else Run.objects.none()
    return Kept(
        records=records.count(),
        mapped=records.filter(standing=Standing.MAPPED).count(),
        running=running.count(),
    )


@dataclass(frozen=True)
class Calls:
    """Calls to this company since the first of the month. Intuit meters the reads."""

    reads: int
    writes: int


def calls_this_month(connection: Connection) -> Calls:
    counted = meter().this_month(connection.realm_id)
    return Calls(
        reads=sum(number for charge, number in counted.items() if charge.kind == Kind.CORE_PLUS),
        writes=sum(number for charge, number in counted.items() if charge.kind == Kind.CORE),
    )


def quickbooks_address() -> str:
    """Return where people open QuickBooks itself."""
    return where().app_base
