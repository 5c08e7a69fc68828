"""Decide, field by field, what to do when either side, or both, changed since they last agreed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mapping.spec import Values


@dataclass(frozen=True)
class Merge:
    pull: Values = field(default_factory=dict)
    """Moved there only: take theirs."""
    push: Values = field(default_factory=dict)
    """Moved here only: ours is to be sent."""
    conflicts: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    """Moved on both sides, to different values: (ours, theirs)."""


def merge(base: Values, ours: Values, theirs: Values) -> Merge:
    """Three-way merge against the values both sides last agreed on.

    A field the base does not know (declared after the link was made) is nobody's edit:
    QuickBooks is believed where it says something.
    """
    result = Merge()
    for name in theirs.keys() & ours.keys():
        if ours[name] == theirs[name]:
            continue
        if name not in base:
            (result.pull if theirs[name] else result.push)[name] = theirs[name] or ours[name]
            continue
        we_moved, they_moved = ours[name] != base[name], theirs[name] != base[name]
        if we_moved and they_moved:
            result.conflicts[name] = (ours[name], theirs[name])
        elif they_moved:
            result.pull[name] = theirs[name]
        else:
            result.push[name] = ours[name]
    return result


def first_meeting(ours: Values, theirs: Values) -> Values:
    """Return what to take over when nothing was agreed yet.

    A difference is nobody's edit then: QuickBooks is believed where it says something, and
    where it is blank our value stays (CV-38, CV-39).
    """
    return {
        name: value for name, value in theirs.items() if value not in ("", None) and ours.get(name) != value
    }
