"""The steering screens in a browser: dialogs, deciding in place, and axe on all of them, light, dark and on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Client, User
from accounts.tenancy import working_for
from integrations.models import Operation, Push, PushState
from mapping.models import Book, Cause, Conflict, EntityPolicy, Run, RunKind
from mapping.policy import Direction, Policy
from mapping.services import policies, undoing
from tests.browser import assert_accessible, assert_accessible_everywhere, pictures
from tests.steering.conftest import Desk, client, edited

pytestmark = pytest.mark.django_db(transaction=True)

Enter = Callable[[User], Page]
HOME = "/f/bright-ledger"


def seen(page: Page, name: str) -> None:
    assert_accessible_everywhere(page)
    pictures(page, f"steering-{name}")


def contact(number: int, *, mail: str = "") -> dict[str, Any]:
    return {
        "PrimaryPhone": {"FreeFormNumber": f"555-01{number:02}"},
        "PrimaryEmailAddr": {"Address": mail or f"office{number}@example.com"},
        "BillAddr": {"Line1": f"{number} Finch Street", "City": "Bayshore"},
    }


NAMES = (
    "Amy’s Bird Sanctuary",
    "Cool Cars",
    "Diego Rodriguez",
    "Duke’s Basketball Camp",
    "Freeman Sporting Goods",
)


@pytest.fixture
def busy(desk: Desk) -> Desk:
    """Thirty mapped clients; a refresh that took over a third of them, and conflicts about as many."""
    desk.policy(Policy(direction=Direction.BOTH))
    ours = [
        desk.mapped(str(n), NAMES[n] if n < len(NAMES) else f"Landscaping of Street {n}", **contact(n))
        for n in range(30)
    ]
    for n in range(0, 30, 3):
        edited(ours[n], phone=f"555-09{n:02}", email=f"new{n}@ours.example", city="Denver")
        changed = contact(n + 40, mail=f"books{n}@example.com")
        desk.there(str(n), ours[n].name, **changed)
    records = [desk.there(str(n), ours[n].name, **contact(n + 40)) for n in range(1, 30, 3)]
    records += [desk.there(str(n), ours[n].name, **contact(n + 40)) for n in range(0, 30, 3)]
    run, _ = desk.refresh(*records)
    Run.objects.filter(pk=run.pk).update(cause=Cause.NIGHTLY, started_by=None, calls=2, updated=20)
    edited(ours[1], phone="555-7777")
    return desk


def test_a_run_is_undone_from_its_page(
    busy: Desk, enter: Enter, staff: User, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undoing, "AT_ONCE", 0)  # As of a great run: the dialog opens, its numbers follow.
    page = enter(staff)
    page.goto(f"{site}{HOME}/quickbooks/runs/")
    seen(page, "runs")
    page.get_by_role("link", name="Refresh from QuickBooks", exact=True).click()
    seen(page, "run")
    page.get_by_role("link", name="Undo").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("The values from before go back to 20 clients")).to_be_visible()
    expect(dialog.get_by_text("Cool Cars")).to_be_visible()
    seen(page, "undo")
    dialog.get_by_role("button", name="Undo this run").click()
    expect(page.get_by_role("heading", name="Undo", exact=True)).to_be_visible()
    with working_for(busy.book.firm_id):
        run = Run.objects.get(kind=RunKind.REFRESH)
        busy.undo_begun(run)
    expect(page.get_by_text("Put back")).to_be_visible()
    expect(page.get_by_text("Done, with some left out")).to_be_visible(timeout=15_000)
    page.reload()
    seen(page, "undo-run")


def test_conflicts_are_decided_in_place_and_all_at_once(
    busy: Desk, enter: Enter, partner: User, site: str
) -> None:
    page = enter(partner)
    page.goto(f"{site}{HOME}/quickbooks/conflicts/")
    expect(page.get_by_role("heading", name="Conflicts (10)")).to_be_visible()
    seen(page, "conflicts")
    card = page.get_by_role("article").first
    card.get_by_role("radio", name=re.compile("Phone, keep ours")).check()
    card.get_by_role("button", name="Save choice").click()
    expect(
        page.get_by_role("region", name="Notifications").get_by_text("Decided for 1 client.")
    ).to_be_visible()
    expect(card.get_by_role("radio", name=re.compile("Phone, keep ours"))).to_have_count(0)
    card.get_by_role("radio", name=re.compile("E-mail, take QuickBooks’")).check()
    card.get_by_role("button", name="Save choice").click()
    expect(card.get_by_text("Decided", exact=True)).to_be_visible()
    expect(card).to_be_focused()
    expect(page.get_by_role("heading", name="Conflicts (9)")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Decide all of them").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Decide 9 conflicts at once")).to_be_visible()
    seen(page, "conflicts-all")
    dialog.get_by_role("radio", name=re.compile("Keep ours")).check()
    dialog.get_by_role("button", name="Decide all of them").click()
    expect(page.get_by_text("Nothing to decide")).to_be_visible()
    seen(page, "conflicts-none")
    with working_for(busy.book.firm_id):
        assert not Conflict.objects.filter(settled_at=None).exists()


def test_a_way_of_working_is_reviewed_before_it_holds(
    busy: Desk, enter: Enter, partner: User, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policies, "AT_ONCE", 0)  # As of a great firm: the review opens, its numbers follow.
    page = enter(partner)
    page.goto(f"{site}{HOME}/settings/integrations/quickbooks/sync/")
    seen(page, "settings")
    page.get_by_role("radio", name=re.compile("Push ours")).check(force=True)
    page.get_by_role("button", name="Review this way of working").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name=re.compile("Work with “Push ours"))).to_be_visible()
    expect(dialog.get_by_text("From now on, new clients go to QuickBooks")).to_be_visible()
    expect(dialog.get_by_role("columnheader", name="Clients that differ")).to_be_visible()
    seen(page, "settings-review")
    dialog.get_by_role("button", name="Save Sync settings").click()
    expect(
        page.get_by_role("region", name="Notifications").get_by_text("Sync settings saved.")
    ).to_be_visible()
    expect(page.get_by_text("In use")).to_be_visible()
    with working_for(busy.book.firm_id):
        assert EntityPolicy.objects.get().preset == "push_ours"
    page.get_by_label("New customers in QuickBooks").select_option(label="Wait under Map Customers")
    page.get_by_text("Single fields (all 13 like the rest)").click()
    page.get_by_label("Phone: which way it travels").select_option(label="Nothing travels")
    page.get_by_role("button", name="Review changes").click()
    expect(dialog.get_by_text("Nothing travels")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_viewer_reads_the_settings_and_a_client_is_paused(
    busy: Desk, enter: Enter, viewer: User, staff: User, site: str
) -> None:
    page = enter(viewer)
    page.goto(f"{site}{HOME}/settings/integrations/quickbooks/sync/")
    expect(page.get_by_text("Partners and Admins can change them.")).to_be_visible()
    seen(page, "settings-read")
    page = enter(staff)
    with working_for(busy.book.firm_id):
        pk = Client.objects.get(name="Cool Cars").pk
        assert Book.objects.get() == busy.book
    page.goto(f"{site}{HOME}/clients/{pk}/")
    page.get_by_role("button", name="Pause sync").click()
    expect(page.get_by_text("Nothing travels for this client")).to_be_visible()
    seen(page, "paused")


def test_what_was_not_sent_is_renamed_by_keyboard(busy: Desk, enter: Enter, staff: User, site: str) -> None:
    page = enter(staff)
    page.goto(f"{site}{HOME}/quickbooks/not-sent/")
    expect(page.get_by_text("Everything was sent")).to_be_visible()
    with working_for(busy.book.firm_id):
        busy.policy("push_ours")
        _hold_some(busy)
    page.reload()
    expect(page.get_by_role("heading", name="Not sent (12)")).to_be_visible()
    seen(page, "not-sent")
    page.get_by_role("button", name=re.compile("Rename ours.*Held 0$")).focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("New name")).to_be_focused()
    assert_accessible(page)
    page.keyboard.press("End")
    page.keyboard.type(" of Boise")
    page.keyboard.press("Enter")
    told = page.get_by_role("region", name="Notifications")
    expect(told.get_by_text("Renamed to Held 0 of Boise. It is sent now.")).to_be_visible()


def _hold_some(desk: Desk) -> None:
    record = desk.there("900", "Held 0")
    other = {"remote": "Customer", "remote_id": "900", "name": "Held 0", "is_active": True}
    for number in range(12):
        ours = client(desk.book.firm, f"Held {number}")
        reason = ("duplicate_name", "not_accepted", "read_only")[number % 3]
        detail: dict[str, Any] = {}
        if reason == "duplicate_name":
            detail = {"in_the_way": [{**other, "record_id": record.pk}]}
        if reason == "not_accepted":
            detail = {"fields": ["email"], "problems": {"email": "is not an e-mail address"}}
        Push.objects.create(
            firm=desk.book.firm,
            book=desk.book,
            entity="customer",
            local_id=ours.pk,
            operation=Operation.CREATE,
            state=PushState.HELD,
            values={"name": ours.name, "email": "office@example"},
            reason=reason,
            detail=detail,
        )
