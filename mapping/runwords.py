"""What a run is called, why it was started and what its numbers mean, by its kind. Pure data."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mapping.entities import ENTITIES
from mapping.kinds import kinds_with_rows, noun
from mapping.models import CHANGES, Cause, Run, RunKind, RunState
from mapping.reasons import REASONS, Reason
from mapping.words import counted


@dataclass(frozen=True)
class Number:
    """A counter of a run: its field, its label over a number, its words behind one, and where it leads."""

    field: str
    label: str
    short: str
    show: str = ""
    """The filter of Manage your QBO data behind it."""


@dataclass(frozen=True)
class Words:
    going: str
    """Subject of "… is under way". {records} stands for what the run looks after, here and in ``doing``
    and ``title``; {number} says how many of them there are; {clients} in the numbers' labels what its rows
    of ours are called."""
    doing: str
    """Beside its progress bar."""
    waits: str
    """Completes "Waiting until … has finished"."""
    numbers: tuple[Number, ...]
    nothing: str
    """What is said where all its numbers are 0."""
    of: str = ""
    """What its rate counts, where that is not what the run looks after."""
    title: str = ""
    """What it is called, where that is more than its kind."""


_THERE = (Number("created", "New", "new"), Number("updated", "Changed", "changed"))
_PULLED = Number("pulled", "{Clients} updated", "brought up to date")
_CONFLICTS = Number("conflicts", "Conflicts", "in conflict")
_SAME = Number("unchanged", "The same", "the same")

WORDS = {
    RunKind.IMPORT: Words(
        "An import of {records}",
        "Reading {records}",
        "the import",
        (*_THERE, _SAME, _PULLED, _CONFLICTS),
        nothing="Nothing was there",
    ),
    RunKind.MAP: Words(
        "Mapping of {records}",
        "Mapping {records}",
        "the mapping before it",
        (
            Number("linked", "Mapped to {clients}", "mapped", "mapped"),
            Number("created", "Added as new {clients}", "added", "mapped"),
            Number("excluded", "Excluded", "excluded", "excluded"),
        ),
        nothing="Nothing was mapped",
    ),
    RunKind.REFRESH: Words(
        "A refresh from QuickBooks",
        "Reading what changed",
        "the refresh",
        (*_THERE, _PULLED, _CONFLICTS),
        nothing="Nothing had changed",
    ),
    RunKind.PUSH: Words(
        "Sending to QuickBooks",
        "Sending changes",
        "the sending before it",
        (Number("sent", "Sent to QuickBooks", "sent"), _PULLED, _CONFLICTS),
        nothing="Nothing was sent",
    ),
    RunKind.CHECK: Words(
        "The weekly check",
        "Comparing {records} with QuickBooks",
        "the weekly check",
        (*_THERE, _SAME, _PULLED, _CONFLICTS),
        nothing="No difference was found",
    ),
    RunKind.UNDO: Words(
        "Undoing a run",
        "Taking back changes",
        "the undo",
        (
            Number("updated", "Put back", "put back"),
            Number("created", "New {clients} archived", "archived"),
            Number("linked", "Disconnected", "disconnected"),
            Number("excluded", "Included again", "included again"),
        ),
        of="change",
        nothing="Nothing was left to take back",
    ),
}

_EXCLUDED = Number("excluded", "Excluded", "excluded", "excluded")
_DECIDING = {
    (RunKind.MAP, "exclude"): Words(
        "Excluding {number}",
        "Excluding {records}",
        "the exclusion before it",
        (_EXCLUDED,),
        nothing="Nothing was excluded",
        title="Exclude {records}",
    ),
    (RunKind.MAP, "include"): Words(
        "Including {number} again",
        "Including {records} again",
        "the inclusion before it",
        (Number("updated", "Included again", "included again", "customers"),),
        nothing="Nothing was included again",
        title="Include {records} again",
    ),
    (RunKind.UNDO, "exclude"): Words(
        "Including {number} again",
        "Including {records} again",
        "the undo",
        (Number("excluded", "Included again", "included again", "customers"),),
        nothing="Nothing was left to take back",
    ),
    (RunKind.UNDO, "include"): Words(
        "Excluding {number} again",
        "Excluding {records} again",
        "the undo",
        (Number("excluded", "Excluded again", "excluded again", "excluded"),),
        nothing="Nothing was left to take back",
    ),
}
"""Runs that do nothing but exclude or include very many, and their undoing."""

_ALSO = (Number("skipped", "Skipped", "skipped"), Number("failed", "Failed", "failed"))
_TITLES = {CHANGES: "All kinds of record"}
_WHY = {
    Cause.NIGHTLY: "the nightly schedule",
    Cause.WEEKLY: "the weekly schedule",
    Cause.WEBHOOK: "a change in QuickBooks",
    Cause.VIEW: "somebody who looked",
    Cause.EDIT: "an edit here",
}


def words_of(run: Run) -> Words:
    kind, records, clients = RunKind(run.kind), records_of(run), called_in(run).many
    words = _DECIDING.get((kind, run.decision)) or WORDS[kind]
    number = _number(run) if run.expected else records
    called = {"clients": clients, "Clients": clients[:1].upper() + clients[1:]}
    return replace(
        words,
        going=words.going.format(records=records, number=number),
        doing=words.doing.format(records=records),
        title=words.title.format(records=records),
        numbers=tuple(replace(each, label=each.label.format(**called)) for each in words.numbers),
    )


def _number(run: Run) -> str:
    one = "record" if run.entity == CHANGES else ENTITIES[run.entity].label
    return counted(run.expected or 0, one, records_of(run))


def title(run: Run) -> str:
    """Return what a run is called where it stands by itself: "Exclude customers"."""
    return words_of(run).title or run.get_kind_display()


def records_of(run: Run) -> str:
    """Return what a run looks after, within a sentence: "customers", "payment terms"."""
    return "records" if run.entity == CHANGES else ENTITIES[run.entity].plural


@dataclass(frozen=True)
class Called:
    """What a run's rows of ours and its records are called: "client", "clients", "customer", "customers"."""

    row: str
    many: str
    record: str
    records: str

    @property
    def rows(self) -> str:
        """As numbers take it."""
        return f"{self.row},{self.many}"


