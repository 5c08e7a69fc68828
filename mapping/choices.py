"""Map Customers and its like, read: a page of records, each with what will become of it and what may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db import models

from accounts.paging import LongList
from mapping import free
from mapping.entities import ENTITIES
from mapping.forms import Decision
from mapping.listing import parents, unmapped_customers
from mapping.matching import ALIKE_FROM, Found, Match, Unsure, alike, reasons, turned
from mapping.merge import first_meeting
from mapping.models import Choice, Draft, DraftChoice, Link, RecordQuerySet, RemoteRecord, policy_of
from mapping.services import drafts
from mapping.services.drafts import Matched, Row
from mapping.spec import Entity, Ours
from mapping.transform import to_local
from mapping.wanted import PAGE_SIZE

SUGGESTIONS = 20


class Part(models.TextChoices):
    ALL = "all", "All"
    UNDECIDED = "undecided", "Undecided"
    EXACT = "exact", "Exact matches"
    CHOSEN = "chosen", "Chosen by you"


@dataclass(frozen=True)
class Option:
    """One line of a row's picker."""

    value: str
    label: str
    detail: str = ""
    is_always: bool = False
    """Stays in the list whatever is searched for."""


def always(entity: Entity) -> list[Option]:
    """Return what can be chosen for any record of a kind."""
    labels = {Choice.NEW: f"Add as new {entity.local_label}"}
    return [
        Option(choice.value, labels.get(choice, str(choice.label)), is_always=True)
        for choice in (Choice.NEW, Choice.EXCLUDE, Choice.LATER)
    ]


@dataclass(frozen=True)
class ChoiceRow:
    """A record on the left, its choice on the right (CV-30)."""

    row: Row
    stale: str = ""
    """Why the person's earlier choice no longer holds, as a reason's code."""
    stale_name: str = ""
    is_contested: bool = False
    """Whether the same row of ours is the choice of another row: only one of them can have it."""

    @property
    def record(self) -> RemoteRecord:
        return self.row.record

    @property
    def path(self) -> str:
        return parents(self.record.full_name, self.record.name)

    @property
    def value(self) -> str:
        return str(Decision(self.row.choice, self.row.ours.local_id if self.row.ours else None))

    @property
    def is_exact(self) -> bool:
        return isinstance(self.row.match, Found)

    @property
    def is_exact_chosen(self) -> bool:
        match = self.row.match
        return (
            isinstance(match, Found)
            and self.row.ours is not None
            and self.row.ours.local_id == match.local_id
        )

    @property
    def namesakes(self) -> int:
        """Rows of ours that might be meant, where more than one is or several records share the name."""
        return len(self.row.match.rows) if isinstance(self.row.match, Unsure) else 0

    @property
    def rivals(self) -> int:
        return self.row.match.rivals if isinstance(self.row.match, Unsure) else 0

    @property
    def options(self) -> list[Option]:
        suggested = {found.local_id: _option(found, note) for found, note in _suggested(self.row.match)}
        if self.row.ours:
            suggested.setdefault(self.row.ours.local_id, _option(self.row.ours))
        return [*suggested.values(), *always(ENTITIES[self.record.entity])]


def _suggested(match: Match) -> list[tuple[Found, str]]:
    match match:
        case Found():
            return [(match, "Exact match")]
        case Unsure(rows=rows):
            return [(found, "Same name") for found in rows]
        case _:
            return []


def _option(found: Found, note: str = "") -> Option:
    detail = " · ".join(filter(None, (note, found.detail)))
    return Option(str(Decision(Choice.EXISTING, found.local_id)), found.name, detail)


def page(draft: Draft, *, matched: Matched, part: Part, text: str, number: int) -> Page[ChoiceRow]:
    """Return one page of the unmapped customers of a filter and a search, in the order of names."""
    found: Page[Any] = Paginator(_ids(draft, matched, part, text), PAGE_SIZE).get_page(number)
    ids = list(found.object_list)
    held = RemoteRecord.objects.defer("search_text").in_bulk(ids)
    found.object_list = choice_rows(draft, [held[pk] for pk in ids if pk in held], matched=matched)
    return found


def _ids(draft: Draft, matched: Matched, part: Part, text: str) -> Sequence[int]:
    """Return the ids of the customers of a filter and a search, in the order of names."""
    if part == Part.EXACT and not text:
        return matched.pairs.record_ids
    found = LongList(
        _of_part(draft, part).matching(text),
        _BY_NAME,
        total=matched.unmapped if part == Part.ALL and not text else None,
        is_searched=bool(text),
    )
    if part == Part.EXACT:
        exact = set(matched.pairs.record_ids)
        return [pk for pk in found if pk in exact]
    if part == Part.UNDECIDED and draft.default == Choice.LATER and matched.pairs:
        exact = set(matched.pairs.record_ids)
        return [pk for pk in found if pk not in exact]
    return found


_BY_NAME = ("name_key", "pk")


