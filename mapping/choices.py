"""Map Customers, read: a page of customers, each with what will become of it and what may."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db import models

from accounts.models import Client
from accounts.models.clients import search_words
from mapping.entities import ENTITIES
from mapping.forms import Decision
from mapping.listing import PAGE_SIZE, parents, unmapped_customers
from mapping.matching import Found, Match, Unsure
from mapping.merge import first_meeting
from mapping.models import Choice, Draft, DraftChoice, Link, RecordQuerySet, RemoteRecord
from mapping.services import drafts
from mapping.services.drafts import Pairs, Row
from mapping.transform import to_local

SUGGESTIONS = 20
_AFTER_ALL = "\U0010ffff"
"""Sorts behind every letter, in the order of code points that name keys have."""


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


ALWAYS = tuple(
    Option(choice.value, str(choice.label), is_always=True)
    for choice in (Choice.NEW, Choice.EXCLUDE, Choice.LATER)
)


@dataclass(frozen=True)
class ChoiceRow:
    """A customer on the left, its choice on the right (CV-30)."""

    row: Row
    stale: str = ""
    """Why the person's earlier choice no longer holds, as a reason's code."""
    stale_name: str = ""
    is_contested: bool = False
    """Whether the same client is the choice of another row: only one of them can have it."""

    @property
    def record(self) -> RemoteRecord:
        return self.row.record

    @property
    def path(self) -> str:
        return parents(self.record)

    @property
    def value(self) -> str:
        return str(Decision(self.row.choice, self.row.client.local_id if self.row.client else None))

    @property
    def is_exact(self) -> bool:
        return isinstance(self.row.match, Found)

    @property
    def is_exact_chosen(self) -> bool:
        match = self.row.match
        return (
            isinstance(match, Found)
            and self.row.client is not None
            and self.row.client.local_id == match.local_id
        )

    @property
    def namesakes(self) -> int:
        """Clients that might be meant, where more than one is or several customers share the name."""
        return len(self.row.match.rows) if isinstance(self.row.match, Unsure) else 0

    @property
    def rivals(self) -> int:
        return self.row.match.rivals if isinstance(self.row.match, Unsure) else 0

    @property
    def options(self) -> list[Option]:
        suggested = {found.local_id: _option(found, note) for found, note in _suggested(self.row.match)}
        if self.row.client:
            suggested.setdefault(self.row.client.local_id, _option(self.row.client))
        return [*suggested.values(), *ALWAYS]


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


def page(draft: Draft, *, matched: Pairs, part: Part, text: str, number: int) -> Page[ChoiceRow]:
    """Return one page of the unmapped customers of a filter and a search, in the order of names."""
    records = _of_part(draft, matched, part).matching(text)
    ids = records.order_by("name_key", "pk").values_list("pk", flat=True)
    found: Page[Any] = Paginator(ids, PAGE_SIZE).get_page(number)
    held = RemoteRecord.objects.defer("search_text").in_bulk(list(found.object_list))
    found.object_list = choice_rows(
        draft, [held[pk] for pk in found.object_list if pk in held], matched=matched
    )
    return found


def _of_part(draft: Draft, matched: Pairs, part: Part) -> RecordQuerySet:
    records = unmapped_customers(draft.book, draft.entity)
    chosen = DraftChoice.objects.filter(draft=draft, record=models.OuterRef("pk"))
    match part:
        case Part.EXACT:
            return records.filter(pk__in=[record_id for record_id, _ in matched])
        case Part.CHOSEN:
            return records.filter(models.Exists(chosen))
        case Part.UNDECIDED if draft.default == Choice.LATER:
            exact = [record_id for record_id, _ in matched]
            decided = chosen.exclude(choice=Choice.LATER)
            return records.exclude(models.Exists(decided)).exclude(pk__in=exact)
        case Part.UNDECIDED:
            return records.filter(models.Exists(chosen.filter(choice=Choice.LATER)))
    return records


def choice_rows(draft: Draft, records: Sequence[RemoteRecord], *, matched: Pairs) -> list[ChoiceRow]:
    """Return the rows of these records; the same few queries however many."""
    rows = drafts.rows(draft, records)
    stale, contested = _stale(draft, rows), _contested(draft, matched, rows)
    return [
        ChoiceRow(row, *stale.get(row.record.pk, ("", "")), is_contested=row.record.pk in contested)
        for row in rows
    ]


def _contested(draft: Draft, matched: Pairs, rows: Sequence[Row]) -> set[int]:
    """Find the rows whose client is also another row's choice or exact match."""
    wanted = {row.record.pk: row.client.local_id for row in rows if row.client}
    if not wanted:
        return set()
    claims: dict[int, set[int]] = {local_id: set() for local_id in wanted.values()}
    chosen = DraftChoice.objects.filter(draft=draft, local_id__in=claims).values_list("record_id", "local_id")
    for record_id, local_id in (*chosen, *matched):
        if local_id in claims:
            claims[local_id].add(record_id)
    return {record_id for record_id, local_id in wanted.items() if claims[local_id] - {record_id}}


