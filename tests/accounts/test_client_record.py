"""Adding, reading, changing, archiving and restoring one client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import Client
from accounts.services.clients import save_client
from accounts.signals import rows_archived, rows_changed, rows_restored
from accounts.tenancy import working_for
from tests.accounts.clients import a_client
from tests.cast import Cast
from tests.conftest import SignIn

FILLED = {
    "name": "Amy's  Bird Sanctuary ",
    "kind": "person",
    "company_name": "Birds Inc.",
    "first_name": "Amy",
    "middle_name": "J.",
    "last_name": "Lauterbach",
    "email": "amy@birds.com; office@birds.com",
    "phone": "(650) 555-3311",
    "address": "4581 Finch St.",
    "address_2": "Suite 2",
    "city": "Bayshore",
    "state": "CA",
    "zip": "94326",
    "country": "USA",
    "notes": "Pays late.\r\nPrefers mail.",
}


class Heard(list[dict[str, Any]]):
    def __call__(self, **words: Any) -> None:
        self.append(words)


@pytest.fixture
def heard() -> Iterator[Heard]:
    """What was announced about clients."""
    heard = Heard()
    for signal in (rows_changed, rows_archived, rows_restored):
        signal.connect(heard, weak=False)
    yield heard
    for signal in (rows_changed, rows_archived, rows_restored):
        signal.disconnect(heard)


@pytest.fixture
def visitor(cast: Cast, signed_in: SignIn) -> Browser:
    return signed_in(cast.staff)


def post(cast: Cast, visitor: Browser, path: str, **data: Any) -> Any:
    return visitor.post(f"/f/{cast.firm.slug}/clients/{path}", data)


def as_shown(client: Client, **changes: Any) -> dict[str, Any]:
    """The edit form as the browser sends it: each field, and what it held when the page was made."""
    held = {name: getattr(client, name) for name in [*FILLED, "is_marketable"]}
    sent = {
        name: "on" if value is True else value
        for name, value in (held | changes).items()
        if value is not False
    }
    return sent | {f"initial-{name}": value for name, value in held.items()}


def only_client(cast: Cast) -> Client:
    with working_for(cast.firm.pk):
        return Client.objects.get()


def test_everything_filled_in_is_kept(cast: Cast, visitor: Browser, heard: Heard) -> None:
    answer = post(cast, visitor, "new/", **FILLED)
    client = only_client(cast)
    assert answer["Location"] == f"/f/{cast.firm.slug}/clients/{client.pk}/"
    kept = {name: getattr(client, name) for name in FILLED}
    tidied = {
        "name": "Amy's Bird Sanctuary",
        "email": "amy@birds.com, office@birds.com",
        "notes": "Pays late.\nPrefers mail.",
    }
    assert kept == FILLED | tidied
    [announced] = heard
    assert (announced["ids"], announced["by"]) == ([client.pk], cast.staff)
    assert announced["changed"] == set(FILLED)


def test_a_new_client_gets_no_marketing_mail_unless_somebody_says_so(cast: Cast, visitor: Browser) -> None:
    post(cast, visitor, "new/", name="Quiet", kind="person")
    assert not only_client(cast).is_marketable


def test_a_client_needs_a_name_and_addresses_that_are_addresses(cast: Cast, visitor: Browser) -> None:
    answer = post(cast, visitor, "new/", kind="person", email="amy@birds.com, nonsense")
    assert answer.status_code == 422
    assert "“nonsense” is not an e-mail address" in answer.content.decode()
    assert "This field is required" in answer.content.decode()


class TestNamesakes:
    @pytest.fixture(autouse=True)
    def _jose(self, cast: Cast) -> None:
        a_client(cast.firm, "José  García", city="Utica")

    def test_a_second_client_of_the_name_is_asked_about(self, cast: Cast, visitor: Browser) -> None:
        answer = post(cast, visitor, "new/", name="josé garcía", kind="person")
        assert answer.status_code == 422
        assert "already has a client of this name" in answer.content.decode()
        assert "Utica" in answer.content.decode()
        assert only_client(cast)

    def test_saving_again_adds_it(self, cast: Cast, visitor: Browser) -> None:
        answer = post(cast, visitor, "new/", name="José García", kind="person", name_seen="José García")
        assert answer.status_code == 302
        with working_for(cast.firm.pk):
            assert Client.objects.count() == 2

    def test_another_name_is_asked_about_anew(self, cast: Cast, visitor: Browser) -> None:
        answer = post(cast, visitor, "new/", name="José García", kind="person", name_seen="Jose")
        assert answer.status_code == 422

    def test_other_accents_are_another_name(self, cast: Cast, visitor: Browser) -> None:
        assert post(cast, visitor, "new/", name="Jose Garcia", kind="person").status_code == 302

    def test_a_client_is_not_its_own_namesake(self, cast: Cast, visitor: Browser) -> None:
        client = only_client(cast)
        answer = post(cast, visitor, f"{client.pk}/edit/", **as_shown(client, city="Rye"))
        assert answer.status_code == 302


class TestEditing:
    @pytest.fixture
    def amy(self, cast: Cast) -> Client:
        return a_client(cast.firm, "Amy", city="Rye", phone="1", is_marketable=True)

    def test_what_was_changed_is_saved_and_announced(
        self, cast: Cast, visitor: Browser, heard: Heard, amy: Client
    ) -> None:
        post(cast, visitor, f"{amy.pk}/edit/", **as_shown(amy, city="Utica", is_marketable=False))
        now = only_client(cast)
        assert (now.city, now.phone, now.is_marketable) == ("Utica", "1", False)
        assert now.updated_at > amy.updated_at
        assert [each["changed"] for each in heard] == [{"city", "is_marketable"}]

    def test_a_malformed_address_from_quickbooks_keeps_nobody_from_saving_something_else(
        self, cast: Cast, visitor: Browser
    ) -> None:
        bea = a_client(cast.firm, "Bea", email="bea at birds dot com", phone="1")
        with working_for(cast.firm.pk):
            Client.objects.exclude(pk=bea.pk).delete()
        assert post(cast, visitor, f"{bea.pk}/edit/", **as_shown(bea, phone="2")).status_code == 302
        assert (only_client(cast).phone, only_client(cast).email) == ("2", "bea at birds dot com")
        assert post(cast, visitor, f"{bea.pk}/edit/", **as_shown(bea, email="bea@birds")).status_code == 422

    def test_nothing_changed_is_nothing_done(
        self, cast: Cast, visitor: Browser, heard: Heard, amy: Client
    ) -> None:
        post(cast, visitor, f"{amy.pk}/edit/", **as_shown(amy))
        assert only_client(cast).updated_at == amy.updated_at
        assert heard == []

    def test_two_people_who_change_different_things_both_keep_their_work(
        self, cast: Cast, visitor: Browser, amy: Client
    ) -> None:
        page_from_before = as_shown(amy, city="Utica")
        with working_for(cast.firm.pk):
            Client.objects.filter(pk=amy.pk).update(phone="2")
        post(cast, visitor, f"{amy.pk}/edit/", **page_from_before)
        now = only_client(cast)
        assert (now.city, now.phone) == ("Utica", "2")

    def test_a_listener_that_fails_takes_the_change_back(self, cast: Cast, amy: Client) -> None:
        def refuse(**_: Any) -> None:
            raise RuntimeError

        amy.city = "Utica"
        rows_changed.connect(refuse)
        with working_for(cast.firm.pk), pytest.raises(RuntimeError):
            save_client(client=amy, by=cast.staff)
        rows_changed.disconnect(refuse)
        assert only_client(cast).city == "Rye"


def test_archiving_can_be_undone_from_the_toast(cast: Cast, visitor: Browser, heard: Heard) -> None:
    client = a_client(cast.firm)
    answer = visitor.post(f"/f/{cast.firm.slug}/clients/{client.pk}/archive/", follow=True)
    assert only_client(cast).is_archived
    assert "Archived" in answer.content.decode()
    [message] = answer.context["messages"]
    visitor.post(message.extra_tags.removeprefix("undo="))
    assert not only_client(cast).is_archived
    assert [each["ids"] for each in heard] == [[client.pk], [client.pk]]


def test_a_record_shows_what_is_known(cast: Cast, visitor: Browser) -> None:
    client = a_client(cast.firm, "<b>Amy</b>", notes="line one\nline two", phone="555")
    text = visitor.get(f"/f/{cast.firm.slug}/clients/{client.pk}/").content.decode()
    assert "&lt;b&gt;Amy&lt;/b&gt;" in text
    assert "line one<br>line two" in text
    assert "Not marketable" in text


@pytest.mark.parametrize(
    ("fields", "lines"),
    [
        ({}, []),
        ({"city": "Rye"}, ["Rye"]),
        ({"zip": "10580", "country": "USA"}, ["10580", "USA"]),
        (
            {"address": "1 Main St", "address_2": "Suite 2", "city": "Rye", "state": "NY", "zip": "10580"},
            ["1 Main St", "Suite 2", "Rye, NY 10580"],
        ),
    ],
)
def test_an_address_stands_as_on_an_envelope(fields: dict[str, str], lines: list[str]) -> None:
    assert Client(**fields).address_lines == lines


def test_a_viewer_reads_and_is_offered_no_change(cast: Cast, signed_in: SignIn) -> None:
    client = a_client(cast.firm)
    visitor = signed_in(cast.viewer)
    record = visitor.get(f"/f/{cast.firm.slug}/clients/{client.pk}/").content.decode()
    the_list = visitor.get(f"/f/{cast.firm.slug}/clients/").content.decode()
    assert "Archive</button>" not in record
    assert "/edit/" not in record
    assert 'type="checkbox"' not in the_list


def test_the_name_searched_for_is_offered_for_a_new_client(cast: Cast, visitor: Browser) -> None:
    a_client(cast.firm)
    page = visitor.get(f"/f/{cast.firm.slug}/clients/?q=New+Co").content.decode()
    assert "clients/new/?name=New%20Co" in page
    assert 'value="New Co"' in visitor.get(f"/f/{cast.firm.slug}/clients/new/?name=New%20Co").content.decode()


def test_lines_of_an_address_outlive_an_edit_of_the_city(cast: Cast, visitor: Browser) -> None:
    """A browser sends lines apart with CR LF, and makes one line of several in a field of one line."""
    client = a_client(cast.firm, "Amy", address="1 Main\nYard", address_2="Suite 9\nBack door", city="X")
    sent = as_shown(client, address="1 MainYard", address_2="Suite 9\r\nBack door", city="Y")
    post(cast, visitor, f"{client.pk}/edit/", **sent)
    saved = only_client(cast)
    assert (saved.address, saved.address_2, saved.city) == ("1 Main\nYard", "Suite 9\nBack door", "Y")


def test_a_line_of_the_address_can_be_changed_among_the_others(cast: Cast, visitor: Browser) -> None:
    client = a_client(cast.firm, "Amy", address_2="Suite 9\nBack door")
    post(cast, visitor, f"{client.pk}/edit/", **as_shown(client, address_2="Suite 10 \r\n\r\nBack door\r\n"))
    assert only_client(cast).address_2 == "Suite 10\nBack door"
