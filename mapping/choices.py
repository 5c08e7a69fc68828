"""Map Customers, read: a page of customers, each with what will become of it and what may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db import models

from accounts.models import Client
from accounts.models.clients import search_words
from accounts.paging import LongList
from mapping.entities import ENTITIES
from mapping.forms import Decision
from mapping.listing import PAGE_SIZE, parents, unmapped_customers
from mapping.matching import Found, Match, Unsure
from mapping.merge import first_meeting
from mapping.models import Choice, Draft, DraftChoice, Link, RecordQuerySet, RemoteRecord, policy_of
from mapping.services import drafts
from mapping.services.drafts import Matched, Row
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
        return parents(self.record.full_name, self.record.name)

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
    """Find the rows whose client is also another row's choice or exact match."""
    wanted = {row.record.pk: row.client.local_id for row in rows if row.client}
    # An exact match is the only one of its client: without choices nobody is in anybody's way.
    if not wanted or not matched.chosen:
        return set()
    claims: dict[int, set[int]] = {local_id: set() for local_id in wanted.values()}
    chosen = DraftChoice.objects.filter(draft=draft, local_id__in=claims).values_list("record_id", "local_id")
    for record_id, local_id in (*chosen, *matched.pairs):
        if local_id in claims:
            claims[local_id].add(record_id)
    return {record_id for record_id, local_id in wanted.items() if claims[local_id] - {record_id}}


def _stale(draft: Draft, own: Mapping[int, DraftChoice]) -> dict[int, tuple[str, str]]:
    """Find the choices of clients that were archived or taken since: (reason, client's name) by record."""
    wanted = {record_id: choice.local_id for record_id, choice in own.items() if choice.local_id}
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
    """Say which of the client's values QuickBooks' would replace on mapping (CV-39), as the firm's policy stands."""
    entity = ENTITIES[record.entity]
    ours = {field.local: getattr(client, field.local) for field in entity.fields}
    lets_in = policy_of(record.book_id, entity.name).lets_in(entity)
    taken = first_meeting(ours, to_local(entity, record.payload), lets_in=lets_in).take
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
        others = current.matching(text).order_by(_free_first(), "name_key", "pk")[:limit]
        found += [client for client in others if client.pk not in known]
    return found[:limit]


def _free_first() -> models.Case:
    """Order by whether a client is taken, said so that no index fits.

    With an index in that order the planner hopes to find enough at its beginning, and where few
    clients are meant it fetches them all one by one; one pass over the table always does.
    """
    taken = models.When(is_linked=True, then=models.Value(1))
    return models.Case(taken, default=models.Value(0), output_field=models.IntegerField())


def likely(record: RemoteRecord) -> list[Client]:
    """Find the free clients that speak for themselves: same name or same e-mail."""
    free = Client.objects.current().filter(is_linked=False)
    alike = models.Q(name_key=record.name_key)
    found = {client.pk: client for client in free.filter(alike).order_by("pk")[:SUGGESTIONS]}
    if record.email:
        for client in free.filter(email__iexact=record.email).order_by("name_key", "pk")[:5]:
            found.setdefault(client.pk, client)
    return list(found.values())
