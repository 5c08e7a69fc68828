"""Finding one's way in the client list, however long it is."""

from __future__ import annotations

import csv
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.safestring import SafeString
from pytest_django import DjangoAssertNumQueries

from accounts import slots
from accounts.http import FirmRequest
from accounts.listing import PAGE_SIZE
from accounts.models import Client
from accounts.services.bulk_clients import create_clients
from accounts.tenancy import NoFirmChosen, across_firms, working_for
from tests.accounts.clients import a_client
from tests.cast import Cast
from tests.conftest import SignIn

HTMX = {"HX-Request": "true"}


@pytest.fixture
def visitor(cast: Cast, signed_in: SignIn) -> Browser:
    return signed_in(cast.staff)


@pytest.fixture
def shown(cast: Cast, visitor: Browser) -> Callable[[str], list[str]]:
    """``shown("?q=bird")`` gives the names on the page, in order."""

    def names(query: str = "") -> list[str]:
        answer = visitor.get(f"/f/{cast.firm.slug}/clients/{query}")
        assert answer.status_code == 200
        return [client.name for client in answer.context["page"].object_list]

    return names


Shown = Callable[[str], list[str]]


@pytest.fixture
def several(cast: Cast) -> None:
    a_client(cast.firm, "amy's Bird Sanctuary", email="b@x.com", city="Bayshore", company_name="Zebra")
    a_client(cast.firm, "Bill's Windsurf Shop", city="arlington", kind="person")
    a_client(cast.firm, "Émile Café", email="a@x.com", company_name="alpha", is_marketable=True)
    a_client(cast.firm, "Zoo", email="c@x.com", archived_at=timezone.now())
    a_client(cast.other_firm, "Not ours", email="d@x.com")


@pytest.fixture
def many(cast: Cast) -> None:
    with working_for(cast.firm.pk):
        rows = [{"name": f"C{n:04}", "email": f"{n:04}@x.com" if n % 2 else ""} for n in range(120)]
        create_clients(cast.firm.pk, rows)


SHOWN = {
    "": "amy Bill Émile",
    "?sort=-name": "Émile Bill amy",
    "?sort=company_name": "Émile amy Bill",
    "?sort=-company_name": "amy Émile Bill",
    "?sort=email": "Émile amy Bill",
    "?sort=-email": "amy Émile Bill",
    "?sort=city": "Bill amy Émile",
    "?sort=-city": "amy Bill Émile",
    "?sort=updated_at": "amy Bill Émile",
    "?sort=-updated_at": "Émile Bill amy",
    "?q=x.com&sort=-email": "amy Émile",
    "?q=i&sort=email": "Émile amy Bill",
    "?show=archived": "Zoo",
    "?kind=person": "Bill",
    "?kind=organisation": "amy Émile",
    "?email=with": "amy Émile",
    "?email=without": "Bill",
    "?marketable=yes": "Émile",
    "?marketable=no": "amy Bill",
    "?email=with&marketable=no": "amy",
    "?q=BIRD+bay": "amy",
    "?q=a@x": "Émile",
    "?q=ÉMILE": "Émile",
    "?q=%25": "",
    "?q=_": "",
    "?q=zoo": "",
    "?q=zoo&show=archived": "Zoo",
    "?sort=nonsense&page=x&kind=1&show=yes&q=%00": "amy Bill Émile",
    "?page=99999999999999999999": "amy Bill Émile",
    "?page=7": "amy Bill Émile",
}


@pytest.mark.usefixtures("several")
def test_the_address_says_what_is_shown(shown: Shown) -> None:
    def told(query: str) -> str:
        return " ".join(name.split()[0].removesuffix("'s") for name in shown(query))

    assert {query: told(query) for query in SHOWN} == SHOWN


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(("search", "few"), [("", 0), ("&q=c0", 2_000), ("&q=c0", 100)])
def test_pages_hold_every_client_once(
    shown: Shown, monkeypatch: pytest.MonkeyPatch, search: str, few: int
) -> None:
    monkeypatch.setattr("accounts.paging.FEW", few)
    for sort in ("name", "-name", "email", "-email", "city", "updated_at", "-updated_at"):
        pages = [shown(f"?sort={sort}&page={page}{search}") for page in (1, 2, 3)]
        assert [len(page) for page in pages] == [PAGE_SIZE, PAGE_SIZE, 20], sort
        assert len({name for page in pages for name in page}) == 120, sort


