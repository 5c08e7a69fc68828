"""A firm decides which way values travel, and is told beforehand what that means (B-7)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from mapping.models import EntityPolicy, Link, policy_of
from mapping.policy import (
    DEFAULT,
    PRESETS,
    Direction,
    FieldRule,
    NewHere,
    NewThere,
    Policy,
    Updates,
    Winner,
)
from mapping.services import policies
from mapping.services.policies import Unfit
from tests.steering.conftest import Desk, client, edited

pytestmark = pytest.mark.django_db
BOTH = Policy(direction=Direction.BOTH)


def test_a_preset_is_taken_over_with_who_and_when(desk: Desk, partner: User) -> None:
    row = policies.choose_preset(desk.book, "customer", "two_way", by=partner)
    assert (row.preset, row.changed_by, policy_of(desk.book.pk, "customer")) == (
        "two_way",
        partner,
        PRESETS["two_way"].policy,
    )
    with pytest.raises(Unfit):
        policies.choose_preset(desk.book, "customer", "no such", by=partner)


def test_a_change_leaves_the_preset_and_coming_back_finds_it(desk: Desk, partner: User) -> None:
    two_way = PRESETS["two_way"].policy
    row = policies.change(desk.book, "customer", replace(two_way, conflict=Winner.ASK), by=partner)
    assert row.preset == ""
    assert policies.change(desk.book, "customer", two_way, by=partner).preset == "two_way"


def test_a_field_that_says_what_holds_anyway_is_not_kept(desk: Desk, partner: User) -> None:
    policy = replace(
        BOTH,
        fields={
            "phone": FieldRule(Direction.BOTH, Winner.ASK),
            "email": FieldRule(Direction.PULL, Winner.ASK),
            "balance": FieldRule(Direction.PUSH, Winner.OURS),
        },
    )
    assert set(policies.change(desk.book, "customer", policy, by=partner).fields) == {"email"}


def test_new_rows_travel_from_the_moment_somebody_says_so(desk: Desk, partner: User) -> None:
    first = policies.change(desk.book, "customer", BOTH, by=partner).since
    sends = replace(BOTH, new_here=NewHere.CREATE)
    begun = policies.change(desk.book, "customer", sends, by=partner).since
    again = policies.change(desk.book, "customer", replace(sends, conflict=Winner.OURS), by=partner).since
    assert first < begun == again
    takes = policies.change(desk.book, "customer", replace(sends, new_there=NewThere.CREATE), by=partner)
    assert takes.since > again


@pytest.mark.parametrize(
    ("policy", "setting"),
    [
        (Policy(direction=Direction.PUSH, new_there=NewThere.CREATE), "new_there"),
        (Policy(direction=Direction.PULL, new_here=NewHere.CREATE), "new_here"),
        (Policy(direction=Direction.OFF, new_here=NewHere.WITH_INVOICE), "new_here"),
    ],
)
def test_what_contradicts_itself_is_refused(desk: Desk, partner: User, policy: Policy, setting: str) -> None:
    with pytest.raises(Unfit) as problem:
        policies.change(desk.book, "customer", policy, by=partner)
    assert set(problem.value.problems) == {setting}
    assert not EntityPolicy.objects.exists()


def test_a_choice_is_remembered_for_its_field_alone(desk: Desk, partner: User) -> None:
    policies.remember(desk.book, "customer", ["phone"], Winner.OURS, by=partner)
    policy = policy_of(desk.book.pk, "customer")
    assert policy.fields == {"phone": FieldRule(DEFAULT.direction, Winner.OURS)}


def scene(desk: Desk) -> None:
    for number in range(4):
        desk.mapped(str(number), f"Customer {number}", PrimaryPhone={"FreeFormNumber": "1"})
    rows = list(Link.objects.order_by("pk"))
    from accounts.models import Client

    edited(Client.objects.get(pk=rows[0].local_id), phone="2")
    desk.there("1", "Customer 1", PrimaryPhone={"FreeFormNumber": "3"})
    edited(Client.objects.get(pk=rows[2].local_id), phone="4")
    desk.there("2", "Customer 2", PrimaryPhone={"FreeFormNumber": "5"})


def test_what_a_policy_means_is_said_in_numbers(desk: Desk) -> None:
    scene(desk)
    desk.there("9", "Waits")
    client(desk.book.firm, "Only here")
    found = policies.forecast(desk.book, "customer", BOTH)
    assert (found.then.send, found.then.take, found.then.ask, found.then.differ) == (1, 1, 1, 0)
    assert (found.now.send, found.now.take, found.now.ask, found.now.differ) == (0, 1, 1, 1)
    assert (found.links, found.looked_at, found.is_partial) == (4, 4, False)
    assert (found.unmapped_there, found.without_email, found.unmapped_here) == (1, 0, 1)
    needs_email = policies.forecast(desk.book, "customer", replace(BOTH, needs_email=True))
    assert (needs_email.then.alone, needs_email.then.send, needs_email.without_email) == (3, 0, 1)
    ours = policies.forecast(desk.book, "customer", replace(BOTH, conflict=Winner.OURS)).then
    assert (ours.send, ours.take, ours.ask) == (2, 1, 0)
    new_only = policies.forecast(desk.book, "customer", Policy(updates=Updates.NEW)).then
    assert (new_only.take, new_only.differ) == (0, 3)


def test_the_numbers_cost_a_few_queries_and_no_locks(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    scene(desk)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        policies.forecast(desk.book, "customer", BOTH)
    assert len(asked) < 12
    assert not [query for query in asked.captured_queries if "FOR UPDATE" in query["sql"]]
    monkeypatch.setattr(policies, "BATCH", 1)
    monkeypatch.setattr(policies, "LOOK_AT", 2)
    assert policies.forecast(desk.book, "customer", BOTH).is_partial


def test_a_paused_client_counts_for_nothing(desk: Desk) -> None:
    scene(desk)
    Link.objects.update(is_paused=True)
    assert policies.forecast(desk.book, "customer", BOTH).links == 0
