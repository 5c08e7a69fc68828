"""The firm's own screens as people use them, in the browser."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.core.mail import EmailMessage
from playwright.sync_api import Page, ViewportSize, expect

from accounts.models import User
from accounts.services.bulk_clients import create_clients
from accounts.tenancy import working_for
from tests.accounts.clients import a_client
from tests.browser import assert_accessible, assert_accessible_everywhere, pictures
from tests.cast import PASSWORD, Cast

Enter = Callable[[User], Page]
NARROW: ViewportSize = {"width": 360, "height": 740}
CITIES = ("Bayshore", "Half Moon Bay", "Utica", "")


@pytest.fixture
def many(transactional_db: None, cast: Cast) -> None:
    with working_for(cast.firm.pk):
        rows = [
            {"name": f"Client n-{n:03}", "email": f"c{n}@example.com" if n % 3 else "", "city": CITIES[n % 4]}
            for n in range(120)
        ]
        create_clients(cast.firm.pk, rows)
    a_client(cast.firm, "Amy's Bird Sanctuary", city="Bayshore", company_name="Birds Inc.")


@pytest.fixture
def page_of_clients(many: None, cast: Cast, site: str, enter: Enter) -> Page:
    page = enter(cast.partner)
    page.goto(f"{site}/f/{cast.firm.slug}/clients/")
    return page


def rows(page: Page) -> list[str]:
    return page.locator("tbody .title").all_inner_texts()


def test_clearing_the_search_a_list_was_opened_with_shows_the_numbers(page_of_clients: Page) -> None:
    page = page_of_clients
    page.goto(page.url + "?q=Client 1")
    tabs = page.get_by_role("group", name="Show")
    expect(tabs.locator(".count").first).to_be_hidden()
    page.get_by_role("searchbox").fill("")
    expect(tabs.locator(".count").first).to_have_text("121")


def test_searching_while_typing_keeps_the_cursor_and_the_address(page_of_clients: Page) -> None:
    page = page_of_clients
    page.keyboard.press("/")
    page.keyboard.type("bird bay")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"/clients/\?q=bird\+bay$"))
    expect(page.get_by_role("searchbox")).to_be_focused()
    expect(page.locator("#announcer")).to_have_text("1 client found")
    page.get_by_role("link", name="E-mail").click()
    expect(page).to_have_url(re.compile(r"\?q=bird\+bay&sort=email$"))
    page.reload()
    assert rows(page) == ["Amy's Bird Sanctuary"]
    page.get_by_role("searchbox").fill("n-01")
    expect(page.locator("tbody tr")).to_have_count(10)
    expect(page).to_have_url(re.compile(r"sort=email"))
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(1)


def test_filters_and_pages_work_together(page_of_clients: Page) -> None:
    page = page_of_clients
    page.get_by_label("E-mail", exact=True).select_option("With e-mail")
    expect(page.locator(".pagination")).to_contain_text("1–50 of 80")
    page.get_by_role("link", name="Next").click()
    expect(page.locator(".pagination")).to_contain_text("51–80 of 80")
    expect(page).to_have_url(re.compile(r"email=with&page=2$"))
    page.get_by_text("Archived", exact=False).first.click()
    expect(page.get_by_text("No clients like that")).to_be_visible()


def test_all_that_match_are_archived_and_undone_from_the_toast(page_of_clients: Page) -> None:
    page = page_of_clients
    page.get_by_role("searchbox").fill("n-0")
    expect(page.locator(".pagination")).to_contain_text("of 100")
    page.get_by_label("Select all on this page").check()
    expect(page.locator(".bulk-bar")).to_contain_text("50 selected")
    page.get_by_label("All 100 that match").check()
    expect(page.locator(".bulk-bar")).to_contain_text("100 selected")
    page.get_by_role("button", name="Archive").click()
    expect(page.locator(".toast")).to_contain_text("100 clients archived.")
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".toast")).to_contain_text("100 clients back among the current.")
    expect(page.get_by_role("group", name="Show")).to_contain_text("Current 121")


def test_the_list_works_without_javascript(page_of_clients: Page, site: str, cast: Cast) -> None:
    browser = page_of_clients.context.browser
    assert browser
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies(page_of_clients.context.cookies())  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{site}/f/{cast.firm.slug}/clients/?sort=-email")
    page.get_by_role("searchbox").fill("n-00")
    page.get_by_role("button", name="Search").click()
    assert len(rows(page)) == 10
    assert "sort=-email" in page.url
    page.locator("tbody [type=checkbox]").nth(0).check()
    page.get_by_role("button", name="Archive").click()
    assert "1 client archived." in page.locator("#toasts").inner_text()
    context.close()


def test_the_palette_finds_clients_by_name(page_of_clients: Page) -> None:
    page = page_of_clients
    page.keyboard.press("Control+k")
    page.keyboard.type("amy bird")
    expect(page.locator("#palette-list .menu-item").first).to_contain_text("Amy's Bird Sanctuary")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Amy's Bird Sanctuary")


def test_a_client_is_added_changed_and_archived(page_of_clients: Page) -> None:
    page = page_of_clients
    page.get_by_role("link", name="Add client").click()
    page.get_by_label("Name", exact=True).fill("amy's bird sanctuary")
    page.get_by_label("City").fill("Oakland")
    page.get_by_role("button", name="Add client").click()
    expect(page.get_by_role("alert")).to_contain_text("already has a client of this name")
    assert_accessible(page)
    page.get_by_role("button", name="Add client").click()
    expect(page.locator(".toast")).to_contain_text("added")
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("May receive marketing mail").check()
    page.get_by_role("button", name="Save client").click()
    expect(page.get_by_text("Marketable", exact=True)).to_be_visible()
    page.get_by_role("button", name="Archive").click()
    expect(page.locator("#banner")).to_contain_text("Archived")
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator("#banner")).not_to_contain_text("Archived")


SCREENS = {
    "home": "",
    "clients": "clients/",
    "clients-none": "clients/?q=zzz",
    "client": "clients/{pk}/",
    "client-new": "clients/new/",
    "client-edit": "clients/{pk}/edit/",
    "firm": "settings/firm/",
    "team": "settings/team/",
}
SEEN_BY = [("partner", name) for name in SCREENS] + [
    ("viewer", name) for name in ("clients", "client", "team")
]


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(("who", "name"), SEEN_BY)
def test_screens_are_accessible_in_both_themes_on_desk_and_phone(
    cast: Cast, site: str, enter: Enter, monkeypatch: pytest.MonkeyPatch, who: str, name: str
) -> None:
    # A dozen rows to a page: fifty are the same ones to axe, which looks at each of them at length.
    monkeypatch.setattr("accounts.listing.PAGE_SIZE", 12)
    client = a_client(cast.firm, "Zoë Łukasz", notes="Pays late.", phone="555", email="zoe@example.com")
    page = enter(getattr(cast, who))
    page.goto(f"{site}/f/{cast.firm.slug}/" + SCREENS[name].format(pk=client.pk))
    assert_accessible_everywhere(page, phone=NARROW)
    page.set_viewport_size(NARROW)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    pictures(page, f"accounts-{name}-{who}")


def test_somebody_new_is_invited_signs_up_and_joins(
    transactional_db: None, cast: Cast, site: str, enter: Enter, mailoutbox: list[EmailMessage]
) -> None:
    page = enter(cast.admin)
    page.goto(f"{site}/f/{cast.firm.slug}/settings/team/")
    page.get_by_label("E-mail").fill("nora@example.com")
    page.get_by_role("button", name="Send invitation").click()
    expect(page.locator(".toast")).to_contain_text("Invitation sent to nora@example.com")
    assert_accessible(page)
    pictures(page, "accounts-team-invited")
    [link] = re.findall(r"http\S+/invitations/\S+", str(mailoutbox[0].body))

    page.goto(link)
    expect(page.get_by_text("This invitation is for nora@example.com")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Sign out and go on").click()
    expect(page.get_by_role("link", name="Create an account")).to_be_visible()
    assert_accessible(page)
    pictures(page, "accounts-invitation")
    page.get_by_role("link", name="Create an account").click()
    expect(page.locator("[name=email]")).to_have_value("nora@example.com")
    page.locator("[name=password1]").fill(PASSWORD)
    page.locator("main form button:not([type=button])").click()
    page.get_by_role("button", name=re.compile("^Join")).click()
    expect(page.locator(".toast")).to_contain_text("Welcome to Bright Ledger Accounting")


def test_somebody_without_a_firm_opens_one(
    transactional_db: None, cast: Cast, site: str, enter: Enter
) -> None:
    page = enter(cast.stranger)
    page.goto(site)
    assert_accessible(page)
    pictures(page, "accounts-firm-new")
    page.get_by_label("Firm name").fill("Sam & Daughters")
    page.get_by_role("button", name="Open the firm").click()
    expect(page).to_have_url(f"{site}/f/sam-daughters/")
    expect(page.get_by_text("No clients yet")).to_be_visible()
    assert_accessible(page)