@pytest.mark.usefixtures("many")
def test_those_without_a_value_come_last_across_pages(shown: Shown) -> None:
    forth = shown("?sort=email") + shown("?sort=email&page=2")
    back = shown("?sort=-email") + shown("?sort=-email&page=2")
    assert forth[:60] == [f"C{n:04}" for n in range(1, 120, 2)]
    assert back[:60] == forth[:60][::-1]
    assert forth[60:62] == back[60:62] == ["C0000", "C0002"]


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("query", ["?page=9", "?page=9&q=c0"])
def test_past_the_end_is_the_last_page(shown: Shown, query: str) -> None:
    assert shown(query) == [f"C{n:04}" for n in range(100, 120)]


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(
    "query", ["", "?page=2", "?sort=-email", "?sort=email&page=2", "?q=c00", "?q=c0&page=2&sort=-email"]
)
def test_no_page_needs_more_than_a_handful_of_queries(
    cast: Cast,
    visitor: Browser,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    query: str,
) -> None:
    visitor.get(f"/f/{cast.firm.slug}/clients/")
    monkeypatch.setattr(slots, "_fillers", [])
    with django_assert_max_num_queries(12):
        visitor.get(f"/f/{cast.firm.slug}/clients/{query}")
    with django_assert_max_num_queries(8):
        visitor.get(f"/f/{cast.firm.slug}/clients/{query}", headers=HTMX)


@pytest.mark.usefixtures("several")
def test_a_live_search_brings_only_the_rows_and_the_address_to_show(cast: Cast, visitor: Browser) -> None:
    answer = visitor.get(f"/f/{cast.firm.slug}/clients/?q=bird&kind=&sort=name", headers=HTMX)
    text = answer.content.decode()
    assert "<html" not in text
    assert 'id="rows"' in text
    assert "1 client found" in text
    assert answer["HX-Push-Url"] == f"/f/{cast.firm.slug}/clients/?q=bird"
    assert "HX-Request" in answer["Vary"]


@pytest.mark.usefixtures("several")
def test_the_numbers_on_the_tabs_come_once_a_search_is_cleared(cast: Cast, visitor: Browser) -> None:
    """And not before: a search asks for nothing but itself."""
    address = f"/f/{cast.firm.slug}/clients/"
    assert 'id="count-current"></span>' in visitor.get(f"{address}?q=bird").text
    with CaptureQueriesContext(connection) as asked:
        searched = visitor.get(f"{address}?q=bird", headers=HTMX).text
    assert "count-current" not in searched
    assert not [query for query in asked if "COUNT(" in query["sql"]]
    cleared = visitor.get(address, headers=HTMX).text
    assert '<span class="count" id="count-current" hx-swap-oob="innerHTML">3</span>' in cleared
    assert '<span class="count" id="count-archived" hx-swap-oob="innerHTML">1</span>' in cleared
    assert visitor.get(address).text.count('id="count-current"') == 1


def test_going_back_in_the_browser_brings_the_whole_page(cast: Cast, visitor: Browser) -> None:
    headers = HTMX | {"HX-History-Restore-Request": "true"}
    assert "<html" in visitor.get(f"/f/{cast.firm.slug}/clients/", headers=headers).content.decode()


def test_an_empty_list_says_what_to_do_next(cast: Cast, visitor: Browser, signed_in: SignIn) -> None:
    assert "Add client" in visitor.get(f"/f/{cast.firm.slug}/clients/").content.decode()
    assert "Add client" not in signed_in(cast.viewer).get(f"/f/{cast.firm.slug}/clients/").content.decode()


