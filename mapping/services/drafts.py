"""Choices made in Map Customers and not yet saved: kept by the server, row by row (B-22, JP-11).

What a row will do is derived: the person's own choice, else the exact match, else the default.
So "apply to all" is one value however many customers there are, and leaves exact matches alone (CV-37).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Max

from accounts.models import User
from mapping import free
from mapping.entities import ENTITIES
from mapping.matching import Found, Match, Nobody, by_exact_name
from mapping.models import Book, Choice, Draft, DraftChoice, RemoteRecord, Run, RunKind
from mapping.services import exact
from mapping.services.exact import Pairs
from mapping.services.runs import start_run
from mapping.spec import Entity, Ours


@dataclass(frozen=True)
class Row:
    """One record in Map Customers, say, and what will become of it on Save."""

    record: RemoteRecord
    match: Match
    choice: Choice
    ours: Found | None
    """The row of ours it will be mapped to, where the choice is an existing one."""
    is_own_choice: bool
    """Whether a person chose, rather than the match or the default."""


@dataclass(frozen=True)
class Summary:
    """What Save would do, by number."""

    undecided: int
    existing: int
    new: int
    exclude: int
    exact_matches: int
    """Rows the default leaves alone because exactly one of ours has their name."""
    by_hand: int
    """Rows the person has chosen for."""

    @property
    def decided(self) -> int:
        return self.existing + self.new + self.exclude

    @property
    def mapped(self) -> int:
        """Records that will have a row of ours, new or old."""
        return self.existing + self.new

    @property
    def total(self) -> int:
        return self.decided + self.undecided


def open_draft(book: Book, entity: str, *, person: User) -> Draft:
    """Return the person's unsaved choices, begun now if there are none.

    Where the firm has no rows of its own yet, every record starts as Add as new (JP-10).
    """
    draft = Draft.objects.filter(book=book, entity=entity, person=person, run=None).first()
    if draft:
        draft.book = book
        return draft
    default = Choice.LATER if ENTITIES[entity].local.has_any() else Choice.NEW
    draft, _ = Draft.objects.get_or_create(
        firm_id=book.firm_id, book=book, entity=entity, person=person, run=None, defaults={"default": default}
    )
    return draft


def choose(draft: Draft, record: RemoteRecord, choice: Choice, *, local_id: int | None = None) -> None:
    """Remember a choice for one row."""
    DraftChoice.objects.update_or_create(
        firm_id=draft.firm_id, draft=draft, record=record, defaults={"choice": choice, "local_id": local_id}
    )


def forget(draft: Draft, record: RemoteRecord) -> None:
    """Let the row follow the exact match or the default again."""
    DraftChoice.objects.filter(draft=draft, record=record).delete()


def set_default(draft: Draft, default: Choice) -> None:
    """Apply a value to every row with no exact match; rows chosen by hand before it follow it too (CV-36, CV-37).

    Choices of an existing row are kept: nobody means to throw away a search. So is what was chosen
    for an exact match: the default does not touch it, and it would be mapped after all.
    """
    with transaction.atomic():
        draft.default = default
        draft.save(update_fields=["default"])
        others = DraftChoice.objects.filter(draft=draft).exclude(choice=Choice.EXISTING)
        if chosen := set(others.values_list("record_id", flat=True)):
            matched = chosen.intersection(exact.known(draft.book, draft.entity).pairs.record_ids)
            others.filter(record_id__in=chosen - matched).delete()


def own_choices(draft: Draft, records: Sequence[RemoteRecord]) -> dict[int, DraftChoice]:
    """Return what the person has chosen for these records, by record."""
    chosen = DraftChoice.objects.filter(draft=draft, record_id__in=[record.pk for record in records])
    return {choice.record_id: choice for choice in chosen}


def rows(
    draft: Draft, records: Sequence[RemoteRecord], *, own: dict[int, DraftChoice] | None = None
) -> list[Row]:
    """Return what will become of these records; a few queries, however many rows.

    ``own`` where the person's choices are known already.
    """
    entity = ENTITIES[draft.entity]
    found, chosen = matches(entity, records), own_choices(draft, records) if own is None else own
    local_ids = [choice.local_id for choice in chosen.values() if choice.local_id]
    named = _names(entity, local_ids) if local_ids else {}
    return [_row(draft, record, found[record.pk], chosen.get(record.pk), named) for record in records]


def _row(
    draft: Draft, record: RemoteRecord, match: Match, own: DraftChoice | None, named: dict[int, Found]
) -> Row:
    if own and (own.local_id is None or own.local_id in named):
        ours = named[own.local_id] if own.local_id else None
        return Row(record, match, Choice(own.choice), ours, is_own_choice=True)
    if isinstance(match, Found):
        return Row(record, match, Choice.EXISTING, match, is_own_choice=False)
    return Row(record, match, Choice(draft.default), None, is_own_choice=False)


def _names(entity: Entity, ids: Sequence[int]) -> dict[int, Found]:
    shown = entity.local.shown(ids)
    return {pk: _found(row) for pk, row in shown.items() if not row.is_archived}


def _found(row: Ours) -> Found:
    return Found(row.pk, row.name, " · ".join(filter(None, (row.city, row.email))))


def matches(entity: Entity, records: Sequence[RemoteRecord]) -> dict[int, Match]:
    """Return each record's exact-name match among our unmapped rows; three queries for any number."""
    if not records:
        return {}
    ours: dict[str, list[Found]] = {}
    for row in free.named(entity, {record.name_key for record in records}):
        ours.setdefault(row.name_key, []).append(_found(row))
    if not ours:
        return {record.pk: Nobody() for record in records}
    rivals = _rivals(records[0], list(ours))
    return {
        record.pk: by_exact_name(
            record.name,
            ours=ours.get(record.name_key, ()),
            rivals=rivals[record.name_key],
        )
        for record in records
    }


