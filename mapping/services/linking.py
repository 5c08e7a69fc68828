"""Tie records to clients, let them go, and leave records out. One by one, as a person decides.

Each is one transaction: the link, the client's values, the standing on both sides and the history.
"""

from __future__ import annotations

from django.db import IntegrityError, transaction

from accounts.models import User
from mapping.entities import ENTITIES
from mapping.models import Change, ChangeKind, Exclusion, Link, RemoteRecord, Standing, policy_of
from mapping.plans import CreateLocal, Skip, TieTo, plan_new, plan_tie
from mapping.reasons import REASONS
from mapping.services import edits, moot
from mapping.spec import Entity, Values


class Refused(Exception):
    """A decision could not be carried out; ``reason`` is what to tell the person."""

    def __init__(self, code: str) -> None:
        self.reason = REASONS[code]
        super().__init__(self.reason.says)


def link(record: RemoteRecord, local_id: int, *, by: User | None) -> Link:
    """Map a record to a client; what the firm lets in overwrites ours where QuickBooks says something (CV-39).

    Raises Refused where somebody was quicker, the client is taken, archived, or cannot hold a value.
    """
    entity = ENTITIES[record.entity]
    with transaction.atomic():
        record = _undecided(record)
        ours = entity.local.read([local_id]).get(local_id)
        lets_in = _lets_in(entity, record)
        plan = plan_tie(entity, record.payload, local_id, lets_in=lets_in, ours=ours, is_taken=False)
        if isinstance(plan, Skip):
            raise Refused(plan.reason)
        made = _tie(record, local_id, plan, by=by)
        if plan.take:
            entity.local.update({local_id: plan.take})
        entity.local.mark_linked([local_id], linked=True)
        _note(record, local_id, ChangeKind.LINKED, before_after(ours or {}, plan.take), by=by)
    return made


def link_to_new(record: RemoteRecord, *, by: User | None) -> Link:
    """Add a client from a record and map them (CV-34, CV-42). Raises Refused like ``link``."""
    entity = ENTITIES[record.entity]
    with transaction.atomic():
        record = _undecided(record)
        plan = plan_new(entity, record.payload, lets_in=_lets_in(entity, record))
        if isinstance(plan, Skip):
            raise Refused(plan.reason)
        (local_id,) = entity.local.create(record.firm_id, [plan.values])
        made = _tie(record, local_id, plan, by=by)
        _note(record, local_id, ChangeKind.CREATED, {}, by=by)
    return made


def unlink(made: Link, *, by: User | None) -> None:
    """Disconnect one client (CV-50). Both records keep their values; the customer is unmapped again."""
    with transaction.atomic():
        # The record first, as everybody does who takes in what comes from QuickBooks.
        RemoteRecord.objects.select_for_update(of=("self",)).get(pk=made.record_id)
        Link.objects.select_for_update().get(pk=made.pk)
        _stand(made.record, Standing.UNMAPPED)
        ENTITIES[made.entity].local.mark_linked([made.local_id], linked=False)
        _note(made.record, made.local_id, ChangeKind.UNLINKED, {}, by=by)
        edits.fall_silent(made.book, made.entity, [made.local_id])
        made.delete()


def pause(made: Link) -> None:
    """Let nothing travel between the two until it is resumed; they stay mapped (CV-47)."""
    with transaction.atomic():
        Link.objects.filter(pk=made.pk).update(is_paused=True)
        moot.close("paused", link=made)
        edits.fall_silent(made.book, made.entity, [made.local_id])


def resume(made: Link) -> None:
    """Let values travel again. What moved meanwhile is found by comparing with what was last agreed."""
    with transaction.atomic():
        Link.objects.filter(pk=made.pk).update(is_paused=False)
        edits.announce(made.book, made.entity, [made.local_id])


def exclude(record: RemoteRecord, *, by: User | None, reason: str = "") -> None:
    """Leave a record out for good, until included again (CV-26, X11). A mapped one must be disconnected first."""
    with transaction.atomic():
        record = _undecided(record)
        Exclusion.objects.create(firm_id=record.firm_id, record=record, excluded_by=by, reason=reason)
        _stand(record, Standing.EXCLUDED)


def include(record: RemoteRecord) -> None:
    """Take back an exclusion. Does nothing to a record that is not excluded."""
    with transaction.atomic():
        if Exclusion.objects.filter(record=record).delete()[0]:
            _stand(record, Standing.UNMAPPED)


def before_after(ours: Values, taken: Values) -> dict[str, list[object]]:
    return {name: [ours[name], value] for name, value in taken.items()}


def _undecided(record: RemoteRecord) -> RemoteRecord:
    locked = RemoteRecord.objects.select_for_update(of=("self",)).get(pk=record.pk)
    if locked.standing != Standing.UNMAPPED:
        raise Refused("claimed")
    return locked


def _lets_in(entity: Entity, record: RemoteRecord) -> frozenset[str]:
    return policy_of(record.book_id, entity.name).lets_in(entity)


def _tie(record: RemoteRecord, local_id: int, plan: TieTo | CreateLocal, *, by: User | None) -> Link:
    try:
        with transaction.atomic():
            made = Link.objects.create(
                firm_id=record.firm_id,
                book_id=record.book_id,
                entity=record.entity,
                record=record,
                local_id=local_id,
                base=plan.base,
                kept=plan.kept,
                linked_by=by,
            )
    except IntegrityError as problem:
        raise Refused("client_taken") from problem
    _stand(record, Standing.MAPPED)
    return made


def _stand(record: RemoteRecord, standing: Standing) -> None:
    record.standing = standing
    record.save(update_fields=["standing"])


def _note(
    record: RemoteRecord, local_id: int, kind: ChangeKind, fields: dict[str, list[object]], *, by: User | None
) -> None:
    Change.objects.create(
        firm_id=record.firm_id,
        entity=record.entity,
        local_id=local_id,
        kind=kind,
        fields=fields,
        record_id=record.pk,
        by=by,
    )
