"""Every exact match of a company's records and the firm's own rows at once, as ``matching.by_exact_name`` sees it.

Finding them reads both sides' indexes whole. A screen needs them for its numbers only, so it keeps them
until one of the two sides has changed, and looks at the rows it shows itself.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db.models import Aggregate, BigIntegerField, Count, F, Func, QuerySet

from accounts.tenancy import chosen_firm_id
from mapping import free
from mapping.entities import ENTITIES
from mapping.models import Book, RemoteRecord, Run
from mapping.spec import Entity


class Hash(Func):
    function = "hashtextextended"
    output_field = BigIntegerField()


class Xor(Aggregate):
    """Of numbers in any order."""

    function = "bit_xor"
    output_field = BigIntegerField()


@dataclass(frozen=True)
class Pairs:
    """Records and rows of ours that are the only ones of their name, each on its side; in the order of names."""

    record_ids: Sequence[int] = ()
    local_ids: Sequence[int] = ()

    def __len__(self) -> int:
        return len(self.record_ids)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self.record_ids, self.local_ids, strict=True)

    def without(self, record_ids: set[int]) -> Pairs:
        """Return the pairs whose record is not one of these."""
        if not record_ids or record_ids.isdisjoint(self.record_ids):
            return self
        kept = [pair for pair in self if pair[0] not in record_ids]
        return Pairs([record for record, _ in kept], [local for _, local in kept])


@dataclass(frozen=True)
class Known:
    """What a screen knows of all unmapped records."""

    unmapped: int
    pairs: Pairs


# One name on each side, read from indexes alone, and then the names themselves: a key has no accents.
# HAVING count(*) < 2 and not = 1: the planner expects next to nothing of an equation.
_PAIRS = r"""
    WITH theirs AS (
        SELECT name_key, min(id) AS id FROM mapping_remoterecord
        WHERE firm_id = %(firm)s AND book_id = %(book)s AND entity = %(entity)s
          AND standing = 'unmapped' AND gone_at IS NULL
        GROUP BY name_key HAVING count(*) < 2
    ), free AS (
        SELECT name_key, min(id) AS id FROM {untied} WHERE is_current
        GROUP BY name_key HAVING count(*) < 2
    )
    SELECT array_agg(record.id ORDER BY theirs.name_key), array_agg(again.id ORDER BY theirs.name_key)
    FROM theirs JOIN free USING (name_key)
    JOIN mapping_remoterecord record ON record.id = theirs.id
    JOIN {again} ON again.id = free.id
    WHERE record.name = again.name
       OR lower(regexp_replace(btrim(record.name), '\s+', ' ', 'g') COLLATE pg_c_utf8)
        = lower(regexp_replace(btrim(again.name), '\s+', ' ', 'g') COLLATE pg_c_utf8)
"""


def pairs(book: Book, entity: str) -> Pairs:
    """Return every exact match there is now."""
    kind, about = ENTITIES[entity], {"firm": chosen_firm_id(), "book": book.pk, "entity": entity}
    [(record_ids, local_ids)] = free.ask(kind, _PAIRS, **about)
    return Pairs(array("q", record_ids or ()), array("q", local_ids or ()))


def known(book: Book, entity: str) -> Known:
    """Return the exact matches for a screen: found earlier, unless either side has changed since.

    Told by what indexes hold, so an accent that changes outside of any run shows after ten minutes;
    saving looks anew.
    """
    theirs = RemoteRecord.objects.of(book, entity).unmapped().filter(gone_at=None)
    ours = _print_of_ours(ENTITIES[entity])
    if not ours[0]:
        return Known(theirs.count(), Pairs())
    unmapped = _print(theirs)
    touched = ENTITIES[entity].local.last_touched()
    last_run = Run.objects.filter(book=book).order_by("-created_at").values_list("pk", "handled").first()
    state = (*unmapped, *ours, touched, last_run)
    key = f"mapping.exact:{chosen_firm_id()}:{book.pk}:{entity}"
    held = cache.get(key)
    if held and held[0] == state:
        return Known(unmapped[0], Pairs(*held[1:]))
    found = pairs(book, entity)
    cache.set(key, (state, found.record_ids, found.local_ids), _KEPT_FOR_S)
    return Known(unmapped[0], found)


_KEPT_FOR_S = 600


def _print(rows: QuerySet[Any]) -> tuple[int, int | None]:
    """Return a number and a hash of the ids and name keys of these rows, read from an index alone."""
    found = rows.aggregate(number=Count("*"), hash=Xor(Hash(F("name_key"), F("id"))))
    return found["number"], found["hash"]


def _print_of_ours(entity: Entity) -> tuple[int, int | None]:
    """Return the same of our rows that are free."""
    query = "SELECT count(*), bit_xor(hashtextextended(name_key, id)) FROM {untied} WHERE is_current"
    [(number, hashed)] = free.ask(entity, query)
    return number, hashed
