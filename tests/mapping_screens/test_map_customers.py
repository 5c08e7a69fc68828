"""Map Customers (N): the bulk modal (CV-29..39, JP-8..12, B-22)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client as Browser
from pytest_django import DjangoAssertNumQueries

from accounts.models import Client, Firm, User
from accounts.tenancy import working_for
from mapping.models import Choice, Draft, DraftChoice, Exclusion, Link, RemoteRecord, Run, Standing
from mapping.services import linking
from tests.conftest import SignIn
from tests.mapping_screens import crowd
from tests.mapping_screens.conftest import Scene

At = Callable[..., str]
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/f/bright-ledger/quickbooks/manage/"}


def chosen(page: str, record: RemoteRecord) -> str:
    """Return the value a row's picker shows."""
    select = page.split(f'id="choice-{record.pk}"')[1].split("</select>")[0]
    option = next(part for part in select.split("<option ") if " selected" in part)
    return option.split('value="')[1].split('"')[0]


def test_the_button_carries_the_number_and_opens_every_unmapped_customer(
    scene: Scene, staff_browser: Browser, at: At
) -> None:
    """CV-29, CV-30."""
    scene.client("Somebody")
    records = [scene.customer("Cool Cars", city="Half Moon Bay"), scene.customer("Kate Whelan")]
    assert "Map Customers (2)" in staff_browser.get(at("manage")).text
    page = staff_browser.get(at("map_customers")).text
    assert "Half Moon Bay" in page
    assert [chosen(page, record) for record in records] == ["later", "later"]


def test_in_the_modal_only_its_content_is_sent(scene: Scene, staff_browser: Browser, at: At) -> None:
    scene.customer("Cool Cars")
    page = staff_browser.get(at("map_customers"), headers=HTMX)
    assert "<html" not in page.text
    assert 'id="dialog-title"' in page.text


def test_an_exact_name_match_is_preselected_and_says_so(scene: Scene, staff_browser: Browser, at: At) -> None:
    """CV-32."""
    record, client = scene.customer("Cool Cars"), scene.client("cool  cars")
    page = staff_browser.get(at("map_customers")).text
    assert chosen(page, record) == f"client:{client.pk}"
    assert "Exact match" in page


def test_two_clients_of_one_name_are_offered_and_none_is_taken(
    scene: Scene, staff_browser: Browser, at: At
) -> None:
    record = scene.customer("John Brown")
    ones = [scene.client("John Brown", city="Erie"), scene.client("John Brown", city="Boise")]
    page = staff_browser.get(at("map_customers")).text
    assert chosen(page, record) == "later"
    assert "2 clients have this name" in page
    assert all(f'value="client:{one.pk}"' in page for one in ones)


def test_with_no_clients_every_row_starts_as_a_new_client(
    scene: Scene, staff_browser: Browser, at: At
) -> None:
    """JP-10."""
    record = scene.customer("Cool Cars")
    assert chosen(staff_browser.get(at("map_customers")).text, record) == "new"


def test_a_picker_finds_clients_by_name_email_and_city_free_ones_first(
    scene: Scene, staff_browser: Browser, at: At, staff: User
) -> None:
    """CV-31, CV-33."""
    taken, free = scene.client("Zed Abbot", city="Boise"), scene.client("Zed Young", email="zy@example.com")
    scene.client("Somebody else")
    record = scene.customer("Zed Abbot")
    with working_for(scene.firm.pk):
        linking.link(record, taken.pk, by=staff)

    def found(text: str) -> list[str]:
        return [each["value"] for each in staff_browser.get(at("map_clients"), {"q": text}).json()["results"]]

    assert found("zed") == [f"client:{free.pk}", f"client:{taken.pk}"]
    assert found("zy@exam") == [f"client:{free.pk}"]
    assert found("boise") == [f"client:{taken.pk}"]
    assert found("nobody") == []


def test_a_picker_never_sends_more_than_twenty(
    firm: Firm, scene: Scene, staff_browser: Browser, at: At
) -> None:
    with working_for(firm.pk):
        crowd.clients(firm, 60)
    assert len(staff_browser.get(at("map_clients")).json()["results"]) == 20


