"""What a run did, read: its outcomes by reason, its changes, and every record for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Count

from mapping.entities import ENTITIES
from mapping.kinds import kinds_with_rows, shown
from mapping.models import (
    CHANGES,
    Change,
    ChangeKind,
    Exclusion,
    Inclusion,
    RemoteRecord,
    Run,
    RunKind,
    RunOutcome,
)
from mapping.reasons import REASONS, Reason
from mapping.spec import Ours

_AT_A_TIME = 2_000


def labels() -> dict[str, str]:
    """Return what a person calls the fields that reasons name."""
    return {field.local: field.label for entity in ENTITIES.values() for field in entity.fields}


@dataclass(frozen=True)
class Group:
    """Records that came to nothing for one reason."""

    outcome: str
    """In words that follow the number: "skipped", "in conflict"."""
    reason: Reason
    number: int


_OUTCOMES: dict[str, str] = dict(RunOutcome._meta.get_field("outcome").flatchoices)


def groups(run: Run) -> list[Group]:
    counted = RunOutcome.objects.filter(run=run).values_list("outcome", "reason").annotate(number=Count("pk"))
    return [
        Group(_OUTCOMES[outcome].lower(), REASONS.get(code, Reason(code, code, "")), number)
        for outcome, code, number in counted.order_by("-number")
    ]


def kinds() -> list[tuple[str, str, int]]:
    """Return (value, label, number) of the kinds of run there are, all of them first."""
    counted = dict(Run.objects.order_by().values_list("kind").annotate(number=Count("pk")))
    each = [(kind.value, kind.label, counted[kind]) for kind in RunKind if kind in counted]
    return [("", "All", sum(counted.values())), *each]


def outcomes(run: Run, reason: str = "") -> models.QuerySet[RunOutcome]:
    found = RunOutcome.objects.filter(run=run).order_by("pk")
    return found.filter(reason=reason) if reason else found


def changes(run: Run) -> models.QuerySet[Change]:
    return Change.objects.filter(run_id=run.pk).order_by("pk")


@dataclass(frozen=True)
class FieldChange:
    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class ChangeRow:
    """One change with the names of what it was made to."""

    change: Change
    ours: Ours | None
    record: RemoteRecord | None

    @property
    def fields(self) -> list[FieldChange]:
        return field_changes(self.change)

    @property
    def name(self) -> str:
        known = self.ours or self.record
        return known.name if known else ENTITIES[self.change.entity].say("A {client} deleted since")


def field_changes(change: Change) -> list[FieldChange]:
    """Return what changed in the order of the declaration; PostgreSQL keeps keys in an order of its own."""
    labels = {field.local: field.label for field in ENTITIES[change.entity].fields}
    declared = [name for name in labels if name in change.fields]
    undeclared = [str(name) for name in change.fields if name not in labels]
    return [FieldChange(labels.get(name, name), *change.fields[name]) for name in [*declared, *undeclared]]


def named(found: list[Change]) -> list[ChangeRow]:
    """Put names to changes: a few queries, however many."""
    rows = shown((change.entity, change.local_id) for change in found)
    records = RemoteRecord.objects.only("name", "full_name", "remote_id").in_bulk(
        {change.record_id for change in found if change.record_id}
    )
    return [
        ChangeRow(change, rows.get((change.entity, change.local_id)), records.get(change.record_id or 0))
        for change in found
    ]


HEADINGS = ("Outcome", "Name in QuickBooks", "QuickBooks id", "{Client}", "Reason", "What to do", "Fields")
_DONE = {
    ChangeKind.CREATED: "Added as new {client}",
    ChangeKind.UPDATED: "{Client} updated",
    ChangeKind.LINKED: "Mapped to {client}",
    ChangeKind.UNLINKED: "Disconnected",
    ChangeKind.SENT: "Sent to QuickBooks",
    ChangeKind.UNDONE: "Taken back",
}
_READS = (RunKind.IMPORT, RunKind.REFRESH, RunKind.CHECK)


def lines(run: Run) -> Iterator[tuple[str, ...]]:
    """Yield every record the run touched and what became of it (B-20), a few thousand held at a time."""
    yield tuple(_said(run, heading) for heading in HEADINGS)
    yield from _outcome_lines(run)
    if run.kind in _READS:
        yield from _record_lines(run)
    else:
        yield from _decided_lines(run, Exclusion, "Excluded from mapping")
        yield from _decided_lines(run, Inclusion, "Included again")
    yield from _change_lines(run)


def _said(run: Run, words: str) -> str:
    """Say it of the kind of record that the run looks after, where that is one."""
    kinds = kinds_with_rows(run.entity)
    return kinds[0].say(words) if len(kinds) == 1 else words.format(Client="Row here")


def _outcome_lines(run: Run) -> Iterator[tuple[str, ...]]:
    called = labels()
    for outcome in _by_key(outcomes(run)):
        reason = REASONS.get(outcome.reason, Reason(outcome.reason, outcome.reason, ""))
        fields = ", ".join(called.get(name, str(name)) for name in outcome.detail.get("fields", ()))
        kind = outcome.get_outcome_display()
        yield kind, outcome.name, outcome.remote_id, "", reason.says, reason.way_on, fields


def _record_lines(run: Run) -> Iterator[tuple[str, ...]]:
    of_book = RemoteRecord.objects.filter(book=run.book)
    if run.entity != CHANGES:
        of_book = of_book.filter(entity=run.entity)
    touched = of_book.filter(models.Q(first_run_id=run.pk) | models.Q(changed_run_id=run.pk))
    for record in _by_key(touched.only("name", "full_name", "remote_id", "first_run_id")):
        is_new = record.first_run_id == run.pk
        yield (
            "New in QuickBooks" if is_new else "Changed in QuickBooks",
            str(record),
            record.remote_id,
            "",
            "",
            "",
            "",
        )


def _decided_lines(run: Run, kind: type[Exclusion] | type[Inclusion], done: str) -> Iterator[tuple[str, ...]]:
    for each in _by_key(kind.objects.filter(run_id=run.pk).select_related("record")):
        yield done, str(each.record), each.record.remote_id, "", each.reason, "", ""


def _change_lines(run: Run) -> Iterator[tuple[str, ...]]:
    batch: list[Change] = []
    for change in _by_key(changes(run)):
        batch.append(change)
        if len(batch) == _AT_A_TIME:
            yield from map(_change_line, named(batch))
            batch = []
    yield from map(_change_line, named(batch))


def _change_line(row: ChangeRow) -> tuple[str, ...]:
    said = "; ".join(
        f"{change.field}: {change.before or '—'} → {change.after or '—'}" for change in row.fields
    )
    done = ENTITIES[row.change.entity].say(_DONE[ChangeKind(row.change.kind)])
    theirs = (str(row.record), row.record.remote_id) if row.record else ("", "")
    return done, *theirs, row.ours.name if row.ours else "", "", "", said


def _by_key(found: models.QuerySet[Any]) -> Iterator[Any]:
    """Go through rows by key: nothing is held open between pages, and memory stays flat."""
    last = 0
    while page := list(found.filter(pk__gt=last).order_by("pk")[:_AT_A_TIME]):
        yield from page
        last = page[-1].pk
