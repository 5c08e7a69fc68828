"""The Manage list: both sides of one kind of record in one list, fast however long it is (CV-23..27).

A row is found first, by the narrowest index that knows its order, and filled in afterwards, a page at
a time. Search cannot use an index under row-level security, so it reads each table once and takes the
counts of all filters and the page from what it found.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.core.paginator import Page, Paginator
from django.db import connection, models
from django.http import QueryDict

from accounts.models.clients import search_words
from accounts.tenancy import chosen_firm_id
from mapping.models import Book, Exclusion, RecordQuerySet, RemoteRecord, Standing

PAGE_SIZE = 50


class Shown(models.TextChoices):
    """The filters, and but for the first the parts the list is made of."""

    ALL = "all", "All"
    MAPPED = "mapped", "Mapped"
    CUSTOMERS = "customers", "Not mapped (customers)"
    CLIENTS = "clients", "Not mapped (clients)"
    EXCLUDED = "excluded", "Excluded"


BY_STATUS = (Shown.CUSTOMERS, Shown.CLIENTS, Shown.MAPPED, Shown.EXCLUDED)
"""What waits for a decision stands first."""

SORTS = ("name", "status", "email", "city")


@dataclass(frozen=True)
class Neighbour:
    """The row that a page begins after, or ends before: reading on from it costs the same on every page."""

    part: Shown
    pk: int
    is_before: bool
    """The page stands before it and not after."""

    @classmethod
    def of(cls, text: str) -> Neighbour | None:
        """Read what ``str`` wrote into an address; what makes no sense is no neighbour."""
        found = re.fullmatch(r"(after|before)-(customers|clients|mapped|excluded)-([0-9]{1,18})", text)
        return cls(Shown(found[2]), int(found[3]), is_before=found[1] == "before") if found else None

    def __str__(self) -> str:
        return f"{'before' if self.is_before else 'after'}-{self.part.value}-{self.pk}"


@dataclass(frozen=True)
class Wanted:
    """What an address asks of the list."""

    shown: Shown = Shown.ALL
    text: str = ""
    sort: str = "name"
    page: int = 1
    beside: Neighbour | None = None

    @classmethod
    def of(cls, query: QueryDict) -> Wanted:
        """Read an address; what makes no sense is the default."""
        shown, sort, page = query.get("show", ""), query.get("sort", ""), page_number(query)
        return cls(
            shown=Shown(shown) if shown in Shown else Shown.ALL,
            text=search_text(query),
            sort=sort if sort.removeprefix("-") in SORTS else "name",
            page=page,
            # The first page is the first rows, whatever has come before the row somebody went back from.
            beside=Neighbour.of(query.get("from", "")) if page > 1 else None,
        )

    @property
    def parts(self) -> tuple[Shown, ...]:
        return BY_STATUS if self.shown == Shown.ALL else (self.shown,)

    @property
    def is_descending(self) -> bool:
        return self.sort.startswith("-")

    @property
    def column(self) -> str:
        return self.sort.removeprefix("-")

    @property
    def has_nulls(self) -> bool:
        """Rows may have nothing to sort by; they stand last, whichever way one sorts."""
        return self.column in ("email", "city")


def page_number(query: QueryDict) -> int:
    number = query.get("page", "")
    return max(int(number), 1) if number.isdecimal() and len(number) < 9 else 1


def search_text(query: QueryDict) -> str:
    # PostgreSQL holds no NUL, so nothing contains one.
    return query.get("q", "").replace("\0", "").strip()[:200]


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
    return unmapped_customers(book, entity).count() if book else 0


def listing(book: Book, entity: str, wanted: Wanted) -> Listing:
    """Return the page an address asks for; the last one where it asks for more."""
    counts, found = (_search if wanted.text else _browse)(book, entity, wanted)
    page: Page[Any] = Paginator(range(_total(counts, wanted)), PAGE_SIZE).get_page(wanted.page)
    if page.number != wanted.page:
        moved = replace(wanted, page=page.number, beside=None)
        counts, found = (_search if wanted.text else _browse)(book, entity, moved)
    page.object_list = rows = _filled(found)
    if rows and not wanted.text and wanted.column != "status":
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


# How a part is found: its table and its condition. Each has an index in the order of names.
_THEIRS = "firm_id = %(firm)s AND book_id = %(book)s AND entity = %(entity)s AND standing = '{standing}'"
_PARTS = {
    Shown.MAPPED: ("mapping_remoterecord", _THEIRS.format(standing="mapped")),
    # What is gone there and was never mapped is of no use to anybody.
    Shown.CUSTOMERS: ("mapping_remoterecord", _THEIRS.format(standing="unmapped") + " AND gone_at IS NULL"),
    Shown.EXCLUDED: ("mapping_remoterecord", _THEIRS.format(standing="excluded")),
    Shown.CLIENTS: ("accounts_client", "firm_id = %(firm)s AND archived_at IS NULL AND NOT is_linked"),
}
_PART_OF = {
    "mapping_remoterecord": "CASE standing WHEN 'unmapped' THEN 'customers' ELSE standing END",
    "accounts_client": "'clients'",
}
_KEYS = {
    "name": "name_key",
    "status": "name_key",
    "email": "nullif(lower(email), '')",
    "city": "nullif(lower(city), '')",
}
# Somebody waits for two long passes: one helper for each is worth starting, more take turns with the
# web. What they find of 100,000 rows fits into 32 MB; the default makes it a file.
_AT_ONCE = """
    SELECT set_config('parallel_setup_cost', '100', true), set_config('max_parallel_workers_per_gather', '1', true),
           set_config('work_mem', '32MB', true);
