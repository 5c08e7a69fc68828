"""What an address asks of the client list, and the page of clients that answers it.

Made for 100,000 rows behind row-level security, where a LIKE cannot use an index: a search passes
over the firm's rows once; everything else reads indexes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Case, F, IntegerField, Q, Value, When
from django.db.models.expressions import Combinable
from django.http import QueryDict

from accounts.models import Client, ClientQuerySet, Kind
from accounts.models.clients import SortKey
from accounts.paging import LongList

PAGE_SIZE = 50
SORTS: dict[str, Any] = {
    "name": "name_key",
    "company_name": SortKey("company_name"),
    "email": SortKey("email"),
    "city": SortKey("city"),
    "updated_at": "updated_at",
}
"""The columns a list may be sorted on, and by what."""

_BLANKS_LAST = {"company_name", "email", "city"}

CHOICES: dict[str, dict[str, Q]] = {
    "show": {"": Q(archived_at=None), "archived": ~Q(archived_at=None)},
    "kind": {"": Q(), **{kind.value: Q(kind=kind) for kind in Kind}},
    "email": {"": Q(), "with": ~Q(email=""), "without": Q(email="")},
    "marketable": {"": Q(), "yes": Q(is_marketable=True), "no": Q(is_marketable=False)},
}
"""What each filter of the address may say, and which clients it leaves."""


@dataclass(frozen=True)
class Listing:
    """One view of the client list. Nonsense in an address counts as not said."""

    q: str = ""
    show: str = ""
    kind: str = ""
    email: str = ""
    marketable: str = ""
    sort: str = "name"
    page: int = 1

    @classmethod
    def read(cls, query: QueryDict) -> Listing:
        said = {name: query.get(name, "") for name in CHOICES}
        page, sort = query.get("page", ""), query.get("sort", "")
        return cls(
            q=query.get("q", "").replace("\0", "").strip()[:200],
            sort=sort if sort.removeprefix("-") in SORTS else "name",
            page=int(page) if page.isascii() and page.isdigit() and len(page) < 8 else 1,
            **{name: value for name, value in said.items() if value in CHOICES[name]},
        )

    def address(self, **changes: Any) -> str:
        """Return the query string of this view, or of one that differs in something; empty for the plain list."""
        wanted = replace(self, **changes)
        said = {field.name: getattr(wanted, field.name) for field in fields(self)}
        told = {name: value for name, value in said.items() if value != getattr(Listing, name)}
        return f"?{urlencode(told)}" if told else ""

    @property
    def is_narrowed(self) -> bool:
        """Whether a search or filter leaves clients out, archived ones aside."""
        return bool(self.q or self.kind or self.email or self.marketable)

    @property
    def first_page(self) -> str:
        return self.address(page=1)

    def clients(self) -> ClientQuerySet:
        """Return the clients this view is about, in no order."""
        chosen = [CHOICES[name][getattr(self, name)] for name in CHOICES]
        found: ClientQuerySet = Client.objects.filter(*chosen)
        return found.matching(self.q)

    def sorted_ids(self) -> list[int]:
        """Return the ids of all the view's clients in its order."""
        return list(self.clients().order_by(*_order(self.sort)).values_list("id", flat=True))

    def answer(self, tally: dict[str, int] | None = None) -> Page[Client]:
        """Return the wanted page; a page past the end is the last one.

        Whoever has the firm's ``Client.objects.tally()`` at hand spares a count by giving it.
        """
        known = tally and not self.is_narrowed and tally[self.show or "current"]
        return Paginator(_Rows(self, known or None), PAGE_SIZE).get_page(self.page)


class _Rows(Sequence[Client]):
    """The list as a Paginator wants it: it can be counted and cut."""

    def __init__(self, listing: Listing, known_total: int | None) -> None:
        self.sort = listing.sort
        self.ids = LongList(
            listing.clients(), _by_key(listing.sort), total=known_total, is_searched=bool(listing.q)
        )

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, part: Any) -> Any:
        field = self.sort.removeprefix("-")
        ids = _blanks_last(self.ids, field, part) if field in _BLANKS_LAST else self.ids[part]
        rows = Client.objects.defer("notes", "search_text", "name_key").in_bulk(ids)
        return [rows[pk] for pk in ids if pk in rows]


def _blanks_last(listed: LongList, field: str, part: slice) -> list[int]:
    """Return the ids of a part of the list.

    Blanks stand last in both directions: one index, read forwards or backwards, gives the clients
    with a value; those without follow.
    """
    clients = listed.rows
    filled = clients.exclude(**{field: ""})
    ids = list(filled.order_by(*listed.order).values_list("id", flat=True)[part])
    missing = part.stop - part.start - len(ids)
    if missing:
        start = max(part.start - filled.count(), 0)
        blank = clients.filter(**{field: ""}).order_by(SortKey(field), "id")
        ids += blank.values_list("id", flat=True)[start : start + missing]
    return ids


def _order(sort: str) -> list[str | Combinable]:
    field = sort.removeprefix("-")
    if field not in _BLANKS_LAST:
        return _by_key(sort)
    is_blank = Case(When(**{field: ""}, then=Value(1)), default=Value(0), output_field=IntegerField())
    return [is_blank, *_by_key(sort)]


def _by_key(sort: str) -> list[str | Combinable]:
    key = SORTS[sort.removeprefix("-")]
    key = F(key) if isinstance(key, str) else key
    return [key.desc(), "-id"] if sort.startswith("-") else [key.asc(), "id"]
