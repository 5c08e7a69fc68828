"""Ways on for what was held back: link to the record in the way, rename ours, leave it here, try again.

Each is one transaction on a push that is still held; who comes second is told so.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from integrations.models import Operation, Push, PushState
from integrations.quickbooks import problems_in
from integrations.sync import composing
from integrations.sync.inquiries import PEOPLE
from integrations.sync.outbox import LEFT_HERE, SOON, not_sent, pushes_planned
from mapping.entities import ENTITIES
from mapping.models import Book, Link, RemoteRecord, Standing
from mapping.services import edits, linking
from mapping.services.linking import Refused
from mapping.spec import Entity
from mapping.transform import to_remote

_RIVALS = dict.fromkeys(PEOPLE, "customers, vendors or employees")


def rivals(entity: Entity) -> str:
    """Return who, beside its own kind, may not have the name of one of these."""
    return _RIVALS.get(entity.remote, entity.plural)


@dataclass(frozen=True)
class InTheWay:
    """A record of QuickBooks that has the name which ours was to get."""

    kind: str
    """What a person calls it: customer, vendor, employee."""
    remote_id: str
    name: str
    is_active: bool
    record: RemoteRecord | None
    can_link: bool
    """Whether ours may be tied to it instead of being created."""


def in_the_way(push: Push) -> list[InTheWay]:
    """Return who has the name, as the firm's decisions stand now. One query."""
    told = push.detail.get("in_the_way", [])
    records = RemoteRecord.objects.in_bulk([one["record_id"] for one in told if one.get("record_id")])
    return [
        InTheWay(
            kind=_called(one["remote"]),
            remote_id=one["remote_id"],
            name=one["name"],
            is_active=one["is_active"],
            record=(record := records.get(one.get("record_id") or 0)),
            can_link=_can_link(push, record),
        )
        for one in told
    ]


def _called(remote: str) -> str:
    return next((each.label for each in ENTITIES.values() if each.remote == remote), remote.lower())


def _can_link(push: Push, record: RemoteRecord | None) -> bool:
    return (
        record is not None
        and push.operation == Operation.CREATE
        and record.entity == push.entity
        and record.standing == Standing.UNMAPPED
        and record.gone_at is None
    )


def link_to_existing(push: Push, record: RemoteRecord, *, by: User | None) -> Link:
    """Tie our row to a record that is there already, instead of creating another.

    QuickBooks' values are taken over where it says something (CV-39); what only we know is sent.
    Raises Refused where somebody was quicker.
    """
    with transaction.atomic():
        held = _held(push, record)
        if not _can_link(held, record) or record.book_id != held.book_id:
            raise Refused("claimed")
        made = linking.link(record, held.local_id, by=by)
        _settle(held, PushState.DROPPED)
        edits.announce(_book(held), held.entity, [held.local_id])
    return made


def rename(push: Push, new_name: str, *, by: User | None) -> None:
    """Give our row another name and have it sent. Raises Refused where QuickBooks would not take the name."""
    entity = ENTITIES[push.entity]
    name, new_name = composing.name_field(entity), new_name.strip()
    if not new_name or problems_in(entity.remote, to_remote(entity, {name: new_name})):
        raise Refused("not_accepted")
    with transaction.atomic():
        held = _held(push)
        _rename_row(entity, held.local_id, name, new_name)
        held.values = {**held.values, name: new_name}
        _plan(held)
        edits.announce(_book(held), held.entity, [held.local_id])


def _rename_row(entity: Entity, local_id: int, name: str, new_name: str) -> None:
    if local_id not in entity.local.read([local_id]):
        raise Refused("client_gone")
    entity.local.update({local_id: {name: new_name}}, is_edit=True)


def skip(push: Push, *, by: User | None) -> None:
    """Leave it here: it is not sent, and not planned again until the row is edited (B-5)."""
    with transaction.atomic():
        held = _held(push)
        held.reason, held.detail, held.settled_at = LEFT_HERE, {"by": by.pk if by else None}, timezone.now()
        held.save(update_fields=["reason", "detail", "settled_at"])


def try_again(push: Push) -> None:
    """Send it once more as it is, after something was mended in QuickBooks."""
    with transaction.atomic():
        _plan(_held(push))


def try_all_again(book: Book, *, reason: str = "") -> int:
    """Send once more all that is held, or all that is held for one reason (B-4); return how many."""
    with transaction.atomic():
        held = not_sent(book).filter(reason=reason) if reason else not_sent(book)
        planned = held.order_by().update(
            state=PushState.PLANNED, reason="", detail={}, tries=0, settled_at=None
        )
        if planned:
            pushes_planned.send(Push, book=book)
    return planned


def _held(push: Push, record: RemoteRecord | None = None) -> Push:
    """Lock a push, and before it what is to change with it: record, then row, as everybody does."""
    if record:
        list(RemoteRecord.objects.select_for_update(of=("self",)).filter(pk=record.pk).values_list("pk"))
    ENTITIES[push.entity].local.read([push.local_id])
    held = Push.objects.select_for_update(of=("self",)).get(pk=push.pk)
    if held.state != PushState.HELD:
        raise Refused("moved_on")
    return held


def _book(push: Push) -> Book:
    return Book.objects.get(pk=push.book_id)


def _plan(push: Push) -> None:
    push.state, push.reason, push.detail, push.tries = PushState.PLANNED, SOON, {}, 0
    push.settled_at = None
    push.save(update_fields=["state", "reason", "detail", "tries", "settled_at", "values"])
    pushes_planned.send(Push, book=_book(push), soon=True)


def _settle(push: Push, state: PushState) -> None:
    push.state, push.settled_at = state, timezone.now()
    push.save(update_fields=["state", "settled_at"])
