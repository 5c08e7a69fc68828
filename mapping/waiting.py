"""Say of clients what is not sent to QuickBooks by itself, and why (B-5). Derived; nothing is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mapping.entities import ENTITIES
from mapping.models import Book, Link, policy_of
from mapping.plans import Reconcile, leaves_alone, plan_reconcile
from mapping.policy import NewHere, Policy
from mapping.reasons import REASONS, Reason
from mapping.spec import Entity, Values


@dataclass(frozen=True)
class Waits:
    reason: Reason
    fields: list[str] = field(default_factory=list)
    """Labels of the values that wait; none where the whole client does."""

    @property
    def brief(self) -> str:
        """In two or three words, for a list."""
        return _BRIEF[self.reason.code]


_BRIEF = {"waits_for_invoice": "Waits for an invoice", "no_email": "Left alone: no e-mail"}


def waits(book: Book, entity_name: str, local_id: int, *, link: Link | None) -> Waits | None:
    """Return what waits of a row of ours, or None where nothing does. Reads only."""
    if link is None:
        return not_there(book, entity_name, [local_id]).get(local_id)
    entity, policy = ENTITIES[entity_name], policy_of(book.pk, entity_name)
    return _of_tied(entity, policy, link) if _holds_back(policy) else None


def not_there(book: Book, entity_name: str, local_ids: Sequence[int]) -> dict[int, Waits]:
    """Return which of these rows, none of them tied, wait to be sent as a whole. Two queries, however many."""
    if not local_ids:
        return {}
    entity, policy = ENTITIES[entity_name], policy_of(book.pk, entity_name)
    if not _holds_back(policy) or policy.new_here is NewHere.WAIT:
        return {}
    found = {pk: _of_new(entity, policy, ours) for pk, ours in entity.local.glance(local_ids).items()}
    return {pk: waits for pk, waits in found.items() if waits}


def _holds_back(policy: Policy) -> bool:
    return policy.direction.pushes and (policy.waits_for_invoice or policy.needs_email)


def _of_new(entity: Entity, policy: Policy, ours: Values) -> Waits | None:
    if leaves_alone(entity, policy, ours):
        return Waits(REASONS["no_email"])
    return Waits(REASONS["waits_for_invoice"]) if policy.waits_for_invoice else None


def _of_tied(entity: Entity, policy: Policy, link: Link) -> Waits | None:
    ours = entity.local.glance([link.local_id]).get(link.local_id)
    if ours is None or link.is_paused or link.record.gone_at:
        return None
    plan = plan_reconcile(
        entity, link.record.payload, policy=policy, ours=dict(ours), base=link.base, kept=link.kept
    )
    if not isinstance(plan, Reconcile) or not plan.waits:
        return None
    labels = [each.label for each in entity.fields if each.local in plan.waits]
    return Waits(REASONS[plan.waits_for], labels)
