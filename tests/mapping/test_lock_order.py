"""Whoever locks records does so in the order of their keys, so that nobody locks up."""

from __future__ import annotations

import time
from threading import Thread

import pytest
from django.db import connection, transaction

from accounts.models import Firm
from accounts.tenancy import working_for
from mapping.models import Book, RemoteRecord
from mapping.services import mirroring
from tests.mapping.books import CUSTOMER, customer, mirrored

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_mirror_takes_in_what_somebody_else_is_deciding_about(in_firm: Firm, book: Book) -> None:
    """The record QuickBooks numbered last came first."""
    (first,), (second,) = mirrored(book, customer("9", "Amy")), mirrored(book, customer("1", "Bea"))
    failed: list[Exception] = []

    def take_in() -> None:
        news = [customer("9", "Amy B.", SyncToken="1"), customer("1", "Bea B.", SyncToken="1")]
        try:
            with working_for(in_firm.pk), transaction.atomic():
                mirroring.store(book, CUSTOMER, news)
        except Exception as problem:
            failed.append(problem)
        finally:
            connection.close()

    worker = Thread(target=take_in)
    with transaction.atomic():
        list(RemoteRecord.objects.select_for_update(of=("self",)).filter(pk=first.pk))
        worker.start()
        time.sleep(0.7)
        list(RemoteRecord.objects.select_for_update(of=("self",)).filter(pk=second.pk))
    worker.join(20)
    assert failed == []
    assert set(RemoteRecord.objects.values_list("name", flat=True)) == {"Amy B.", "Bea B."}
