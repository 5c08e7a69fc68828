"""Whoever takes a run back may die at any moment; another goes on, and the end is the same (B-3, X3)."""

from __future__ import annotations

import pytest

from accounts.models import Client, Firm, User
from accounts.services.clients import save_client
from mapping.models import (
    Book,
    Change,
    ChangeKind,
    Choice,
    Exclusion,
    Link,
    RemoteRecord,
    Run,
    RunOutcome,
    RunState,
    Standing,
)
from mapping.services import drafts, mirroring, undoing
from tests.importing.test_killed_worker import followed
from tests.mapping.books import CUSTOMER, client, customer, open_book
from tests.processes import Worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

NEW = 3_000
MET = 20
"""Customers of the name of a client that was there before."""
TOUCHED = 10
EXCLUDED = 30


@pytest.fixture
def book(in_firm: Firm) -> Book:
    book = open_book(in_firm)
    for number in range(MET):
        client(in_firm, f"Met {number}", email=f"old{number}@example.com")
    mail = [
        customer(str(number), f"Met {number}", PrimaryEmailAddr={"Address": f"new{number}@example.com"})
        for number in range(MET)
    ]
    fresh = [customer(str(1000 + number), f"New {number}") for number in range(NEW)]
    left = [customer(str(100_000 + number), f"Left out {number}") for number in range(EXCLUDED)]
    mirroring.store(book, CUSTOMER, [*mail, *fresh, *left])
    return book


def test_a_killed_undo_ends_as_an_undisturbed_one(book: Book, worker: Worker, staff: User) -> None:
    run = _mapped(book, worker, staff)
    touched = list(Client.objects.filter(name__startswith="New").order_by("pk")[:TOUCHED])
    for one in touched:
        one.phone = "555-1"
        save_client(client=one, by=staff, fields=["phone"])
    undo = followed(undoing.begin(run, by=staff), worker, kills=3, seed=5)
    assert (undo.state, undo.problem) == (RunState.DONE, "")
    total = NEW + MET + EXCLUDED
    assert (undo.handled, undo.expected) == (total, total)
    assert (undo.created, undo.updated, undo.linked) == (NEW - TOUCHED, MET, MET)
    assert (undo.excluded, undo.skipped) == (EXCLUDED, TOUCHED)
    # Each step was taken once.
    undone = Change.objects.filter(kind=ChangeKind.UNDONE, run_id=undo.pk)
    assert undone.count() == undone.values("local_id").distinct().count() == NEW - TOUCHED + MET
    assert RunOutcome.objects.filter(run=undo).count() == TOUCHED
    # What was made is away, what was there is as it was, and what was touched since stays.
    assert set(Client.objects.current().filter(name__startswith="New")) == set(touched)
    met = Client.objects.filter(name__startswith="Met").order_by("pk")
    assert list(met.values_list("email", flat=True)) == [f"old{number}@example.com" for number in range(MET)]
    assert set(Link.objects.values_list("local_id", flat=True)) == {one.pk for one in touched}
    assert not Exclusion.objects.exists()
    assert RemoteRecord.objects.filter(standing=Standing.UNMAPPED).count() == total - TOUCHED
    assert Client.objects.filter(is_linked=True).count() == TOUCHED


def _mapped(book: Book, worker: Worker, staff: User) -> Run:
    """Save choices for everybody and have the worker carry them out."""
    draft = drafts.open_draft(book, "customer", person=staff)
    drafts.set_default(draft, Choice.NEW)
    for record in RemoteRecord.objects.filter(name__startswith="Left out"):
        drafts.choose(draft, record, Choice.EXCLUDE)
    run = followed(drafts.save(draft, by=staff), worker, kills=0, seed=1)
    assert (run.created, run.excluded) == (NEW, EXCLUDED)
    return run
