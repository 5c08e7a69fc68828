"""What QuickBooks did not take is listed with its reason, and mended from there (B-4, B-5, X12)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import Client, User
from integrations.models import Operation, Push, PushState
from mapping.models import Link
from tests.conftest import SignIn
from tests.mapping.books import client
from tests.steering.conftest import Desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def by_staff(staff: User, signed_in: SignIn) -> Browser:
    return signed_in(staff)


def at(name: str, pk: int | None = None, query: str = "") -> str:
    kwargs: dict[str, Any] = {"slug": "bright-ledger"} | ({"pk": pk} if pk is not None else {})
    return reverse(name, kwargs=kwargs) + query


def held(desk: Desk, ours: Client, reason: str, **detail: Any) -> Push:
    return Push.objects.create(
        firm=desk.book.firm,
        book=desk.book,
        entity="customer",
        local_id=ours.pk,
        operation=Operation.CREATE,
        state=PushState.HELD,
        values={"name": ours.name, "email": "a@example.com"},
        reason=reason,
        detail=detail,
    )


@pytest.fixture
def taken(desk: Desk) -> Push:
    """Cool Cars is to be created, and QuickBooks has a customer of that name."""
    desk.policy("push_ours")
    record = desk.there("7", "Cool Cars")
    other = {"remote": "Customer", "remote_id": "7", "name": "Cool Cars", "is_active": True}
    return held(
        desk,
        client(desk.book.firm, "Cool Cars"),
        "duplicate_name",
        in_the_way=[{**other, "record_id": record.pk}],
    )


def test_it_is_listed_by_reason_with_the_ways_on(desk: Desk, taken: Push, by_staff: Browser) -> None:
    held(desk, client(desk.book.firm, "A:B"), "not_accepted", problems={"name": "cannot hold a colon"})
    page = by_staff.get(at("not_sent")).text
    assert "Not sent (2)" in page
    assert "QuickBooks already has a customer, vendor or employee of this name." in page
    for words in ("Link to the customer", "Rename ours", "Leave it here", "cannot hold a colon"):
        assert words in page
    only = by_staff.get(at("not_sent", query="?reason=not_accepted")).text
    assert "cannot hold a colon" in only
    assert "Link to the customer" not in only


def test_it_is_linked_to_the_one_there(taken: Push, by_staff: Browser) -> None:
    record_id = taken.detail["in_the_way"][0]["record_id"]
    by_staff.post(at("not_sent_mend", taken.pk), {"way": "link", "record": str(record_id)})
    assert Link.objects.get().local_id == taken.local_id
    taken.refresh_from_db()
    assert taken.state == PushState.DROPPED
    assert "Everything was sent" in by_staff.get(at("not_sent")).text


def test_it_is_renamed(taken: Push, by_staff: Browser) -> None:
    by_staff.post(at("not_sent_mend", taken.pk), {"way": "rename", "new_name": "Cool Cars of Boise"})
    taken.refresh_from_db()
    assert (taken.state, taken.values["name"]) == (PushState.PLANNED, "Cool Cars of Boise")
    assert Client.objects.get(pk=taken.local_id).name == "Cool Cars of Boise"


def test_a_name_quickbooks_would_not_take_is_refused(taken: Push, by_staff: Browser) -> None:
    answer = by_staff.post(at("not_sent_mend", taken.pk), {"way": "rename", "new_name": "A:B"}, follow=True)
    assert "QuickBooks did not accept a value" in answer.text
    taken.refresh_from_db()
    assert taken.state == PushState.HELD


def test_it_is_left_here_and_still_seen(taken: Push, by_staff: Browser) -> None:
    by_staff.post(at("not_sent_mend", taken.pk), {"way": "skip"})
    assert "Everything was sent" not in by_staff.get(at("not_sent", query="?reason=left_here")).text
    page = by_staff.get(at("not_sent", query="?reason=left_here")).text
    assert "Send after all" in page
    by_staff.post(at("not_sent_mend", taken.pk), {"way": "again"})
    taken.refresh_from_db()
    assert taken.state == PushState.PLANNED


def test_all_of_one_reason_are_tried_again(desk: Desk, by_staff: Browser) -> None:
    for name in ("Amy", "Ben"):
        held(desk, client(desk.book.firm, name), "read_only")
    assert "Try all 2 again" in by_staff.get(at("not_sent")).text
    by_staff.post(at("not_sent_again"), {"reason": "read_only"})
    assert Push.objects.filter(state=PushState.PLANNED).count() == 2


def test_who_comes_second_is_told(taken: Push, by_staff: Browser) -> None:
    by_staff.post(at("not_sent_mend", taken.pk), {"way": "again"})
    page = by_staff.post(at("not_sent_mend", taken.pk), {"way": "skip"}, follow=True).text
    assert "Somebody has dealt with this meanwhile." in page


def test_nonsense_changes_nothing(taken: Push, by_staff: Browser) -> None:
    by_staff.post(at("not_sent_mend", taken.pk), {"way": "delete"})
    assert by_staff.post(at("not_sent_mend", taken.pk), {"way": "link", "record": "x"}).status_code == 404
    taken.refresh_from_db()
    assert taken.state == PushState.HELD


def test_a_viewer_reads_it(taken: Push, viewer: User, signed_in: SignIn) -> None:
    browser = signed_in(viewer)
    assert "Cool Cars" in browser.get(at("not_sent")).text
    assert "Leave it here" not in browser.get(at("not_sent")).text
    assert browser.post(at("not_sent_mend", taken.pk), {"way": "skip"}).status_code == 403
    assert browser.post(at("not_sent_again"), {}).status_code == 403


def test_another_firm_has_none_of_it(taken: Push, rival: User, signed_in: SignIn) -> None:
    assert signed_in(rival).get(at("not_sent")).status_code == 404


def test_before_the_first_connection(in_firm: Any, by_staff: Browser) -> None:
    assert "not connected yet" in by_staff.get(at("not_sent")).text