"""
Found = list[tuple[str, int]]
"""(part, id of the record or client), in order."""

Counts = dict[Shown, int]


def _total(counts: Mapping[Shown, int], wanted: Wanted) -> int:
    return sum(counts[part] for part in wanted.parts)


def _browse(book: Book, entity: str, wanted: Wanted) -> tuple[Counts, Found]:
    counts = counts_of(book, entity)
    start = (wanted.page - 1) * PAGE_SIZE
    if wanted.column == "status":
        return counts, _by_status(book, entity, wanted, counts, start)
    return counts, _between(book, entity, wanted, wanted.parts, start, _total(counts, wanted))


def counts_of(book: Book, entity: str) -> Counts:
    """Return how many rows each filter holds; reads indexes alone."""
    each = " UNION ALL ".join(
        f"SELECT '{part.value}', count(*) FROM {table} WHERE {condition}"  # noqa: S608
        for part, (table, condition) in _PARTS.items()
    )
    return {Shown(part): number for part, number in _rows(each, _scope(book, entity))}


def _by_status(book: Book, entity: str, wanted: Wanted, counts: Counts, start: int) -> Found:
    """Walk the parts in order, taking from each what falls on the page."""
    found: Found = []
    parts = [part for part in BY_STATUS if part in wanted.parts]
    for part in reversed(parts) if wanted.is_descending else parts:
        if start < counts[part] and len(found) < PAGE_SIZE:
            by_name = replace(wanted, sort="name")
            found += _between(book, entity, by_name, (part,), start, counts[part])[: PAGE_SIZE - len(found)]
        start = max(start - counts[part], 0)
    return found


def _between(
    book: Book, entity: str, wanted: Wanted, parts: Sequence[Shown], start: int, total: int
) -> Found:
    """Read one page of the parts in order; from the other end where that is nearer."""
    size = min(PAGE_SIZE, total - start)
    if size <= 0:
        return []
    if wanted.beside and (found := _from(wanted.beside, book, entity, wanted, parts)):
        return found
    from_end = start > total // 2
    skip = total - start - size if from_end else start
    return _read(book, entity, wanted, parts, is_backwards=from_end, size=size, skip=skip)


def _from(beside: Neighbour, book: Book, entity: str, wanted: Wanted, parts: Sequence[Shown]) -> Found:
    """Read on from the row that a page before ended with; nothing if that row is no more."""
    table, _ = _PARTS[beside.part]
    query = f"SELECT {_KEYS[wanted.column]} FROM {table} WHERE firm_id = %(firm)s AND id = %(pk)s"  # noqa: S608
    rows = _rows(query, {**_scope(book, entity), "pk": beside.pk})
    if not rows:
        return []
    after = {"key": rows[0][0], "pk": beside.pk, "part": beside.part.value}
    return _read(book, entity, wanted, parts, is_backwards=beside.is_before, size=PAGE_SIZE, after=after)


def _read(
    book: Book,
    entity: str,
    wanted: Wanted,
    parts: Sequence[Shown],
    *,
    is_backwards: bool,
    size: int,
    skip: int = 0,
    after: Mapping[str, Any] | None = None,
) -> Found:
    """Read rows of the parts, from the first or last of all or from a given row on; in order, either way."""
    is_descending = wanted.is_descending != is_backwards
    order = _order(is_descending, wanted)
    beyond = _beyond(is_descending, wanted, after) if after else "true"
    source = (_by_pass if wanted.has_nulls else _by_index)(wanted, parts, order, beyond)
    scope = {**_scope(book, entity), **(after or {}), "reach": skip + size, "size": size, "skip": skip}
    found: Found = _rows(f"{source} ORDER BY {order} LIMIT %(size)s OFFSET %(skip)s", scope)
    return found[::-1] if is_backwards else found


def _by_index(wanted: Wanted, parts: Sequence[Shown], order: str, beyond: str) -> str:
    # A limit within each part too: only so does the planner merge the indexes instead of sorting all.
    key = _KEYS[wanted.column]
    each = " UNION ALL ".join(
        f"(SELECT '{part.value}' AS part, {key} AS key, id FROM {table} WHERE {condition} "  # noqa: S608
        f"AND {beyond.format(key=key, part=repr(part.value))} ORDER BY {order} LIMIT %(reach)s)"
        for part, (table, condition) in ((part, _PARTS[part]) for part in parts)
    )
    return f"SELECT part, id FROM ({each}) parts"  # noqa: S608


def _by_pass(wanted: Wanted, parts: Sequence[Shown], order: str, beyond: str) -> str:
    """Read each table once and sort: an index for each column would cost every import more than it is worth."""
    conditions: dict[str, list[str]] = {}
    for table, condition in (_PARTS[part] for part in parts):
        conditions.setdefault(table, []).append(f"({condition})")
    each = " UNION ALL ".join(
        f"SELECT {_PART_OF[table]} AS part, {_KEYS[wanted.column]} AS key, id FROM {table} "  # noqa: S608
        f"WHERE {' OR '.join(several)}"
        for table, several in conditions.items()
    )
    return f"{_AT_ONCE} SELECT part, id FROM ({each}) parts WHERE {beyond.format(key='key', part='part')}"  # noqa: S608


def _order(is_descending: bool, wanted: Wanted) -> str:
    """Return an order in which no two rows are equal: a record and a client may share a number."""
    direction = "DESC" if is_descending else "ASC"
    nulls = (
        ""
        if not wanted.has_nulls
        else f"NULLS {'LAST' if _ends_with_nulls(is_descending, wanted) else 'FIRST'}"
    )
    return f"key {direction} {nulls}, id {direction}, part {direction}"


def _ends_with_nulls(is_descending: bool, wanted: Wanted) -> bool:
    """What has no e-mail or city stands last, whichever way one sorts; read from the end, first."""
    return is_descending == wanted.is_descending


def _beyond(is_descending: bool, wanted: Wanted, after: Mapping[str, Any]) -> str:
    """Return the condition of rows that come after this one in that order."""
    sign = "<" if is_descending else ">"
    if after["key"] is None:
        same = f"{{key}} IS NULL AND (id, {{part}}) {sign} (%(pk)s, %(part)s)"
        return f"({same})" if _ends_with_nulls(is_descending, wanted) else f"({same} OR {{key}} IS NOT NULL)"
    further = f"({{key}}, id, {{part}}) {sign} (%(key)s, %(pk)s, %(part)s)"
    return (
        f"({further} OR {{key}} IS NULL)"
        if wanted.has_nulls and _ends_with_nulls(is_descending, wanted)
        else further
    )


# A mapped customer is also found by what its client is called here. Joined and not asked for row by
# row: links hold what both sides last agreed on, and few of them are worth reading.
_SEARCH = """
    {at_once} WITH clients AS MATERIALIZED (
        SELECT id, is_linked, {key} AS key FROM accounts_client
        WHERE firm_id = %(firm)s AND archived_at IS NULL AND {has_text}
    ), theirs AS MATERIALIZED (
        SELECT {part} AS part, {key} AS key, id FROM mapping_remoterecord
        WHERE firm_id = %(firm)s AND book_id = %(book)s AND entity = %(entity)s
          AND (standing <> 'unmapped' OR gone_at IS NULL) AND {has_text}
    ), found AS MATERIALIZED (
        SELECT part, key, id FROM theirs
        UNION ALL
        SELECT 'mapped', {key} AS key, id FROM mapping_remoterecord
        WHERE firm_id = %(firm)s AND standing = 'mapped' AND id IN (
            SELECT record_id FROM mapping_link link JOIN clients ON clients.id = link.local_id
            WHERE link.firm_id = %(firm)s AND link.book_id = %(book)s AND link.entity = %(entity)s
              AND clients.is_linked
            EXCEPT ALL SELECT id FROM theirs
          )
        UNION ALL
        SELECT 'clients', key, id FROM clients WHERE NOT is_linked
    ), counts AS (
        SELECT jsonb_object_agg(part, number) AS counts
        FROM (SELECT part, count(*) AS number FROM found GROUP BY part) each
    ), page AS (
        SELECT part, id, row_number() OVER () AS place FROM (
            SELECT part, id FROM found WHERE part = ANY(%(parts)s)
            ORDER BY {order} LIMIT %(size)s OFFSET %(skip)s
        ) ordered
    )
    SELECT counts, part, id FROM counts LEFT JOIN page ON true ORDER BY place