def test_a_choice_survives_paging_reload_and_another_tab(
    firm: Firm, scene: Scene, staff_browser: Browser, staff: User, signed_in: SignIn, at: At
) -> None:
    """B-22, JP-11."""
    with working_for(firm.pk):
        crowd.mirror(scene.book, crowd.customers(70))
        crowd.clients(firm, 3)
        record = RemoteRecord.objects.order_by("name_key", "pk").first()
    assert record
    staff_browser.get(at("map_customers"))
    staff_browser.post(at("map_choose"), {f"choice-{record.pk}": "exclude"}, headers=HTMX)
    assert record.name not in staff_browser.get(at("map_customers", query="page=2")).text
    other_tab = signed_in(staff).get(at("map_customers")).text
    assert chosen(other_tab, record) == "exclude"
    assert "exclude <b>1</b>" in other_tab


def test_one_persons_choices_are_not_anothers(
    scene: Scene, staff_browser: Browser, admin: User, signed_in: SignIn, at: At
) -> None:
    scene.client("Somebody")
    record = scene.customer("Cool Cars")
    staff_browser.post(at("map_choose"), {f"choice-{record.pk}": "exclude"}, headers=HTMX)
    assert chosen(signed_in(admin).get(at("map_customers")).text, record) == "later"


def test_choosing_answers_with_the_live_summary(scene: Scene, staff_browser: Browser, at: At) -> None:
    client = scene.client("Somebody")
    record = scene.customer("Cool Cars")
    page = staff_browser.post(at("map_choose"), {f"choice-{record.pk}": f"client:{client.pk}"}, headers=HTMX)
    assert "Map <b>1</b>" in page.text
    assert "Map 1 customer<" in page.text
    assert f'id="note-{record.pk}"' in page.text


def test_without_javascript_a_page_is_kept_and_only_what_was_changed_is_a_choice(
    scene: Scene, staff_browser: Browser, at: At
) -> None:
    client = scene.client("Cool Cars")
    matched, other = scene.customer("Cool Cars"), scene.customer("Kate Whelan")
    posted = {
        f"choice-{matched.pk}": f"client:{client.pk}",
        f"choice-{other.pk}": "new",
        "next": at("map_customers"),
    }
    staff_browser.post(at("map_choose"), posted)
    with working_for(scene.firm.pk):
        assert [own.record_id for own in DraftChoice.objects.all()] == [other.pk]


@pytest.mark.parametrize("value", ["existing", "client:", "client:x", "nonsense", ""])
def test_a_choice_no_picker_offers_is_refused(
    scene: Scene, staff_browser: Browser, at: At, value: str
) -> None:
    record = scene.customer("Cool Cars")
    assert staff_browser.post(at("map_choose"), {f"choice-{record.pk}": value}).status_code == 400


def test_another_firms_client_cannot_be_chosen(
    scene: Scene, other_firm: Firm, staff_browser: Browser, at: At
) -> None:
    with working_for(other_firm.pk):
        (theirs,) = crowd.clients(other_firm, 1)
    scene.client("Somebody")
    record = scene.customer("Cool Cars")
    staff_browser.post(at("map_choose"), {f"choice-{record.pk}": f"client:{theirs}"}, headers=HTMX)
    with working_for(scene.firm.pk):
        assert not DraftChoice.objects.exists()


def test_the_default_leaves_exact_matches_alone_and_says_how_many(
    scene: Scene, staff_browser: Browser, at: At
) -> None:
    """CV-36, CV-37."""
    client = scene.client("Cool Cars")
    matched, others = scene.customer("Cool Cars"), [scene.customer(f"Other {n}") for n in range(3)]
    page = staff_browser.post(at("map_default"), {"default": "exclude"}, headers=HTMX).text
    assert "Applied to 3 customers. 1 exact match was left alone." in page
    assert chosen(page, matched) == f"client:{client.pk}"
    assert {chosen(page, other) for other in others} == {"exclude"}


def test_an_exact_match_excluded_by_hand_stays_excluded_whatever_the_default(
    scene: Scene, staff_browser: Browser, at: At
) -> None:
    """CV-37: the default does not touch it, and it would be mapped after all."""
    scene.client("Cool Cars")
    matched, others = scene.customer("Cool Cars"), [scene.customer(f"Other {n}") for n in range(2)]
    for record in (matched, others[0]):
        staff_browser.post(at("map_choose"), {f"choice-{record.pk}": "exclude"}, headers=HTMX)
    page = staff_browser.post(at("map_default"), {"default": "new"}, headers=HTMX).text
    assert "Applied to 2 customers. 1 choice made by hand is kept." in page
    assert [chosen(page, record) for record in (matched, *others)] == ["exclude", "new", "new"]


