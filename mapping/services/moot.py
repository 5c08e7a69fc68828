"""Close conflicts that nobody needs to decide any more, and keep why.

If there is cause again, the next look at the two sides opens another.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import F, Func, JSONField, TextField, Value
from django.utils import timezone

from mapping.models import Book, Conflict
from mapping.plans import rules_in_force
from mapping.policy import Direction, Policy, Winner
from mapping.spec import Entity


def close(reason: str, **which: Any) -> int:
    """Close the open ones among these (lookups of ``Conflict``) for a reason, by its code; return how many."""
    return Conflict.objects.filter(settled_at=None, **which).update(
        settled_at=timezone.now(), moot_for=reason
    )


def leave_to_rules(book: Book, entity: Entity, policy: Policy) -> None:
    """Close what a policy decides by itself, or no longer lets travel: whole conflicts, and fields of others."""
    theirs: dict[str, Any] = {"link__book": book, "entity": entity.name}
    if policy.direction is Direction.OFF:
        close("switched_off", **theirs)
        return
    rules = rules_in_force(entity, policy)
    off = {name for name, rule in rules.items() if rule.direction is Direction.OFF}
    decided = {name for name, rule in rules.items() if rule.conflict is not Winner.ASK} - off
    _close_fields("field_switched_off", off, **theirs)
    _close_fields("rule_decides", decided, **theirs)


def _close_fields(reason: str, names: Collection[str], **which: Any) -> None:
    """Leave these fields out of open conflicts; one that is about nothing else is closed for the reason."""
    if not names:
        return
    unneeded = Value(sorted(names), ArrayField(TextField()))
    rest = Func(
        F("fields"), unneeded, template="(%(expressions)s)", arg_joiner=" - ", output_field=JSONField()
    )
    about = Conflict.objects.filter(settled_at=None, fields__has_any_keys=list(names), **which)
    about.annotate(rest=rest).filter(rest={}).update(settled_at=timezone.now(), moot_for=reason)
    about.update(fields=rest)
