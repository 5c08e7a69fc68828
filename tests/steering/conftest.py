"""A firm with some clients mapped, and QuickBooks changing under them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction

from accounts.models import Client, Firm, User
from mapping.models import Book, EntityPolicy, Link, RemoteRecord, Run, RunKind, RunState
from mapping.policy import DEFAULT, PRESETS, Policy
from mapping.services import linking, mirroring, reconciling, runs, undoing
from mapping.services.reconciling import Outgoing
from tests.mapping.books import CUSTOMER, client, customer, open_book


@dataclass
class Desk:
    """Sets the scene inside the first firm, and does what workers would."""

    book: Book
    person: User
    payloads: dict[str, dict[str, Any]] = field(default_factory=dict)

    def policy(self, policy: Policy | str = DEFAULT) -> EntityPolicy:
        stored, _ = EntityPolicy.objects.get_or_create(firm=self.book.firm, book=self.book, entity="customer")
        stored.take(PRESETS[policy].policy if isinstance(policy, str) else policy)
        stored.save()
        return stored

    def there(self, id: str, name: str, **more: Any) -> RemoteRecord:
        """Say what a customer is in QuickBooks now, and mirror it."""
        known = self.payloads.get(id, {})
        self.payloads[id] = {**known, **customer(id, name, **more), "SyncToken": str(len(known))}
        mirroring.store(self.book, CUSTOMER, [self.payloads[id]])
        return RemoteRecord.objects.get(book=self.book, remote_id=id)

    def mapped(self, id: str, name: str, **more: Any) -> Client:
        """Give a client that is mapped to a customer of the same values."""
        made = linking.link_to_new(self.there(id, name, **more), by=self.person)
        return Client.objects.get(pk=made.local_id)

    def run(self, kind: RunKind, entity: str = "customer") -> Run:
        run = runs.claim(runs.start_run(self.book, kind, entity, by=self.person).pk)
        assert run
        return run

    def refresh(self, *records: RemoteRecord, kind: RunKind = RunKind.REFRESH) -> tuple[Run, Outgoing]:
        """Compare these records with their clients, as a refresh does."""
        run = self.run(kind)
        with transaction.atomic():
            outgoing = reconciling.reconcile(run, CUSTOMER, record_ids=[record.pk for record in records])
        runs.finish(run, RunState.DONE)
        return Run.objects.get(pk=run.pk), outgoing

    def undo(self, run: Run) -> Run:
        undoing.begin(run, by=self.person)
        return self.undo_begun(Run.objects.get(pk=run.pk))

    def undo_begun(self, run: Run) -> Run:
        assert run.undone_by
        begun = runs.claim(run.undone_by.pk)
        assert begun
        while undoing.carry_on(begun, batches=1):
            pass
        return Run.objects.get(pk=begun.pk)

    def link(self, ours: Client) -> Link:
        return Link.objects.get(local_id=ours.pk)


@pytest.fixture
def desk(in_firm: Firm, staff: User) -> Desk:
    return Desk(open_book(in_firm), staff)


def edited(ours: Client, **values: Any) -> None:
    """Change a client by hand."""
    from accounts.services.clients import save_client

    ours.refresh_from_db()
    for name, value in values.items():
        setattr(ours, name, value)
    save_client(client=ours, by=User.objects.first() or User(), fields=set(values))


__all__ = ["Desk", "client", "edited"]
