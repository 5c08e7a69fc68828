"""The main job as a partner walks it: connect, import, map, exclude, look at the result. Every screen passes axe."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Client, Firm, User
from accounts.tenancy import working_for
from integrations.models import Connection
from mapping.models import Exclusion, Link, RemoteRecord
from tests.browser import assert_accessible_everywhere, pictures
from tests.connect.conftest import book_of, connection
from tests.mapping.books import customer, mirrored
from tests.processes import Simulator, Worker

__all__ = ["connection"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

Enter = Callable[[User], Page]
OWNER = "owner@craigandholt.example"
ANDRES = "Andrés Ibarra"
"""A customer of the simulated company; the firm has a client of exactly this name."""


LISTS = ("accounts.listing", "mapping.listing", "mapping.finding", "mapping.choices")


@pytest.fixture(autouse=True)
def _short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dozen rows to a page: fifty are the same ones to axe, which looks at each of them at length."""
    for module in LISTS:
        monkeypatch.setattr(f"{module}.PAGE_SIZE", 12)


@pytest.fixture
def desk(enter: Enter, partner: User, firm: Firm, simulator: Simulator, site: str) -> Iterator[Page]:
    """The partner's browser, with one client that matches a customer and one that does not."""
    with working_for(firm.pk):
        Client.objects.create(firm=firm, name=ANDRES, email="old@example.com", notes="Ask about the barn")
        Client.objects.create(firm=firm, name="Zenith Partners")
    page = enter(partner)
    page.set_default_timeout(20_000)
    yield page
    simulator.post("/_control/reset")


def seen(page: Page, name: str) -> None:
    assert_accessible_everywhere(page)
    pictures(page, f"walk-{name}")


def at_intuit(page: Page, *, decide: str = "Connect", email: str = OWNER) -> None:
    page.get_by_label("Email").or_(page.get_by_label("E-mail")).first.fill(email)
    page.get_by_label("Password").first.fill("simulated")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name=decide, exact=True).click()


def connect(page: Page, site: str, firm: Firm) -> None:
    page.goto(f"{site}/f/{firm.slug}/settings/integrations/")
    page.get_by_role("button", name="Connect", exact=True).click()
    at_intuit(page)
    expect(page.get_by_role("heading", name="Is this your firm’s books?")).to_be_visible()


def import_everything(page: Page, site: str, firm: Firm) -> None:
    page.goto(f"{site}/f/{firm.slug}/quickbooks/import/")
    page.get_by_role("radio", name=re.compile("^All")).check(force=True)
    page.get_by_role("button", name="Import customers").click()
    expect(page.get_by_text(re.compile(r"Complete: 60 of 60"))).to_be_visible(timeout=60_000)


def test_a_partner_connects_imports_maps_and_sees_the_result(
    desk: Page, worker: Worker, site: str, firm: Firm
) -> None:
    """CV-15 to CV-39, KP-26 to KP-32, JR-13 to JR-18, B-11, B-20, B-22."""
    page, home = desk, f"{site}/f/{firm.slug}"
    page.goto(f"{home}/settings/integrations/")
    seen(page, "integrations")
    connect(page, site, firm)
    expect(page.get_by_text("Craig & Holt Landscaping LLC")).to_be_visible()
    seen(page, "confirm")
    page.get_by_role("button", name="Yes, connect").click()
    expect(page.get_by_text("Your QuickBooks Online account is connected.")).to_be_visible()
    seen(page, "connected")

    page.get_by_role("link", name="Import customers").first.click()
    expect(page.get_by_text("60 customers in QuickBooks")).to_be_visible()
    seen(page, "import")
    import_everything(page, site, firm)
    page.reload()
    expect(page.get_by_text("Complete: 60 of 60")).to_be_visible()
    seen(page, "import-result")

    page.goto(f"{home}/quickbooks/manage/")
    seen(page, "manage-before")
    page.get_by_role("link", name="Map Customers (60)").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Map Customers (60)")).to_be_visible()
    expect(dialog.get_by_text("Exact match", exact=True)).to_have_count(1)
    seen(page, "map-customers")

    dialog.get_by_label("Apply default value").select_option(label="Add as new client")
    dialog.get_by_role("button", name="Apply").click()
    expect(dialog.get_by_text(re.compile("1 exact match was left alone"))).to_be_visible()
    page.reload()
    page.get_by_role("link", name="Map Customers (60)").click()
    expect(dialog.get_by_text(re.compile(r"Map 1, add 59"))).to_be_visible()

    dialog.get_by_role("button", name=re.compile("^Map 60 customers")).click()
    expect(page.get_by_text(re.compile("59"))).not_to_have_count(0)
    with working_for(firm.pk):
        for _ in range(200):
            if Link.objects.count() == 60:
                break
            page.wait_for_timeout(100)
        assert Link.objects.count() == 60
        mapped = Client.objects.get(name=ANDRES)
        assert (mapped.email, mapped.notes) == ("andres@ibarra.example", "Ask about the barn")
        assert Client.objects.filter(is_linked=True).count() == 60

    page.goto(f"{home}/quickbooks/manage/?status=mapped")
    expect(page.get_by_text("Mapped").first).to_be_visible()
    seen(page, "manage-after")
    page.goto(f"{home}/clients/")
    seen(page, "clients")
    page.get_by_role("link", name=ANDRES).first.click()
    expect(page.get_by_text("old@example.com").first).to_be_visible()
    seen(page, "client")
    page.goto(f"{home}/quickbooks/runs/")
    seen(page, "runs")
    page.goto(home + "/")
    seen(page, "home")


