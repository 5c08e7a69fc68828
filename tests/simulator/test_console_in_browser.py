"""The console in a browser: axe passes, keys work, the log fills itself, forms go without script."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import DESKTOP, PHONE, assert_accessible, assert_accessible_everywhere, pictures

from .conftest import Connected, Simulated, line
from .console_forms import HERE, process
from .test_writing_customers import new_name

__all__ = ["process"]

PAGES = (
    "/",
    HERE,
    f"{HERE}/customers",
    f"{HERE}/customers/20",
    f"{HERE}/items/new?type=Inventory",
    f"{HERE}/invoices",
    f"{HERE}/invoices/new",
    f"{HERE}/payments/new",
    f"{HERE}/payments/new?customer=59",
    f"{HERE}/settings",
    f"{HERE}/customers/20/json",
    f"{HERE}/customers/20/merge",
    "/console/calls",
    "/console/switches",
    "/console/webhooks",
)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_passes_axe_and_fits_a_phone(
    page: Page, simulated: Simulated, books: Connected, path: str
) -> None:
    books.call("GET", "/customer/12")
    simulated.control("/delay", ms=1, path="nowhere")
    page.goto(simulated.url + path)
    for size in (PHONE, DESKTOP):
        page.set_viewport_size(size)
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, size
    assert_accessible_everywhere(page)
    pictures(page, f"console{path.replace('/', '-').replace('?', '-')}")


def test_the_log_fills_itself_and_can_be_paused(page: Page, simulated: Simulated, books: Connected) -> None:
    page.goto(f"{simulated.url}/console/calls")
    books.query("SELECT * FROM Term")
    expect(page.get_by_role("link", name="SELECT * FROM Term")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    books.query("SELECT * FROM Vendor")
    expect(page.get_by_role("button", name="Go on (1 new)")).to_be_visible()
    expect(page.get_by_role("link", name="SELECT * FROM Vendor")).to_have_count(0)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("link", name="SELECT * FROM Vendor")).to_be_visible()


def test_the_log_keeps_the_place_of_who_reads_by_keyboard(
    page: Page, simulated: Simulated, books: Connected
) -> None:
    books.query("SELECT * FROM Term")
    page.goto(f"{simulated.url}/console/calls")
    read = page.get_by_role("link", name="SELECT * FROM Term")
    read.focus()
    books.query("SELECT * FROM Vendor")
    expect(page.get_by_role("link", name="SELECT * FROM Vendor")).to_be_visible()
    expect(read).to_be_focused()


def test_an_invoice_is_written_and_sent_by_hand(page: Page, simulated: Simulated, books: Connected) -> None:
    income = books.one("SELECT * FROM Account WHERE AccountType = 'Income'")["Id"]
    name = new_name()
    books.make("Item", Name=name, Type="Service", IncomeAccountRef={"value": income}, UnitPrice=40)
    page.goto(f"{simulated.url}{HERE}/invoices/new")
    page.get_by_label("Customer needed").select_option(label="Annie's Rose Nursery")
    page.get_by_label("Product or service, line 1").select_option(label=name)
    expect(page.get_by_label("Rate, line 1")).to_have_value("40")
    page.get_by_label("Quantity, line 1").fill("3")
    page.get_by_label("Quantity, line 1").press("Tab")
    expect(page.get_by_label("Amount, line 1")).to_have_value("120")
    page.get_by_role("button", name="Save invoice").click()
    expect(page.get_by_text("It has its Id now.")).to_be_visible()
    page.get_by_role("link", name="Send", exact=True).click()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("It is marked as sent.")).to_be_visible()


def test_what_is_left_of_a_payment_is_shown_while_it_is_shared_out(
    page: Page, simulated: Simulated, books: Connected
) -> None:
    customer = books.write(DisplayName=new_name())["Id"]
    owed = books.make("Invoice", CustomerRef={"value": customer}, Line=[line(100)])
    page.goto(f"{simulated.url}{HERE}/payments/new?customer={customer}")
    page.get_by_label("Amount received").fill("150")
    page.get_by_label(f"Paid of invoice {owed['DocNumber']}").fill("100")
    expect(page.get_by_text("Unapplied: 50.00.")).to_be_visible()


def test_a_wrong_entry_is_led_to_from_the_top_of_the_page(page: Page, simulated: Simulated) -> None:
    page.goto(f"{simulated.url}{HERE}/customers/new")
    page.get_by_label("E-mail").fill("nobody")
    page.get_by_role("button", name="Save customer").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Not saved.")
    alert.get_by_role("link", name="E-mail").click()
    expect(page.get_by_label("E-mail")).to_be_focused()
    expect(page.get_by_label("E-mail")).to_have_attribute("aria-invalid", "true")
    assert_accessible(page)


def test_without_script_everything_but_the_log_works(
    browser: Browser, simulated: Simulated, books: Connected
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    name = new_name()
    page.goto(f"{simulated.url}{HERE}/customers/new")
    page.get_by_label("Display name").fill(name)
    page.get_by_role("button", name="Save customer").click()
    page.get_by_role("link", name="Make inactive").click()
    page.get_by_role("button", name="Make inactive").click()
    assert page.get_by_role("heading", name=f"{name} (deleted)").is_visible()
    page.goto(f"{simulated.url}/console/switches")
    page.get_by_label("Milliseconds").fill("5")
    page.get_by_role("button", name="Slow calls down").click()
    assert page.get_by_text("5 ms wait: every call", exact=True).is_visible()
    page.get_by_role("button", name="End everything").click()
    assert page.get_by_role("heading", name="Nothing is on").is_visible()
    context.close()
