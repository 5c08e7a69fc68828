"""What an address asks of the Manage list: a filter, a search, an order, a page."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db import models
from django.http import QueryDict

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