def test_one_customer_is_excluded(desk: Page, connection: Connection, site: str, firm: Firm) -> None:
    """CV-40 to CV-43, CV-48 to CV-50."""
    page, home = desk, f"{site}/f/{firm.slug}"
    with working_for(firm.pk):
        mirrored(book_of(connection), customer("1", ANDRES), customer("2", "Cool Cars"))
    page.goto(f"{home}/quickbooks/manage/?q=ibarra")
    row = page.get_by_role("row").filter(has_text="Only in QuickBooks")
    row.get_by_role("button").last.click()
    page.get_by_role("menuitem", name=re.compile("Exclude from mapping")).or_(
        page.get_by_role("button", name=re.compile("Exclude from mapping"))
    ).first.click()
    expect(page.get_by_text("Excluded").first).to_be_visible()
    with working_for(firm.pk):
        for _ in range(100):
            if Exclusion.objects.exists():
                break
            page.wait_for_timeout(50)
        assert Exclusion.objects.get().record.name == ANDRES
        assert RemoteRecord.objects.get(name=ANDRES).standing == "excluded"
    page.goto(f"{home}/quickbooks/manage/?status=excluded")
    seen(page, "manage-excluded")


def test_declining_at_intuit_leaves_nothing_half_connected(desk: Page, site: str, firm: Firm) -> None:
    page = desk
    page.goto(f"{site}/f/{firm.slug}/settings/integrations/")
    page.get_by_role("button", name="Connect", exact=True).click()
    at_intuit(page, decide="Cancel")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    seen(page, "declined")
    page.goto(f"{site}/f/{firm.slug}/settings/integrations/")
    expect(page.get_by_role("button", name="Connect", exact=True)).to_be_visible()


def test_staff_see_who_can_connect_and_ask_them(enter: Enter, staff: User, site: str, firm: Firm) -> None:
    """B-23, X15."""
    page = enter(staff)
    page.goto(f"{site}/f/{firm.slug}/settings/integrations/")
    expect(page.get_by_role("button", name="Connect", exact=True)).to_have_count(0)
    expect(page.get_by_text("Paula Partner").first).to_be_visible()
    seen(page, "integrations-staff")
    page.get_by_role("button", name=re.compile("Ask")).first.click()
    expect(page.get_by_text(re.compile("asked", re.IGNORECASE)).first).to_be_visible()


SCREENS = ["/", "/clients/", "/quickbooks/manage/", "/quickbooks/runs/"]
"""Those that look otherwise while there is nothing; forms are seen in tests/accounts, Integrations above."""


@pytest.mark.parametrize("path", SCREENS)
def test_every_screen_is_accessible_with_nothing_on_it(
    enter: Enter, partner: User, site: str, firm: Firm, path: str
) -> None:
    page = enter(partner)
    page.goto(f"{site}/f/{firm.slug}{path}")
    seen(page, "empty-" + (path.strip("/").replace("/", "-") or "home"))
