"""Conflicts that nobody needs to decide any more are closed and say why; they are no dead buttons (B-5, B-8)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client as Web
from django.urls import reverse
from django.utils import timezone

from accounts.models import Client, User
from accounts.services.clients import archive_clients
from mapping.models import Conflict
from mapping.policy import Direction, FieldRule, Policy, Updates, Winner
from mapping.services import linking, policies, settling
from tests.conftest import SignIn
from tests.steering.conftest import Desk, edited

pytestmark = pytest.mark.django_db
ASKS = Policy(direction=Direction.BOTH, conflict=Winner.ASK)


def called(number: str) -> dict[str, Any]:
    return {"PrimaryPhone": {"FreeFormNumber": number}}


def mailed(address: str) -> dict[str, Any]:
    return {"PrimaryEmailAddr": {"Address": address}}


@pytest.fixture
def amy(desk: Desk) -> Client:
    """Phone changed on both sides."""
    desk.policy(ASKS)
    ours = desk.mapped("1", "Amy", **called("1"))
    edited(ours, phone="2")
    desk.refresh(desk.there("1", "Amy", **called("3")))
    assert settling.count_open(desk.book) == 1
    return ours


def closed() -> str:
    conflict = Conflict.objects.get()
    assert conflict.settled_at
    assert conflict.why_moot, "it says why"
    return conflict.moot_for


def test_switching_off_what_travels_closes_what_was_to_be_decided(desk: Desk, amy: Client) -> None:
    policies.change(desk.book, "customer", replace(ASKS, direction=Direction.OFF), by=desk.person)
    assert closed() == "switched_off"
    policies.change(desk.book, "customer", ASKS, by=desk.person)
    desk.refresh(desk.link(amy).record)
    assert settling.count_open(desk.book) == 1, "it is asked again once values travel again"


def test_switching_off_one_field_closes_what_is_about_it_alone(desk: Desk, amy: Client) -> None:
    off = replace(ASKS, fields={"phone": FieldRule(Direction.OFF, Winner.ASK)})
    policies.change(desk.book, "customer", off, by=desk.person)
    assert closed() == "field_switched_off"
    policies.change(desk.book, "customer", ASKS, by=desk.person)
    desk.refresh(desk.link(amy).record)
    assert settling.count_open(desk.book) == 1, "it is asked again once the value travels again"


def test_a_rule_that_decides_leaves_nothing_to_ask(desk: Desk, amy: Client) -> None:
    policies.change(desk.book, "customer", replace(ASKS, conflict=Winner.OURS), by=desk.person)
    assert closed() == "rule_decides"


def test_bringing_in_only_what_is_new_leaves_nothing_to_ask_of_what_only_comes_in(
    desk: Desk, amy: Client
) -> None:
    pulls = replace(ASKS, direction=Direction.PULL, updates=Updates.NEW)
    policies.change(desk.book, "customer", pulls, by=desk.person)
    assert closed() == "field_switched_off"


def test_what_is_still_to_be_decided_stays_and_the_rest_leaves_the_question(desk: Desk) -> None:
    desk.policy(ASKS)
    ours = desk.mapped("1", "Amy", **called("1"), **mailed("a@example.com"))
    edited(ours, phone="2", email="ours@example.com")
    desk.refresh(desk.there("1", "Amy", **called("3"), **mailed("theirs@example.com")))
    off = replace(ASKS, fields={"phone": FieldRule(Direction.OFF, Winner.ASK)})
    policies.change(desk.book, "customer", off, by=desk.person)
    left = Conflict.objects.get(settled_at=None)
    assert left.fields == {"email": ["a@example.com", "ours@example.com", "theirs@example.com"]}
    policies.change(desk.book, "customer", replace(off, conflict=Winner.QUICKBOOKS), by=desk.person)
    assert closed() == "rule_decides"


def test_a_policy_that_still_asks_closes_nothing(desk: Desk, amy: Client) -> None:
    policies.change(desk.book, "customer", replace(ASKS, direction=Direction.PULL), by=desk.person)
    assert settling.count_open(desk.book) == 1


def test_pausing_a_client_closes_its_conflict_and_resuming_asks_again(desk: Desk, amy: Client) -> None:
    linking.pause(desk.link(amy))
    assert closed() == "paused"
    linking.resume(desk.link(amy))
    desk.refresh(desk.link(amy).record)
    assert settling.count_open(desk.book) == 1


def test_a_customer_that_is_gone_leaves_nothing_to_decide(desk: Desk, amy: Client) -> None:
    record = desk.link(amy).record
    record.gone_at = timezone.now()
    record.save(update_fields=["gone_at"])
    _, outgoing = desk.refresh(record)
    assert closed() == "gone_there"
    assert outgoing.to_send == []
    amy.refresh_from_db()
    assert amy.phone == "2"


def test_an_archived_client_leaves_nothing_to_decide(desk: Desk, amy: Client, staff: User) -> None:
    archive_clients(clients=Client.objects.all(), by=staff)
    assert closed() == "client_gone"


def test_who_still_has_the_page_open_is_told_why(
    desk: Desk, amy: Client, staff: User, signed_in: SignIn
) -> None:
    web: Web = signed_in(staff)
    address = reverse(
        "conflict_settle", kwargs={"slug": desk.book.firm.slug, "pk": Conflict.objects.get().pk}
    )
    linking.pause(desk.link(amy))
    answer = web.post(address, {"whole": "ours"}, headers={"HX-Request": "true"})
    assert "Sync of this client is paused" in answer.content.decode()
