"""Say of one client what is not sent to QuickBooks by itself, and why (B-5). Derived; nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass, field

from mapping.entities import ENTITIES
from mapping.models import Book, Link, policy_of
from mapping.plans import Reconcile, leaves_alone, plan_reconcile
from mapping.policy import NewHere, Policy
from mapping.reasons import REASONS, Reason
from mapping.spec import Entity


@dataclass(frozen=True)
class Waits:
    reason: Reason
    fields: list[str] = field(default_factory=list)
    """Labels of the values that wait; none where the whole client does."""


def waits(book: Book, entity_name: str, local_id: int, *, link: Link | None) -> Waits | None:
    """Return what waits of a row of ours, or None where nothing does. Reads only."""
    entity, policy = ENTITIES[entity_name], policy_of(book.pk, entity_name)
    if not policy.direction.pushes or not (policy.waits_for_invoice or policy.needs_email):
        return None
    return _of_tied(entity, policy, link) if link else _of_new(entity, policy, local_id)


def _of_new(entity: Entity, policy: Policy, local_id: int) -> Waits | None:
    ours = entity.local.glance([local_id]).get(local_id)
    if ours is None or policy.new_here is NewHere.WAIT:
        return None
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
