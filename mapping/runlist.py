"""The list of runs: what deserves a line of its own, and what is folded into one with its like."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from mapping.entities import ENTITIES
from mapping.kinds import shown
from mapping.models import Change, Run, RunKind, RunOutcome, RunState
from mapping.runwords import records_of, words_of
from mapping.words import counted

FEW = 3
"""A run that touched so few is told by their names."""
_LOOKS = {
    RunKind.REFRESH: ("refresh", "refreshes"),
    RunKind.CHECK: ("weekly check", "weekly checks"),
    RunKind.PUSH: ("look at what is to be sent", "looks at what is to be sent"),
}


@dataclass(frozen=True)
class Line:
    """A run, with the names of what it touched where those are few."""

    run: Run
    names: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Fold:
    """Runs in a row that nobody needs to look at, told in one sentence."""

    runs: Sequence[Run]

    @property
    def says(self) -> str:
        lists = [records_of(run) for run in self.runs if run.kind == RunKind.IMPORT]
        said = [f"{counted(len(lists), 'list')} read: {', '.join(dict.fromkeys(lists))}"] if lists else []
        looks = Counter(RunKind(run.kind) for run in self.runs if run.kind != RunKind.IMPORT)
        said += [f"{counted(number, *_LOOKS[kind])} without news" for kind, number in looks.items()]
        return "; ".join(said)


def lines(runs: Sequence[Run]) -> list[Line | Fold]:
    """Return runs as the list shows them: quiet ones next to each other folded, others with names."""
    listed: list[Line | Fold] = []
    names = _names([run for run in runs if not is_quiet(run)])
    for quiet, group in groupby(runs, key=is_quiet):
        found = list(group)
        if quiet and (len(found) > 1 or found[0].kind == RunKind.IMPORT):
            listed.append(Fold(found))
        else:
            listed += [Line(run, names.get(run.pk, [])) for run in found]
    return listed


def is_quiet(run: Run) -> bool:
    """Return whether a run went well and nobody has to know: it read a list of choices, or found nothing."""
    if run.state != RunState.DONE or run.problem or run.undone_by_id:
        return False
    if run.skipped or run.failed or run.missed:
        return False
    if run.kind == RunKind.IMPORT:
        return ENTITIES[run.entity].is_mirror_only
    found = {number.field for number in words_of(run).numbers} - {"unchanged"}
    return run.kind in _LOOKS and not any(getattr(run, field) for field in found)


def _names(runs: Iterable[Run]) -> dict[int, list[str]]:
    """Name what small runs touched, by run: a few queries, however many runs."""
    small = [run.pk for run in runs if _size(run) <= FEW]
    changed = Change.objects.filter(run_id__in=small).order_by("pk")
    touched = list(changed.values_list("run_id", "entity", "local_id"))
    rows = shown((entity, local_id) for _, entity, local_id in touched)
    names: defaultdict[int, dict[str, None]] = defaultdict(dict)
    for run_id, entity, local_id in touched:
        if run_id and (row := rows.get((entity, local_id))):
            names[run_id][row.name] = None
    left_out = RunOutcome.objects.filter(run_id__in=small).order_by("pk").values_list("run_id", "name")
    for run_id, name in left_out:
        names[run_id][name] = None
    return {run_id: [name for name in found if name] for run_id, found in names.items()}


def _size(run: Run) -> int:
    return (
        max(run.pulled, run.sent, run.updated, run.missed)
        + run.created
        + run.linked
        + run.excluded
        + run.conflicts
        + run.skipped
        + run.failed
    )
