"""In a browser: what waits of a client, what needs no decision any more, and the cards that say so."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.tenancy import working_for
from mapping.policy import PRESETS, Direction, Policy, Winner
from mapping.services import linking
from tests.browser import assert_accessible, pictures
from tests.steering.conftest import Desk, edited

pytestmark = pytest.mark.django_db(transaction=True)

Enter = Callable[[User], Page]
HOME = "/f/bright-ledger"


def test_a_conflict_closed_meanwhile_says_why_in_its_place(
    desk: Desk, enter: Enter, staff: User, site: str
) -> None:
    desk.policy(Policy(direction=Direction.BOTH, conflict=Winner.ASK))
    ours = desk.mapped("1", "Cool Cars", PrimaryPhone={"FreeFormNumber": "1"})
    edited(ours, phone="2")
    desk.refresh(desk.there("1", "Cool Cars", PrimaryPhone={"FreeFormNumber": "3"}))
    page = enter(staff)
    page.goto(f"{site}{HOME}/quickbooks/conflicts/")
    with working_for(desk.book.firm_id):
        linking.pause(desk.link(ours))
    card = page.get_by_role("article").first
    card.get_by_role("radio", name=re.compile("Phone, keep ours")).check()
    card.get_by_role("button", name="Save choice").click()
    expect(card.get_by_text("Closed", exact=True)).to_be_visible()
    expect(card.get_by_text("Sync of this client is paused")).to_be_visible()
    assert_accessible(page)
    pictures(page, "conflict-closed")


def test_a_client_and_the_settings_say_what_waits_for_an_invoice(
    desk: Desk, enter: Enter, partner: User, site: str
) -> None:
    ours = desk.mapped("1", "Cool Cars", PrimaryPhone={"FreeFormNumber": "1"})
    desk.policy(PRESETS["invoices_only"].policy)
    edited(ours, phone="2")
    page = enter(partner)
    page.goto(f"{site}{HOME}/clients/{ours.pk}/")
    expect(page.get_by_text("Not sent yet: Phone.")).to_be_visible()
    assert_accessible(page)
    pictures(page, "client-waits")
    page.goto(f"{site}{HOME}/settings/integrations/quickbooks/sync/")
    page.get_by_role("radio", name=re.compile("Contact sync")).check(force=True)
    page.get_by_role("button", name="Review this way of working").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("wait to be sent with an invoice")).to_be_visible()
    assert_accessible(page)
    pictures(page, "settings-with-invoice")
