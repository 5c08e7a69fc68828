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

PAGE_SIZE = 50
FEW = 2_000
"""Hits of a search that are remembered by id while its page is made."""

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
        self.clients = listing.clients()
        self.total = known_total
        if listing.q:
            self._search()

    def _search(self) -> None:
        # Few hits are worth remembering: the search is the dear part, and is then made only once.
        # Many hits are soon found again, in the list's order by its index.
        hits = list(self.clients.values_list("id", flat=True)[: FEW + 1])
        if len(hits) <= FEW:
            self.clients, self.total = Client.objects.filter(pk__in=hits), len(hits)

    def __len__(self) -> int:
        if self.total is None:
            self.total = self.clients.count()
        return self.total

    def __getitem__(self, part: Any) -> Any:
        ids = _ids(self.clients, self.sort, part)
        rows = Client.objects.defer("notes", "search_text", "name_key").in_bulk(ids)
        return [rows[pk] for pk in ids if pk in rows]


def _ids(clients: ClientQuerySet, sort: str, part: slice) -> list[int]:
    """Return the ids of a part of the list.

    Blanks stand last in both directions: one index, read forwards or backwards, gives the clients
    with a value; those without follow.
    """
    field = sort.removeprefix("-")
    if field not in _BLANKS_LAST:
        return list(clients.order_by(*_by_key(sort)).values_list("id", flat=True)[part])
    filled = clients.holding(field)
    ids = list(filled.order_by(*_by_key(sort)).values_list("id", flat=True)[part])
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
