"""One customer or client at a time (CV-40..43, CV-48..50)."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client as Browser
from django.utils import timezone

from accounts.models import Client, User
from accounts.tenancy import working_for
from mapping.models import Link, Standing
from mapping.services import linking
from tests.mapping_screens.conftest import Scene

At = Callable[..., str]
ON_MANAGE = {
    "HX-Request": "true",
    "HX-Current-URL": "http://testserver/f/bright-ledger/quickbooks/manage/?q=x",
}
ELSEWHERE = {"HX-Request": "true", "HX-Current-URL": "http://testserver/f/bright-ledger/clients/"}


def test_a_likely_client_is_offered_with_what_speaks_for_it(
    scene: Scene, staff_browser: Browser, at: At
) -> None:
    scene.client("Cool Cars", email="cars@example.com")
    scene.client("Somebody else")
    record = scene.customer("Cool Cars", email="cars@example.com")
    page = staff_browser.get(at("record_map", record.pk)).text
    assert "same name, same e-mail" in page
    assert "Somebody else" not in page


def test_a_client_of_nearly_the_same_name_is_offered_and_not_chosen(
    scene: Scene, staff_browser: Browser, at: At
) -> None:
    """B-2: explained, never guessed."""
    for name in ("Amys Bird Sanctuary", "Sanctuary for Birds", "Amy Adams"):
        scene.client(name)
    archived = scene.client("Amy's Birds Sanctuary")
    with working_for(scene.firm.pk):
        Client.objects.filter(pk=archived.pk).update(archived_at=timezone.now())
    record = scene.customer("Amy's Bird Sanctuary")
    page = staff_browser.get(
        at("record_map", record.pk), headers={"HX-Request": "true", "HX-Target": "candidates"}
    ).text
    assert "nearly the same name" in page
    assert "Amys Bird Sanctuary" in page
    assert "checked" not in page
    for name in ("Sanctuary for Birds", "Amy Adams", "Birds Sanctuary"):
        assert name not in page
    picker = staff_browser.get(at("map_clients"), {"record": record.pk}).json()["results"]
    assert (picker[0]["text"], picker[0]["detail"]) == ("Amys Bird Sanctuary", "Nearly the same name")
    assert [one["detail"] for one in picker[1:]] == ["", ""]


def test_where_one_has_the_very_name_others_like_it_are_left_out(
    scene: Scene, staff_browser: Browser, at: At
) -> None:
    scene.client("Cool Cars")
    scene.client("Cool Cars LLC")
    page = staff_browser.get(at("record_map", scene.customer("Cool Cars").pk)).text
    assert "Cool Cars LLC" not in page


def test_a_client_is_searched_for_and_mapped(scene: Scene, staff_browser: Browser, at: At) -> None:
    """CV-41."""
    client, record = scene.client("Zed Plumbing"), scene.customer("Cool Cars")
    assert "Zed Plumbing" in staff_browser.get(at("record_map", record.pk), {"q": "zed"}).text
    staff_browser.post(at("record_map", record.pk), {"client": str(client.pk)})
    with working_for(scene.firm.pk):
        assert (Link.objects.get().local_id, Link.objects.get().record_id) == (client.pk, record.pk)


def test_a_client_that_does_not_exist_yet_is_created(scene: Scene, staff_browser: Browser, at: At) -> None:
    """CV-42."""
    record = scene.customer("Cool Cars", email="cars@example.com")
    staff_browser.post(at("record_map", record.pk), {"client": "new"})
    with working_for(scene.firm.pk):
        client = Client.objects.get()
    assert (client.name, client.email, client.is_linked) == ("Cool Cars", "cars@example.com", True)


def test_without_a_choice_nothing_happens_and_it_says_so(
    scene: Scene, staff_browser: Browser, at: At
) -> None:
    record = scene.customer("Cool Cars")
    page = staff_browser.post(at("record_map", record.pk), {})
    assert "Choose a client from the list" in page.text
    assert scene.now(record).standing == Standing.UNMAPPED


def test_a_client_taken_meanwhile_is_refused_kindly(
    scene: Scene, staff_browser: Browser, staff: User, at: At
) -> None:
    client = scene.client("Acme")
    first, second = scene.customer("Cool Cars"), scene.customer("Kate Whelan")
    with working_for(scene.firm.pk):
        linking.link(first, client.pk, by=staff)
    page = staff_browser.post(at("record_map", second.pk), {"client": str(client.pk)}).text
    assert "The chosen client is already mapped to another customer." in page
    assert "disconnect that one first" in page


def test_from_the_list_a_decision_closes_the_dialog_and_refreshes_the_rows(
    scene: Scene, staff_browser: Browser, at: At
) -> None:
    record = scene.customer("Cool Cars")
    answer = staff_browser.post(at("record_exclude", record.pk), headers=ON_MANAGE)
    assert "dialog:close" in answer.headers["HX-Trigger"]
    assert "rows:stale" in answer.headers["HX-Trigger"]
    assert "Excluded Cool Cars from mapping." in answer.text


def test_from_elsewhere_a_decision_refreshes_the_page(scene: Scene, staff_browser: Browser, at: At) -> None:
    record = scene.customer("Cool Cars")
    answer = staff_browser.post(at("record_exclude", record.pk), headers=ELSEWHERE)
    assert answer.headers["HX-Refresh"] == "true"


def test_a_decision_leads_back_to_the_list_as_it_was_filtered(
    scene: Scene, staff_browser: Browser, at: At
) -> None:
    record = scene.customer("Cool Cars")
    back = at("manage", query="show=customers&page=2")
    assert staff_browser.post(at("record_exclude", record.pk), {"next": back})["Location"] == back


def test_nobody_is_sent_to_another_site(scene: Scene, staff_browser: Browser, at: At) -> None:
    record = scene.customer("Cool Cars")
    answer = staff_browser.post(at("record_exclude", record.pk), {"next": "https://elsewhere.example/"})
    assert answer["Location"] == at("manage")


def test_a_clients_customer_is_searched_for_and_mapped(scene: Scene, staff_browser: Browser, at: At) -> None:
    """CV-41, CV-49."""
    client, record = scene.client("Zed Plumbing"), scene.customer("Cool Cars", city="Bayshore")
    page = staff_browser.get(at("client_map", client.pk), {"q": "bayshore"}).text
    assert "Cool Cars" in page
    staff_browser.post(at("client_map", client.pk), {"record": str(record.pk)})
    assert scene.now(record).standing == Standing.MAPPED
    assert scene.now(client).name == "Cool Cars"


def test_a_viewer_sees_a_customer_but_no_forms(scene: Scene, viewer_browser: Browser, at: At) -> None:
    record = scene.customer("Cool Cars")
    page = viewer_browser.get(at("record_map", record.pk)).text
    assert "Cool Cars" in page
    assert "Map to this client" not in page
