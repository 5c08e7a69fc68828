"""Read what changed in a company since a moment, whole, however much it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from integrations.quickbooks import ALL, PAGE, Payload, QuickBooks
from mapping.spec import Entity

OVERLAP = timedelta(minutes=5)
"""How much is read again each time: clocks differ, and QuickBooks' times are whole seconds."""
OLDEST = timedelta(days=29)
"""QuickBooks tells changes of 30 days; what is older is imported anew."""


@dataclass
class News:
    """Answers of QuickBooks about several kinds of record."""

    rows: dict[str, list[Payload]] = field(default_factory=dict)
    """By our name of the entity."""
    deleted: dict[str, list[str]] = field(default_factory=dict)
    to_query: list[str] = field(default_factory=list)
    """Entities whose changes did not fit and are to be read page by page."""
    answered_at: datetime | None = None
    """QuickBooks' clock at the first answer: all before it is in here or to be queried."""
    calls: int = 0


def ask(quickbooks: QuickBooks, entities: Sequence[Entity], *, since: datetime) -> News:
    """Return what changed, by one call as a rule.

    A change-data answer at its limit is incomplete and cannot be continued. The kind with the most
    changes is then left to be queried, and the others are asked for once more without it.
    """
    news = News()
    asked = list(entities)
    while asked:
        answer = quickbooks.changes([entity.remote for entity in asked], since=since)
        news.calls += 1
        news.answered_at = news.answered_at or answer.answered_at
        for entity in asked:
            # Deletions are in no query, so those of an answer that is not whole count too.
            news.deleted[entity.name] = answer.deleted[entity.remote]
            news.rows[entity.name] = answer.rows[entity.remote]
        if not answer.is_full:
            break
        biggest = max(asked, key=lambda entity: len(answer.rows[entity.remote]))
        news.to_query.append(biggest.name)
        news.rows.pop(biggest.name)
        asked.remove(biggest)
    return news


@dataclass(frozen=True)
class Place:
    """Where reading by query goes on: at a time of change, and how many of just that time to pass over."""

    since: datetime
    start: int = 1


def page_from(quickbooks: QuickBooks, entity: Entity, place: Place) -> tuple[list[Payload], Place | None]:
    """Return the next page of what changed, in the order of change, and where to go on, if anywhere.

    By the last row's time and not by position: a row that changes meanwhile moves to the end, the rest
    move up by one, and a position would pass over a row.
    """
    active = f" AND {ALL}" if entity.has_inactive else ""
    where = f"MetaData.LastUpdatedTime >= '{place.since.isoformat(timespec='seconds')}'{active}"
    rows = quickbooks.page(entity.remote, place.start, where=where, order="MetaData.LastUpdatedTime")
    if len(rows) < PAGE:
        return rows, None
    last = datetime.fromisoformat(rows[-1]["MetaData"]["LastUpdatedTime"])
    if last > place.since:
        return rows, Place(last)
    return rows, Place(place.since, place.start + len(rows))


def by_query(quickbooks: QuickBooks, entity: Entity, *, since: datetime) -> Iterator[list[Payload]]:
    place: Place | None = Place(since)
    while place:
        rows, place = page_from(quickbooks, entity, place)
        yield rows
