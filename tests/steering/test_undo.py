"""A run is taken back: what it wrote, tied and left out, and not what was changed since (B-3, X3)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Client
from mapping.models import (
    Change,
    ChangeKind,
    Choice,
    Exclusion,
    Link,
    RemoteRecord,
    Run,
    RunKind,
    RunOutcome,
    RunState,
    Standing,
)
from mapping.policy import Direction, NewThere, Policy
from mapping.services import carrying_out, drafts, linking, reconciling, runs, taking_back, undoing
from mapping.services.edits import rows_edited
from mapping.services.linking import Refused
from tests.mapping.books import CUSTOMER
from tests.steering.conftest import Desk, client, edited

pytestmark = pytest.mark.django_db

MAIL = {"PrimaryEmailAddr": {"Address": "new@example.com"}}


def mail(address: str) -> dict[str, Any]:
    return {"PrimaryEmailAddr": {"Address": address}}


def mapping_run(desk: Desk, default: Choice = Choice.NEW, **chosen: Choice) -> Run:
    draft = drafts.open_draft(desk.book, "customer", person=desk.person)
    drafts.set_default(draft, default)
    for name, choice in chosen.items():
        drafts.choose(draft, RemoteRecord.objects.get(name=name), choice)
    run = runs.claim(drafts.save(draft, by=desk.person).pk)
    assert run
    while carrying_out.carry_out(run, parts=1):
        pass
    return Run.objects.get(pk=run.pk)


def test_a_mapping_run_is_taken_back_whole(desk: Desk) -> None:
    ours = client(desk.book.firm, "Cool Cars", email="old@example.com")
    desk.there("1", "Amy")
    desk.there("2", "Cool Cars", **MAIL)
    desk.there("3", "Walkin")
    run = mapping_run(desk, Walkin=Choice.EXCLUDE)
    before = undoing.preview(run)
    assert (before.withdrawn, before.unlinked, before.put_back, before.included) == (1, 1, 1, 1)
    assert (before.left, before.sent, before.stays) == ([], 0, 0)
    undo = desk.undo(run)
    ours.refresh_from_db()
    assert (ours.email, ours.is_linked, ours.is_archived) == ("old@example.com", False, False)
    assert Client.objects.get(name="Amy").is_archived
    assert not Link.objects.exists()
    assert not Exclusion.objects.exists()
    assert set(RemoteRecord.objects.values_list("standing", flat=True)) == {Standing.UNMAPPED}
    assert (undo.state, undo.handled, undo.expected) == (RunState.DONE, 3, 3)
    assert (undo.created, undo.linked, undo.updated, undo.excluded, undo.skipped) == (1, 1, 1, 1, 0)


def test_the_history_says_what_went_back_and_in_which_run(desk: Desk) -> None:
    ours = desk.mapped("1", "Amy", **mail("old@example.com"))
    run, _ = desk.refresh(desk.there("1", "Amy", **MAIL))
    undo = desk.undo(run)
    last = Change.objects.filter(local_id=ours.pk).latest("pk")
    assert (last.kind, last.run_id, last.by) == (ChangeKind.UNDONE, undo.pk, desk.person)
    assert last.fields == {"email": ["new@example.com", "old@example.com"]}
    run.refresh_from_db()
    assert run.undone_by == undo
    assert undoing.undone(undo) == run


def test_a_value_changed_since_is_left_and_listed(desk: Desk) -> None:
    ours = desk.mapped("1", "Amy", **mail("old@example.com"))
    phone = {"PrimaryPhone": {"FreeFormNumber": "555-1"}}
    run, _ = desk.refresh(desk.there("1", "Amy", **MAIL, **phone))
    edited(ours, email="mine@example.com")
    before = undoing.preview(run)
    assert [(each.name, each.fields, each.reason.code) for each in before.left] == [
        ("Amy", ("E-mail",), "changed_since")
    ]
    undo = desk.undo(run)
    ours.refresh_from_db()
    assert (ours.email, ours.phone) == ("mine@example.com", "")
    left = RunOutcome.objects.get(run=undo)
    assert (left.name, left.reason, left.detail) == ("Amy", "changed_since", {"fields": ["E-mail"]})
    assert undo.skipped == 1


def test_a_value_put_back_by_hand_needs_no_word(desk: Desk) -> None:
    ours = desk.mapped("1", "Amy", **mail("old@example.com"))
    run, _ = desk.refresh(desk.there("1", "Amy", **MAIL))
    edited(ours, email="old@example.com")
    before = undoing.preview(run)
    assert (before.put_back, before.left_count, before.does_something) == (0, 0, False)


@pytest.mark.parametrize(
    "touch",
    [
        lambda desk, ours: edited(ours, notes="Ask about the barn"),
        lambda desk, ours: desk.refresh(desk.there("1", "Amy", **MAIL)),
        lambda desk, ours: linking.unlink(desk.link(ours), by=desk.person),
    ],
    ids=["edited", "brought up to date", "disconnected"],
)
def test_a_new_client_that_was_touched_since_stays(desk: Desk, touch: Callable[[Desk, Client], Any]) -> None:
    desk.there("1", "Amy")
    run = mapping_run(desk)
    ours = Client.objects.get()
    touch(desk, ours)
    assert undoing.preview(run).withdrawn == 0
    undo = desk.undo(run)
    ours.refresh_from_db()
    assert not ours.is_archived
    assert (undo.created, undo.skipped) == (0, 1)


def test_a_client_archived_or_mapped_anew_since_is_left(desk: Desk) -> None:
    gone = desk.mapped("1", "Amy", **mail("old@example.com"))
    moved = desk.mapped("2", "Ben", **mail("ben@example.com"))
    run, _ = desk.refresh(
        desk.there("1", "Amy", **MAIL), desk.there("2", "Ben", **mail("benjamin@example.com"))
    )
    Client.objects.filter(pk=gone.pk).update(archived_at=timezone.now())
    linking.unlink(desk.link(moved), by=desk.person)
    linking.link(desk.there("3", "Ben II"), moved.pk, by=desk.person)
    undo = desk.undo(run)
    assert set(RunOutcome.objects.filter(run=undo).values_list("reason", flat=True)) == {
        "archived_since",
        "mapped_anew",
    }


def test_the_next_refresh_does_not_bring_back_what_was_undone(desk: Desk) -> None:
    """Ours differs from the base again, which is an edit: it stays where nothing is sent."""
    ours = desk.mapped("1", "Amy", **mail("old@example.com"))
    record = desk.there("1", "Amy", **MAIL)
    run, _ = desk.refresh(record)
    before = undoing.preview(run)
    assert (before.sent, before.stays) == (0, 1)
    desk.undo(run)
    again, outgoing = desk.refresh(record)
    ours.refresh_from_db()
    assert ours.email == "old@example.com"
    assert (again.pulled, again.conflicts, outgoing.to_send) == (0, 0, [])


def test_where_policy_sends_the_undone_value_goes_to_quickbooks(desk: Desk) -> None:
    desk.policy("two_way")
    ours = desk.mapped("1", "Amy", **mail("old@example.com"))
    record = desk.there("1", "Amy", **MAIL)
    run, _ = desk.refresh(record)
    before = undoing.preview(run)
    assert (before.sent, before.stays) == (1, 0)
    heard: list[Any] = []

    def hear(**said: Any) -> None:
        heard.append((said["entity"], said["local_ids"]))

    rows_edited.connect(hear)
    try:
        desk.undo(run)
    finally:
        rows_edited.disconnect(hear)
    assert heard == [("customer", [ours.pk])]
    _, outgoing = desk.refresh(record)
    assert [(one.local_id, one.values) for one in outgoing.to_send] == [
        (ours.pk, {"email": "old@example.com"})
    ]


def test_a_field_the_base_does_not_know_is_not_taken_over_again(desk: Desk) -> None:
    ours = desk.mapped("1", "Amy", **mail("old@example.com"))
    record = desk.there("1", "Amy", **MAIL)
    run, _ = desk.refresh(record)
    Link.objects.update(base={})
    desk.undo(run)
    desk.refresh(record)
    ours.refresh_from_db()
    assert ours.email == "old@example.com"


def test_where_new_customers_are_added_by_themselves_a_withdrawn_one_is_excluded(desk: Desk) -> None:
    desk.policy(Policy(direction=Direction.PULL, new_there=NewThere.CREATE))
    desk.there("1", "Amy")
    run = mapping_run(desk)
    assert undoing.preview(run).excluded == 1
    desk.undo(run)
    assert Exclusion.objects.get().reason == f"Taken back with run {run.pk}"
    assert RemoteRecord.objects.get().standing == Standing.EXCLUDED


def test_values_a_run_changed_twice_go_back_to_the_first(desk: Desk) -> None:
    ours = desk.mapped("1", "Amy", **mail("first@example.com"))
    run = desk.run(RunKind.IMPORT)
    for address in ("second@example.com", "third@example.com"):
        record = desk.there("1", "Amy", **mail(address))
        reconciling.reconcile(run, CUSTOMER, record_ids=[record.pk])
    runs.finish(run, RunState.DONE)
    undo = desk.undo(Run.objects.get(pk=run.pk))
    ours.refresh_from_db()
    assert (ours.email, undo.skipped) == ("first@example.com", 0)


def test_a_paused_client_gets_its_value_back_and_nothing_is_sent(desk: Desk) -> None:
    desk.policy("two_way")
    desk.mapped("1", "Amy", **mail("old@example.com"))
    run, _ = desk.refresh(desk.there("1", "Amy", **MAIL))
    Link.objects.update(is_paused=True)
    before = undoing.preview(run)
    assert (before.put_back, before.sent, before.stays) == (1, 0, 0)


def test_only_for_thirty_days_once_and_when_it_has_ended(desk: Desk) -> None:
    desk.mapped("1", "Amy", **mail("old@example.com"))
    run, _ = desk.refresh(desk.there("1", "Amy", **MAIL))
    Run.objects.filter(pk=run.pk).update(finished_at=timezone.now() - timedelta(days=31))
    assert refused(run) == "undo_too_late"
    Run.objects.filter(pk=run.pk).update(finished_at=timezone.now())
    Run.objects.filter(pk=run.pk).update(state=RunState.RUNNING)
    assert refused(run) == "undo_too_early"
    Run.objects.filter(pk=run.pk).update(state=RunState.DONE)
    undo = desk.undo(run)
    assert refused(run) == "undone_already"
    assert refused(undo) == "nothing_to_undo"


def refused(run: Run) -> str:
    with pytest.raises(Refused) as problem:
        undoing.begin(Run.objects.get(pk=run.pk), by=None)
    return problem.value.reason.code


def test_a_cancelled_undo_goes_on_where_it_was(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking_back, "BATCH", 2)
    for number in range(5):
        desk.there(str(number + 1), f"Customer {number}")
    run = mapping_run(desk)
    undo = runs.claim(undoing.begin(run, by=desk.person).pk)
    assert undo
    undoing.carry_on(undo, batches=1)
    runs.ask_to_cancel(undo)
    assert not undoing.carry_on(undo, batches=1)
    assert Client.objects.archived().count() == 2
    assert desk.undo(run) == undo
    assert Client.objects.archived().count() == 5
    assert Change.objects.filter(kind=ChangeKind.UNDONE).count() == 5


def test_a_worker_that_dies_in_the_middle_loses_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its transaction is as if it had never begun; whoever claims the run next does the same again."""
    monkeypatch.setattr(taking_back, "BATCH", 2)
    for number in range(5):
        desk.there(str(number + 1), f"Customer {number}")
    run = mapping_run(desk)
    undo = runs.claim(undoing.begin(run, by=desk.person).pk)
    assert undo
    undoing.carry_on(undo, batches=1)
    with monkeypatch.context() as dying:
        dying.setattr(undoing, "_note", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            undoing.carry_on(undo, batches=1)
    claimed = runs.claim(undo.pk)
    assert claimed
    while undoing.carry_on(claimed, batches=1):
        pass
    claimed.refresh_from_db()
    assert (claimed.created, claimed.handled) == (5, 5)
    assert Change.objects.filter(kind=ChangeKind.UNDONE).count() == 5


def test_a_great_run_is_looked_at_in_part(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undoing, "LOOK_AT", 2)
    monkeypatch.setattr(taking_back, "BATCH", 2)
    for number in range(5):
        desk.there(str(number + 1), f"Customer {number}")
    before = undoing.preview(mapping_run(desk))
    assert (before.looked_at, before.total, before.is_partial) == (2, 5, True)
