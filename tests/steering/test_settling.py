"""A conflict is decided: whose value stays, and what follows from it (B-8)."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Client
from mapping.models import Change, Conflict
from mapping.policy import Direction, Policy, Winner
from mapping.services import settling
from mapping.services.settling import Decision, Side
from tests.steering.conftest import Desk, edited

pytestmark = pytest.mark.django_db
ASKS = Policy(direction=Direction.BOTH, conflict=Winner.ASK)


def called(number: str, address: str = "a@example.com") -> dict[str, Any]:
    return {"PrimaryPhone": {"FreeFormNumber": number}, "PrimaryEmailAddr": {"Address": address}}


@pytest.fixture
def amy(desk: Desk) -> Client:
    """Phone and e-mail changed on both sides: ours 2 and ours@, theirs 3 and theirs@."""
    desk.policy(ASKS)
    ours = desk.mapped("1", "Amy", **called("1"))
    edited(ours, phone="2", email="ours@example.com")
    desk.refresh(desk.there("1", "Amy", **called("3", "theirs@example.com")))
    return ours


def decide(desk: Desk, **answer: Side) -> settling.Settled:
    conflict = Conflict.objects.get()
    return settling.settle({conflict.pk: Decision(answer, settling.mark(conflict))}, by=desk.person)


def looked_at_again(desk: Desk) -> Any:
    from mapping.models import RemoteRecord

    return desk.refresh(RemoteRecord.objects.get(remote_id="1"))


def test_taking_theirs_writes_it_here_with_its_history(desk: Desk, amy: Client) -> None:
    assert decide(desk, phone=Side.THEIRS, email=Side.THEIRS).done == 1
    amy.refresh_from_db()
    assert (amy.phone, amy.email) == ("3", "theirs@example.com")
    change = Change.objects.latest("pk")
    assert (change.by, change.run_id, change.fields["phone"]) == (desk.person, None, ["2", "3"])
    run, outgoing = looked_at_again(desk)
    assert (run.conflicts, run.pulled, outgoing.to_send) == (0, 0, [])
    conflict = Conflict.objects.get()
    assert conflict.settled_at
    assert conflict.settled_by == desk.person
    assert conflict.answer == {"phone": "quickbooks", "email": "quickbooks"}


def test_keeping_ours_lets_it_be_sent(desk: Desk, amy: Client) -> None:
    decide(desk, phone=Side.OURS, email=Side.OURS)
    run, outgoing = looked_at_again(desk)
    assert [one.values for one in outgoing.to_send] == [{"phone": "2", "email": "ours@example.com"}]
    assert (run.conflicts, run.pulled) == (0, 0)


def test_keeping_ours_where_nothing_is_sent_stays_and_asks_no_more(desk: Desk, amy: Client) -> None:
    desk.policy(Policy(direction=Direction.PULL))
    decide(desk, phone=Side.OURS, email=Side.OURS)
    run, outgoing = looked_at_again(desk)
    amy.refresh_from_db()
    assert (amy.phone, run.conflicts, run.pulled, outgoing.to_send) == ("2", 0, 0, [])


def test_each_field_is_decided_by_itself(desk: Desk, amy: Client) -> None:
    decide(desk, phone=Side.THEIRS)
    conflict = Conflict.objects.get()
    assert (conflict.settled_at, set(conflict.fields), conflict.answer) == (
        None,
        {"email"},
        {"phone": "quickbooks"},
    )
    run, _ = looked_at_again(desk)
    assert run.conflicts == 1
    decide(desk, email=Side.OURS)
    conflict.refresh_from_db()
    assert conflict.settled_at
    assert conflict.answer == {"phone": "quickbooks", "email": "ours"}


def test_what_moved_since_it_was_shown_is_not_decided_unseen(desk: Desk, amy: Client) -> None:
    seen = settling.mark(Conflict.objects.get())
    edited(amy, phone="7")
    told = settling.settle({Conflict.objects.get().pk: Decision({"phone": Side.OURS}, seen)}, by=desk.person)
    assert (told.done, len(told.moved)) == (0, 1)
    assert Conflict.objects.get().fields["phone"] == ["1", "7", "3"], "it says anew what it is about"
    desk.there("1", "Amy", **called("8", "theirs@example.com"))
    assert decide(desk, phone=Side.THEIRS).moved
    amy.refresh_from_db()
    assert amy.phone == "7"
    assert decide(desk, phone=Side.THEIRS).done == 1


def test_deciding_twice_is_deciding_once(desk: Desk, amy: Client) -> None:
    conflict = Conflict.objects.get()
    decision = {conflict.pk: Decision(dict.fromkeys(conflict.fields, Side.THEIRS), settling.mark(conflict))}
    assert settling.settle(decision, by=desk.person).done == 1
    assert settling.settle(decision, by=desk.person).done == 0


def test_a_value_that_does_not_fit_is_not_cut_short(desk: Desk, amy: Client) -> None:
    desk.refresh(desk.there("1", "Amy", **called("3" * 80, "theirs@example.com")))
    told = decide(desk, phone=Side.THEIRS)
    assert (told.done, len(told.too_long)) == (0, 1)
    assert decide(desk, phone=Side.OURS).done == 1


def test_all_are_decided_at_once(desk: Desk, amy: Client) -> None:
    ben = desk.mapped("2", "Ben", **called("1"))
    edited(ben, phone="4")
    desk.refresh(desk.there("2", "Ben", **called("5")))
    assert settling.count_open(desk.book) == 2
    assert settling.settle_all(desk.book, Side.THEIRS, by=desk.person).done == 2
    amy.refresh_from_db()
    ben.refresh_from_db()
    assert (amy.phone, ben.phone, settling.count_open(desk.book)) == ("3", "5", 0)
