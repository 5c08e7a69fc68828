"""The Manage list: both sides of one kind of record in one list, fast however long it is (CV-23..27).

Which rows a page shows is found first (``mapping.finding``), and filled in afterwards, a page at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.core.paginator import Page, Paginator

from accounts.tenancy import chosen_firm_id
from mapping.finding import Found, ask, find, total
from mapping.models import Book, Exclusion, RecordQuerySet, RemoteRecord, Standing
from mapping.tallying import tally
from mapping.wanted import PAGE_SIZE, Neighbour, Shown, Wanted


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A customer, a client, or the two that are mapped to each other."""

    part: Shown
    record_id: int | None = None
    client_id: int | None = None
    name: str = ""
    path: str = ""
    """The parents of a sub-customer."""
    email: str = ""
    city: str = ""
    client_name: str = ""
    is_active: bool = True
    is_gone: bool = False
    is_archived: bool = False
    is_paused: bool = False
    """Mapped, and nothing travels for the time being (CV-47)."""
    exclusion: Exclusion | None = None

    @property
    def key(self) -> str:
        """Name the row within a page."""
        return f"customer-{self.record_id}" if self.record_id else f"client-{self.client_id}"

    @property
    def pk(self) -> int:
        """Tell the rows of one part apart."""
        return self.record_id or self.client_id or 0

    @property
    def state(self) -> str:
        """The name of the status mark."""
        if self.is_paused:
            return "paused"
        return self.part.value if self.part in (Shown.MAPPED, Shown.EXCLUDED) else "not_mapped"

    @property
    def is_selectable(self) -> bool:
        return self.part in (Shown.CUSTOMERS, Shown.EXCLUDED)


def parents(full_name: str, name: str) -> str:
    """Return a sub-customer's parents as "Parent › Child", or an empty text."""
    path = full_name.removesuffix(name).rstrip(":")
    return path.replace(":", " › ") if path != full_name else ""


@dataclass(frozen=True)
class Listing:
    wanted: Wanted
    counts: Mapping[Shown, int]
    page: Page[Row]

    @property
    def selectable(self) -> int:
        """Customers that a selection of everything holds, of all pages."""
        return sum(
            self.counts[part] for part in self.wanted.parts if part in (Shown.CUSTOMERS, Shown.EXCLUDED)
        )


def current_book() -> Book | None:
    """Return the books the firm works with now, if it has connected any."""
    return Book.objects.filter(is_current=True).first()


def unmapped_customers(book: Book, entity: str) -> RecordQuerySet:
    """Customers that wait for a decision: the number on Map Customers (CV-29)."""
    return RemoteRecord.objects.of(book, entity).unmapped().filter(gone_at=None)


def count_unmapped(book: Book | None, entity: str) -> int:
    return tally(book, entity)[Standing.UNMAPPED] if book else 0


def has_records(book: Book, entity: str) -> bool:
    """Tell whether any record of QuickBooks was ever brought in."""
    return RemoteRecord.objects.of(book, entity).exists()


def listing(book: Book, entity: str, wanted: Wanted) -> Listing:
    """Return the page an address asks for; the last one where it asks for more."""
    counts, found = find(book, entity, wanted)
    page: Page[Any] = Paginator(range(total(counts, wanted)), PAGE_SIZE).get_page(wanted.page)
    if page.number != wanted.page:
        counts, found = find(book, entity, replace(wanted, page=page.number, beside=None))
    page.object_list = rows = _filled(found)
    if rows and wanted.column != "status":
        _tell_ends(page, rows)
    return Listing(wanted, {**counts, Shown.ALL: sum(counts.values())}, page)


def _tell_ends(page: Page[Any], rows: Sequence[Row]) -> None:
    """Name the rows that the pages beside this one are read on from, as the links to them do."""
    first, last = rows[0], rows[-1]
    page.after = Neighbour(last.part, last.pk, is_before=False)  # type: ignore[attr-defined]
    page.before = Neighbour(first.part, first.pk, is_before=True) if page.number > 2 else None  # type: ignore[attr-defined]


def customers(book: Book, entity: str, wanted: Wanted) -> RecordQuerySet:
    """The customers of a filter and a search that can be excluded or included, of all pages."""
    standings = {Shown.CUSTOMERS: Standing.UNMAPPED, Shown.EXCLUDED: Standing.EXCLUDED}
    chosen = [standings[part] for part in wanted.parts if part in standings]
    records = RemoteRecord.objects.of(book, entity).filter(standing__in=chosen)
    return records.exclude(standing=Standing.UNMAPPED, gone_at__isnull=False).matching(wanted.text)


# Plain values and not models: somebody waits for a page of them.
_CUSTOMERS = """
    SELECT record.id, record.name, record.full_name, record.email, record.city, record.is_active,
           record.gone_at IS NOT NULL, coalesce(link.is_paused, false),
           client.id, coalesce(client.name, ''), coalesce(client.archived_at IS NOT NULL, false)
    FROM mapping_remoterecord record
    LEFT JOIN mapping_link link ON link.record_id = record.id AND link.firm_id = %(firm)s
    LEFT JOIN accounts_client client ON client.id = link.local_id AND client.firm_id = %(firm)s
    WHERE record.firm_id = %(firm)s AND record.id = ANY(%(ids)s)
"""
_CLIENTS = "SELECT id, name, email, city FROM accounts_client WHERE firm_id = %(firm)s AND id = ANY(%(ids)s)"


def _filled(found: Found) -> list[Row]:
    """Fetch what the rows show: at most three queries, however many rows."""
    part_of = {pk: Shown(part) for part, pk in found if part != Shown.CLIENTS}
    clients = [pk for part, pk in found if part == Shown.CLIENTS]
    rows = {
        **{(Shown.CLIENTS.value, row.client_id): row for row in _clients(clients)},
        **{(row.part.value, row.record_id): row for row in _customers(part_of)},
    }
    return [rows[key] for key in found if key in rows]


def _clients(ids: Sequence[int]) -> list[Row]:
    if not ids:
        return []
    return [
        Row(part=Shown.CLIENTS, client_id=pk, name=name, client_name=name, email=email, city=city)
        for pk, name, email, city in ask(_CLIENTS, {"firm": chosen_firm_id(), "ids": ids})
    ]


def _customers(part_of: Mapping[int, Shown]) -> list[Row]:
    if not part_of:
        return []
    exclusions = _exclusions([pk for pk, part in part_of.items() if part == Shown.EXCLUDED])
    return [
        Row(
            part=part_of[pk],
            record_id=pk,
            client_id=client_id,
            name=name,
            path=parents(full_name, name),
            email=email,
            city=city,
            client_name=client_name,
            is_active=is_active,
            is_gone=is_gone,
            is_archived=is_archived,
            is_paused=is_paused,
            exclusion=exclusions.get(pk),
        )
        for (
            pk,
            name,
            full_name,
            email,
            city,
            is_active,
            is_gone,
            is_paused,
            client_id,
            client_name,
            is_archived,
        ) in ask(_CUSTOMERS, {"firm": chosen_firm_id(), "ids": list(part_of)})
    ]


def _exclusions(record_ids: Sequence[int]) -> dict[int, Exclusion]:
    if not record_ids:
        return {}
    found = Exclusion.objects.select_related("excluded_by").filter(record_id__in=record_ids)
    return {exclusion.record_id: exclusion for exclusion in found}
