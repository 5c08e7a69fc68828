"""Pages of long lists: a row is found by its id first, from whichever end of the list is nearer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.db.models.expressions import Combinable, RawSQL

FEW = 2_000
"""Hits of a search that are remembered by id while its page is made."""


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
        if is_searched:
            self._search()

    def _search(self) -> None:
        # Few hits are worth remembering: the search is the dear part, and is then made only once.
        # Many hits are soon found again, in the list's order by its index.
        hits = list(self.rows.order_by().values_list("pk", flat=True)[: FEW + 1])
        if len(hits) <= FEW:
            # As one array: two thousand parameters take longer to write down than to look up.
            these = RawSQL("SELECT unnest(%s::bigint[])", [hits])
            self.rows, self.total = self.rows.model._default_manager.filter(pk__in=these), len(hits)

    def __len__(self) -> int:
        if self.total is None:
            self.total = self.rows.count()
        return self.total

    def __getitem__(self, part: Any) -> Any:
        if not isinstance(part, slice):
            return self[part : part + 1][0]
        start, stop, _ = part.indices(len(self))
        ids = self.rows.order_by(*self.order).values_list("pk", flat=True)
        if start <= len(self) // 2:
            return list(ids[start:stop])
        return list(ids.reverse()[len(self) - stop : len(self) - start])[::-1]

    def __iter__(self) -> Any:
        return iter(self.rows.order_by(*self.order).values_list("pk", flat=True))