def _of_part(draft: Draft, part: Part) -> RecordQuerySet:
    """Return the customers of a filter; what the exact matches say of them is left to the caller."""
    records = unmapped_customers(draft.book, draft.entity)
    chosen = DraftChoice.objects.filter(draft=draft, record=models.OuterRef("pk"))
    match part:
        case Part.CHOSEN:
            return records.filter(models.Exists(chosen))
        case Part.UNDECIDED if draft.default == Choice.LATER:
            return records.exclude(models.Exists(chosen.exclude(choice=Choice.LATER)))
        case Part.UNDECIDED:
            return records.filter(models.Exists(chosen.filter(choice=Choice.LATER)))
    return records


def choice_rows(draft: Draft, records: Sequence[RemoteRecord], *, matched: Matched) -> list[ChoiceRow]:
    """Return the rows of these records; the same few queries however many."""
    own = drafts.own_choices(draft, records) if matched.chosen else {}
    rows = drafts.rows(draft, records, own=own)
    stale, contested = _stale(draft, own), _contested(draft, matched, rows)
    return [
        ChoiceRow(row, *stale.get(row.record.pk, ("", "")), is_contested=row.record.pk in contested)
        for row in rows
    ]


def _contested(draft: Draft, matched: Matched, rows: Sequence[Row]) -> set[int]:
    """Find the rows whose choice is also another row's choice or exact match."""
    wanted = {row.record.pk: row.ours.local_id for row in rows if row.ours}
    # An exact match is the only one of its name: without choices nobody is in anybody's way.
    if not wanted or not matched.chosen:
        return set()
    claims: dict[int, set[int]] = {local_id: set() for local_id in wanted.values()}
    chosen = DraftChoice.objects.filter(draft=draft, local_id__in=claims).values_list("record_id", "local_id")
    for record_id, local_id in (*chosen, *matched.pairs):
        if local_id in claims:
            claims[local_id].add(record_id)
    return {record_id for record_id, local_id in wanted.items() if claims[local_id] - {record_id}}


def _stale(draft: Draft, own: Mapping[int, DraftChoice]) -> dict[int, tuple[str, str]]:
    """Find the choices of rows that were archived or taken since: (reason, our row's name) by record."""
    wanted = {record_id: choice.local_id for record_id, choice in own.items() if choice.local_id}
    if not wanted:
        return {}
    ours = ENTITIES[draft.entity].local.shown(list(wanted.values()))
    taken = set(
        Link.objects.filter(
            book=draft.book, entity=draft.entity, local_id__in=list(wanted.values())
        ).values_list("local_id", flat=True)
    )
    stale = {}
    for record_id, local_id in wanted.items():
        row = ours.get(local_id)
        if row is None or row.is_archived:
            stale[record_id] = ("client_gone", str(row or ""))
        elif local_id in taken:
            stale[record_id] = ("client_taken", row.name)
    return stale


@dataclass(frozen=True)
class Overwritten:
    """One field that mapping would change here."""

    field: str
    before: str
    after: str


def overwritten(record: RemoteRecord, local_id: int) -> list[Overwritten]:
    """Say which of a row's values QuickBooks' would replace on mapping (CV-39), as the firm's policy stands."""
    entity = ENTITIES[record.entity]
    ours = entity.local.glance([local_id]).get(local_id)
    if ours is None:
        return []
    lets_in = policy_of(record.book_id, entity.name).lets_in(entity)
    taken = first_meeting(ours, to_local(entity, record.payload), lets_in=lets_in).take
    return [Overwritten(entity.field(name).label, ours[name], value) for name, value in taken.items()]


def candidates(entity: Entity, text: str, *, limit: int = SUGGESTIONS) -> list[Ours]:
    """Find rows of ours by what is typed: those whose name starts so, then free ones, then the rest (CV-33)."""
    return list(entity.local.suggested(text, limit=limit))


def likely(record: RemoteRecord) -> list[Ours]:
    """Find the free rows that speak for themselves: same name or same e-mail; else those of a name much like it."""
    entity = ENTITIES[record.entity]
    found = {row.pk: row for row in free.named(entity, [record.name_key], limit=SUGGESTIONS)}
    is_named = bool(found)
    if record.email:
        for row in free.at(entity, record.email, limit=5):
            found.setdefault(row.pk, row)
    if not is_named:
        for row in _alike(entity, record):
            found.setdefault(row.pk, row)
    return list(found.values())


MOST_ALIKE = 5


def _alike(entity: Entity, record: RemoteRecord) -> list[Ours]:
    """Find the free rows whose names are most like a record's (B-2)."""
    rated = [(alike(record.name, row.name), row) for row in free.near(entity, turned(record.name_key))]
    close = sorted(
        ((percent, row) for percent, row in rated if percent >= ALIKE_FROM),
        key=lambda each: (-each[0], each[1].name_key, each[1].pk),
    )
    return [row for _, row in close[:MOST_ALIKE]]


def speaks_for(record: RemoteRecord, row: Ours) -> list[str]:
    """Say in words why a row of ours may be the one a record stands for."""
    theirs = {"name": record.name, "email": record.email, "city": record.city}
    return reasons(theirs, {"name": row.name, "email": row.email, "city": row.city})
