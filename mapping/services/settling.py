"""Settle conflicts: a person says, field by field, whose value stays (B-8).

Deciding only says what is agreed: QuickBooks' value becomes the base. Taking theirs also writes it
here, with its history. Keeping ours leaves ours an edit of that base, and the derived plan sends it
where the firm's policy sends; else both sides go on differing, knowingly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from itertools import islice
from typing import Any

import orjson
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.copying import copy_rows, update_rows
from accounts.models import User
from mapping.entities import ENTITIES
from mapping.models import Book, Change, ChangeKind, Conflict, Link
from mapping.services import edits
from mapping.services.carrying_out import payloads_of
from mapping.services.linking import before_after
from mapping.spec import Entity, Values
from mapping.transform import to_local, too_long

BATCH = 500


class Side(StrEnum):
    OURS = "ours"
    THEIRS = "quickbooks"


@dataclass(frozen=True)
class Decision:
    """What somebody said about one conflict, and what they saw when they said it."""

    answer: Mapping[str, Side]
    seen: str | None = None
    """The ``mark`` of the conflict as it was shown; None decides about whatever it says now."""


@dataclass
class Settled:
    """What became of decisions, in numbers of records."""

    done: int = 0
    moved: list[int] = field(default_factory=list)
    """Conflicts that say something else by now: to be looked at again."""
    too_long: list[int] = field(default_factory=list)
    """Conflicts in which QuickBooks' value does not fit into our field."""
    fields: Counter[tuple[str, Side]] = field(default_factory=Counter)
    kinds: set[str] = field(default_factory=set)
    """Names of the kinds of record they were about."""


def open_conflicts(book: Book) -> QuerySet[Conflict]:
    """The newest first."""
    found = Conflict.objects.filter(settled_at=None, link__book=book).select_related("link__record")
    return found.order_by("-found_at", "-pk")


def count_open(book: Book | None) -> int:
    return Conflict.objects.filter(settled_at=None, link__book=book).count() if book else 0


def mark(conflict: Conflict) -> str:
    """Return what tells whether a conflict still says what a person saw."""
    said = orjson.dumps(conflict.fields, option=orjson.OPT_SORT_KEYS)
    return sha256(said).hexdigest()[:16]


def settle(decisions: Mapping[int, Decision], *, by: User) -> Settled:
    """Carry out decisions by conflict id; each batch is one transaction.

    Conflicts settled meanwhile are passed over, and those that say something else now are left open.
    """
    settled = Settled()
    remaining = iter(sorted(decisions))
    while some := list(islice(remaining, BATCH)):
        with transaction.atomic():
            _settle_some({pk: decisions[pk] for pk in some}, settled, by)
    return settled


def settle_all(book: Book, side: Side, *, by: User) -> Settled:
    """Decide every open conflict of a book for one side, as each is now."""
    found = Conflict.objects.filter(settled_at=None, link__book=book)
    answers = {
        conflict.pk: Decision(dict.fromkeys(conflict.fields, side), mark(conflict))
        for conflict in found.only("fields")
    }
    return settle(answers, by=by)


def _settle_some(decisions: Mapping[int, Decision], settled: Settled, by: User) -> None:
    # Links first, as everybody else locks them; then what is said of them.
    link_ids = Conflict.objects.filter(pk__in=decisions, settled_at=None).values_list("link_id", flat=True)
    links = Link.objects.filter(pk__in=list(link_ids)).order_by("pk").select_for_update(of=("self",))
    locked = {link.pk: link for link in links.select_related("book")}
    held = Conflict.objects.filter(pk__in=decisions, settled_at=None, link_id__in=locked)
    conflicts = list(held.order_by("pk").select_for_update(of=("self",)))
    for entity, of_entity in _by_entity(conflicts):
        settled.kinds.add(entity.name)
        answers = [_Answer(one, locked[one.link_id], decisions[one.pk]) for one in of_entity]
        _settle_alike(entity, answers, settled, by)


