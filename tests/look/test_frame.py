"""The parts every screen is made of: seen by everybody, worked by keyboard, and kept as one left them."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.staticfiles import finders
from playwright.sync_api import Page, expect

from accounts.models import User
from qbo_sync.templatetags.look import STATES
from tests.browser import ALL_RULES, COLOURS, assert_accessible, assert_accessible_everywhere, pictures

Enter = Callable[[User], Page]

SIZES = {"wide": (1440, 900), "phone": (360, 740), "zoomed to 200 %": (640, 400)}
DOOR = (
    "login/",
    "signup/",
    "password/reset/",
    "password/reset/done/",
    "confirm-email/",
    "confirm-email/gone/",
)
PAGE_WEIGHT = 100_000
"""Bytes over the wire, compressed, pickers included."""


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_every_component_is_accessible(page: Page, site: str, size: str) -> None:
    show(page, size, "light")
    page.goto(f"{site}/styleguide/")
    expect(page.locator("#pickers .ts-control").first).to_be_visible()
    for scheme in ("light", "dark"):
        show(page, size, scheme)
        assert_accessible(page, rules=COLOURS if scheme == "dark" else ALL_RULES)


def test_every_state_is_on_the_page_with_its_mark_and_word(page: Page, site: str) -> None:
    page.goto(f"{site}/styleguide/")
    for state, (_, _, word) in STATES.items():
        shown = page.locator(f"#status [data-state={state}] .status")
        expect(shown).to_have_text(word)
        expect(shown.locator("svg, .spinner")).to_have_count(1)


def test_nothing_makes_the_page_scroll_sideways(page: Page, site: str) -> None:
    for size in SIZES:
        show(page, size, "light")
        page.goto(f"{site}/styleguide/")
        widest = page.evaluate("document.documentElement.scrollWidth")
        assert widest <= page.evaluate("document.documentElement.clientWidth"), size


def test_pages_of_trouble_are_accessible(page: Page, site: str) -> None:
    for code in (403, 404, 500):
        page.goto(f"{site}/styleguide/trouble/{code}/")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert_accessible(page)


def test_the_door_is_accessible(page: Page, site: str) -> None:
    for place in DOOR:
        page.goto(f"{site}/accounts/{place}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert_accessible_everywhere(page)
        pictures(page, "door-" + place.strip("/").replace("/", "-"))


def test_a_theme_and_density_are_remembered(page: Page, site: str) -> None:
    page.goto(f"{site}/styleguide/")
    page.locator("[popovertarget=person]").click()
    page.get_by_text("Dark", exact=True).click()
    page.get_by_text("Compact", exact=True).click()
    page.reload()
    root = page.locator("html")
    expect(root).to_have_attribute("data-theme", "dark")
    expect(root).to_have_attribute("data-density", "compact")
    assert page.evaluate("getComputedStyle(document.body).colorScheme") == "dark"


def test_a_menu_opens_moves_and_closes_by_keyboard(page: Page, site: str) -> None:
    page.goto(f"{site}/styleguide/")
    opener = page.get_by_role("button", name="More for Cool Cars").last
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Map to client")).to_be_focused()
    page.keyboard.press("End")
    expect(page.get_by_role("menuitem", name="Exclude from mapping")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="Map to client")).to_be_focused()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()


def test_a_loaded_dialog_takes_a_choice_from_the_server_and_gives_focus_back(page: Page, site: str) -> None:
    page.goto(f"{site}/styleguide/")
    opener = page.get_by_role("link", name="Load a dialog")
    opener.click()
    dialog = page.get_by_role("dialog", name="Map Cool Cars to a client")
    picker = dialog.get_by_role("combobox", name="Client")
    picker.click()
    page.keyboard.type("duke")
    found = dialog.get_by_role("listbox").get_by_role("option")
    expect(found.first).to_contain_text("Dukes Basketball Camp")
    assert_accessible(page)
    page.keyboard.press("Enter")
    assert page.locator("#dialog-client").input_value() == "Dukes Basketball Camp"
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_a_dialog_is_a_page_of_its_own_without_script(client_page: Page, site: str) -> None:
    client_page.goto(f"{site}/styleguide/")
    client_page.get_by_role("link", name="Load a dialog").click()
    expect(client_page.get_by_role("heading", level=1)).to_have_text("Map Cool Cars to a client")
    expect(client_page.get_by_label("Client")).to_be_visible()
    client_page.get_by_role("button", name="Map to client").click()
    expect(client_page.get_by_text("Your QuickBooks Online account is connected.").last).to_be_visible()


@pytest.fixture
def client_page(page: Page) -> Page:
    """A page in a browser that runs no script."""
    assert page.context.browser is not None
    return page.context.browser.new_context(java_script_enabled=False).new_page()


def test_a_toast_is_announced_offers_undo_and_can_be_dismissed(page: Page, site: str) -> None:
    page.goto(f"{site}/styleguide/")
    page.get_by_role("button", name="Success, with undo").click()
    toast = page.locator(".toast")
    expect(toast).to_contain_text("connected")
    expect(toast.get_by_role("button", name="Undo")).to_be_visible()
    expect(page.locator("#announcer")).to_contain_text("connected")
    toast.get_by_role("button", name="Dismiss").click()
    expect(toast).to_have_count(0)


def test_a_toast_above_a_dialog_can_be_pressed_and_outlives_it(page: Page, site: str) -> None:
    page.goto(f"{site}/styleguide/")
    say(page, "Before the dialog")
    page.get_by_role("link", name="Load a dialog").click()
    dialog = page.get_by_role("dialog", name="Map Cool Cars to a client")
    expect(dialog.get_by_role("combobox", name="Client")).to_be_visible()
    toasts = page.locator(".toast")
    toasts.get_by_role("button", name="Dismiss").click()
    expect(toasts).to_have_count(0)
    say(page, "Over the dialog")
    toasts.get_by_role("button", name="Dismiss").click(trial=True)
    assert_accessible(page)
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()
    toasts.get_by_role("button", name="Dismiss").click()
    expect(toasts).to_have_count(0)


def say(page: Page, words: str) -> None:
    """Show a toast that stays."""
    page.evaluate(
        "words => document.dispatchEvent(new CustomEvent('toast', {detail: {text: words, level: 'error'}}))",
        words,
    )


def test_selecting_all_offers_what_is_on_other_pages_too(page: Page, site: str) -> None:
    page.goto(f"{site}/styleguide/")
    table = page.locator("#tables .selectable")
    bar = table.locator(".bulk-bar")
    table.get_by_role("checkbox", name="Select all on this page").check()
    expect(bar).to_contain_text("6 selected")
    bar.get_by_role("checkbox", name="All 4,312 that match").check()
    expect(bar).to_contain_text("4,312 selected")
    bar.get_by_role("button", name="Select none").click()
    expect(bar).to_be_hidden()


def test_the_palette_leads_to_a_page(enter: Enter, site: str, stranger: User) -> None:
    page = enter(stranger)
    page.goto(f"{site}/styleguide/")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Search clients, pages and actions")).to_be_focused()
    page.keyboard.type("two-step")
    expect(page.locator("#palette").get_by_role("option")).to_have_count(1)
    assert_accessible(page)
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/2fa/")


def test_one_account_is_looked_after_on_accessible_pages(enter: Enter, site: str, stranger: User) -> None:
    page = enter(stranger)
    for address in ("email/", "password/change/", "2fa/", "reauthenticate/", "logout/"):
        page.goto(f"{site}/accounts/{address}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert_accessible(page)


def test_a_page_stays_light(site: str, page: Page) -> None:
    answer = page.request.get(f"{site}/styleguide/")
    parts = ["css/app.css", "js/app.js", "js/theme.js", "django_htmx/htmx-2.min.js"]
    pickers = ["django_tomselect/js/django-tomselect.min.js"]
    weight = compressed(answer.body()) + sum(compressed(static(part)) for part in parts + pickers)
    assert weight < PAGE_WEIGHT


def test_colours_are_named_once() -> None:
    """Outside the tokens, the stylesheet knows colours only by name; white on a mark is the exception."""
    sheet = (Path(django_settings.BASE_DIR) / "static/css/app.css").read_text()
    after_tokens = sheet[sheet.index("@layer base {") :]
    literal = set(re.findall(r"#[0-9a-f]{3,8}\b|oklch\([^)]*\)|rgba?\([^)]*\)", after_tokens))
    assert literal <= {"oklch(1 0 0)", "oklch(0 0 0 / 0.22)"}


def show(page: Page, size: str, scheme: str) -> None:
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")


def static(name: str) -> bytes:
    path = finders.find(name)
    assert isinstance(path, str), name
    return Path(path).read_bytes()


def compressed(body: bytes) -> int:
    return len(gzip.compress(body))
