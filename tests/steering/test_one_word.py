"""A record that comes to nothing is told with one word: in conflict, or skipped, never both (B-8, B-20)."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from accounts.models import User
from mapping.models import Link, Run, RunKind
from mapping.policy import Direction, Policy
from mapping.runwords import result
from tests.conftest import SignIn
from tests.steering.conftest import Desk, edited

pytestmark = pytest.mark.django_db


def phone(number: str) -> dict[str, Any]:
    return {"PrimaryPhone": {"FreeFormNumber": number}}


@pytest.fixture
def run(desk: Desk) -> Run:
    """Amy changed on both sides; Ben's new phone is longer than ours may be."""
    desk.policy(Policy(direction=Direction.BOTH))
    amy = desk.mapped("1", "Amy", **phone("1"))
    desk.mapped("2", "Ben", **phone("1"))
    edited(amy, phone="2")
    run, _ = desk.refresh(desk.there("1", "Amy", **phone("3")), desk.there("2", "Ben", **phone("4" * 900)))
    return run


def test_who_waits_for_a_decision_is_not_called_skipped_too(run: Run) -> None:
    assert (run.conflicts, run.skipped) == (1, 1)
    assert result(run) == "1 in conflict, 1 skipped"


def test_an_import_names_its_conflicts_as_well(desk: Desk, run: Run) -> None:
    records = [link.record for link in Link.objects.select_related("record")]
    again, _ = desk.refresh(*records, kind=RunKind.IMPORT)
    assert result(again) == "1 in conflict, 1 skipped"


def test_the_runs_page_uses_the_same_words(run: Run, staff: User, signed_in: SignIn) -> None:
    web = signed_in(staff)
    page = web.get(reverse("run", kwargs={"slug": "bright-ledger", "pk": run.pk})).text
    assert "1 in conflict" in page
    assert "1 skipped" in page
    assert "In conflict</span>" in page
    assert "Done, with some left out" in page
    lines = (
        web.get(reverse("run_outcomes", kwargs={"slug": "bright-ledger", "pk": run.pk})).getvalue().decode()
    )
    assert "In conflict,Amy" in lines
    assert "Skipped,Ben" in lines
