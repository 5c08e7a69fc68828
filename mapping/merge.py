"""Decide, field by field, what to do when either side, or both, changed since they last agreed. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from mapping.policy import Direction, FieldRule, Winner
from mapping.spec import Values

BOTH_ASK = FieldRule(Direction.BOTH, Winner.ASK)
"""What holds for a field that no rule names: nothing is dropped and nobody's word is taken for the other's."""


@dataclass(frozen=True)
class Merge:
    pull: Values = field(default_factory=dict)
    """Theirs to be taken over here."""
    push: Values = field(default_factory=dict)
    """Ours to be sent."""
    conflicts: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    """Moved on both sides, to different values, and a person must say: (ours, theirs)."""
    left: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    """Different, and the rules let neither value travel: (ours, theirs)."""
    agreed: Values = field(default_factory=dict)
    """The same on both sides: the new base, together with what is pulled."""


def merge(
    base: Values,
    ours: Values,
    theirs: Values,
    *,
    rules: Mapping[str, FieldRule] | None = None,
    kept: Values | None = None,
    ours_is_newer: bool = False,
) -> Merge:
    """Three-way merge against the values both sides last agreed on.

    ``kept`` are values of ours that stand for a base value which QuickBooks writes differently
    (it trims, collapses, reformats): having one is no edit. A field the base does not know
    (declared after the link was made, or not let in when the two met) is nobody's edit: QuickBooks
    is believed where it says something, unless ours is no longer what was kept of the meeting.
    Where the rules let a moved value not travel, both sides keep theirs, and the base stays, so
    that a later change of the rules finds the edit again.
    """
    result = Merge()
    kept = kept or {}
    for name in theirs.keys() & ours.keys():
        _decide(
            result,
            name,
            ours[name],
            theirs[name],
            rule=(rules or {}).get(name, BOTH_ASK),
            is_known=name in base,
            was_edited=name in kept and ours[name] != kept[name],
            we_moved=ours[name] != kept.get(name, base.get(name)) and ours[name] != base.get(name),
            they_moved=theirs[name] != base.get(name),
            ours_is_newer=ours_is_newer,
        )
    return result


def _decide(
    result: Merge,
    name: str,
    ours: Any,
    theirs: Any,
    *,
    rule: FieldRule,
    is_known: bool,
    was_edited: bool,
    we_moved: bool,
    they_moved: bool,
    ours_is_newer: bool,
) -> None:
    if ours == theirs:
        result.agreed[name] = theirs
        return
    if not is_known:
        we_moved, they_moved = not theirs or was_edited, bool(theirs)
    if not we_moved and not they_moved:
        return  # Ours stands for theirs, written differently.
    wants_pull, wants_push = they_moved, we_moved
    if we_moved and they_moved:
        if rule.direction is Direction.OFF:
            wants_pull = wants_push = False
        elif rule.conflict is Winner.ASK:
            result.conflicts[name] = (ours, theirs)
            return
        else:
            wants_push = rule.conflict is Winner.OURS or (rule.conflict is Winner.NEWEST and ours_is_newer)
            wants_pull = not wants_push
    if wants_pull and rule.direction.pulls:
        result.pull[name] = theirs
    elif wants_push and rule.direction.pushes:
        result.push[name] = ours
    else:
        result.left[name] = (ours, theirs)


def confirmed(base: Values, kept: Values, *, sent: Values, answer: Values) -> tuple[Values, Values]:
    """Return base and kept after QuickBooks took values of ours and answered with how it wrote them."""
    base, kept = dict(base), dict(kept)
    for name, value in sent.items():
        base[name] = answer.get(name, value)
        if base[name] == value:
            kept.pop(name, None)
        else:
            kept[name] = value
    return base, kept


@dataclass(frozen=True)
class Meeting:
    """What becomes of two records that are tied."""

    take: Values
    """Theirs to be taken over here."""
    base: Values
    """What is agreed once ``take`` is written. What may not come in is not agreed."""
    kept: Values
    """Ours beside what may not come in: it is no edit as long as it stays so."""


def first_meeting(ours: Values, theirs: Values, *, lets_in: Set[str] | None = None) -> Meeting:
    """Decide what to take over when nothing was agreed yet.

    A difference is nobody's edit then: QuickBooks is believed where it says something and the
    firm lets it in, and where it is blank our value stays (CV-38, CV-39). ``lets_in`` names the
    fields that may come in; None is all of them.
    """
    base = theirs
    if lets_in is not None and not theirs.keys() <= lets_in:
        base = {name: value for name, value in theirs.items() if name in lets_in or ours.get(name) == value}
    return Meeting(
        take={
            name: value for name, value in base.items() if value not in ("", None) and ours.get(name) != value
        },
        base=base,
        kept={}
        if base is theirs
        else {name: ours[name] for name in ours.keys() & theirs.keys() - base.keys()},
    )