class Filler(slots.ClientSlots):
    """Fills every slot and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def _say(self, name: str) -> SafeString:
        self.asked.append(name)
        return SafeString(f"<i>{name}-here</i>")

    def list_banner(self, request: FirmRequest) -> SafeString:
        return self._say("banner")

    def list_actions(self, request: FirmRequest) -> SafeString:
        return self._say("actions")

    def column_title(self, request: FirmRequest) -> str:
        self.asked.append("title")
        return "Extra"

    def cells(self, request: FirmRequest, clients: Any) -> dict[int, SafeString]:
        self.asked.append("cells")
        return {client.pk: SafeString(f"<i>cell-{client.pk}</i>") for client in clients}

    def record_panel(self, request: FirmRequest, client: Client) -> SafeString:
        return self._say("panel")

    def record_timeline(self, request: FirmRequest, client: Client) -> SafeString:
        return self._say("timeline")

    def home_panel(self, request: FirmRequest) -> SafeString:
        return self._say("home")


@pytest.fixture
def filler(monkeypatch: pytest.MonkeyPatch) -> Filler:
    filler = Filler()
    monkeypatch.setattr(slots, "_fillers", [filler])
    return filler


@pytest.mark.usefixtures("many")
def test_the_lists_slots_are_asked_once_a_page(cast: Cast, visitor: Browser, filler: Filler) -> None:
    text = visitor.get(f"/f/{cast.firm.slug}/clients/").content.decode()
    assert sorted(filler.asked) == ["actions", "banner", "cells", "title"]
    assert text.count("<i>cell-") == PAGE_SIZE
    assert "<i>banner-here</i>" in text
    assert "<i>actions-here</i>" in text
    assert ">Extra<" in text


def test_the_records_and_homes_slots_are_asked_once(cast: Cast, visitor: Browser, filler: Filler) -> None:
    client = a_client(cast.firm)
    assert "<i>panel-here</i>" in visitor.get(f"/f/{cast.firm.slug}/clients/{client.pk}/").content.decode()
    assert "<i>home-here</i>" in visitor.get(f"/f/{cast.firm.slug}/").content.decode()
    assert sorted(filler.asked) == ["home", "panel", "timeline"]


class TestTheFile:
    def rows(self, answer: Any) -> list[list[str]]:
        text = b"".join(answer.streaming_content).decode("utf-8-sig")
        return list(csv.reader(StringIO(text)))

    @pytest.mark.usefixtures("several")
    def test_it_holds_what_the_list_shows_in_its_order(self, cast: Cast, visitor: Browser) -> None:
        answer = visitor.get(f"/f/{cast.firm.slug}/clients/clients.csv?sort=-name&email=with")
        head, *rows = self.rows(answer)
        assert head[:3] == ["Name", "Kind", "Company name"]
        assert [row[0] for row in rows] == ["Émile Café", "amy's Bird Sanctuary"]
        assert "attachment" in answer["Content-Disposition"]

    @pytest.mark.usefixtures("many")
    def test_it_holds_all_pages(self, cast: Cast, visitor: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("accounts.views.client_lists._ROWS_PER_CHUNK", 50)
        assert len(self.rows(visitor.get(f"/f/{cast.firm.slug}/clients/clients.csv?page=2"))) == 121

    @pytest.mark.usefixtures("many")
    def test_between_its_chunks_nobody_stands_in_the_firm(self, cast: Cast, visitor: Browser) -> None:
        answer: Any = visitor.get(f"/f/{cast.firm.slug}/clients/clients.csv")
        for _ in answer.streaming_content:
            with pytest.raises(NoFirmChosen):
                Client.objects.count()

    def test_formulas_are_only_text(self, cast: Cast, visitor: Browser) -> None:
        a_client(cast.firm, "=HYPERLINK(1)", phone="+1 555", notes="@x")
        _, row = self.rows(visitor.get(f"/f/{cast.firm.slug}/clients/clients.csv"))
        assert (row[0], row[7], row[14]) == ("'=HYPERLINK(1)", "'+1 555", "'@x")


class TestManyAtOnce:
    def post(self, cast: Cast, visitor: Browser, action: str, query: str = "", **data: Any) -> Any:
        answer = visitor.post(
            f"/f/{cast.firm.slug}/clients/bulk/{query}", {"action": action, **data}, follow=True
        )
        assert answer.status_code == 200
        return answer

    def names(self, **wanted: Any) -> list[str]:
        with across_firms(reason="looking at both firms"):
            return sorted(Client.objects.filter(**wanted).values_list("name", flat=True))

    @pytest.mark.usefixtures("many")
    def test_the_ticked_are_archived_and_undo_brings_them_back(self, cast: Cast, visitor: Browser) -> None:
        with working_for(cast.firm.pk):
            ids = list(Client.objects.order_by("name").values_list("id", flat=True)[:3])
        answer = self.post(cast, visitor, "archive", client=ids)
        assert self.names(archived_at__isnull=False) == ["C0000", "C0001", "C0002"]
        [message] = answer.context["messages"]
        assert str(message) == "3 clients archived."
        undone = visitor.post(message.extra_tags.removeprefix("undo="), follow=True)
        assert "3 clients back among the current." in undone.content.decode()
        assert self.names(archived_at__isnull=False) == []

    @pytest.mark.usefixtures("many")
    def test_everything_means_all_pages_of_what_is_shown(self, cast: Cast, visitor: Browser) -> None:
        self.post(cast, visitor, "archive", "?email=with&page=2", everything="yes")
        assert len(self.names(archived_at__isnull=False)) == 60
        self.post(cast, visitor, "restore", "?show=archived&q=c000", everything="yes")
        assert len(self.names(archived_at__isnull=False)) == 55

    @pytest.mark.usefixtures("several")
    def test_undo_leaves_those_alone_that_somebody_changed_since(self, cast: Cast, visitor: Browser) -> None:
        answer = self.post(cast, visitor, "market", everything="yes")
        [message] = answer.context["messages"]
        assert self.names(is_marketable=True) == [
            "Bill's Windsurf Shop",
            "amy's Bird Sanctuary",
            "Émile Café",
        ]
        with working_for(cast.firm.pk):
            Client.objects.filter(name__startswith="Bill").update(updated_at=timezone.now())
        visitor.post(message.extra_tags.removeprefix("undo="))
        assert self.names(is_marketable=True) == ["Bill's Windsurf Shop", "Émile Café"]

    @pytest.mark.usefixtures("several")
    def test_another_firms_clients_are_not_among_everything(self, cast: Cast, visitor: Browser) -> None:
        theirs = a_client(cast.other_firm, "Theirs")
        self.post(cast, visitor, "archive", everything="yes")
        self.post(cast, visitor, "archive", client=[theirs.pk])
        assert "Theirs" not in self.names(archived_at__isnull=False)

    def test_what_changes_nothing_says_so(self, cast: Cast, visitor: Browser) -> None:
        [message] = self.post(cast, visitor, "archive", client=["1", "x", "²"]).context["messages"]
        assert "Nothing to change" in str(message)

    def test_an_unknown_action_is_not_there(self, cast: Cast, visitor: Browser) -> None:
        assert visitor.post(f"/f/{cast.firm.slug}/clients/bulk/", {"action": "shred"}).status_code == 404

    @pytest.mark.parametrize(
        "query", ["", "?action=archive&moment=2026-13-45", "?action=x&moment=2026-11-01T10:00Z"]
    )
    def test_an_undo_of_nothing_is_not_there(self, cast: Cast, visitor: Browser, query: str) -> None:
        assert visitor.post(f"/f/{cast.firm.slug}/clients/undo/{query}").status_code == 404


class TestThePalette:
    def texts(self, cast: Cast, visitor: Browser, q: str) -> list[str]:
        answer = visitor.get(f"/f/{cast.firm.slug}/palette.json", {"q": q})
        return [result["text"] for result in answer.json()["results"]]

    @pytest.mark.usefixtures("several")
    def test_names_that_begin_so_come_before_those_that_hold_it(self, cast: Cast, visitor: Browser) -> None:
        a_client(cast.firm, "Shop of Bill")
        assert self.texts(cast, visitor, "bill") == ["Bill's Windsurf Shop", "Shop of Bill"]
        assert self.texts(cast, visitor, "emile") == ["Émile Café"]
        assert self.texts(cast, visitor, "shop wind") == ["Bill's Windsurf Shop"]

    @pytest.mark.usefixtures("several")
    @pytest.mark.parametrize("q", ["zoo", "not ours", "", "\0", "%"])
    def test_what_is_archived_elsewhere_or_nonsense_is_not_offered(
        self, cast: Cast, visitor: Browser, q: str
    ) -> None:
        assert self.texts(cast, visitor, q) == []

    @pytest.mark.usefixtures("many")
    def test_it_offers_ten_and_where_they_lead(self, cast: Cast, visitor: Browser) -> None:
        results = visitor.get(f"/f/{cast.firm.slug}/palette.json?q=c").json()["results"]
        assert [result["text"] for result in results] == [f"C{n:04}" for n in range(10)]
        assert visitor.get(results[0]["url"]).context["client"].name == "C0000"