def test_before_the_first_import_it_says_that_nothing_is_there_yet(
    scene: Scene, staff_browser: Browser, at: At
) -> None:
    assert "Nothing is imported yet" in staff_browser.get(at("map_customers")).text
    assert "Import customers" in staff_browser.get(at("manage")).text
    scene.customer("Cool Cars")
    assert "Import again" in staff_browser.get(at("manage")).text


def test_an_existing_client_is_no_default(scene: Scene, staff_browser: Browser, at: At) -> None:
    assert staff_browser.post(at("map_default"), {"default": "existing"}).status_code == 400


@pytest.mark.parametrize(
    ("part", "names"),
    [
        ("all", {"Cool Cars", "Kate", "Liz"}),
        ("undecided", {"Liz"}),
        ("exact", {"Cool Cars"}),
        ("chosen", {"Kate"}),
    ],
)
def test_filters_show_what_they_say(
    scene: Scene, staff_browser: Browser, at: At, part: str, names: set[str]
) -> None:
    scene.client("Cool Cars")
    scene.customer("Cool Cars")
    kate = scene.customer("Kate")
    scene.customer("Liz")
    staff_browser.post(at("map_choose"), {f"choice-{kate.pk}": "new"}, headers=HTMX)
    page = staff_browser.get(at("map_customers", query=f"show={part}")).text
    rows = page.split("<tbody>")[1].split("</tbody>")[0]
    assert {name for name in ("Cool Cars", "Kate", "Liz") if f"Client for {name}" in rows} == names


@pytest.mark.parametrize(
    ("part", "names"),
    [("all", {"Cool Cars", "Cool Kate"}), ("undecided", {"Cool Kate"}), ("exact", {"Cool Cars"})],
)
def test_a_search_stays_within_the_filter(
    scene: Scene, staff_browser: Browser, at: At, part: str, names: set[str]
) -> None:
    scene.client("Cool Cars")
    for name in ("Cool Cars", "Cool Kate", "Liz"):
        scene.customer(name)
    page = staff_browser.get(at("map_customers", query=f"show={part}&q=cool")).text
    rows = page.split("<tbody>")[1].split("</tbody>")[0]
    assert {name for name in ("Cool Cars", "Cool Kate", "Liz") if f"Client for {name}" in rows} == names


def test_the_pages_hold_every_customer_once_and_in_order(
    firm: Firm, scene: Scene, staff_browser: Browser, at: At
) -> None:
    with working_for(firm.pk):
        crowd.mirror(scene.book, crowd.customers(230))
        expected = list(RemoteRecord.objects.order_by("name_key", "pk").values_list("pk", flat=True))
    shown: list[int] = []
    for number in range(1, 6):
        page = staff_browser.get(at("map_customers", query=f"page={number}")).text
        shown += [int(part.split('"')[0]) for part in page.split('<select name="choice-')[1:]]
    assert shown == expected


def test_saving_is_off_and_says_why_while_nothing_is_decided(
    scene: Scene, staff_browser: Browser, at: At
) -> None:
    scene.client("Somebody")
    scene.customer("Cool Cars")
    assert "Choose for at least one customer to save." in staff_browser.get(at("map_customers")).text
    staff_browser.post(at("map_save"))
    with working_for(scene.firm.pk):
        assert not Run.objects.exists()


def test_one_save_carries_out_the_choices_of_all_pages(
    firm: Firm, scene: Scene, staff_browser: Browser, at: At
) -> None:
    """CV-34, CV-35, JP-12."""
    with working_for(firm.pk):
        crowd.mirror(scene.book, crowd.customers(120))
        first, *_, last = RemoteRecord.objects.order_by("name_key", "pk")
    staff_browser.post(at("map_default"), {"default": "new"}, headers=HTMX)
    staff_browser.post(at("map_choose"), {f"choice-{first.pk}": "exclude"}, headers=HTMX)
    staff_browser.post(at("map_choose"), {f"choice-{last.pk}": "later"}, headers=HTMX)
    page = staff_browser.post(at("map_save"), headers=HTMX)
    assert 'id="run"' in page.text
    scene.carry_out()
    with working_for(firm.pk):
        assert Client.objects.count() == 118
        assert Exclusion.objects.get().record_id == first.pk
        assert RemoteRecord.objects.get(pk=last.pk).standing == Standing.UNMAPPED
    assert "Map Customers (1)" in staff_browser.get(at("manage")).text


