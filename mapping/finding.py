"""Which rows of the Manage list an address asks for, and how many each filter holds.

A row is found by the narrowest index that knows its order; where no index does, each table is read
once. Search cannot use an index for its words under row-level security. Words that few rows hold are
looked for in one pass over each table, which gives the counts of all filters and the page. Of words
that most rows hold, a pass counts, and the page is read in order, for the next match is never far.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection

from accounts.models.clients import search_words
from accounts.tenancy import chosen_firm_id
from mapping.models import Book
from mapping.wanted import BY_STATUS, PAGE_SIZE, Neighbour, Shown, Wanted

Found = list[tuple[str, int]]
"""(part, id of the record or client), in order."""

Counts = dict[Shown, int]

# How a part is found: its table, and its condition beside the table's own. Each has an index in the
# order of names.
_PARTS = {
    Shown.MAPPED: ("mapping_remoterecord", "standing = 'mapped'"),
    # What is gone there and was never mapped is of no use to anybody.
    Shown.CUSTOMERS: ("mapping_remoterecord", "standing = 'unmapped' AND gone_at IS NULL"),
    Shown.EXCLUDED: ("mapping_remoterecord", "standing = 'excluded'"),
    Shown.CLIENTS: ("accounts_client", "NOT is_linked"),
}
_OF_THE_BOOK = "firm_id = %(firm)s AND book_id = %(book)s AND entity = %(entity)s"
_SCOPES = {
    "mapping_remoterecord": _OF_THE_BOOK,
    "accounts_client": "firm_id = %(firm)s AND archived_at IS NULL",
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
_COUNTS = f"""
    SELECT {_PART_OF["mapping_remoterecord"]}, sum(number) FROM mapping_tally
    WHERE {_OF_THE_BOOK} GROUP BY standing
    UNION ALL
    SELECT 'clients', count(*) FROM accounts_client WHERE {_SCOPES["accounts_client"]} AND {_PARTS[Shown.CLIENTS][1]}
"""  # noqa: S608
# Somebody waits for two long passes: one helper for each is worth starting, more take turns with the
# web. What they find of 100,000 rows fits into 32 MB; the default makes it a file.
_AT_ONCE = """
    SELECT set_config('parallel_setup_cost', '100', true), set_config('max_parallel_workers_per_gather', '1', true),
           set_config('work_mem', '32MB', true);
"""


@dataclass(frozen=True)
class _Rows:
    """The rows that a search leaves of each part, and how they are asked for."""

    wanted: Wanted
    where: Mapping[Shown, tuple[str, str]]
    """Table of each part, and its condition beside the table's own."""
    params: Mapping[str, Any]
    has_text: str = ""
    """The condition of holding what is searched for."""

    @property
    def key(self) -> str:
        return _KEYS[self.wanted.column]


def find(book: Book, entity: str, wanted: Wanted) -> tuple[Counts, Found]:
    """Return how many rows each filter holds, and which rows the page shows."""
    rows = _Rows(wanted, _PARTS, _scope(book, entity))
    if not wanted.text:
        return _browse(rows, counts_of(book, entity))
    rows = _with_text(rows)
    return _browse(rows, _count(rows)) if _are_common(rows) else _search(rows)


def counts_of(book: Book, entity: str) -> Counts:
    """Return how many rows each filter holds, without counting the records."""
    counted = dict(ask(_COUNTS, _scope(book, entity)))
    return {part: counted.get(part.value, 0) for part in BY_STATUS}


def total(counts: Mapping[Shown, int], wanted: Wanted) -> int:
    return sum(counts[part] for part in wanted.parts)


