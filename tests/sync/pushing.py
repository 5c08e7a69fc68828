"""What tests of sending have in common: a firm's policy, mapped clients, edits, and a worker's part."""

from __future__ import annotations

from typing import Any

from accounts.models import Client, User
from accounts.services.clients import save_client
from integrations.models import Push, PushState
from integrations.quickbooks import ALL, QuickBooks
from integrations.sync import looking, sending
from integrations.sync.importing import More
from mapping.entities import ENTITIES
from mapping.models import Book, EntityPolicy, Link, RemoteRecord, Run
from mapping.policy import Direction, NewHere, Policy, Winner
from mapping.services import linking, mirroring, runs

CUSTOMER = ENTITIES["customer"]
BOTH_WAYS = Policy(direction=Direction.BOTH, conflict=Winner.ASK, new_here=NewHere.CREATE)


def decide(book: Book, policy: Policy = BOTH_WAYS) -> EntityPolicy:
    stored = EntityPolicy.objects.filter(book=book, entity="customer").first()
    stored = stored or EntityPolicy(firm_id=book.firm_id, book=book, entity="customer")
    stored.take(policy)
    stored.save()
    return stored


def mapped(book: Book, customer: dict[str, Any]) -> Client:
    """Return a new client made from a customer and mapped to it."""
    mirroring.store(book, CUSTOMER, [customer])
    record = RemoteRecord.objects.get(book=book, entity="customer", remote_id=customer["Id"])
    return Client.objects.get(pk=linking.link_to_new(record, by=None).local_id)


def edit(client: Client, by: User, **fields: Any) -> Client:
    """Save a client as a person does, and have it looked at as the worker would."""
    client = Client.objects.get(pk=client.pk)
    for name, value in fields.items():
        setattr(client, name, value)
    saved = save_client(client=client, by=by, fields=fields.keys())
    looking.look(CUSTOMER, [saved.pk])
    return saved


def add(by: User, name: str, **fields: Any) -> Client:
    saved = save_client(client=Client(name=name, **fields), by=by)
    looking.look(CUSTOMER, [saved.pk])
    return saved


def send(book: Book, quickbooks: QuickBooks, *, slices: int = 30) -> Run:
    """Send what waits in this process, as a worker would."""
    run = runs.claim(sending.begin(book).pk)
    assert run, "another run is before it"
    for _ in range(slices):
        if not isinstance(sending.work(run, quickbooks, for_s=30), More):
            break
        run.refresh_from_db()
    run.refresh_from_db()
    return run


def there(quickbooks: QuickBooks, name: str = "") -> list[dict[str, Any]]:
    """Return the company's customers as QuickBooks has them, or those of one name."""
    found = quickbooks.page("Customer", 1, where=ALL)
    return [one for one in found if not name or one["DisplayName"] == name]


def customer_of(client: Client, quickbooks: QuickBooks) -> dict[str, Any]:
    link = Link.objects.select_related("record").get(local_id=client.pk)
    return quickbooks.read("Customer", link.record.remote_id)


def push_of(client: Client) -> Push:
    """Return the latest push of a client."""
    return Push.objects.filter(local_id=client.pk).latest("pk")


def states() -> list[str]:
    return sorted(Push.objects.values_list("state", flat=True))


CONFIRMED = PushState.CONFIRMED.value
