"""Walk the screens in Chromium: ``page``, ``site``, ``enter``, ``assert_accessible`` and ``pictures``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, ViewportSize
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests import chromium

PICTURES = Path(__file__).resolve().parent.parent / "test-results" / "screens"
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
BROWSER_FIXTURES = {"page", "context", "browser", "site"}
ACCESSIBLE = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ALL_RULES: dict[str, Any] = {"type": "tag", "values": ACCESSIBLE}
COLOURS: dict[str, Any] = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
"""All of axe's rules (its category cat.color, up to AA) whose answer hangs on light or dark."""

READ_COLOURS_ONCE = """;(() => {
    const { prototype } = axe.commons.color.Color, read = prototype.parseString, known = new Map();
    prototype.parseString = function (text) {
        if (!known.has(text)) {
            read.call(this, text);
            known.set(text, [this.r, this.g, this.b, this.alpha]);
        }
        [this.r, this.g, this.b, this.alpha] = known.get(text);
        return this;
    };
})()"""
"""A page has a dozen colours and axe reads each a thousand times, ours, in oklch, at length: an eighth of its work."""

ARGUMENTS = [
    "--no-sandbox",  # Containers and root have no user namespaces to build one from.
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what drives a browser, so that ``-m 'not browser'`` leaves it out."""
    for item in items:
        if BROWSER_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    path = chromium.find()
    if path is None and os.environ.get("CI", "").lower() in ("1", "true", "yes"):
        pytest.fail(chromium.MISSING, pytrace=False)
    if path is None:
        pytest.skip(chromium.MISSING)
    return browser_type_launch_args | {"executable_path": path, "args": ARGUMENTS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return browser_context_args | {"viewport": DESKTOP, "reduced_motion": "reduce", "locale": "en-US"}


@pytest.fixture(scope="session")
def _window(browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[BrowserContext]:
    context = browser.new_context(**browser_context_args)
    yield context
    context.close()


@pytest.fixture
def context(_window: BrowserContext) -> Iterator[BrowserContext]:
    """The browser all tests of a process use, wiped in between: a new one costs more than most tests."""
    yield _window
    page, *others = _window.pages or [_window.new_page()]
    for other in others:
        other.close()
    page.evaluate("location.protocol.startsWith('http') && (localStorage.clear(), sessionStorage.clear())")
    page.goto("about:blank")
    page.set_viewport_size(DESKTOP)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    _window.clear_cookies()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.pages[0] if context.pages else context.new_page()


@pytest.fixture
def site(live_server: LiveServer, settings: Settings) -> str:
    """The address of the product as a browser reaches it."""
    settings.SITE_URL = live_server.url
    settings.CSRF_TRUSTED_ORIGINS = [live_server.url]
    return str(live_server.url)


@pytest.fixture
def enter(page: Page, site: str) -> Callable[[User], Page]:
    """``enter(person)`` signs this person in, past the form, and gives the page."""

    def sign_in(user: User) -> Page:
        client = Client()
        client.force_login(user, backend=django_settings.AUTHENTICATION_BACKENDS[0])
        name = django_settings.SESSION_COOKIE_NAME
        page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site}])
        return page

    return sign_in


@pytest.fixture(autouse=True)
def _no_script_errors(request: pytest.FixtureRequest) -> Any:
    """Fail a browser test in which a script broke or the Content-Security-Policy refused something."""
    if "page" not in request.fixturenames:
        yield
        return
    page: Page = request.getfixturevalue("page")
    problems: list[str] = []

    def break_of(error: Error) -> None:
        problems.append(str(error))

    def refusal_in(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            problems.append(message.text)

    page.on("pageerror", break_of)
    page.on("console", refusal_in)
    yield
    page.remove_listener("pageerror", break_of)
    page.remove_listener("console", refusal_in)
    assert not problems, "\n".join(problems)


def assert_accessible(page: Page, *, rules: dict[str, Any] = ALL_RULES) -> None:
    """Fail with axe's report if the page breaks WCAG 2.2 AA."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE_SCRIPT + READ_COLOURS_ONCE)
    # The other results are as long as the page, and nobody reads them.
    violations = page.evaluate(
        "async options => (await axe.run(document, options)).violations",
        {"runOnly": rules, "resultTypes": ["violations"]},
    )
    assert not violations, f"{page.url}\n{AxeResults({'violations': violations}).generate_report()}"


def assert_accessible_everywhere(page: Page, *, phone: ViewportSize = PHONE) -> None:
    """Hold the page to it on a desktop, light and dark, and on a phone."""
    page.emulate_media(color_scheme="light")
    assert_accessible(page)
    page.emulate_media(color_scheme="dark")
    assert_accessible(page, rules=COLOURS)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(phone)
    assert_accessible(page)
    page.set_viewport_size(DESKTOP)


def picture(page: Page, name: str) -> Path:
    """Save the whole page as test-results/screens/<name>.png."""
    path = PICTURES / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path, full_page=True, animations="disabled")
    return path


def pictures(page: Page, name: str) -> list[Path]:
    """Save the page as a desktop and a phone show it, light and dark; only where PICTURES is set, for it takes long."""
    if not os.environ.get("PICTURES"):
        return []
    taken = []
    for device, size in (("desktop", DESKTOP), ("phone", PHONE)):
        page.set_viewport_size(size)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            taken.append(picture(page, f"{name}-{device}-{scheme}"))
    page.set_viewport_size(DESKTOP)
    page.emulate_media(color_scheme="light")
    return taken
