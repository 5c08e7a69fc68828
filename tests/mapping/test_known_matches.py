"""The exact matches a screen knows: kept while both sides stay as they are, found again when one moves."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from accounts.models import Client, Firm, User
from mapping.models import Book, Choice, Draft, RemoteRecord
from mapping.services import deciding, drafts, exact, linking
from tests.mapping.books import client, customer, mirrored

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(book: Book) -> RemoteRecord:
    """Ann, a customer, with Bob beside her; both have a client of their name."""
    client(book.firm, "Ann")
    client(book.firm, "Bob")
    return mirrored(book, customer("1", "Ann"), customer("2", "Bob"))[0]


@pytest.fixture
def draft(book: Book, ann: RemoteRecord, staff: User) -> Draft:
    return drafts.open_draft(book, "customer", person=staff)


def names(draft: Draft) -> list[str]:
    """Return the names of the matched customers, in their order on the screen."""
    called = dict(RemoteRecord.objects.values_list("pk", "name"))
    return [called[pk] for pk, _ in drafts.known_matches(draft).pairs]


def test_they_stand_in_the_order_of_names(draft: Draft) -> None:
    assert names(draft) == ["Ann", "Bob"]


def test_they_are_looked_for_once_while_nothing_moves(draft: Draft, monkeypatch: pytest.MonkeyPatch) -> None:
    before = drafts.known_matches(draft)
    monkeypatch.setattr(exact, "pairs", lambda *_: pytest.fail("looked for again"))
    assert list(drafts.known_matches(draft).pairs) == list(before.pairs)


def archive(draft: Draft) -> None:
    Client.objects.filter(name="Ann").update(archived_at=timezone.now())


def rename_ours(draft: Draft) -> None:
    Client.objects.filter(name="Ann").update(name="Anne")


def rename_theirs(draft: Draft) -> None:
    mirrored(draft.book, customer("1", "Anne"))


def add_a_namesake(draft: Draft) -> None:
    client(draft.book.firm, "ann")


def swap_one_for_another(draft: Draft) -> None:
    """As many free clients as before, and none of them touched: only other ones."""
    client(draft.book.firm, "Carl", is_linked=True)
    drafts.known_matches(draft)
    Client.objects.filter(name="Ann").update(is_linked=True)
    Client.objects.filter(name="Carl").update(is_linked=False)


def exclude(draft: Draft) -> None:
    deciding.exclude_many(RemoteRecord.objects.filter(name="Ann"), by=draft.person)


def map_it(draft: Draft) -> None:
    linking.link(RemoteRecord.objects.get(name="Ann"), Client.objects.get(name="Ann").pk, by=draft.person)


def choose_otherwise(draft: Draft) -> None:
    drafts.choose(draft, RemoteRecord.objects.get(name="Ann"), Choice.NEW)


@pytest.mark.parametrize(
    "move",
    [
        archive,
        rename_ours,
        rename_theirs,
        add_a_namesake,
        swap_one_for_another,
        exclude,
        map_it,
        choose_otherwise,
    ],
)
def test_a_match_that_is_none_any_more_is_gone_at_once(draft: Draft, move: Callable[[Draft], None]) -> None:
    assert names(draft) == ["Ann", "Bob"]
    move(draft)
    assert names(draft) == ["Bob"]


def test_the_number_of_unmapped_customers_comes_with_them(draft: Draft, in_firm: Firm) -> None:
    assert drafts.known_matches(draft).unmapped == 2
    exclude(draft)
    assert drafts.known_matches(draft).unmapped == 1
    Client.objects.all().delete()
    known = drafts.known_matches(draft)
    assert (known.unmapped, len(known.pairs)) == (1, 0)
