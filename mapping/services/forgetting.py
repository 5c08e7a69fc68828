"""Delete what a book holds, or end what ties it to our records, some rows at a time.

The order is the one that the ties between tables ask for.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any

from django.db import models, transaction

from mapping.entities import ENTITIES
from mapping.models import (
    Book,
    Change,
    ChangeKind,
    Draft,
    DraftChoice,
    Exclusion,
    Inclusion,
    Link,
    RemoteRecord,
    RunOutcome,
    RunPart,
    Standing,
)

ROWS = 2_000
"""Rows deleted in one transaction: quick enough to hold nobody up."""


def forget_some(book: Book) -> int:
    """Delete some of the mirror and what hangs on it; return how many rows, 0 once nothing is left.

    Our own records keep their values and their history. One transaction each; safe to be killed in.
    """
    return next((deleted for step in _FORGET if (deleted := step(book))), 0)


def put_away_some(book: Book) -> int:
    """Untie some of what the book holds; return how many rows, 0 once nothing ties it to our records.

    Its records stay as they were last read, and so do its runs with their results. One transaction each;
    safe to be killed in.
    """
    return next((done for step in _PUT_AWAY if (done := step(book))), 0)


def delete_some(rows: models.QuerySet[Any]) -> int:
    """Delete up to ``ROWS`` of these, past Django's look at what hangs on them; return how many."""
    keys = list(rows.order_by("pk").values_list("pk", flat=True)[:ROWS])
    some = rows.model._default_manager.filter(pk__in=keys)
    return some._raw_delete(some.db) if keys else 0


def _let_go(book: Book) -> int:
    """Untie some of our records. Conflicts about them go along."""
    with transaction.atomic():
        links = list(Link.objects.filter(book=book).order_by("pk").select_for_update()[:ROWS])
        by_entity = sorted(links, key=lambda link: link.entity)
        for name, tied in groupby(by_entity, key=lambda link: link.entity):
            ENTITIES[name].local.mark_linked([link.local_id for link in tied], linked=False)
        Change.objects.bulk_create(_noted(link) for link in links)
        return delete_some(Link.objects.filter(pk__in=[link.pk for link in links]))


def _noted(link: Link) -> Change:
    return Change(
        firm_id=link.firm_id,
        entity=link.entity,
        local_id=link.local_id,
        kind=ChangeKind.UNLINKED,
        record_id=link.record_id,
    )


def _unmap(book: Book) -> int:
    """Have some records say that they are no longer mapped."""
    mapped = RemoteRecord.objects.filter(book=book, standing=Standing.MAPPED)
    some = list(mapped.order_by("pk").values_list("pk", flat=True)[:ROWS])
    return RemoteRecord.objects.filter(pk__in=some).update(standing=Standing.UNMAPPED) if some else 0


_PUT_AWAY: tuple[Callable[[Book], int], ...] = (
    lambda book: delete_some(DraftChoice.objects.filter(draft__book=book)),
    lambda book: delete_some(Draft.objects.filter(book=book)),
    _let_go,
    _unmap,
)
_FORGET: tuple[Callable[[Book], int], ...] = (
    lambda book: delete_some(DraftChoice.objects.filter(draft__book=book)),
    lambda book: delete_some(Draft.objects.filter(book=book)),
    lambda book: delete_some(RunOutcome.objects.filter(run__book=book)),
    lambda book: delete_some(RunPart.objects.filter(run__book=book)),
    _let_go,
    lambda book: delete_some(Exclusion.objects.filter(record__book=book)),
    lambda book: delete_some(Inclusion.objects.filter(record__book=book)),
    lambda book: delete_some(RemoteRecord.objects.filter(book=book)),
)