def ask(query: str, params: Mapping[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        rows: list[Any] = cursor.fetchall()
        return rows


def _scope(book: Book, entity: str) -> dict[str, Any]:
    return {"firm": chosen_firm_id(), "book": book.pk, "entity": entity}


def _browse(rows: _Rows, counts: Counts) -> tuple[Counts, Found]:
    wanted = rows.wanted
    start = (wanted.page - 1) * PAGE_SIZE
    if wanted.column == "status":
        return counts, _by_status(rows, counts, start)
    return counts, _between(rows, wanted.parts, start, total(counts, wanted))


def _by_status(rows: _Rows, counts: Counts, start: int) -> Found:
    """Walk the parts in order, taking from each what falls on the page."""
    found: Found = []
    by_name = replace(rows, wanted=replace(rows.wanted, sort="name", beside=None))
    parts = [part for part in BY_STATUS if part in rows.wanted.parts]
    for part in reversed(parts) if rows.wanted.is_descending else parts:
        if start < counts[part] and len(found) < PAGE_SIZE:
            found += _between(by_name, (part,), start, counts[part])[: PAGE_SIZE - len(found)]
        start = max(start - counts[part], 0)
    return found


def _between(rows: _Rows, parts: Sequence[Shown], start: int, number: int) -> Found:
    """Read one page of the parts in order; from the other end where that is nearer."""
    size = min(PAGE_SIZE, number - start)
    if size <= 0:
        return []
    if rows.wanted.beside and (found := _from(rows.wanted.beside, rows, parts)):
        return found
    from_end = start > number // 2
    skip = number - start - size if from_end else start
    return _read(rows, parts, is_backwards=from_end, size=size, skip=skip)


def _from(beside: Neighbour, rows: _Rows, parts: Sequence[Shown]) -> Found:
    """Read on from the row that a page before ended with; nothing if that row is no more."""
    table, _ = rows.where[beside.part]
    query = f"SELECT {rows.key} FROM {table} WHERE firm_id = %(firm)s AND id = %(pk)s"  # noqa: S608
    there = ask(query, {**rows.params, "pk": beside.pk})
    if not there:
        return []
    after = {"key": there[0][0], "pk": beside.pk, "part": beside.part.value}
    return _read(rows, parts, is_backwards=beside.is_before, size=PAGE_SIZE, after=after)


def _read(
    rows: _Rows,
    parts: Sequence[Shown],
    *,
    is_backwards: bool,
    size: int,
    skip: int = 0,
    after: Mapping[str, Any] | None = None,
) -> Found:
    """Read rows of the parts, from the first or last of all or from a given row on; in order, either way."""
    is_descending = rows.wanted.is_descending != is_backwards
    order = _order(is_descending, rows.wanted)
    beyond = _beyond(is_descending, rows.wanted, after) if after else "true"
    is_long = rows.wanted.has_nulls
    # A limit within each too: only so does the planner merge indexes, or sort what it reads while it reads.
    each = " UNION ALL ".join(
        f"(SELECT {part} AS part, {rows.key} AS key, id FROM {table} WHERE {condition} "  # noqa: S608
        f"AND {beyond.format(key=rows.key, part=part)} ORDER BY {order} LIMIT %(reach)s)"
        for part, table, condition in (_by_table(rows, parts) if is_long else _by_part(rows, parts))
    )
    found: Found = ask(
        f"{_AT_ONCE if is_long else ''} SELECT part, id FROM ({each}) parts "  # noqa: S608
        f"ORDER BY {order} LIMIT %(size)s OFFSET %(skip)s",
        {**rows.params, **(after or {}), "reach": skip + size, "size": size, "skip": skip},
    )
    return found[::-1] if is_backwards else found


_Source = tuple[str, str, str]
"""Part as SQL says it, table and condition."""


def _by_part(rows: _Rows, parts: Iterable[Shown]) -> list[_Source]:
    """Read each part by its index."""
    return [
        (repr(part.value), table, f"{_SCOPES[table]} AND {condition}")
        for part, (table, condition) in ((part, rows.where[part]) for part in parts)
    ]


def _by_table(rows: _Rows, parts: Iterable[Shown]) -> list[_Source]:
    """Read each table once: an index for each column would cost every import more than it is worth."""
    conditions: dict[str, list[str]] = {}
    for table, condition in (rows.where[part] for part in parts):
        conditions.setdefault(table, []).append(f"({condition})")
    return [
        (_PART_OF[table], table, f"{_SCOPES[table]} AND ({' OR '.join(several)})")
        for table, several in conditions.items()
    ]


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


# A mapped customer is also found by what its client is called here. Asked for row by row, which no plan
# can turn into a pass over all clients: few of its rows do not hold themselves what most rows hold.
_ITS_CLIENT_HAS = """
    coalesce((
        SELECT {has_text} FROM mapping_link link JOIN accounts_client client ON client.id = link.local_id
        WHERE link.record_id = mapping_remoterecord.id AND link.firm_id = %(firm)s
          AND client.firm_id = %(firm)s AND client.archived_at IS NULL
    ), false)
"""


def _with_text(rows: _Rows) -> _Rows:
    """Leave the rows that hold every word somewhere."""
    words = search_words(rows.wanted.text)
    # LIKE and not strpos: of a pattern the planner can tell how many rows hold it.
    each = [f"{{table}}.search_text LIKE %(word{i})s" for i in range(len(words))]
    # A text may hold no word: a lone accent.
    has_text = f"({' AND '.join(each) or 'true'})"
    theirs = has_text.format(table="mapping_remoterecord")
    holds = {part: has_text.format(table=table) for part, (table, _) in rows.where.items()}
    holds[Shown.MAPPED] = f"({theirs} OR {_ITS_CLIENT_HAS.format(has_text=has_text.format(table='client'))})"
    return replace(
        rows,
        where={
            part: (table, f"{condition} AND {holds[part]}") for part, (table, condition) in rows.where.items()
        },
        params={**rows.params, **{f"word{i}": f"%{_literal(word)}%" for i, word in enumerate(words)}},
        has_text=has_text,
    )


def _literal(word: str) -> str:
    """Return a pattern that only the word itself fits."""
    return re.sub(r"([\\%_])", r"\\\1", word)


_SAMPLE = 50


def _are_common(rows: _Rows) -> bool:
    """Tell from the first and last rows of each part whether most of all hold what is searched for."""
    sample = " UNION ALL ".join(
        f"(SELECT {rows.has_text.format(table=table)} AS holds FROM {table} "  # noqa: S608
        f"WHERE {_SCOPES[table]} AND {condition} ORDER BY name_key {direction}, id {direction} LIMIT {_SAMPLE})"
        for table, condition in _PARTS.values()
        for direction in ("ASC", "DESC")
    )
    query = f"SELECT count(*) FILTER (WHERE holds), count(*) FROM ({sample}) sample"  # noqa: S608
    [(holding, looked_at)] = ask(query, rows.params)
    return bool(2 * holding > looked_at)


def _count(rows: _Rows) -> Counts:
    each = " UNION ALL ".join(
        f"SELECT {part} AS part FROM {table} WHERE {condition}"  # noqa: S608
        for part, table, condition in _by_table(rows, BY_STATUS)
    )
    query = f"{_AT_ONCE} SELECT part, count(*) FROM ({each}) parts GROUP BY part"  # noqa: S608
    counted = dict(ask(query, rows.params))
    return {part: counted.get(part.value, 0) for part in BY_STATUS}


# Joined and not asked for row by row: links hold what both sides last agreed on, and few of them are
# worth reading.
_SEARCH = """
    {at_once} WITH holding AS MATERIALIZED (
        SELECT CASE WHEN is_linked THEN 'linked' ELSE 'clients' END AS part, {key} AS key, id FROM accounts_client
        WHERE {clients} AND {ours_has_text}
        UNION ALL
        SELECT {part}, {key}, id FROM mapping_remoterecord
        WHERE {records} AND (standing <> 'unmapped' OR gone_at IS NULL) AND {theirs_has_text}
    ), found AS MATERIALIZED (
        SELECT part, key, id FROM holding WHERE part <> 'linked'
        UNION ALL
        SELECT 'mapped', {key} AS key, id FROM mapping_remoterecord
        WHERE firm_id = %(firm)s AND standing = 'mapped' AND id IN (
            SELECT record_id FROM mapping_link link JOIN holding ON holding.id = link.local_id
            WHERE link.firm_id = %(firm)s AND link.book_id = %(book)s AND link.entity = %(entity)s
              AND holding.part = 'linked'
            EXCEPT ALL SELECT id FROM holding WHERE part NOT IN ('linked', 'clients')
          )
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


def _search(rows: _Rows) -> tuple[Counts, Found]:
    wanted = rows.wanted
    order = _order(wanted.is_descending, wanted)
    if wanted.column == "status":
        direction = "DESC" if wanted.is_descending else "ASC"
        order = f"array_position(%(by_status)s, part) {direction}, key, id"
    found = ask(
        _SEARCH.format(
            at_once=_AT_ONCE,
            part=_PART_OF["mapping_remoterecord"],
            records=_SCOPES["mapping_remoterecord"],
            clients=_SCOPES["accounts_client"],
            ours_has_text=rows.has_text.format(table="accounts_client"),
            theirs_has_text=rows.has_text.format(table="mapping_remoterecord"),
            key=rows.key,
            order=order,
        ),
        {
            **rows.params,
            "parts": [part.value for part in wanted.parts],
            "by_status": [part.value for part in BY_STATUS],
            "size": PAGE_SIZE,
            "skip": (wanted.page - 1) * PAGE_SIZE,
        },
    )
    counted = json.loads(found[0][0] or "{}")
    counts = {part: counted.get(part.value, 0) for part in BY_STATUS}
    return counts, [(part, pk) for _, part, pk in found if pk is not None]
