"""The whole trip in a browser: Integrations, Intuit's pages, and back.

axe sees those screens of it that the walk along the main job (tests/walk) does not come to.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Firm, User
from accounts.tenancy import working_for
from integrations.connect.upkeep import look_after
from integrations.models import Connection, ConnectionState
from tests.browser import assert_accessible, assert_accessible_everywhere, pictures
from tests.connect.test_reset import mapped_client
from tests.processes import Simulator

pytestmark = pytest.mark.django_db(transaction=True)

Enter = Callable[[User], Page]


@pytest.fixture
def integrations(site: str, firm: Firm) -> str:
    return f"{site}/f/{firm.slug}/settings/integrations/"


def choose_at_intuit(page: Page, company: str) -> None:
    page.wait_for_url("**/connect/oauth2?**")
    if page.get_by_role("button", name="Priya Raman").count():
        page.get_by_role("button", name="Priya Raman").click()
    page.get_by_label(company).check()
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Connect").click()


def test_a_partner_connects_and_disconnects(
    enter: Enter, simulator: Simulator, integrations: str, partner: User, firm: Firm
) -> None:
    page = enter(partner)
    page.goto(integrations)
    page.get_by_role("button", name="Connect", exact=True).click()
    choose_at_intuit(page, "Craig & Holt Landscaping")

    expect(page.get_by_role("heading", name="Is this your firm’s books?")).to_be_visible()
    expect(page.get_by_text("Craig & Holt Landscaping LLC")).to_be_visible()
    page.get_by_role("button", name="Yes, connect").click()

    expect(page.locator(".banner")).to_have_text("Your QuickBooks Online account is connected.")
    toast = page.locator("#toasts .toast")
    expect(toast).to_be_visible()
    at, window = toast.bounding_box(), page.viewport_size
    assert at
    assert window
    assert at["x"] > window["width"] / 2
    assert at["y"] > window["height"] / 2

    page.get_by_role("button", name="More about QuickBooks Online").click()
    page.get_by_role("menuitem", name="Disconnect").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Disconnect Craig & Holt Landscaping")).to_be_visible()
    expect(dialog.get_by_label("Type the company’s name")).to_be_hidden()
    assert_accessible(page)
    pictures(page, "disconnect-keep")
    dialog.get_by_text("Delete it here").click()
    expect(dialog.get_by_label("Type the company’s name")).to_be_visible()
    assert_accessible(page)
    pictures(page, "disconnect-delete")
    dialog.get_by_label("Type the company’s name").fill("Craig")
    dialog.get_by_role("button", name="Disconnect and delete").click()
    expect(page.get_by_text("That is not the name")).to_be_visible()
    assert_accessible(page)
    page.get_by_text("Keep it here").click()
    page.get_by_role("button", name="Disconnect", exact=True).click()
    expect(page.get_by_role("heading", name="Craig & Holt Landscaping is disconnected")).to_be_visible()
    assert_accessible(page)
    pictures(page, "disconnected")
    with working_for(firm.pk):
        look_after(Connection.objects.get().pk)
    expect(page.get_by_text("Our access was given back")).to_be_visible()


def test_a_partner_reads_settings_again_and_resets(
    enter: Enter, simulator: Simulator, integrations: str, partner: User, firm: Firm, connection: Connection
) -> None:
    with working_for(firm.pk):
        Connection.objects.update(hard_expires_at=timezone.now() + timedelta(days=6.5))
    page = enter(partner)
    page.goto(f"{integrations}quickbooks/")
    expect(page.get_by_text("Being read from QuickBooks")).to_be_visible()
    assert_accessible(page)
    with working_for(firm.pk):
        look_after(connection.pk)
    expect(page.get_by_text("Home currency")).to_be_visible()
    expect(page.get_by_text("7 days left for the connection")).to_be_visible()
    assert_accessible(page)
    pictures(page, "quickbooks-ends-soon")
    page.get_by_role("button", name="More about QuickBooks Online").click()
    page.get_by_role("menuitem", name="Reset connection").click()
    expect(page.get_by_role("dialog").get_by_text("What stays")).to_be_visible()
    assert_accessible(page)
    pictures(page, "reset")
    page.get_by_role("button", name="Reset connection").click()
    expect(page.locator("#toasts").get_by_text("The connection was reset")).to_be_visible()


def test_a_disconnect_inside_quickbooks_is_explained(
    enter: Enter,
    simulator: Simulator,
    integrations: str,
    site: str,
    partner: User,
    firm: Firm,
    connection: Connection,
) -> None:
    simulator.post("/_control/tokens/revoke", json={"realm": connection.realm_id})
    page = enter(partner)
    page.goto(f"{site}/quickbooks/disconnected/?realmId={connection.realm_id}")
    expect(page.get_by_role("heading", name="QBO Sync was disconnected in QuickBooks")).to_be_visible()
    assert_accessible(page)
    pictures(page, "disconnected-there")
    with working_for(firm.pk):
        look_after(connection.pk, check=True)
    page.goto(f"{integrations}quickbooks/")
    expect(page.get_by_text("was disconnected inside QuickBooks on")).to_be_visible()
    assert_accessible(page)
    pictures(page, "quickbooks-lost")


def test_staff_ask_those_who_can(enter: Enter, simulator: Simulator, integrations: str, staff: User) -> None:
    page = enter(staff)
    page.goto(integrations)
    expect(page.get_by_text("Paula Partner")).to_be_visible()
    page.get_by_role("button", name="Ask them to connect").click()
    expect(page.get_by_text("You asked them")).to_be_visible()
    assert_accessible(page)


def test_a_lost_connection_is_told_on_every_page_and_reconnects_to_its_own_company_only(
    enter: Enter,
    simulator: Simulator,
    integrations: str,
    site: str,
    firm: Firm,
    partner: User,
    connection: Connection,
) -> None:
    with working_for(firm.pk):
        Connection.objects.update(state=ConnectionState.NEEDS_RECONNECT)
    page = enter(partner)
    page.goto(f"{site}/f/{firm.slug}/clients/")
    expect(page.get_by_text("QuickBooks needs to be reconnected")).to_be_visible()
    page.get_by_role("button", name="Reconnect").click()
    choose_at_intuit(page, "Harbor Street Coffee Roasters")
    expect(page.get_by_role("heading", name="That is another company")).to_be_visible()
    assert_accessible(page)
    pictures(page, "other-company")

    page.get_by_role("button", name="Connect again").click()
    choose_at_intuit(page, "Craig & Holt Landscaping")
    expect(page.locator(".banner")).to_have_text("Your QuickBooks Online account is connected.")
    page.goto(f"{site}/f/{firm.slug}/clients/")
    expect(page.get_by_text("QuickBooks needs to be reconnected")).to_have_count(0)


def test_a_partner_goes_over_to_another_company_and_later_deletes_the_old_ones_records(
    enter: Enter, simulator: Simulator, integrations: str, partner: User, firm: Firm, connection: Connection
) -> None:
    with working_for(firm.pk):
        mapped_client(connection)
    page = enter(partner)
    page.goto(f"{integrations}quickbooks/")
    page.get_by_role("button", name="More about QuickBooks Online").click()
    page.get_by_role("menuitem", name="Reconnect").click()
    choose_at_intuit(page, "Harbor Street Coffee Roasters")
    page.get_by_role("link", name="Go over to Harbor Street Coffee Roasters").click()
    expect(page.get_by_text("1 mapping:")).to_be_visible()
    expect(page.get_by_label("Type the old company’s name")).to_be_hidden()
    assert_accessible_everywhere(page)
    page.get_by_text("Delete it here").click()
    expect(page.get_by_label("Type the old company’s name")).to_be_visible()
    assert_accessible(page)
    page.get_by_text("Keep it as history").click()
    page.get_by_role("button", name="Leave Craig & Holt Landscaping").click()
    expect(page.get_by_text("being put away")).to_be_visible()
    with working_for(firm.pk):
        look_after(connection.pk)
    page.get_by_role("button", name="Connect Harbor Street Coffee Roasters").click()
    choose_at_intuit(page, "Harbor Street Coffee Roasters")
    page.get_by_role("button", name="Yes, connect").click()

    earlier = page.get_by_role("region", name="Earlier companies")
    expect(earlier.get_by_text("1 record kept as history")).to_be_visible()
    assert_accessible_everywhere(page)
    earlier.get_by_role("link", name="Delete").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Type the company’s name").fill("craig & holt landscaping")
    assert_accessible(page)
    dialog.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("is being deleted: 1 record left")).to_be_visible()
    with working_for(firm.pk):
        look_after(connection.pk)
    page.reload()
    expect(page.get_by_role("region", name="Earlier companies")).to_have_count(0)
    expect(page.get_by_text("Harbor Street Coffee Roasters").first).to_be_visible()


def test_cancelling_at_intuit_comes_back_with_a_way_on(
    enter: Enter, simulator: Simulator, integrations: str, partner: User
) -> None:
    page = enter(partner)
    page.goto(integrations)
    page.get_by_role("button", name="Connect", exact=True).click()
    page.wait_for_url("**/connect/oauth2?**")
    page.get_by_role("button", name="Priya Raman").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="You did not connect QuickBooks")).to_be_visible()
    assert "code=" not in page.url
