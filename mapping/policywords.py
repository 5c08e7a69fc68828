"""What a policy's settings are called on screens, and how two policies differ, in words. Pure data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mapping.policy import (
    Direction,
    FieldRule,
    NewHere,
    NewThere,
    Policy,
    Trigger,
    Updates,
    Winner,
    out_of_question,
)
from mapping.spec import Entity

# What a kind of record is called stands in braces: see ``Entity.say``.
SETTINGS: dict[str, str] = {
    "direction": "Which way values travel",
    "updates": "What an import or refresh does",
    "conflict": "Where both sides changed a value",
    "new_there": "New {customers} in QuickBooks",
    "new_here": "New {clients} here",
    "needs_email": "{Customers} without an e-mail address",
    "triggers": "When QuickBooks is looked at",
}

CHOICES: dict[str, dict[StrEnum, str]] = {
    "direction": {
        Direction.OFF: "Nothing travels",
        Direction.PULL: "From QuickBooks to here",
        Direction.PUSH: "From here to QuickBooks",
        Direction.BOTH: "Both ways",
    },
    "updates": {
        Updates.ALL: "Look at new {customers} and update mapped {clients}",
        Updates.NEW: "Look at new {customers} only; mapped {clients} stay as they are",
        Updates.MAPPED: "Update mapped {clients} only",
    },
    "conflict": {
        Winner.ASK: "Ask under Conflicts",
        Winner.QUICKBOOKS: "QuickBooks’ value wins",
        Winner.OURS: "Our value wins",
        Winner.NEWEST: "The newer value wins",
    },
    "new_there": {
        NewThere.WAIT: "Wait under Map {Customers}",
        NewThere.CREATE: "Become {clients} by themselves",
    },
    "new_here": {
        NewHere.WAIT: "Stay here until somebody maps them",
        NewHere.CREATE: "Go to QuickBooks when they are added",
        NewHere.WITH_INVOICE: "Go to QuickBooks with an invoice, and so do changes to {clients}",
    },
}
TRIGGERS: dict[Trigger, str] = {
    Trigger.NIGHTLY: "every night",
    Trigger.WEBHOOK: "when QuickBooks announces a change",
    Trigger.VIEW: "when somebody opens {clients} or Manage",
}
_EMAIL = {False: "Treated like all others", True: "Left alone"}


@dataclass(frozen=True)
class Difference:
    """One setting before and after, in words."""

    field: str
    before: str
    after: str


def choices(entity: Entity, setting: str) -> dict[StrEnum, str]:
    """Return what there is to choose for a kind of record, in its words."""
    beyond = out_of_question(entity)
    return {value: entity.say(words) for value, words in CHOICES[setting].items() if value not in beyond}


def said(entity: Entity, setting: str, value: Any) -> str:
    if setting == "needs_email":
        return _EMAIL[value]
    if setting == "triggers":
        words = [entity.say(words) for trigger, words in TRIGGERS.items() if trigger in value]
        return _begun(", ".join(words)) if words else "Only when somebody asks"
    return entity.say(CHOICES[setting][value])


def differences(entity: Entity, before: Policy, after: Policy) -> list[Difference]:
    """Return what differs, the whole record's settings first and then field by field."""
    return [*_of_the_whole(entity, before, after), *_of_fields(entity, before, after)]


def _of_the_whole(entity: Entity, before: Policy, after: Policy) -> Iterator[Difference]:
    for setting, label in SETTINGS.items():
        was, is_now = getattr(before, setting), getattr(after, setting)
        if was != is_now:
            words = (said(entity, setting, value) for value in (was, is_now))
            yield Difference(entity.say(label), *words)


def _of_fields(entity: Entity, before: Policy, after: Policy) -> Iterator[Difference]:
    for each in entity.fields:
        was, is_now = before.fields.get(each.local), after.fields.get(each.local)
        if was != is_now:
            yield Difference(each.label, _rule(entity, was, before), _rule(entity, is_now, after))


def _rule(entity: Entity, rule: FieldRule | None, policy: Policy) -> str:
    """Say in what a field differs from the rest."""
    if rule is None:
        return "Like the other fields"
    direction = said(entity, "direction", rule.direction)
    parts = [direction] if rule.direction is not policy.direction else []
    if rule.conflict is not policy.conflict and rule.direction is not Direction.OFF:
        parts.append(said(entity, "conflict", rule.conflict))
    return ". ".join(parts) or direction


def _begun(words: str) -> str:
    """Begin a sentence; names within keep their capitals."""
    return words[:1].upper() + words[1:]
