"""A picker whose server takes its time: what comes late opens no list again and takes nothing back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, Route, expect

DUKE = "Dukes Basketball Camp"
ASKED = re.compile(r"/styleguide/clients/")


class Server:
    """Answers at once what a picker asks when it opens; what is typed, when the test says so."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.held: dict[str, Route] = {}

    def hold(self, route: Route) -> None:
        typed = parse_qs(urlsplit(route.request.url).query).get("q", [""])[0]
        if typed:
            self.held[typed] = route
        else:
            route.continue_()

    def is_asked(self, typed: str) -> Route:
        for _ in range(500):
            if typed in self.held:
                return self.held.pop(typed)
            self.page.wait_for_timeout(10)
        raise AssertionError(f"Nobody asked for {typed}")


@pytest.fixture
def server(page: Page) -> Iterator[Server]:
    server = Server(page)
    page.route(ASKED, server.hold)
    yield server
    page.unroute(ASKED)


@pytest.fixture
def picker(page: Page, site: str, server: Server) -> Locator:
    """The picker of a dialog, open, with what the server offers of itself."""
    page.goto(f"{site}/styleguide/")
    page.get_by_role("link", name="Load a dialog").click()
    picker = page.get_by_role("dialog").get_by_role("combobox", name="Client")
    picker.click()
    expect(page.get_by_role("dialog").get_by_role("option", name=DUKE)).to_be_visible()
    picker.evaluate(
        """box => {
            box.openings = 0;
            new MutationObserver(changes => changes.forEach(({ oldValue }) => {
                if (oldValue === "false") box.openings += 1;
            })).observe(box, { attributeFilter: ["aria-expanded"], attributeOldValue: true });
        }"""
    )
    return picker


def all_is_answered(page: Page) -> None:
    expect(page.get_by_role("dialog").locator(".ts-wrapper.loading")).to_have_count(0)
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


@pytest.mark.parametrize("key", ["Enter", "Escape", "Tab"])
def test_an_answer_after_a_choice_escape_or_leaving_opens_no_list(
    page: Page, server: Server, picker: Locator, key: str
) -> None:
    page.keyboard.insert_text("duke")
    late = server.is_asked("duke")
    page.keyboard.press(key)
    expect(picker).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Shift")
    late.continue_()
    all_is_answered(page)
    assert picker.evaluate("box => box.openings") == 0
    assert page.locator("#dialog-client").input_value() == (DUKE if key == "Enter" else "")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_enter_right_after_typing_takes_what_was_typed_and_the_list_stays_closed(
    page: Page, server: Server, picker: Locator
) -> None:
    page.keyboard.insert_text("duke")
    page.keyboard.press("Enter")
    assert page.locator("#dialog-client").input_value() == DUKE
    server.is_asked("duke").continue_()
    all_is_answered(page)
    assert picker.evaluate("box => box.openings") == 0
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_an_answer_to_an_older_text_does_not_replace_the_newer_ones(
    page: Page, server: Server, picker: Locator
) -> None:
    page.keyboard.insert_text("d")
    older = server.is_asked("d")
    page.keyboard.insert_text("uke")
    server.is_asked("duke").fulfill(json={"results": [{"value": "Dukes of Utica", "text": "Dukes of Utica"}]})
    found = page.get_by_role("dialog").get_by_role("option", name="Dukes of Utica")
    expect(found).to_be_visible()
    older.fulfill(json={"results": []})
    all_is_answered(page)
    expect(found).to_be_visible()


def test_a_closed_list_opens_again_for_whoever_types_or_asks_for_it(
    page: Page, server: Server, picker: Locator
) -> None:
    page.keyboard.press("Escape")
    expect(picker).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowDown")
    expect(picker).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    page.keyboard.insert_text("cool")
    expect(page.get_by_role("dialog").get_by_role("option", name="Cool Cars")).to_be_visible()
    page.keyboard.press("Enter")
    assert page.locator("#dialog-client").input_value() == "Cool Cars"
    picker.click()
    expect(picker).to_have_attribute("aria-expanded", "true")
    server.is_asked("cool").continue_()
