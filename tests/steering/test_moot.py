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
from mapping.policy import Direction, Policy, Winner
from mapping.services import linking, policies, settling
from tests.conftest import SignIn
from tests.steering.conftest import Desk, edited

pytestmark = pytest.mark.django_db
ASKS = Policy(direction=Direction.BOTH, conflict=Winner.ASK)


def called(number: str) -> dict[str, Any]:
    return {"PrimaryPhone": {"FreeFormNumber": number}}


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