"""


def _search(book: Book, entity: str, wanted: Wanted) -> tuple[Counts, Found]:
    words = search_words(wanted.text)
    # LIKE and not strpos: of a pattern the planner can tell how many rows hold it.
    each = [f"search_text LIKE %(word{i})s" for i in range(len(words))]
    # A text may hold no word: a lone accent.
    has_text = f"({' AND '.join(each) or 'true'})"
    order = _order(wanted.is_descending, wanted)
    if wanted.column == "status":
        direction = "DESC" if wanted.is_descending else "ASC"
        order = f"array_position(%(by_status)s, part) {direction}, key, id"
    rows = _rows(
        _SEARCH.format(
            at_once=_AT_ONCE,
            part=_PART_OF["mapping_remoterecord"],
            has_text=has_text,
            key=_KEYS[wanted.column],
            order=order,
        ),
        {
            **_scope(book, entity),
            **{f"word{i}": f"%{_literal(word)}%" for i, word in enumerate(words)},
            "parts": [part.value for part in wanted.parts],
            "by_status": [part.value for part in BY_STATUS],
            "size": PAGE_SIZE,
            "skip": (wanted.page - 1) * PAGE_SIZE,
        },
    )
    counted = json.loads(rows[0][0] or "{}")
    counts = {part: counted.get(part.value, 0) for part in BY_STATUS}
    return counts, [(part, pk) for _, part, pk in rows if pk is not None]


def _literal(word: str) -> str:
    """Return a pattern that only the word itself fits."""
    return re.sub(r"([\\%_])", r"\\\1", word)


def _scope(book: Book, entity: str) -> dict[str, Any]:
    return {"firm": chosen_firm_id(), "book": book.pk, "entity": entity}


def _rows(query: str, params: Mapping[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        rows: list[Any] = cursor.fetchall()
        return rows


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
        for pk, name, email, city in _rows(_CLIENTS, {"firm": chosen_firm_id(), "ids": ids})
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
        ) in _rows(_CUSTOMERS, {"firm": chosen_firm_id(), "ids": list(part_of)})
    ]


def _exclusions(record_ids: Sequence[int]) -> dict[int, Exclusion]:
    if not record_ids:
        return {}
    found = Exclusion.objects.select_related("excluded_by").filter(record_id__in=record_ids)
    return {exclusion.record_id: exclusion for exclusion in found}
