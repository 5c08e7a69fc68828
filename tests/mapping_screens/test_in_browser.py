"""The mapping screens as a person uses them in a browser: keyboard, dialogs, live parts, and axe."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect

from accounts.models import User
from accounts.tenancy import working_for
from mapping.models import RemoteRecord, Standing
from tests.browser import assert_accessible, pictures
from tests.mapping_screens import crowd
from tests.mapping_screens.conftest import Scene

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def at_manage(scene: Scene, enter: Callable[[User], Page], staff: User, site: str) -> Page:
    """Sixty customers, thirty clients, some mapped and excluded; the Manage list is open."""
    with working_for(scene.firm.pk):
        crowd.mirror(scene.book, crowd.customers(60))
        crowd.clients(scene.firm, 30)
        crowd.settle(scene.book, mapped=5, excluded=3)
    page = enter(staff)
    page.goto(f"{site}/f/bright-ledger/quickbooks/manage/")
    return page


def test_filters_and_search_swap_the_rows_and_keep_focus_and_address(at_manage: Page) -> None:
    page = at_manage
    assert_accessible(page)
    pictures(page, "manage")
    page.get_by_role("link", name=re.compile("Excluded")).click()
    expect(page).to_have_url(re.compile("show=excluded"))
    expect(page.locator("tbody tr")).to_have_count(3)
    search = page.get_by_role("searchbox", name="Search customers and clients")
    search.fill("zzzz")
    expect(page.get_by_role("heading", name="Nothing by that name")).to_be_visible()
    expect(search).to_be_focused()
    expect(page).to_have_url(re.compile("show=excluded.*q=zzzz|q=zzzz.*show=excluded"))
    page.evaluate("history.back()")
    expect(page.locator("tbody tr")).to_have_count(3)
    page.evaluate("history.back()")
    expect(page.locator("tbody tr")).to_have_count(50)


def test_a_row_is_excluded_from_its_menu_and_brought_back_by_undo(at_manage: Page, scene: Scene) -> None:
    page = at_manage
    page.get_by_role("link", name=re.compile(r"Not mapped \(customers\)")).click()
    expect(page.get_by_text("1–50 of 52")).to_be_visible()
    page.locator(".row-menu").first.click()
    page.get_by_role("menuitem", name="Exclude from mapping").click()
    expect(
        page.get_by_role("button", name="Map Customers (51)").or_(page.get_by_text("Map Customers (51)"))
    ).to_be_visible()
    with working_for(scene.firm.pk):
        assert RemoteRecord.objects.filter(standing=Standing.EXCLUDED).count() == 4
    page.get_by_role("button", name="Undo").click()
    expect(
        page.get_by_role("region", name="Notifications").get_by_text("Undone for 1 customer.")
    ).to_be_visible()


def test_every_customer_is_mapped_from_the_modal_by_keyboard(at_manage: Page, scene: Scene) -> None:
    page = at_manage
    page.get_by_text("Map Customers (52)").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Map Customers (52)")).to_be_visible()
    expect(dialog.locator(".ts-control").first).to_be_visible()
    assert_accessible(page)
    pictures(page, "map-customers")
    dialog.get_by_label("Apply default value").select_option("new")
    dialog.get_by_role("button", name="Apply").click()
    expect(dialog.get_by_text(re.compile("Applied to .* left alone"))).to_be_visible()
    dialog.locator(".ts-control").first.click()
    page.keyboard.type("Nobody Anywhere")
    expect(dialog.get_by_text("No client by that name, e-mail or city.")).to_be_visible()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Exclude")
    page.keyboard.press("Escape")
    dialog.get_by_role("link", name="Next").click()
    expect(dialog.get_by_text("51–52")).to_be_visible()
    dialog.get_by_role("button", name="Map 52 customers").click()
    expect(dialog.get_by_text("Waiting to start")).to_be_visible()
    assert_accessible(page)
    scene.carry_out()
    expect(dialog.get_by_text(re.compile(r"took \d+ second"))).to_be_visible(timeout=15_000)
    page.keyboard.press("Escape")
    expect(page.get_by_text("Map Customers (0)")).to_be_visible()


def test_closing_the_modal_leaves_the_work_going_and_the_list_catches_up(
    at_manage: Page, scene: Scene
) -> None:
    page = at_manage
    page.get_by_text("Map Customers (52)").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Apply default value").select_option("exclude")
    dialog.get_by_role("button", name="Apply").click()
    expect(dialog.get_by_text(re.compile("Applied to"))).to_be_visible()
    dialog.get_by_role("button", name=re.compile("^Map ")).click()
    expect(dialog.get_by_text("This goes on if you close the window.")).to_be_visible()
    dialog.get_by_role("button", name="Close").last.click()
    expect(page.get_by_text("Mapping of customers is waiting to start.")).to_be_visible()
    scene.carry_out()
    expect(page.get_by_text("Map Customers (0)")).to_be_visible(timeout=15_000)
    expect(page.get_by_text("Map customers: Finished.")).to_be_visible()


def test_one_customer_is_mapped_in_a_dialog_that_shows_what_changes(at_manage: Page, scene: Scene) -> None:
    page = at_manage
    page.get_by_role("link", name=re.compile(r"Not mapped \(customers\)")).click()
    expect(page.get_by_text("1–50 of 52")).to_be_visible()
    page.locator(".row-menu").first.click()
    page.get_by_role("menuitem", name="Map to client").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("searchbox").fill("c9@")
    dialog.get_by_role("radio").first.check()
    expect(dialog.locator("ins").first).to_be_visible()
    assert_accessible(page)
    dialog.get_by_role("button", name="Map to this client").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_text("Map Customers (51)")).to_be_visible()


def test_what_was_mapped_shows_on_the_page_behind_without_reloading(
    at_manage: Page, scene: Scene, site: str
) -> None:
    page = at_manage
    home = f"{site}/f/bright-ledger/"
    errors: list[str] = []

    def note_error(message: ConsoleMessage) -> None:
        if message.type == "error":
            errors.append(message.text)

    page.on("console", note_error)

    def map_from(address: str, link: str) -> None:
        page.goto(address)
        page.get_by_role("link", name=link, exact=True).click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Apply default value").select_option("new")
        dialog.get_by_role("button", name="Apply").click()
        expect(dialog.get_by_text(re.compile("Applied to"))).to_be_visible()
        dialog.get_by_role("button", name=re.compile("^Map ")).click()
        expect(dialog.get_by_text("Waiting to start")).to_be_visible()
        scene.carry_out()
        expect(dialog.get_by_text(re.compile(r"took \d+ second"))).to_be_visible(timeout=15_000)
        page.keyboard.press("Escape")
        expect(page.get_by_role("link", name=link, exact=True)).to_have_count(0)

    map_from(f"{home}clients/?sort=-name", "Map 52")
    expect(page.get_by_role("button", name="Mapped").nth(20)).to_be_visible()
    expect(page).to_have_url(f"{home}clients/?sort=-name")
    scene.customer("Zebra Crossing")
    map_from(home, "Map 1 customer")
    expect(page.get_by_role("link", name="Mapped 58")).to_be_visible()
    page.remove_listener("console", note_error)
    assert not errors
