"""Manage your QBO data: one list of both sides (CV-22..27, CV-40..43, CV-51)."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Client, Firm, User
from accounts.models.clients import search_words
from accounts.tenancy import working_for
from mapping import finding
from mapping.finding import counts_of
from mapping.listing import customers, listing
from mapping.models import Link, Standing
from mapping.services import linking
from mapping.wanted import Neighbour, Shown, Wanted
from tests.conftest import SignIn
from tests.mapping_screens import crowd
from tests.mapping_screens.conftest import Scene

At = Callable[..., str]


@pytest.fixture
def three_states(scene: Scene, staff: User) -> Scene:
    """One mapped pair, one customer and one client alone, one customer excluded."""
    mapped, left_out = (
        scene.customer("Cool Cars", email="cars@example.com"),
        scene.customer("Dylan Sollfrank"),
    )
    scene.customer("Amy's Bird Sanctuary", city="Bayshore")
    client = scene.client("Cool Cars Ltd")
    scene.client("Zed Plumbing", city="Boise")
    with working_for(scene.firm.pk):
        linking.link(mapped, client.pk, by=staff)
        linking.exclude(left_out, by=staff, reason="One-off")
    return scene


def test_a_firm_that_never_connected_is_led_to_integrations(
    staff_browser: Browser, at: At, firm: Firm
) -> None:
    page = staff_browser.get(at("manage"))
    assert "QuickBooks is not connected yet" in page.text
    assert at("integrations") in page.text


def test_one_list_shows_both_sides_each_state_in_words(
    three_states: Scene, staff_browser: Browser, at: At
) -> None:
    """CV-23..27, CV-51."""
    page = staff_browser.get(at("manage")).text
    for words in ("Cool Cars", "Amy&#x27;s Bird Sanctuary", "Zed Plumbing", "Dylan Sollfrank"):
        assert words in page
    for state in ("Mapped", "Not mapped", "Excluded"):
        assert f"</svg>{state}</span>" in page
    assert "by Stella Staff" in page
    assert "One-off" in page


@pytest.mark.parametrize(
    ("shown", "there", "away"),
    [
        ("mapped", "Cool Cars", "Zed Plumbing"),
        ("customers", "Bird Sanctuary", "Zed Plumbing"),
        ("clients", "Zed Plumbing", "Bird Sanctuary"),
        ("excluded", "Dylan Sollfrank", "Cool Cars"),
    ],
)
def test_a_filter_shows_its_rows_and_no_others(
    three_states: Scene, staff_browser: Browser, at: At, shown: str, there: str, away: str
) -> None:
    page = staff_browser.get(at("manage", query=f"show={shown}")).text
    assert there in page
    assert away not in page


def test_search_finds_by_email_city_and_the_clients_own_name(
    three_states: Scene, staff_browser: Browser, at: At
) -> None:
    with working_for(three_states.firm.pk):
        Client.objects.filter(name="Cool Cars").update(name="Cool Cars Ltd")
    for text, name in (
        ("cars@example", "Cool Cars"),
        ("bayshore", "Bird Sanctuary"),
        ("cars ltd", "Cool Cars"),
    ):
        page = staff_browser.get(at("manage", query=f"q={text}")).text
        assert name in page
        assert "Zed Plumbing" not in page


def test_a_pair_found_on_both_sides_is_one_row(scene: Scene, staff: User) -> None:
    record, client = scene.customer("Cool Cars"), scene.client("Cool Cars")
    with working_for(scene.firm.pk):
        linking.link(record, client.pk, by=staff)
        found = listing(scene.book, "customer", Wanted(text="cool"))
    assert [row.record_id for row in found.page.object_list] == [record.pk]
    assert found.counts[Shown.ALL] == found.counts[Shown.MAPPED] == 1


def test_search_counts_every_filter(three_states: Scene) -> None:
    with working_for(three_states.firm.pk):
        found = listing(three_states.book, "customer", Wanted(text="cool"))
    assert found.counts[Shown.MAPPED] == 1
    assert found.counts[Shown.ALL] == 1


@pytest.mark.parametrize("text", ["%", "_", "\\", "'", "zzzz", "a\0b"])
def test_no_sign_in_a_search_means_anything_but_itself(
    three_states: Scene, staff_browser: Browser, at: At, text: str
) -> None:
    page = staff_browser.get(at("manage"), {"q": text})
    assert page.status_code == 200
    assert ("Bird Sanctuary" in page.text) == (text == "'")


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=-1",
        "page=99999999",
        "page=x",
        "sort=password",
        "show=none",
        "q=%CC%81",
        "page=2&from=after-x-1",
    ],
)
def test_an_address_that_makes_no_sense_shows_the_list(
    three_states: Scene, staff_browser: Browser, at: At, query: str
) -> None:
    assert "Cool Cars" in staff_browser.get(at("manage", query=query)).text


def test_a_sub_customer_shows_its_parents_and_an_inactive_one_says_so(
    scene: Scene, staff_browser: Browser, at: At
) -> None:
    scene.customer("55 Twin Lane", FullyQualifiedName="Freeman Sporting Goods:55 Twin Lane", Active=False)
    page = staff_browser.get(at("manage")).text
    assert "under Freeman Sporting Goods" in page
    assert "Inactive" in page


@pytest.mark.parametrize("sort", ["name", "-name", "email", "-email", "city", "-city", "status", "-status"])
@pytest.mark.parametrize("text", ["", "e"])
def test_paging_shows_every_row_once_in_either_direction(
    firm: Firm, scene: Scene, sort: str, text: str
) -> None:
    with working_for(firm.pk):
        crowd.mirror(scene.book, crowd.customers(130))
        crowd.clients(firm, 90)
        crowd.settle(scene.book, mapped=40, excluded=20)
        first = listing(scene.book, "customer", Wanted(sort=sort, text=text))
        pages = [
            listing(scene.book, "customer", Wanted(sort=sort, text=text, page=number))
            for number in first.page.paginator.page_range
        ]
    rows = [row for each in pages for row in each.page]
    assert len(rows) == len({row.key for row in rows}) == first.counts[Shown.ALL]
    column = sort.removeprefix("-")
    if column in ("email", "city"):
        values = [getattr(row, column).lower() for row in rows]
        said = [value for value in values if value]
        assert values[: len(said)] == said, "what is empty stands last"
        assert said == sorted(said, reverse=sort.startswith("-"))


@pytest.mark.parametrize("text", ["", "boise"])
def test_a_record_and_a_client_of_one_number_and_one_city_are_both_shown_once(
    firm: Firm, scene: Scene, text: str
) -> None:
    with working_for(firm.pk):
        records = [scene.customer(f"Customer {each}", city="Boise") for each in range(76)]
        for record in records[1:]:
            Client.objects.create(pk=record.pk, firm=firm, name=f"Client {record.pk}", city="Boise")
        pages = [
            listing(scene.book, "customer", Wanted(sort="city", text=text, page=page))
            for page in (1, 2, 3, 4)
        ]
    keys = [row.key for each in pages for row in each.page]
    assert len(keys) == len(set(keys)) == 151


@pytest.mark.parametrize("sort", ["name", "-name", "email", "-email", "city", "-city"])
def test_going_on_from_row_to_row_shows_what_counting_pages_shows(
    firm: Firm, scene: Scene, sort: str
) -> None:
    with working_for(firm.pk):
        crowd.mirror(scene.book, crowd.customers(130))
        crowd.clients(firm, 90)
        crowd.settle(scene.book, mapped=40, excluded=20)
        # As above: a record and a client of one number, equal in all that one can sort by.
        record = scene.customer("Client n-050", city="Boise")
        Client.objects.filter(pk=record.pk).delete()
        Client.objects.create(pk=record.pk, firm=firm, name="Client n-050", city="Boise")
        counted = [each for page in (1, 2, 3, 4) for each in _keys(scene, sort=sort, page=page)]
        onwards, back = _walk(scene, sort=sort), _walk(scene, sort=sort, is_back=True)
    assert onwards == counted
    assert back == counted


def _keys(scene: Scene, **wanted: Any) -> list[str]:
    return [row.key for row in listing(scene.book, "customer", Wanted(**wanted)).page]


def _walk(scene: Scene, sort: str, *, is_back: bool = False) -> list[str]:
    """Press Next from the first page to the last, or Previous from the last to the second."""
    page: Any = listing(scene.book, "customer", Wanted(sort=sort, page=99 if is_back else 1)).page
    keys = [row.key for row in page]
    while page.has_previous() if is_back else page.has_next():
        number, beside = (page.number - 1, page.before) if is_back else (page.number + 1, page.after)
        wanted = Wanted(sort=sort, page=number, beside=Neighbour.of(str(beside)))
        assert wanted.beside == beside
        page = listing(scene.book, "customer", wanted).page
        found = [row.key for row in page]
        keys = found + keys if is_back else keys + found
    return keys


@pytest.mark.parametrize("sort", ["name", "-name", "email", "-city", "status", "-status"])
def test_what_is_searched_for_is_found_whether_few_rows_hold_it_or_most(
    firm: Firm, scene: Scene, staff: User, monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    with working_for(firm.pk):
        crowd.mirror(scene.book, crowd.customers(130))
        crowd.clients(firm, 90)
        crowd.settle(scene.book, mapped=40, excluded=20)
        renamed, archived = scene.customer("Emma"), scene.customer("Otto")
        for record, name in ((renamed, "Bakery of old"), (archived, "Bakery gone")):
            linking.link(record, scene.client(name).pk, by=staff)
        Client.objects.filter(name="Emma").update(name="Bakery of old")
        Client.objects.filter(name="Otto").update(name="Bakery gone", archived_at=timezone.now())
        for text in ("e", "a o", "bakery", "bakery a", "example.com", "of old", "gone", "zzz", "\u0301"):
            found = []
            for is_common in (False, True):
                monkeypatch.setattr(finding, "_are_common", lambda rows, it=is_common: it)
                first = listing(scene.book, "customer", Wanted(sort=sort, text=text))
                pages = first.page.paginator.page_range
                keys = [key for page in pages for key in _keys(scene, sort=sort, text=text, page=page)]
                found.append((dict(first.counts), keys))
            assert found[0] == found[1], text
            words = search_words(text)
            for record, names in ((renamed, ("emma", "bakery of old")), (archived, ("otto",))):
                holds = any(all(word in name for word in words) for name in names)
                assert (f"customer-{record.pk}" in found[0][1]) == holds, text


def test_next_begins_after_the_last_row_shown_whatever_has_come_before_it(
    scene: Scene, staff_browser: Browser, at: At
) -> None:
    for number in range(60):
        scene.customer(f"Customer {number:02}", city="Boise")
    first = staff_browser.get(at("manage", query="sort=city")).text
    onward = unescape(_link(first, "next"))
    assert "from=after-customers-" in onward
    for number in range(5):
        scene.customer(f"New {number}", city="Alameda")
    second = staff_browser.get(at("manage") + onward).text
    assert "Customer 50" in second
    assert "Customer 49" not in second
    assert _link(second, "prev") == "?sort=city&amp;page=1"


def _link(page: str, rel: str) -> str:
    found = re.search(rf'rel="{rel}" href="([^"]+)"', page)
    assert found
    return found[1]


def test_a_page_beside_a_row_that_is_no_more_is_found_by_its_number(
    scene: Scene, staff_browser: Browser, at: At
) -> None:
    for number in range(60):
        scene.customer(f"Customer {number:02}")
    page = staff_browser.get(at("manage", query="page=2&from=after-mapped-987654321")).text
    assert "Customer 50" in page
    assert "Customer 49" not in page


def test_the_number_of_queries_does_not_grow_with_the_rows(
    firm: Firm,
    scene: Scene,
    staff_browser: Browser,
    at: At,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    with working_for(firm.pk):
        crowd.mirror(scene.book, crowd.customers(200))
        crowd.clients(firm, 200)
        crowd.settle(scene.book, mapped=80, excluded=40)
    staff_browser.get(at("manage"))
    with django_assert_max_num_queries(15):
        staff_browser.get(at("manage"))


def test_htmx_gets_the_rows_alone(three_states: Scene, staff_browser: Browser, at: At) -> None:
    page = staff_browser.get(at("manage"), headers={"HX-Request": "true"})
    assert "<html" not in page.text
    assert 'id="rows"' in page.text
    assert "HX-Request" in page.headers["Vary"]


def test_staff_excludes_a_customer_and_takes_it_back(
    three_states: Scene, staff_browser: Browser, at: At
) -> None:
    """CV-26, CV-43."""
    record = three_states.customer("Kate Whelan")
    page = staff_browser.post(at("record_exclude", record.pk), {"reason": "Personal"}, follow=True)
    assert three_states.now(record).standing == Standing.EXCLUDED
    assert "Excluded Kate Whelan from mapping." in page.text
    undo = page.text.split('action="/f/bright-ledger/quickbooks/manage/undo/')[1].split('"')[0]
    staff_browser.post(f"{at('manage')}undo/{undo}")
    assert three_states.now(record).standing == Standing.UNMAPPED


def test_an_excluded_customer_can_be_included_again(
    three_states: Scene, staff_browser: Browser, at: At
) -> None:
    with working_for(three_states.firm.pk):
        record = customers(three_states.book, "customer", Wanted(shown=Shown.EXCLUDED)).get()
    staff_browser.post(at("record_include", record.pk))
    assert three_states.now(record).standing == Standing.UNMAPPED


def test_a_mapped_customer_is_not_excluded_but_explained(
    three_states: Scene, staff_browser: Browser, at: At
) -> None:
    with working_for(three_states.firm.pk):
        record = Link.objects.get().record
    page = staff_browser.post(at("record_exclude", record.pk), follow=True)
    assert three_states.now(record).standing == Standing.MAPPED
    assert "Somebody else mapped this first." in page.text


def test_a_selection_of_everything_spans_pages_and_filters(
    firm: Firm, scene: Scene, staff_browser: Browser, at: At
) -> None:
    """B-22."""
    with working_for(firm.pk):
        crowd.mirror(scene.book, crowd.customers(120))
    page = staff_browser.post(
        at("manage_selected"),
        {"action": "exclude", "everything": "1", "show": "customers", "q": "bakery"},
        follow=True,
    )
    with working_for(firm.pk):
        counts = counts_of(scene.book, "customer")
        left = customers(scene.book, "customer", Wanted(Shown.CUSTOMERS, text="bakery"))
        assert not left.exists()
    assert 0 < counts[Shown.EXCLUDED] < 120
    assert f"Excluded {counts[Shown.EXCLUDED]} customers from mapping." in page.text


def test_one_client_is_disconnected_and_both_sides_keep_their_values(
    three_states: Scene, staff_browser: Browser, at: At
) -> None:
    """CV-50."""
    with working_for(three_states.firm.pk):
        link = Link.objects.select_related("record").get()
    staff_browser.post(at("client_disconnect", link.local_id))
    assert three_states.now(link.record).standing == Standing.UNMAPPED
    with working_for(three_states.firm.pk):
        client = Client.objects.get(pk=link.local_id)
    assert (client.is_linked, client.email) == (False, "cars@example.com")


def test_a_viewer_looks_but_decides_nothing(three_states: Scene, viewer_browser: Browser, at: At) -> None:
    record = three_states.customer("Kate Whelan")
    page = viewer_browser.get(at("manage")).text
    assert "Map Customers" not in page
    assert "Exclude from mapping" not in page
    for name in ("record_exclude", "record_include", "record_map", "client_disconnect"):
        assert viewer_browser.post(at(name, record.pk)).status_code == 403
    for name in ("map_customers", "map_choose", "map_default", "map_save", "manage_selected"):
        assert viewer_browser.post(at(name)).status_code == 403
    assert three_states.now(record).standing == Standing.UNMAPPED


@pytest.mark.parametrize("name", ["manage", "map_customers", "runs", "map_clients"])
def test_a_stranger_gets_404(scene: Scene, rival: User, signed_in: SignIn, at: At, name: str) -> None:
    assert signed_in(rival).get(at(name)).status_code == 404


def test_another_firms_customer_is_not_found(
    scene: Scene, cast_other: Callable[[], int], staff_browser: Browser, at: At
) -> None:
    theirs = cast_other()
    assert staff_browser.get(at("record_map", theirs)).status_code == 404
    assert staff_browser.post(at("record_exclude", theirs)).status_code == 404


@pytest.fixture
def cast_other(other_firm: Firm) -> Callable[[], int]:
    """Imports a customer of the other firm and returns its key."""

    def imported() -> int:
        from mapping.models import Book, RemoteRecord

        with working_for(other_firm.pk):
            book = Book.objects.create(firm=other_firm, realm_id="99", company_name="Theirs")
            crowd.mirror(book, crowd.customers(1))
            return RemoteRecord.objects.get().pk

    return imported
