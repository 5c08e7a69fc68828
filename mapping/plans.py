"""What is to become of a record: decided by values alone, carried out elsewhere. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from mapping.merge import first_meeting, merge
from mapping.policy import Direction, FieldRule, Policy, Updates
from mapping.spec import Entity, Payload, Values
from mapping.transform import to_local, too_long


@dataclass(frozen=True)
class CreateLocal:
    """Add a row of ours and tie it."""

    values: Values
    base: Values
    kept: Values = field(default_factory=dict)
    """See ``Link.kept``."""


@dataclass(frozen=True)
class TieTo:
    """Tie to a row of ours and take over what QuickBooks says."""

    local_id: int
    take: Values
    base: Values
    kept: Values = field(default_factory=dict)
    """See ``Link.kept``."""


@dataclass(frozen=True)
class Skip:
    """Leave it as it is, for a reason the person sees."""

    reason: str
    detail: dict[str, Any] = field(default_factory=dict)


def plan_new(entity: Entity, payload: Payload, *, lets_in: Set[str]) -> CreateLocal | Skip:
    """Plan a row of ours from the fields let in. Its name always comes: no row is without one."""
    theirs = to_local(entity, payload)
    kept: Values = {}
    if not theirs.keys() <= lets_in:
        met = first_meeting(dict.fromkeys(theirs, ""), theirs, lets_in=lets_in | {entity.name_field})
        theirs, kept = met.base, met.kept
    if long := too_long(entity, theirs):
        return Skip("too_long", {"fields": long})
    return CreateLocal({**entity.defaults(payload), **theirs}, theirs, kept)


def plan_tie(
    entity: Entity,
    payload: Payload,
    local_id: int,
    *,
    lets_in: Set[str],
    ours: Values | None,
    is_taken: bool,
) -> TieTo | Skip:
    """Plan the first meeting with an existing row; ``ours`` is None where it is gone or archived."""
    if is_taken:
        return Skip("client_taken")
    if ours is None:
        return Skip("client_gone")
    met = first_meeting(ours, to_local(entity, payload), lets_in=lets_in)
    if long := too_long(entity, met.take):
        return Skip("too_long", {"fields": long})
    return TieTo(local_id, met.take, met.base, met.kept)


@dataclass(frozen=True)
class Reconcile:
    """Bring a tied row and its record to agree again."""

    take: Values
    """Theirs, to be written here."""
    send: Values
    """Ours, to be sent there."""
    waits: Values
    """Ours, not to be sent there before there is cause: see ``waits_for``."""
    waits_for: str
    """Code of the reason why; nothing where nothing waits."""
    alone: list[str]
    """Fields that moved there and are left alone, because the record has no e-mail address (KP-4)."""
    base: Values
    """What is agreed once ``take`` is written. A field in conflict, sent or left keeps its old base."""
    kept: Values
    """See ``Link.kept``."""
    conflicts: dict[str, list[Any]]
    """Field to [base, ours, theirs], for somebody to decide."""


def plan_reconcile(
    entity: Entity,
    payload: Payload,
    *,
    policy: Policy,
    ours: Values,
    base: Values,
    kept: Values | None = None,
    ours_is_newer: bool = False,
) -> Reconcile | Skip:
    """Plan what a changed record, or a changed row of ours, means for the two."""
    return plan_values(
        entity,
        to_local(entity, payload),
        policy=policy,
        rules=rules_in_force(entity, policy),
        ours=ours,
        base=base,
        kept=kept,
        ours_is_newer=ours_is_newer,
    )


def rules_in_force(entity: Entity, policy: Policy) -> dict[str, FieldRule]:
    """Return what holds for each field of a tied record. For many records, once for all of them."""
    rules = policy.rules(entity)
    if policy.updates is Updates.NEW:
        return {name: _without_pull(rule) for name, rule in rules.items()}
    return rules


def plan_values(
    entity: Entity,
    theirs: Values,
    *,
    policy: Policy,
    rules: Mapping[str, FieldRule],
    ours: Values,
    base: Values,
    kept: Values | None = None,
    ours_is_newer: bool = False,
) -> Reconcile | Skip:
    """Plan like ``plan_reconcile`` with the policy's rules and values worked out already."""
    merged = merge(base, ours, theirs, rules=rules, kept=kept, ours_is_newer=ours_is_newer)
    take, conflicts, alone = merged.pull, merged.conflicts, list[str]()
    if leaves_alone(entity, policy, theirs):
        take, conflicts, alone = {}, {}, [*take, *conflicts]
    elif leaves_alone(entity, policy, ours):
        conflicts, alone = {}, [*conflicts]
    if take and (long := too_long(entity, take)):
        return Skip("too_long", {"fields": long})
    waits_for = _waits_for(entity, policy, ours) if merged.push else ""
    return Reconcile(
        take=take,
        send={} if waits_for else merged.push,
        waits=merged.push if waits_for else {},
        waits_for=waits_for,
        alone=alone,
        base={**base, **merged.agreed, **take},
        kept={
            name: value
            for name, value in (kept or {}).items()
            if name not in take and name not in merged.agreed
        },
        conflicts={name: [base.get(name), *values] for name, values in conflicts.items()},
    )


def leaves_alone(entity: Entity, policy: Policy, values: Values) -> bool:
    """Return whether the firm wants nothing to travel from who has these values: it has no e-mail address (KP-4)."""
    return policy.needs_email and entity.email_field is not None and not values.get(entity.email_field)


def _waits_for(entity: Entity, policy: Policy, ours: Values) -> str:
    if leaves_alone(entity, policy, ours):
        return "no_email"
    return "waits_for_invoice" if policy.waits_for_invoice else ""


def _without_pull(rule: FieldRule) -> FieldRule:
    return FieldRule(rule.direction & Direction.PUSH, rule.conflict)
