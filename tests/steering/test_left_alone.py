"""Who has no e-mail address is left alone in both directions where the firm wants that, and it is said (KP-4, X5)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from accounts.models import Client, User
from mapping.models import Conflict, RunOutcome
from mapping.policy import PRESETS, Direction, Policy, Winner
from mapping.services import policies
from tests.steering.conftest import Desk, edited

pytestmark = pytest.mark.django_db

NEEDS_EMAIL = Policy(direction=Direction.BOTH, conflict=Winner.ASK, needs_email=True)


def phone(number: str) -> dict[str, Any]:
    return {"PrimaryPhone": {"FreeFormNumber": number}}


def email(address: str) -> dict[str, Any]:
    return {"PrimaryEmailAddr": {"Address": address}}


def test_what_changes_of_a_customer_without_an_address_stays_there(desk: Desk) -> None:
    ours = desk.mapped("1", "Amy", **phone("1"))
    desk.policy(NEEDS_EMAIL)
    run, outgoing = desk.refresh(desk.there("1", "Amy", **phone("2")))
    ours.refresh_from_db()
    assert (ours.phone, outgoing.to_send, outgoing.held) == ("1", [], {})
    assert RunOutcome.objects.get(run=run).reason == "no_email"
    run, _ = desk.refresh(desk.there("1", "Amy", **phone("2"), **email("a@example.com")))
    ours.refresh_from_db()
    assert (ours.phone, ours.email) == ("2", "a@example.com"), (
        "with an address it comes, and what was left too"
    )


def test_an_edit_of_a_client_without_an_address_is_held_with_its_reason(desk: Desk) -> None:
    ours = desk.mapped("1", "Amy", **phone("1"))
    desk.policy(NEEDS_EMAIL)
    edited(ours, phone="3")
    run, outgoing = desk.refresh(desk.link(ours).record)
    assert outgoing.to_send == []
    assert [one.values for one in outgoing.held["no_email"]] == [{"phone": "3"}]
    assert RunOutcome.objects.get(run=run).reason == "no_email"
    edited(ours, email="a@example.com")
    _, outgoing = desk.refresh(desk.link(ours).record)
    assert [one.values for one in outgoing.to_send] == [{"phone": "3", "email": "a@example.com"}]


def test_nobody_is_asked_about_one_that_is_left_alone(desk: Desk) -> None:
    ours = desk.mapped("1", "Amy", **phone("1"))
    desk.policy(NEEDS_EMAIL)
    edited(ours, phone="3")
    desk.refresh(desk.there("1", "Amy", **phone("2")))
    assert not Conflict.objects.filter(settled_at=None).exists()


def test_the_forecast_counts_who_is_left_alone_and_who_waits_for_an_invoice(desk: Desk, staff: User) -> None:
    amy = desk.mapped("1", "Amy", **phone("1"))
    bob = desk.mapped("2", "Bob", **phone("1"), **email("b@example.com"))
    desk.policy(Policy(direction=Direction.BOTH))
    for client in (amy, bob):
        edited(client, phone="3")
    then = policies.forecast(desk.book, "customer", NEEDS_EMAIL).then
    assert (then.send, then.alone, then.differ) == (1, 1, 0)
    with_invoice = PRESETS["invoices_only"].policy
    then = policies.forecast(desk.book, "customer", with_invoice).then
    assert (then.send, then.wait, then.differ) == (0, 2, 0)
    both = replace(with_invoice, needs_email=True)
    then = policies.forecast(desk.book, "customer", both).then
    assert (then.wait, then.alone) == (1, 1)
    assert Client.objects.filter(phone="3").count() == 2