def test_mapping_overwrites_and_the_preview_says_what(scene: Scene, staff_browser: Browser, at: At) -> None:
    """CV-38, CV-39."""
    client = scene.client("Cool Cars", email="old@example.com", city="Erie")
    record = scene.customer("Cool Cars", email="new@example.com")
    preview = staff_browser.get(at("record_preview", record.pk, f"client={client.pk}")).text
    assert "<del>old@example.com</del>" in preview
    assert "<ins>new@example.com</ins>" in preview
    assert "Erie" not in preview, "QuickBooks says nothing of a city, so ours stays"
    assert "overwrite yours in 1 client" in staff_browser.get(at("map_customers")).text
    staff_browser.post(at("map_save"))
    scene.carry_out()
    client = scene.now(client)
    assert (client.email, client.city) == ("new@example.com", "Erie")


def test_a_chosen_client_that_was_archived_meanwhile_is_said_kindly(
    scene: Scene, staff_browser: Browser, at: At
) -> None:
    client, record = scene.client("Acme"), scene.customer("Cool Cars")
    staff_browser.post(at("map_choose"), {f"choice-{record.pk}": f"client:{client.pk}"}, headers=HTMX)
    with working_for(scene.firm.pk):
        from django.utils import timezone

        Client.objects.update(archived_at=timezone.now())
    assert "Acme has been archived" in staff_browser.get(at("map_customers")).text


def test_one_client_chosen_for_two_customers_is_said_at_once(
    scene: Scene, staff_browser: Browser, at: At
) -> None:
    client = scene.client("Cool Cars")
    scene.customer("Cool Cars")
    other = scene.customer("Kate Whelan")
    page = staff_browser.post(at("map_choose"), {f"choice-{other.pk}": f"client:{client.pk}"}, headers=HTMX)
    assert "Also the choice for another customer." in page.text


def test_two_people_claiming_one_client_get_a_kind_refusal(
    scene: Scene, staff_browser: Browser, admin: User, signed_in: SignIn, at: At
) -> None:
    client = scene.client("Acme")
    mine, theirs = scene.customer("Cool Cars"), scene.customer("Acme Inc.")
    staff_browser.post(at("map_choose"), {f"choice-{mine.pk}": f"client:{client.pk}"}, headers=HTMX)
    signed_in(admin).post(at("record_map", theirs.pk), {"client": str(client.pk)})
    assert "is already mapped to another customer" in staff_browser.get(at("map_customers")).text
    staff_browser.post(at("map_save"))
    run = scene.carry_out()
    page = staff_browser.get(at("run", run.pk)).text
    assert "The chosen client is already mapped to another customer." in page
    assert "Choose another client, or disconnect that one first." in page
    with working_for(scene.firm.pk):
        assert Link.objects.get().record_id == theirs.pk


def test_the_number_of_queries_does_not_grow_with_the_rows(
    firm: Firm,
    scene: Scene,
    staff_browser: Browser,
    at: At,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    with working_for(firm.pk):
        crowd.mirror(scene.book, crowd.customers(120))
        crowd.clients(firm, 120)
    staff_browser.get(at("map_customers"))
    with django_assert_max_num_queries(24):
        staff_browser.get(at("map_customers"))


def test_a_draft_belongs_to_its_person_until_saved(scene: Scene, staff_browser: Browser, at: At) -> None:
    scene.client("Somebody")
    scene.customer("Cool Cars")
    staff_browser.post(at("map_default"), {"default": "new"}, headers=HTMX)
    staff_browser.post(at("map_save"))
    staff_browser.get(at("map_customers"))
    with working_for(scene.firm.pk):
        assert [draft.run_id is None for draft in Draft.objects.order_by("pk")] == [False, True]
        assert Draft.objects.get(run=None).default == Choice.LATER