@dataclass
class _Answer:
    conflict: Conflict
    link: Link
    decision: Decision
    ours: Values = field(default_factory=dict)
    theirs: Values = field(default_factory=dict)

    @property
    def fields(self) -> dict[str, Side]:
        return {name: side for name, side in self.decision.answer.items() if name in self.conflict.fields}

    @property
    def take(self) -> Values:
        return {name: self.theirs[name] for name, side in self.fields.items() if side is Side.THEIRS}

    @property
    def has_moved(self) -> bool:
        """Whether the person decided about values that are not the present ones."""
        if self.decision.seen not in (None, mark(self.conflict)):
            return True
        return any(
            self.conflict.fields[name][1:] != [self.ours.get(name), self.theirs.get(name)]
            for name in self.fields
        )

    @property
    def base(self) -> Values:
        return {**self.link.base, **{name: self.theirs[name] for name in self.fields}}

    @property
    def kept(self) -> Values:
        return {name: value for name, value in self.link.kept.items() if name not in self.fields}


def _by_entity(conflicts: Sequence[Conflict]) -> Iterator[tuple[Entity, list[Conflict]]]:
    for name in dict.fromkeys(conflict.entity for conflict in conflicts):
        yield ENTITIES[name], [conflict for conflict in conflicts if conflict.entity == name]


def _settle_alike(entity: Entity, answers: Sequence[_Answer], settled: Settled, by: User) -> None:
    payloads = payloads_of([one.link.record_id for one in answers])
    ours = entity.local.read([one.link.local_id for one in answers])
    good = []
    for one in answers:
        one.theirs = to_local(entity, payloads[one.link.record_id])
        one.ours = dict(ours.get(one.link.local_id, {}))
        if one.has_moved:
            settled.moved.append(one.conflict.pk)
            _say_anew(one)
        elif too_long(entity, one.take):
            settled.too_long.append(one.conflict.pk)
        elif one.fields:
            good.append(one)
    settled.done += len(good)
    settled.fields.update(item for one in good for item in one.fields.items())
    _write(entity, good, by)


def _say_anew(one: _Answer) -> None:
    """Let an open conflict say what the two sides hold now, for the next look."""
    if one.ours:
        one.conflict.fields = {
            name: [base, one.ours.get(name), one.theirs.get(name)]
            for name, (base, *_) in one.conflict.fields.items()
        }
        one.conflict.save(update_fields=["fields"])


def _write(entity: Entity, answers: Sequence[_Answer], by: User) -> None:
    if not answers:
        return
    taking = [one for one in answers if one.take]
    if taking:
        entity.local.update({one.link.local_id: one.take for one in taking})
        _note(taking, by)
    update_rows(Link, ("id", "base", "kept"), [(one.link.pk, one.base, one.kept) for one in answers])
    now = timezone.now()
    for one in answers:
        one.conflict.answer = {
            **one.conflict.answer,
            **{name: side.value for name, side in one.fields.items()},
        }
        rest = {name: said for name, said in one.conflict.fields.items() if name not in one.fields}
        if rest:
            one.conflict.fields = rest
        else:
            one.conflict.settled_at, one.conflict.settled_by = now, by
    Conflict.objects.bulk_update(
        [one.conflict for one in answers], ["answer", "fields", "settled_at", "settled_by"]
    )
    edits.announce(answers[0].link.book, entity.name, [one.link.local_id for one in answers])


def _note(taking: Sequence[_Answer], by: User) -> None:
    now = timezone.now()
    rows: list[tuple[Any, ...]] = [
        (
            one.link.firm_id,
            one.link.entity,
            one.link.local_id,
            ChangeKind.UPDATED.value,
            before_after(one.ours, one.take),
            one.link.record_id,
            by.pk,
            now,
        )
        for one in taking
    ]
    copy_rows(Change, ("firm_id", "entity", "local_id", "kind", "fields", "record_id", "by_id", "at"), rows)
