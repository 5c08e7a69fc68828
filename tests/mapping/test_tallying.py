"""How many records stand how is known without counting them, whatever changed them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from threading import Event, Thread

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Firm
from accounts.tenancy import across_firms, working_for
from mapping.finding import counts_of
from mapping.listing import count_unmapped
from mapping.models import Book, RemoteRecord, Standing, Tally
from mapping.services import mirroring
from mapping.tallying import MOST_ROWS, fold, tally
from mapping.tasks import fold_tallies
from mapping.wanted import Shown
from tests.mapping.books import CUSTOMER, customer, open_book

pytestmark = pytest.mark.django_db


def counted(book: Book, entity: str = "customer") -> dict[Standing, int]:
    """Count row by row what the tally tells."""
    rows = RemoteRecord.objects.filter(book=book, entity=entity)
    found = Counter(
        rows.exclude(standing="unmapped", gone_at__isnull=False).values_list("standing", flat=True)
    )
    return {standing: found[standing.value] for standing in Standing}


def store(book: Book, *ids: int) -> None:
    mirroring.store(book, CUSTOMER, [customer(str(id), f"Customer {id}") for id in ids])


IDS = st.lists(st.integers(1, 12), min_size=1, unique=True)
DEEDS = st.one_of(
    st.tuples(st.just("store"), IDS),
    st.tuples(st.sampled_from(Standing.values), IDS),
    st.tuples(st.just("lose"), IDS),
    st.tuples(st.just("delete"), IDS),
    st.tuples(st.just("fold"), st.just([])),
    st.tuples(st.just("think better of it"), IDS),
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=st.lists(DEEDS, max_size=12))
def test_it_says_what_counting_says_after_whatever_happened(
    book: Book, deeds: list[tuple[str, list[int]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mapping.tallying.MOST_ROWS", 3)
    with transaction.atomic():
        for deed, ids in deeds:
            do(book, deed, ids)
            assert tally(book, "customer") == counted(book)
            assert count_unmapped(book, "customer") == counted(book)[Standing.UNMAPPED]
        transaction.set_rollback(True)


def do(book: Book, deed: str, ids: list[int]) -> None:
    records = RemoteRecord.objects.filter(book=book, remote_id__in=[str(id) for id in ids])
    match deed:
        case "store":
            store(book, *ids)
        case "lose":
            mirroring.mark_gone(book, CUSTOMER, [str(id) for id in ids])
        case "delete":
            records.delete()
        case "fold":
            fold()
        case "think better of it":
            with transaction.atomic():
                records.update(standing=Standing.EXCLUDED, gone_at=timezone.now())
                transaction.set_rollback(True)
        case standing:
            records.update(standing=standing)


def test_each_kind_and_each_book_has_its_own(book: Book, in_firm: Firm) -> None:
    store(book, 1, 2)
    RemoteRecord.objects.filter(remote_id="2").update(entity="item")
    before = Book.objects.create(firm=in_firm, realm_id="1", company_name="Before", is_current=False)
    store(before, 1, 2, 3)
    assert [tally(book, kind)[Standing.UNMAPPED] for kind in ("customer", "item", "term")] == [1, 1, 0]
    assert tally(before, "customer")[Standing.UNMAPPED] == 3


def test_it_stays_short_and_says_the_same(book: Book) -> None:
    for id in range(MOST_ROWS + 1):
        store(book, id + 1)
    RemoteRecord.objects.filter(remote_id="1").update(standing=Standing.EXCLUDED)
    said = tally(book, "customer")
    assert Tally.objects.count() > MOST_ROWS
    fold_tallies()
    assert (Tally.objects.count(), tally(book, "customer")) == (2, said)
    fold_tallies()
    assert Tally.objects.count() == 2


def test_every_filter_of_manage_is_told(book: Book) -> None:
    store(book, 1, 2, 3, 4)
    RemoteRecord.objects.filter(remote_id="1").update(standing=Standing.MAPPED)
    RemoteRecord.objects.filter(remote_id="2").update(standing=Standing.EXCLUDED)
    assert counts_of(book, "customer") == {
        Shown.CUSTOMERS: 2,
        Shown.CLIENTS: 0,
        Shown.MAPPED: 1,
        Shown.EXCLUDED: 1,
    }


def test_a_mirror_that_is_emptied_as_a_whole_counts_nothing(book: Book) -> None:
    store(book, 1, 2)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE mapping_remoterecord CASCADE")
    assert tally(book, "customer") == counted(book)
    store(book, 3)
    assert tally(book, "customer")[Standing.UNMAPPED] == 1


def test_it_leaves_with_its_book(book: Book) -> None:
    store(book, 1)
    book.delete()
    assert not Tally.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestBesideOthers:
    def test_nobody_waits_for_somebody_elses_count(self, firm: Firm) -> None:
        with working_for(firm.pk):
            book = open_book(firm)
            with beside(firm, book, first=100), statements_in_time(), transaction.atomic():
                store(book, 1, 2, 3)
            assert tally(book, "customer")[Standing.UNMAPPED] == 103

    def test_two_who_fold_count_nothing_twice(self, firm: Firm) -> None:
        with working_for(firm.pk):
            book = open_book(firm)
            for id in range(MOST_ROWS + 5):
                store(book, id + 1)
        folding = [Thread(target=fold_once) for _ in range(4)]
        for thread in folding:
            thread.start()
        for thread in folding:
            thread.join()
        with working_for(firm.pk):
            assert tally(book, "customer") == counted(book)
            assert Tally.objects.count() == 1

    def test_records_from_before_are_counted_when_it_begins(self, firm: Firm) -> None:
        with working_for(firm.pk), transaction.atomic():
            book = open_book(firm)
            store(book, 1, 2, 3)
            RemoteRecord.objects.filter(remote_id="3").update(standing=Standing.MAPPED)
            mirroring.mark_gone(book, CUSTOMER, ["2"])
            said = tally(book, "customer")
        *_, kept = import_module("mapping.migrations.0012_tally").Migration.operations
        with connection.cursor() as cursor, across_firms(reason="as if it had never been kept"):
            cursor.execute(kept.reverse_sql)
            cursor.execute("DELETE FROM mapping_tally")
            cursor.execute("UPDATE mapping_remoterecord SET standing = 'excluded' WHERE remote_id = '1'")
            cursor.execute(kept.sql)
        with working_for(firm.pk):
            assert tally(book, "customer") == {**said, Standing.UNMAPPED: 0, Standing.EXCLUDED: 1}


def fold_once() -> None:
    try:
        with across_firms(reason="a test"):
            fold()
    finally:
        connection.close()


@contextmanager
def statements_in_time() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '2s'")
        yield
        cursor.execute("SET lock_timeout = 0")


@contextmanager
def beside(firm: Firm, book: Book, *, first: int) -> Iterator[None]:
    """Have somebody hold a hundred stored records in a transaction that does not end until we are done."""
    stored, done = Event(), Event()

    def somebody() -> None:
        try:
            with working_for(firm.pk), transaction.atomic():
                store(book, *range(first, first + 100))
                stored.set()
                done.wait(20)
        finally:
            stored.set()
            connection.close()

    other = Thread(target=somebody)
    other.start()
    stored.wait(20)
    try:
        yield
    finally:
        done.set()
        other.join()
