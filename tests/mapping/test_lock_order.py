"""Everybody locks records, then links, then rows of ours, each in the order of their keys, so that nobody locks up."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from threading import Thread

import pytest
from django.db import connection, models, transaction

from accounts.models import Firm, User
from accounts.tenancy import working_for
from mapping.models import Book, Choice, Link, RemoteRecord, Run, Standing
from mapping.services import carrying_out, drafts, linking, mirroring, runs, undoing
from tests.mapping.books import CUSTOMER, customer, mirrored

pytestmark = pytest.mark.django_db(transaction=True)


def holding(first: models.Model, then: models.Model, *, meanwhile: Callable[[], object]) -> None:
    """Lock one row, let somebody else begin a deed, and then lock another: both are to come through."""
    failed: list[Exception] = []

    def do() -> None:
        try:
            with working_for(first.firm_id):  # type: ignore[attr-defined]
                meanwhile()
        except Exception as problem:
            failed.append(problem)
        finally:
            connection.close()

    somebody = Thread(target=do)
    with transaction.atomic():
        _lock(first)
        somebody.start()
        time.sleep(0.7)
        _lock(then)
    somebody.join(20)
    assert failed == []


def _lock(row: models.Model) -> None:
    list(type(row)._default_manager.filter(pk=row.pk).select_for_update(of=("self",)))


def test_the_mirror_takes_in_what_somebody_else_is_deciding_about(in_firm: Firm, book: Book) -> None:
    """The record QuickBooks numbered last came first."""
    (first,), (second,) = mirrored(book, customer("9", "Amy")), mirrored(book, customer("1", "Bea"))

    def take_in() -> None:
        news = [customer("9", "Amy B.", SyncToken="1"), customer("1", "Bea B.", SyncToken="1")]
        with transaction.atomic():
            mirroring.store(book, CUSTOMER, news)

    holding(first, second, meanwhile=take_in)
    assert set(RemoteRecord.objects.values_list("name", flat=True)) == {"Amy B.", "Bea B."}


def test_records_are_lost_in_the_same_order(in_firm: Firm, book: Book) -> None:
    (first,), (second,) = mirrored(book, customer("9", "Amy")), mirrored(book, customer("1", "Bea"))
    lose = partial(mirroring.mark_gone, book, CUSTOMER, ["1", "9"])
    holding(first, second, meanwhile=transaction.atomic(lose))
    assert not RemoteRecord.objects.filter(gone_at=None).exists()


def test_a_client_is_disconnected_while_its_customer_comes_in(in_firm: Firm, book: Book, staff: User) -> None:
    (record,) = mirrored(book, customer("1", "Amy"))
    made = linking.link_to_new(record, by=staff)
    holding(record, made, meanwhile=lambda: linking.unlink(made, by=staff))
    assert not Link.objects.exists()


def test_a_mapping_is_taken_back_while_its_customers_come_in(in_firm: Firm, book: Book, staff: User) -> None:
    (record,) = mirrored(book, customer("1", "Amy"))
    draft = drafts.open_draft(book, "customer", person=staff)
    drafts.set_default(draft, Choice.NEW)
    run = runs.claim(drafts.save(draft, by=staff).pk)
    assert run
    while carrying_out.carry_out(run, parts=1):
        pass
    undo = runs.claim(undoing.begin(Run.objects.get(pk=run.pk), by=staff).pk)
    assert undo
    holding(record, Link.objects.get(), meanwhile=lambda: undoing.carry_on(undo, batches=5))
    assert RemoteRecord.objects.get().standing == Standing.UNMAPPED