def _rivals(like: RemoteRecord, keys: list[str]) -> Counter[str]:
    """Count the unmapped records of each name key."""
    alike = RemoteRecord.objects.filter(book_id=like.book_id, entity=like.entity, gone_at=None).unmapped()
    return Counter(alike.filter(name_key__in=keys).values_list("name_key", flat=True))


@dataclass(frozen=True)
class Matched:
    """The exact matches of a draft that the person has not chosen otherwise for, and how much there is besides."""

    pairs: Pairs
    unmapped: int
    chosen: frozenset[int]
    """The records the person has chosen for."""


def known_matches(draft: Draft) -> Matched:
    """Return the draft's exact matches for a screen; see ``exact.known``."""
    known, chosen = exact.known(draft.book, draft.entity), _chosen(draft)
    return Matched(known.pairs.without(chosen), known.unmapped, frozenset(chosen))


def exact_matches(draft: Draft) -> Pairs:
    """Return (record, row of ours) of each exact match there is now that the person has not chosen otherwise for."""
    return exact.pairs(draft.book, draft.entity).without(_chosen(draft))


def _chosen(draft: Draft) -> set[int]:
    return set(DraftChoice.objects.filter(draft=draft).values_list("record_id", flat=True))


def settle_matches(draft: Draft) -> None:
    """Write the exact matches down as choices, so that carrying out some does not make others of the rest."""
    DraftChoice.objects.bulk_create(
        [
            DraftChoice(
                firm_id=draft.firm_id,
                draft=draft,
                record_id=record_id,
                choice=Choice.EXISTING,
                local_id=local_id,
                is_match=True,
            )
            for record_id, local_id in exact_matches(draft)
        ],
        batch_size=5000,
        ignore_conflicts=True,
    )


def summary(draft: Draft, *, matched: Matched | None = None) -> Summary:
    """Return what Save would do, by number; ``matched`` where the matches are known already."""
    matched = known_matches(draft) if matched is None else matched
    counts: Counter[str] = Counter()
    if matched.chosen:
        own = DraftChoice.objects.filter(draft=draft, record__standing="unmapped")
        counts.update(dict(own.values_list("choice").annotate(Count("pk"))))
    by_hand = counts.total()
    counts[Choice.EXISTING] += len(matched.pairs)
    counts[draft.default] += matched.unmapped - sum(counts.values())
    return Summary(
        undecided=counts[Choice.LATER],
        existing=counts[Choice.EXISTING],
        new=counts[Choice.NEW],
        exclude=counts[Choice.EXCLUDE],
        exact_matches=len(matched.pairs),
        by_hand=by_hand,
    )


def save(draft: Draft, *, by: User) -> Run:
    """Hand all choices, of every page, to a run that carries them out in the background."""
    with transaction.atomic():
        draft = Draft.objects.select_for_update(no_key=True, of=("self",)).get(pk=draft.pk)
        if draft.run_id:
            return Run.objects.get(pk=draft.run_id)
        # Customers that arrive after this moment were not on the person's screen: not decided here.
        newest = RemoteRecord.objects.of(draft.book, draft.entity).aggregate(newest=Max("pk"))["newest"] or 0
        options = {"default": draft.default, "up_to": newest}
        run = start_run(draft.book, RunKind.MAP, draft.entity, by=by, options=options)
        draft.run = run
        draft.save(update_fields=["run"])
    return run
