"""Where the newer value wins, only an edit of what both sides hold makes ours newer (B-7)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Client, User
from accounts.services.clients import allow_marketing
from mapping.policy import Direction, Policy, Winner
from tests.steering.conftest import Desk, edited

pytestmark = pytest.mark.django_db
NEWEST = Policy(direction=Direction.BOTH, conflict=Winner.NEWEST)


def called(number: str, *, at: Any = None) -> dict[str, Any]:
    meta = {"MetaData": {"LastUpdatedTime": at.isoformat()}} if at else {}
    return {"PrimaryPhone": {"FreeFormNumber": number}, **meta}


@pytest.fixture
def amy(desk: Desk) -> Client:
    """Edited here an hour ago."""
    desk.policy(NEWEST)
    ours = desk.mapped("1", "Amy", **called("1"))
    edited(ours, phone="2")
    hour_ago = timezone.now() - timedelta(hours=1)
    Client.objects.update(updated_at=hour_ago, contact_edited_at=hour_ago)
    return ours


def after_their_edit(desk: Desk, amy: Client) -> tuple[str, list[Any]]:
    half_an_hour_ago = timezone.now() - timedelta(minutes=30)
    _, outgoing = desk.refresh(desk.there("1", "Amy", **called("3", at=half_an_hour_ago)))
    amy.refresh_from_db()
    return amy.phone, [one.values for one in outgoing.to_send]


def test_a_note_or_a_bulk_mark_does_not_make_ours_newer(desk: Desk, amy: Client, staff: User) -> None:
    edited(amy, notes="Called on Monday")
    allow_marketing(clients=Client.objects.all(), by=staff)
    assert after_their_edit(desk, amy) == ("3", [])


def test_what_came_in_does_not_make_ours_newer(desk: Desk, amy: Client) -> None:
    desk.refresh(desk.there("1", "Amy", **called("1"), CompanyName="Amy & Co."))
    amy.refresh_from_db()
    assert amy.company_name == "Amy & Co."
    assert after_their_edit(desk, amy) == ("3", [])


def test_an_edit_of_what_both_sides_hold_makes_ours_newer(desk: Desk, amy: Client) -> None:
    edited(amy, city="Bayshore")
    assert after_their_edit(desk, amy) == ("2", [{"phone": "2", "city": "Bayshore"}])


def test_a_client_from_before_counts_by_its_last_touch(desk: Desk, amy: Client) -> None:
    Client.objects.update(contact_edited_at=None, updated_at=timezone.now())
    assert after_their_edit(desk, amy) == ("2", [{"phone": "2"}])
