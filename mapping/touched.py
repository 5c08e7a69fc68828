"""What is read from a QuickBooks company and what is written into it, kind by kind.

Taken from the declarations and the firm's policies, so that what people consent to is what happens.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.text import capfirst, get_text_list

from mapping.entities import ENTITIES
from mapping.kinds import with_rows
from mapping.models import Book, policy_of
from mapping.policy import DEFAULT, NewHere, Policy
from mapping.spec import Entity


@dataclass(frozen=True)
class Touched:
    """One kind of record, and what of it travels."""

    records: str
    values: str


def read() -> list[Touched]:
    """Return what comes over to rows of ours, of each kind that has any."""
    return [Touched(capfirst(entity.plural), _values(entity, _all(entity))) for entity in with_rows()]


def looked_up() -> str:
    """Return the kinds of which only a copy is kept, to choose from."""
    return get_text_list([entity.plural for entity in ENTITIES.values() if entity.is_mirror_only], "and")


def written(book: Book | None) -> list[Touched]:
    """Return what is sent under the firm's settings for a company; nothing as long as it has chosen none."""
    each = [(entity, policy_of(book.pk, entity.name) if book else DEFAULT) for entity in with_rows()]
    return [_sent(entity, policy) for entity, policy in each if policy.direction.pushes]


def may_be_written() -> str:
    """Return the kinds that settings can have sent."""
    return get_text_list([entity.plural for entity in with_rows()], "and")


def _sent(entity: Entity, policy: Policy) -> Touched:
    sent = [name for name, rule in policy.rules(entity).items() if rule.direction.pushes]
    adds = policy.new_here is not NewHere.WAIT
    records = entity.say("Mapped and new {customers}" if adds else "Mapped {customers}")
    return Touched(records, _values(entity, sent))


def _all(entity: Entity) -> list[str]:
    return [field.local for field in entity.fields]


def _values(entity: Entity, names: Iterable[str]) -> str:
    labels = [entity.field(name).label for name in names]
    return get_text_list([_in_a_sentence(label) for label in labels], "and")


def _in_a_sentence(label: str) -> str:
    return label if label.isupper() else label[:1].lower() + label[1:]
