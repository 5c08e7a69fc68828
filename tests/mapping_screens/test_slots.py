"""QuickBooks in the client screens (CV-44..50)."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client as Browser
from pytest_django import DjangoAssertNumQueries

from accounts.models import Client, Firm, User
from accounts.tenancy import working_for
from mapping.services import linking
from tests.conftest import SignIn
from tests.mapping_screens import crowd
from tests.mapping_screens.conftest import Scene

At = Callable[..., str]


def test_a_firm_that_never_connected_sees_no_quickbooks_column(
    firm: Firm, staff_browser: Browser, at: At
) -> None:
    with working_for(firm.pk):
        crowd.clients(firm, 1)
    page = staff_browser.get(at("clients")).text
    assert ">QuickBooks</th>" not in page
    assert "Manage integrations" in page


def test_new_customers_offer_to_be_mapped_from_the_client_list(
    scene: Scene, staff_browser: Browser, viewer_browser: Browser, at: At
) -> None:
    """CV-44, CV-45, CV-46."""
    scene.client("Somebody")
    scene.customer("Cool Cars")
    page = staff_browser.get(at("clients")).text
    assert "Map 1<" in page
    assert "1 customer of Craig&#x27;s Landscaping is not mapped yet." in page
    assert at("integrations") in page
    assert "Map 1<" not in viewer_browser.get(at("clients")).text


def test_the_column_says_mapped_or_not_mapped_in_words(
    scene: Scene, staff: User, staff_browser: Browser, at: At
) -> None:
    """CV-48..50."""
    mapped, alone = scene.client("Cool Cars"), scene.client("Zed")
    with working_for(scene.firm.pk):
        linking.link(scene.customer("Cool Cars"), mapped.pk, by=staff)
    page = staff_browser.get(at("clients")).text
    assert at("client_disconnect", mapped.pk) in page
    assert at("client_map", alone.pk) in page
    assert "Mapped" in page
    assert "Not mapped" in page


def test_the_client_list_asks_no_question_per_row(
    scene: Scene, staff_browser: Browser, at: At, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with working_for(scene.firm.pk):
        crowd.mirror(scene.book, crowd.customers(60))
        crowd.clients(scene.firm, 60)
        crowd.settle(scene.book, mapped=50, excluded=0)
        assert Client.objects.filter(is_linked=True).count() == 50
    with django_assert_max_num_queries(22):
        staff_browser.get(at("clients"))


def test_home_counts_lead_to_the_lists_behind_them(scene: Scene, staff_browser: Browser, at: At) -> None:
    scene.customer("Cool Cars")
    page = staff_browser.get(at("dashboard")).text
    assert f"{at('manage')}?show=customers" in page


def test_home_says_what_comes_next(
    scene: Scene, staff_browser: Browser, viewer_browser: Browser, at: At
) -> None:
    first = f'href="{at("import_customers")}"'
    assert first in staff_browser.get(at("dashboard")).text
    assert first not in viewer_browser.get(at("dashboard")).text
    scene.customer("Cool Cars")
    page = staff_browser.get(at("dashboard")).text
    assert "1 customer of Craig&#x27;s Landscaping is not mapped yet." in page
    assert first not in page
    assert f'href="{at("map_customers")}"' not in viewer_browser.get(at("dashboard")).text


def test_home_leads_a_firm_without_books_to_connect_them(
    firm: Firm, partner: User, signed_in: SignIn, viewer_browser: Browser, at: At
) -> None:
    with working_for(firm.pk):
        crowd.clients(firm, 1)
    assert "Connect QuickBooks Online" in signed_in(partner).get(at("dashboard")).text
    assert "A Partner or Admin of your firm can connect it." in viewer_browser.get(at("dashboard")).text


def test_clients_that_share_a_name_are_told_apart_by_whom_their_customer_is_under(
    scene: Scene, staff: User, staff_browser: Browser, at: At
) -> None:
    parents = ("Amy's Bird Sanctuary", "Diego Rodriguez")
    clients = [scene.client("Test Project") for _ in parents]
    with working_for(scene.firm.pk):
        for parent, client in zip(parents, clients, strict=True):
            record = scene.customer("Test Project", FullyQualifiedName=f"{parent}:Test Project")
            linking.link(record, client.pk, by=staff)
    page = staff_browser.get(at("clients")).text
    assert "under Amy&#x27;s Bird Sanctuary" in page
    assert "under Diego Rodriguez" in page
