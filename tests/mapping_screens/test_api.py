"""The records as JSON: what the declarations promise, page by page, to members only."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from accounts.models import Firm, User
from accounts.tenancy import working_for
from mapping.entities import ENTITIES
from mapping.models import Book
from mapping.services import linking, mirroring
from mapping.spec import Entity
from tests.conftest import SignIn
from tests.mapping_screens.conftest import Scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def see(firm: Firm, viewer_browser: Browser) -> Any:
    def get(path: str = "", status: int = 200, **query: str) -> Any:
        answer = viewer_browser.get(f"/f/{firm.slug}/api/{path}", query)
        assert answer.status_code == status, answer.content
        return answer.json()

    return get


@pytest.mark.parametrize("entity", ENTITIES.values(), ids=ENTITIES)
def test_every_declaration_is_told_and_its_records_are_listed(
    entity: Entity, scene: Scene, firm: Firm, see: Any
) -> None:
    with working_for(firm.pk):
        mirroring.store(scene.book, entity, [{"Id": "7", "SyncToken": "3", **_named(entity, "Some one")}])
    [kind] = [kind for kind in see() if kind["name"] == entity.name]
    assert [field["name"] for field in kind["fields"]] == [field.local for field in entity.fields]
    [record] = see(f"{entity.name}/")["results"]
    assert (record["id"], record["sync_token"], record["standing"]) == ("7", "3", "unmapped")
    assert set(record["in_quickbooks"]) == {field.local for field in entity.fields}
    assert see(f"{entity.name}/7/") == record


def _named(entity: Entity, name: str) -> dict[str, Any]:
    return {entity.title: name, "Name": name, "DisplayName": name}


def test_a_mapped_customer_comes_with_both_sides(scene: Scene, firm: Firm, staff: User, see: Any) -> None:
    record = scene.customer("Amy", email="amy@there.com")
    client = scene.client("Amy", city="Utica")
    with working_for(firm.pk):
        linking.link(record, client.pk, by=staff)
    told = see(f"customer/{record.remote_id}/")
    assert told["standing"] == "mapped"
    assert told["here"]["id"] == client.pk
    assert told["here"]["email"] == told["in_quickbooks"]["email"] == "amy@there.com"


def test_lists_are_narrowed_by_standing_time_and_words(
    scene: Scene, firm: Firm, staff: User, see: Any
) -> None:
    changed: dict[str, Any] = {"MetaData": {"LastUpdatedTime": "2026-05-01T10:00:00-07:00"}}
    for name in ("Amy", "Bob"):
        scene.customer(name)
    cem = scene.customer("Cem", **changed)
    with working_for(firm.pk):
        linking.exclude(cem, by=staff)

    def names(**query: str) -> list[str]:
        return [record["name"] for record in see("customer/", **query)["results"]]

    assert names() == ["Amy", "Bob", "Cem"]
    assert names(standing="excluded") == names(q="cem") == ["Cem"]
    assert names(changed_since="2026-05-01T17:00:00Z") == ["Cem"]
    assert names(changed_since="2026-05-01T17:00:01+00:00") == []


@pytest.mark.parametrize(
    "query", [{"standing": "odd"}, {"changed_since": "yesterday"}, {"changed_since": "2026-05-01"}]
)
def test_nonsense_is_refused_beside_its_name(scene: Scene, see: Any, query: dict[str, str]) -> None:
    assert list(see("customer/", status=400, **query)) == list(query)


def test_pages_follow_each_other_at_the_same_few_queries(scene: Scene, see: Any, firm: Firm) -> None:
    with working_for(firm.pk):
        rows = [{"Id": str(n), "SyncToken": "0", "DisplayName": f"C {n}"} for n in range(250)]
        mirroring.store(scene.book, ENTITIES["customer"], rows)
    ids, asked = [], []
    page: dict[str, Any] = {"next": "customer/"}
    while page["next"]:
        with CaptureQueriesContext(connection) as queries:
            page = see(page["next"].partition("/api/")[2] or page["next"])
        ids += [record["id"] for record in page["results"]]
        asked.append(len(queries))
    assert sorted(ids, key=int) == [str(n) for n in range(250)]
    assert len(asked) == 3
    # The first of a session also notes which firm was opened.
    assert asked[1:] == [5, 5]


def test_what_does_not_exist_is_not_found(scene: Scene, see: Any) -> None:
    see("unicorn/", status=404)
    see("customer/404/", status=404)


def test_without_books_there_is_nothing_and_no_failure(firm: Firm, see: Any) -> None:
    assert see("customer/")["results"] == see("runs/")["results"] == []


def test_what_was_done_is_told_newest_first(scene: Scene, firm: Firm, staff: User, see: Any) -> None:
    record = scene.customer("Amy")
    with working_for(firm.pk):
        linking.link_to_new(record, by=staff)
    assert all(run["state"] for run in see("runs/")["results"])


def test_strangers_see_nothing_and_nobody_writes(
    firm: Firm,
    other_firm: Firm,
    rival: User,
    viewer_browser: Browser,
    signed_in: SignIn,
    client: Browser,
    book: Book,
) -> None:
    path = f"/f/{firm.slug}/api/customer/"
    assert signed_in(rival).get(path).status_code == 404
    assert client.get(path, headers={"accept": "application/json"}).status_code == 401
    assert viewer_browser.post(path, {}).status_code == 405