def _stale(draft: Draft, rows: Sequence[Row]) -> dict[int, tuple[str, str]]:
    """Find the choices of clients that were archived or taken since: (reason, client's name) by record."""
    wanted = dict(
        DraftChoice.objects.filter(
            draft=draft, choice=Choice.EXISTING, record_id__in=[row.record.pk for row in rows]
        ).values_list("record_id", "local_id")
    )
    if not wanted:
        return {}
    clients = Client.objects.only("name", "archived_at").in_bulk(wanted.values())
    taken = set(
        Link.objects.filter(
            book=draft.book, entity=draft.entity, local_id__in=list(wanted.values())
        ).values_list("local_id", flat=True)
    )
    stale = {}
    for record_id, local_id in wanted.items():
        client = clients.get(local_id)
        if client is None or client.is_archived:
            stale[record_id] = ("client_gone", str(client or ""))
        elif local_id in taken:
            stale[record_id] = ("client_taken", client.name)
    return stale


@dataclass(frozen=True)
class Overwritten:
    """One field that mapping would change here."""

    field: str
    before: str
    after: str


def overwritten(record: RemoteRecord, client: Client) -> list[Overwritten]:
    """Say which of the client's values QuickBooks' would replace on mapping (CV-39)."""
    entity = ENTITIES[record.entity]
    ours = {field.local: getattr(client, field.local) for field in entity.fields}
    taken = first_meeting(ours, to_local(entity, record.payload))
    return [Overwritten(entity.field(name).label, ours[name], value) for name, value in taken.items()]


def candidates(text: str, *, limit: int = SUGGESTIONS) -> list[Client]:
    """Find clients by name, e-mail or city: those whose name starts so, then free ones, then the rest."""
    current = Client.objects.current().only("name", "email", "city", "is_linked")
    prefix = " ".join(search_words(text))
    # A range and not LIKE: under row-level security only comparisons may use an index.
    starting = current.filter(is_linked=False, name_key__gte=prefix, name_key__lt=prefix + _AFTER_ALL)
    found = list(starting.order_by("name_key", "pk")[:limit])
    if len(found) < limit and text:
        known = {client.pk for client in found}
        others = current.matching(text).order_by("is_linked", "name_key", "pk")[:limit]
        found += [client for client in others if client.pk not in known]
    return found[:limit]


def likely(record: RemoteRecord) -> list[Client]:
    """Find the free clients that speak for themselves: same name or same e-mail."""
    free = Client.objects.current().filter(is_linked=False)
    alike = models.Q(name_key=record.name_key)
    found = {client.pk: client for client in free.filter(alike).order_by("pk")[:SUGGESTIONS]}
    if record.email:
        for client in free.filter(email__iexact=record.email).order_by("name_key", "pk")[:5]:
            found.setdefault(client.pk, client)
    return list(found.values())
