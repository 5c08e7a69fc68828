"""How far a reading of everything is that a refresh began: after a reset, or after a long silence (KP-33)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count
from django.utils import timezone

from mapping.entities import ENTITIES
from mapping.models import Book, RemoteRecord, Run, RunKind, RunState

BEGUN = "imports"
"""Option of a refresh: the imports it began, by their numbers."""
_TOLD_FOR = timedelta(days=1)


@dataclass(frozen=True)
class Reading:
    begun_by: int
    """The refresh that began it."""
    runs: list[Run]
    total: int
    """Records there are to read: as QuickBooks counts them, and until it has, as many as are known here."""
    is_counted: bool

    @property
    def is_going(self) -> bool:
        return any(run.is_unfinished for run in self.runs)

    @property
    def handled(self) -> int:
        return sum(run.handled for run in self.runs)

    @property
    def left(self) -> list[str]:
        """Kinds of record not yet read to the end."""
        return [ENTITIES[run.entity].plural for run in self.runs if run.is_unfinished]

    @property
    def stopped(self) -> list[Run]:
        return [run for run in self.runs if run.state in (RunState.FAILED, RunState.CANCELLED)]


def latest(book: Book) -> Reading | None:
    """Return the reading that a refresh of the last day began, whether or not it has ended. Three queries at most."""
    refreshes = Run.objects.filter(
        book=book, kind=RunKind.REFRESH, options__has_key=BEGUN, created_at__gte=timezone.now() - _TOLD_FOR
    )
    refresh = refreshes.order_by("-created_at").first()
    if refresh is None:
        return None
    runs = list(Run.objects.filter(pk__in=refresh.options[BEGUN]).order_by("created_at", "pk"))
    uncounted = [run.entity for run in runs if run.expected is None]
    held = _held(book, uncounted)
    total = sum(held.get(run.entity, 0) if run.expected is None else run.expected for run in runs)
    return Reading(refresh.pk, runs, total, is_counted=not uncounted)


def _held(book: Book, entities: list[str]) -> dict[str, int]:
    if not entities:
        return {}
    found = RemoteRecord.objects.filter(book=book, entity__in=entities, gone_at=None).order_by()
    return dict(found.values_list("entity").annotate(number=Count("pk")))
