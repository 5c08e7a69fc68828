"""Add, change, archive and restore clients, one or very many."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone

from accounts.models import Client, ClientQuerySet, User
from accounts.models.clients import CONTACT, DETAILS
from accounts.signals import rows_archived, rows_changed, rows_restored
from accounts.tenancy import chosen_firm_id


@transaction.atomic
def save_client(*, client: Client, by: User, fields: Collection[str] = DETAILS) -> Client:
    """Store a new client, or those fields of a known one; return it as it now stands.

    Of a known client only ``fields`` are written, so that two people who edit different things at
    once both keep their work. Raises ValidationError. Announces ``rows_changed`` unless nothing moved.
    """
    is_new = client.pk is None
    stored = Client() if is_new else Client.objects.select_for_update().get(pk=client.pk)
    changed = {name for name in fields if getattr(stored, name) != getattr(client, name)}
    if not (is_new or changed):
        return stored
    for name in changed:
        setattr(stored, name, getattr(client, name))
    stored.updated_at = timezone.now()
    if is_new:
        stored.firm_id, stored.created_at = chosen_firm_id(), stored.updated_at
    written = {*changed, "updated_at"}
    if is_new or not changed.isdisjoint(CONTACT):
        stored.contact_edited_at = stored.updated_at
        written.add("contact_edited_at")
    stored.full_clean(exclude=["firm"])
    stored.save(update_fields=None if is_new else written)
    rows_changed.send(Client, ids=[stored.pk], changed=changed, by=by)
    return stored


@dataclass(frozen=True)
class BulkChange:
    """What one change to many clients did. The moment marks its rows, so that it can be undone."""

    client_ids: list[int]
    moment: datetime

    def __len__(self) -> int:
        return len(self.client_ids)


def archive_clients(*, clients: ClientQuerySet, by: User) -> BulkChange:
    """Take those of the clients that are current out of the everyday lists. Nothing is deleted."""
    return _change_all(clients.current(), rows_archived, by, archived_at=timezone.now())


def restore_clients(*, clients: ClientQuerySet, by: User) -> BulkChange:
    """Bring those of the clients that are archived back."""
    return _change_all(clients.archived(), rows_restored, by, archived_at=None)


def allow_marketing(*, clients: ClientQuerySet, by: User) -> BulkChange:
    """Note that the clients agreed to marketing mail, where that was not noted yet."""
    return _change_all(clients.filter(is_marketable=False), rows_changed, by, is_marketable=True)


def stop_marketing(*, clients: ClientQuerySet, by: User) -> BulkChange:
    """Note that the clients get no marketing mail."""
    return _change_all(clients.filter(is_marketable=True), rows_changed, by, is_marketable=False)


@transaction.atomic
def _change_all(clients: ClientQuerySet, announce: Signal, by: User, **change: Any) -> BulkChange:
    moment = timezone.now()
    if not clients.update(updated_at=moment, **change):
        return BulkChange([], moment)
    done = BulkChange(list(Client.objects.of_change(moment).values_list("id", flat=True)), moment)
    words = {"changed": set(change)} if announce is rows_changed else {}
    announce.send(Client, ids=done.client_ids, by=by, **words)
    return done


Change = Callable[..., BulkChange]


@dataclass(frozen=True)
class BulkAction:
    """Something that can be done to many clients, and what takes it back."""

    do: Change
    undo: Change
    verb: str
    done: str
    undone: str


BULK_ACTIONS: dict[str, BulkAction] = {
    "archive": BulkAction(archive_clients, restore_clients, "Archive", "archived", "back among the current"),
    "restore": BulkAction(restore_clients, archive_clients, "Restore", "restored", "archived again"),
    "market": BulkAction(
        allow_marketing, stop_marketing, "Mark as marketable", "marked as marketable", "not marketable again"
    ),
    "unmarket": BulkAction(
        stop_marketing,
        allow_marketing,
        "Mark as not marketable",
        "marked as not marketable",
        "marketable again",
    ),
}


def undo_for_all(*, action: str, moment: datetime, by: User) -> BulkChange:
    """Take back a bulk action, on the clients that nobody has changed since."""
    return BULK_ACTIONS[action].undo(clients=Client.objects.of_change(moment), by=by)