def called_in(run: Run) -> Called:
    kinds = kinds_with_rows(run.entity)
    theirs = (kinds[0].label, kinds[0].plural) if len(kinds) == 1 else ("record", "records")
    return Called(*noun(entity.name for entity in kinds), *theirs)


def result(run: Run) -> str:
    """Return what came of a run in one line: "12 mapped, 3 added, 1 skipped"."""
    words = words_of(run)
    said = [(number, value) for number in (*words.numbers, *_ALSO) if (value := getattr(run, number.field))]
    missed = [f"{run.missed:,} missed before"] if run.missed else []
    if said or missed:
        return ", ".join([*missed, *(f"{value:,} {number.short}" for number, value in said)])
    if not run.is_unfinished and (problem := REASONS.get(run.problem)):
        return problem.says.removesuffix(".")
    return "" if run.is_unfinished or run.state == RunState.FAILED else words.nothing


def problem_of(run: Run) -> Reason | None:
    """Return what stopped a run, with what to do about it: no button imports lists, checks and refreshes again."""
    problem = REASONS.get(run.problem)
    is_a_persons = run.kind == RunKind.IMPORT and not ENTITIES[run.entity].is_mirror_only
    if problem is None or is_a_persons or problem.code not in _BY_ITSELF:
        return problem
    return replace(problem, way_on=_BY_ITSELF[problem.code])


_BY_ITSELF = {
    "incomplete": "What was read is kept. All of it is read and counted again by itself, with the next weekly check at the latest.",
    "quickbooks_down": "What was done until then is kept. It is tried again by itself.",
    "disconnected": "Connect again; what is missing is then made good.",
}


def about(run: Run) -> str:
    """Return what kind of record a run looks after, as a title."""
    if run.options.get("only") == "ours":
        return "Changes made here"
    return _TITLES.get(run.entity) or ENTITIES[run.entity].plural.capitalize()


def why(run: Run) -> str:
    """Return who or what started a run, within a sentence."""
    if run.started_by:
        return str(run.started_by)
    return _WHY.get(Cause(run.cause), "QBO Sync")


def rate(run: Run, per_second: float | None) -> str:
    if not run.is_unfinished or not per_second or per_second < 1:
        return ""
    of = words_of(run).of
    return f"{counted(round(per_second), of) if of else f'{round(per_second):,} {records_of(run)}'} a second"
