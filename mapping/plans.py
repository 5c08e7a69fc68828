"""What is to become of a record: decided by values alone, carried out elsewhere. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mapping.merge import first_meeting, merge
from mapping.spec import Entity, Payload, Values
from mapping.transform import to_local, too_long


@dataclass(frozen=True)
class CreateLocal:
    """Add a row of ours and tie it."""

    values: Values
    base: Values


@dataclass(frozen=True)
class TieTo:
    """Tie to a row of ours and take over what QuickBooks says."""

    local_id: int
    take: Values
    base: Values


@dataclass(frozen=True)
class Skip:
    """Leave it as it is, for a reason the person sees."""

    reason: str
    detail: dict[str, Any] = field(default_factory=dict)


def plan_new(entity: Entity, payload: Payload) -> CreateLocal | Skip:
    theirs = to_local(entity, payload)
    if long := too_long(entity, theirs):
        return Skip("too_long", {"fields": long})
    return CreateLocal(values={**entity.defaults(payload), **theirs}, base=theirs)


def plan_tie(
    entity: Entity, payload: Payload, local_id: int, *, ours: Values | None, is_taken: bool
) -> TieTo | Skip:
    """Plan the first meeting with an existing row; ``ours`` is None where it is gone or archived."""
    if is_taken:
        return Skip("client_taken")
    if ours is None:
        return Skip("client_gone")
    theirs = to_local(entity, payload)
    if long := too_long(entity, theirs):
        return Skip("too_long", {"fields": long})
    return TieTo(local_id, take=first_meeting(ours, theirs), base=theirs)


@dataclass(frozen=True)
class CatchUp:
    """Bring a tied row up to date."""

    take: Values
    base: Values
    conflicts: list[str]
    """Fields that moved on both sides: left as they are, on both."""


def plan_catch_up(entity: Entity, payload: Payload, *, ours: Values, base: Values) -> CatchUp | Skip:
    """Plan what a changed record means for the row it is tied to.

    The new base keeps the old value of a field in conflict: nothing was agreed about it.
    """
    theirs = to_local(entity, payload)
    if long := too_long(entity, theirs):
        return Skip("too_long", {"fields": long})
    merged = merge(base, ours, theirs)
    agreed = {**theirs, **{name: base[name] for name in merged.conflicts if name in base}}
    return CatchUp(take=merged.pull, base=agreed, conflicts=sorted(merged.conflicts))
