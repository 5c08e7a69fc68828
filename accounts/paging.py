"""Pages of long lists: a row is found by its id first, from whichever end of the list is nearer."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from django.db.models import F, QuerySet
from django.db.models.expressions import Combinable, OrderBy, RawSQL

FEW = 2_000
"""Hits of a search that are remembered while its page is made."""


class LongList(Sequence[int]):
    """The ids of some rows in an order, as a Paginator wants them: they can be counted and cut.

    The order must leave no two rows equal, and an index should hold it. Give the ``total`` where it
    is known: that spares counting. ``is_searched`` says that the condition is one no index answers.
    """

    def __init__(
        self,
        rows: QuerySet[Any],
        order: Sequence[str | Combinable],
        *,
        total: int | None = None,
        is_searched: bool = False,
    ) -> None:
        self.rows, self.order, self.total = rows, order, total
        self._hits: list[int] | None = self._search() if is_searched else None

    def _search(self) -> list[int] | None:
        """Return the hits in order where they are few: the pass over the rows is then made only once.

        Many hits are soon found again, in the list's order by its index.
        """
        keys = {f"key_{place}": _value(key) for place, key in enumerate(self.order)}
        found = self.rows.order_by().annotate(**keys).values_list("pk", *keys)
        hits = list(found[: FEW + 1])
        if len(hits) > FEW:
            return None
        # Texts are held under a collation that sorts as Python does, by code point.
        for place, key in reversed(list(enumerate(self.order, 1))):
            hits.sort(key=itemgetter(place), reverse=_is_descending(key))
        ids, self.total = [pk for pk, *_ in hits], len(hits)
        # As one array: two thousand parameters take longer to write down than to look up.
        these = RawSQL("SELECT unnest(%s::bigint[])", [ids])
        self.rows = self.rows.model._default_manager.filter(pk__in=these)
        return ids

    def __len__(self) -> int:
        if self.total is None:
            self.total = self.rows.count()
        return self.total

    def __getitem__(self, part: Any) -> Any:
        if not isinstance(part, slice):
            return self[part : part + 1][0]
        if self._hits is not None:
            return self._hits[part]
        start, stop, _ = part.indices(len(self))
        ids = self.rows.order_by(*self.order).values_list("pk", flat=True)
        if start <= len(self) // 2:
            return list(ids[start:stop])
        return list(ids.reverse()[len(self) - stop : len(self) - start])[::-1]

    def __iter__(self) -> Any:
        if self._hits is not None:
            return iter(self._hits)
        return iter(self.rows.order_by(*self.order).values_list("pk", flat=True))


def _value(key: str | Combinable) -> Any:
    if isinstance(key, str):
        return F(key.removeprefix("-"))
    return key.expression if isinstance(key, OrderBy) else key


def _is_descending(key: str | Combinable) -> bool:
    return key.startswith("-") if isinstance(key, str) else isinstance(key, OrderBy) and key.descending
